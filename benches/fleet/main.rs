//! What a run costs that changes nothing, as ratios against references on the same hosts in the same minutes.
//!
//! Fifty names of an inventory share the test hosts of `docker/up` where they run, else an sshd of our own on loopback.
//! Every measurement is a pair: a bare loop that runs `true` over the same transport, then the thing itself. Absolute
//! times vary with the machine and its other guests; ratios hold. Nothing here asserts, the table says PASS or MISS.
//!
//! `cargo bench --bench fleet` · `-- rounds=21` · `-- sshd` (our own even where Docker's run) · `-- scale` (10,000
//! simulated hosts, no SSH) · `-- sizes` (bytes of a program, kind by kind; no SSH either).

#![expect(clippy::print_stdout, reason = "a benchmark's table is its output")]

mod hosts;
mod kit;
mod measure;
mod profile;
mod references;
mod rounds;
mod runs;
mod scale;
mod sizes;
mod table;

/// A benchmark that cannot go on says why, for people.
type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// How the benchmark is to be run.
#[derive(Debug)]
struct Wishes {
    rounds: usize,
    own_sshd: bool,
    scale: bool,
    sizes: bool,
}

impl Wishes {
    fn of_process() -> Outcome<Self> {
        let mut wishes = Self {
            rounds: 7,
            own_sshd: false,
            scale: false,
            sizes: false,
        };
        // cargo adds `--bench`.
        for word in std::env::args().skip(1).filter(|word| word != "--bench") {
            match word.split_once('=') {
                Some(("rounds", number)) => wishes.rounds = number.parse()?,
                None if word == "sshd" => wishes.own_sshd = true,
                None if word == "scale" => wishes.scale = true,
                None if word == "sizes" => wishes.sizes = true,
                _ => {
                    return Err(
                        format!("unknown word `{word}`; there are rounds=N, sshd, scale and sizes").into(),
                    );
                }
            }
        }
        Ok(wishes)
    }
}

fn main() -> Outcome<()> {
    let wishes = Wishes::of_process()?;
    if wishes.sizes {
        return sizes::run();
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    if wishes.scale {
        runtime.block_on(scale::run())
    } else {
        runtime.block_on(rounds::run(&wishes))
    }
}
