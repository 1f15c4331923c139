//! From a plan to the one program its host is sent.
//!
//! The program is one brace group, so `sh` runs nothing of it before it has read the last byte: a cut upload does
//! nothing. A dry-run's program is built without any apply, rather than told not to use it (law 3).

use std::collections::BTreeSet;
use std::sync::LazyLock;

use crate::script::{NulError, Read, Script};
use crate::wire::{self, APPLY, Nonce, PRELUDE, Room, VERSION};

use super::{Plan, Planned};

/// The fixed parts as they are sent.
static PRELUDE_SENT: LazyLock<String> = LazyLock::new(|| wire::sent(PRELUDE));
static APPLY_SENT: LazyLock<String> = LazyLock::new(|| wire::sent(APPLY));

/// Arguments per bulk question, well below the 128 KiB that Linux takes for one and the 2 MiB for all.
const CHUNK: usize = 500;

/// What kind of program it is to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Whether it may change anything. Without, no apply text is in it.
    pub apply: bool,
    /// Whether it sends the present content of files it would change.
    pub diff: bool,
}

/// A step that no shell can carry out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("module `{module}`, {step}: {source}")]
pub struct CompileError {
    module: String,
    step: String,
    source: NulError,
}

/// Compiles `plan`.
pub fn compile(plan: &Plan, nonce: &Nonce, options: Options) -> Result<Vec<u8>, CompileError> {
    let mut program = head(nonce);
    program.extend(body(&plan.steps, options)?);
    Ok(program)
}

/// The first lines of a program, all that tells it from others of the same steps.
pub fn head(nonce: &Nonce) -> Vec<u8> {
    format!("{{\nnonce={}\n", nonce.as_str()).into_bytes()
}

/// A program but for its head: the same for every host that has these steps.
pub fn body(steps: &[Planned], options: Options) -> Result<Vec<u8>, CompileError> {
    let scripts: Vec<Scripts> = (0..steps.len())
        .map(|index| Scripts::new(steps, index, options))
        .collect();
    let reads = Reads::collect(&scripts);
    let mut program = Program { out: Vec::new() };
    for (planned, scripts) in steps.iter().zip(&scripts) {
        program
            .step(planned, scripts, &reads)
            .map_err(|source| CompileError {
                module: planned.step.module.to_string(),
                step: planned.step.title.to_string(),
                source,
            })?;
    }
    program.tables(steps, &scripts);
    program.snapshot(&reads);
    program.main(options, &scripts);
    Ok(with_parts(&program.out, options))
}

/// `own` text behind the fixed text it calls.
fn with_parts(own: &[u8], options: Options) -> Vec<u8> {
    let mut driver = PRELUDE_SENT.clone();
    let mut act = String::new();
    if options.apply {
        driver += &APPLY_SENT;
        act = wire::ACT.called_by([own, driver.as_bytes()]);
    }
    let ask = wire::ASK.called_by([own, driver.as_bytes(), act.as_bytes()]);
    [driver.as_bytes(), ask.as_bytes(), act.as_bytes(), own].concat()
}

/// A program that runs one command, for `provision run`; its output is not framed.
///
/// One word is shell text; several are a command and its arguments, quoted as they are.
pub fn command(words: &[String]) -> Result<Vec<u8>, NulError> {
    let act = match words {
        [text] => crate::sh!("eval {}", text),
        words => Script::from(words),
    };
    let script = crate::sh!("{\nmain() {\n{}\n}\nmain </dev/null\nexit\n}\n", act);
    let mut out = Vec::new();
    script.render(&mut out, &mut |_| 0)?;
    Ok(out)
}

/// The last word of a program that has brought its content.
pub const DELIVERED: &str = "delivered";

/// A program that brings `content` to a step of another program that waits for it, as that one's own user.
pub fn deliver(content: &[u8], step: usize, room: Room, suffix: &str) -> Result<Vec<u8>, NulError> {
    let place = Script::raw(match room {
        Room::Tmp => "/tmp",
        Room::VarTmp => "/var/tmp",
        Room::Run => "/run",
        Room::Home => "\"${HOME:?}\"",
    });
    let script = crate::sh!(
        "{\nmain() {\nset -e\numask 077\ncd {}/{}\n{} >{}\nmv -f {} {}\necho {}\n}\nmain </dev/null\nexit\n}\n",
        place,
        format!("provision.{suffix}"),
        Script::produce(content),
        format!("part.{step}"),
        format!("part.{step}"),
        format!("content.{step}"),
        DELIVERED,
    );
    let mut out = Vec::new();
    script.render(&mut out, &mut |_| 0)?;
    Ok(out)
}

/// One step's shell text.
struct Scripts {
    check: Script,
    apply: Option<Script>,
    missing: Option<Script>,
    show: Option<Script>,
    slow: bool,
    large: bool,
}

impl Scripts {
    fn new(steps: &[Planned], index: usize, options: Options) -> Self {
        let resource = &steps[index].resource;
        let check = match resource.pays_for() {
            Some(service) => crate::sh!(
                "no_debt {}{} && {\n{}\n}",
                service,
                debtors(steps, index, service),
                resource.check()
            ),
            None => resource.check(),
        };
        let show = resource.file().filter(|file| options.diff && !file.secret);
        Self {
            check,
            apply: options.apply.then(|| apply(steps, index)),
            missing: missing(steps, index).filter(|_| options.apply),
            show: show.map(|file| crate::sh!("show_file {} {}", number(index), Script::path(file.path))),
            slow: resource.asks_itself(),
            large: resource.large_content().is_some(),
        }
    }
}

/// The steps before `index` that may come to owe `service` something.
fn debtors(steps: &[Planned], index: usize, service: &str) -> Script {
    let mut words = Script::default();
    for debtor in steps[..index]
        .iter()
        .filter(|planned| planned.resource.notify.iter().any(|name| name == service))
    {
        words.append(crate::sh!(" {}", number(debtor.step.index)));
    }
    words
}

/// The apply of a step: notes its debts first, and takes neighbours along where one transaction does for all.
fn apply(steps: &[Planned], index: usize) -> Script {
    let planned = &steps[index];
    let mut script = Script::default();
    for service in &planned.resource.notify {
        script.append(crate::sh!("owe {}\n", service));
    }
    if joins(steps, index) {
        script.append(crate::sh!("missing=\nm{}\n", number(index)));
        script.append(planned.resource.joined());
    } else {
        script.append(planned.resource.apply());
    }
    script
}

fn joins(steps: &[Planned], index: usize) -> bool {
    let next = steps.get(index + 1);
    next.is_some_and(|next| steps[index].resource.joins(&next.resource))
}

/// What is missing of a step and its neighbours behind it. Each names itself and hands on to the next: were all written
/// out for each, the text would grow with the square of their number.
fn missing(steps: &[Planned], index: usize) -> Option<Script> {
    let on = joins(steps, index);
    let from = index > 0 && joins(steps, index - 1);
    if !on && !from {
        return None;
    }
    let mut script = steps[index].resource.missing();
    if on {
        script.append(crate::sh!("\nm{}", number(index + 1)));
    }
    Some(script)
}

fn number(index: usize) -> String {
    index.to_string()
}

/// Everything the checks want to know, once each; a read's slot is its place among its kind.
struct Reads {
    kinds: [(&'static str, Vec<Read>); 6],
}

impl Reads {
    fn collect(scripts: &[Scripts]) -> Self {
        // Sorted, because dpkg answers in that order whatever the order of the question.
        let all: BTreeSet<&Read> = scripts.iter().flat_map(|scripts| scripts.check.reads()).collect();
        let mut kinds = [
            ("snapshot_paths", Vec::new()),
            ("snapshot_digests", Vec::new()),
            ("snapshot_packages", Vec::new()),
            ("snapshot_names user", Vec::new()),
            ("snapshot_names group", Vec::new()),
            ("snapshot_units", Vec::new()),
        ];
        for read in all {
            kinds[kind(read)].1.push(read.clone());
        }
        Self { kinds }
    }

    fn slot(&self, read: &Read) -> usize {
        // Applies may ask for what no check asks for; their reads never come from the snapshot's slots then.
        let of_kind = &self.kinds[kind(read)].1;
        of_kind.binary_search(read).unwrap_or(of_kind.len())
    }
}

fn kind(read: &Read) -> usize {
    match read {
        Read::Path(_) => 0,
        Read::Digest(_) => 1,
        Read::Package(_) => 2,
        Read::User(_) => 3,
        Read::Group(_) => 4,
        Read::Unit(_) => 5,
    }
}

struct Program {
    out: Vec<u8>,
}

impl Program {
    fn line(&mut self, line: &str) {
        self.out.extend_from_slice(line.as_bytes());
        self.out.push(b'\n');
    }

    fn function(&mut self, letter: char, index: usize, body: &Script, reads: &Reads) -> Result<(), NulError> {
        self.line(&format!("{letter}{index}() {{"));
        body.render(&mut self.out, &mut |read| reads.slot(read))?;
        self.line("\n}");
        Ok(())
    }

    fn step(&mut self, planned: &Planned, scripts: &Scripts, reads: &Reads) -> Result<(), NulError> {
        let index = planned.step.index;
        self.function('c', index, &scripts.check, reads)?;
        if let Some(apply) = &scripts.apply {
            self.function('a', index, apply, reads)?;
        }
        if let Some(missing) = &scripts.missing {
            self.function('m', index, missing, reads)?;
        }
        if let Some(show) = &scripts.show {
            self.function('d', index, show, reads)?;
        }
        Ok(())
    }

    /// Numbers the driver needs: which steps check slowly, which show their file, where a failure leads.
    fn tables(&mut self, steps: &[Planned], scripts: &[Scripts]) {
        let list = |wanted: &dyn Fn(&Scripts) -> bool| -> String {
            let chosen = scripts.iter().enumerate().filter(|(_, scripts)| wanted(scripts));
            chosen.map(|(index, _)| format!(" {index} ")).collect()
        };
        self.line(&format!("steps={}", steps.len()));
        self.line(&format!("slow='{}'", list(&|scripts| scripts.slow)));
        self.line(&format!("shown='{}'", list(&|scripts| scripts.show.is_some())));
        if scripts.iter().any(|scripts| scripts.apply.is_some()) {
            self.line(&format!("large='{}'", list(&|scripts| scripts.large)));
            let mut line = String::new();
            for planned in steps {
                line += &format!("next_{}={} ", planned.step.index, planned.next_on_failure);
            }
            self.line(line.trim_end());
        }
    }

    fn snapshot(&mut self, reads: &Reads) {
        self.line("snapshot() {\nfresh=1");
        for (question, of_kind) in &reads.kinds {
            for (chunk, first) in of_kind.chunks(CHUNK).zip((0..).step_by(CHUNK)) {
                self.out
                    .extend_from_slice(format!("{question} {first}").as_bytes());
                for read in chunk {
                    self.out.push(b' ');
                    // A NUL in a name was refused with its step.
                    let _ = read.quote(&mut self.out);
                }
                self.out.push(b'\n');
            }
        }
        self.line("}");
    }

    fn main(&mut self, options: Options, scripts: &[Scripts]) {
        self.line("main() {");
        self.line(&format!("frame hello {VERSION}\nsnapshot"));
        if options.apply {
            self.line("push");
        } else {
            self.line("predict");
            if scripts.iter().any(|scripts| scripts.show.is_some()) {
                self.line("for step_now in $wanted; do\ncase $shown in *\" $step_now \"*) \"d$step_now\" ;; esac\ndone");
            }
            self.line("frame end");
        }
        self.line("}");
        // Stdin moves to 4 for the one who waits for its end; no step may read it.
        self.line("main 4<&0 </dev/null\nexit\n}");
    }
}
