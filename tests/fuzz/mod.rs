//! Hostile input for everything that reads what others wrote: mutated from real texts, by chance that can be had again.
//!
//! No panic, no endless loop, no memory beyond what came in. `PROVISION_FUZZ_SEED` and `PROVISION_FUZZ_ROUNDS` say
//! which inputs and how many; a failure names its seed and round.

mod ssh_config;

use std::panic::{AssertUnwindSafe, catch_unwind};

use provision::inventory::Selector;
use provision::transport::ssh::key::Key;
use provision::transport::ssh::known_hosts::{KnownHosts, hashed_name, lookup_name};
use provision::wire::{Decoder, Nonce};

/// Rounds per target: some seconds of an unoptimised build.
const ROUNDS: usize = 20_000;

/// The longest input grown.
const LONGEST: usize = 4096;

fn setting(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |text| text.parse().unwrap())
}

/// xorshift64: small, fast, and the same everywhere.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() >> 33).unwrap() % bound.max(1)
    }

    /// A text of the corpus with up to eight things done to it.
    fn mutated(&mut self, corpus: &[Vec<u8>], words: &[&str]) -> Vec<u8> {
        let mut text = corpus[self.below(corpus.len())].clone();
        for _ in 0..=self.below(8) {
            let at = self.below(text.len() + 1);
            match self.below(7) {
                0 if at < text.len() => text[at] ^= 1 << self.below(8),
                1 => text.truncate(at),
                2 => text.insert(at, u8::try_from(self.below(256)).unwrap()),
                3 => {
                    let word = words[self.below(words.len())].bytes();
                    text.splice(at..at, word);
                }
                4 => {
                    let other = &corpus[self.below(corpus.len())];
                    let cut = self.below(other.len() + 1);
                    text.splice(at.., other[cut..].iter().copied());
                }
                5 if at < text.len() => {
                    let end = at + self.below((text.len() - at).min(64));
                    let piece = text[at..end].to_vec();
                    for _ in 0..self.below(16) {
                        text.splice(at..at, piece.iter().copied());
                    }
                }
                _ if at < text.len() => {
                    text.remove(at);
                }
                _ => {}
            }
            text.truncate(LONGEST);
        }
        text
    }
}

/// Feeds mutated texts to `target`, and says which one broke it.
fn fuzz(name: &str, corpus: &[&str], words: &[&str], target: impl Fn(&[u8], &mut Chance)) {
    let seed = setting("PROVISION_FUZZ_SEED", 0x5eed_0001);
    let rounds = setting("PROVISION_FUZZ_ROUNDS", ROUNDS as u64);
    let corpus: Vec<Vec<u8>> = corpus.iter().map(|text| text.as_bytes().to_vec()).collect();
    let mut chance = Chance(seed.max(1));
    for round in 0..rounds {
        let text = chance.mutated(&corpus, words);
        let mut own = Chance(chance.next().max(1));
        let survived = catch_unwind(AssertUnwindSafe(|| target(&text, &mut own)));
        assert!(
            survived.is_ok(),
            "{name}, seed {seed}, round {round}: {:?}",
            String::from_utf8_lossy(&text)
        );
    }
    println!("{name}: {rounds} inputs from seed {seed}, no panic");
}

const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9/cu7/QEXn9OIeZJ";

#[test]
fn known_hosts() {
    let hashed = hashed_name("db1", [1; 20]);
    let lines = [
        format!("db1,[db1]:2222 {KEY} comment\n"),
        format!("{hashed} {KEY}\n@revoked * {KEY}\n"),
        format!("@cert-authority *.example.com,!bad.example.com\t{KEY}\n"),
        "# comment\n\nold 1024 35 1234567\n".to_owned(),
    ];
    let corpus: Vec<&str> = lines.iter().map(String::as_str).collect();
    let words = [
        "*",
        "?",
        "!",
        "|1|",
        "@revoked ",
        "@cert-authority ",
        ",",
        "\t",
        "\r\n",
        "[",
        "]:",
        "ssh-rsa ",
        "AAAA",
        "\u{fffd}",
    ];
    let mut blob = vec![0, 0, 0, 11];
    blob.extend(b"ssh-ed25519");
    let key = Key::from_blob(blob).unwrap();
    fuzz("known_hosts", &corpus, &words, |text, chance| {
        let mut known = KnownHosts::parse("file", text);
        let name = String::from_utf8_lossy(&text[..chance.below(text.len())]).into_owned();
        for name in ["db1", "[db1]:2222", "a.example.com", &name] {
            let recorded = known.recorded(name);
            assert!(recorded.lines.len() <= known.len());
            recorded.verdict(&key);
            recorded.doubtful();
        }
        let _ = lookup_name(&name, 22);
        known.append(&String::from_utf8_lossy(text));
    });
}

#[test]
fn key_blobs() {
    fuzz(
        "key blobs",
        &["\0\0\0\x0bssh-ed25519", "\0\0\0\x07ssh-rsa\0\0\0\x03\x01\0\x01"],
        &["\0\0\0\0", "\u{7f}"],
        |text, _| {
            if let Some(key) = Key::from_blob(text.to_vec()) {
                assert!(key.fingerprint().starts_with("SHA256:"));
            }
        },
    );
}

#[test]
fn frames() {
    let nonce = Nonce::new([0xab; 16]);
    let mark = format!("\n\u{1e}{} ", nonce.as_str());
    let run = format!(
        "noise{mark}hello 1\n{mark}plan 3 0 2\nout{mark}apply 0\nx{mark}changed 0\n{mark}failed 2 apply 7\n{mark}end\n"
    );
    let words = [
        mark.as_str(),
        "plan ",
        "need 1 tmp abc\n",
        "content 1 1\n",
        "18446744073709551616",
        "-1",
        "\n",
        "\u{1e}",
        "skip 0 9 after 1\n",
    ];
    fuzz("frames", &[&run, &mark], &words, |text, chance| {
        // In whatever pieces it comes, it says the same.
        let hear = |sizes: &mut dyn FnMut(usize) -> usize| {
            let mut decoder = Decoder::new(&nonce);
            let (mut frames, mut output, mut rest) = (Vec::new(), 0, text);
            let mut take = |item: provision::wire::Item| match item {
                provision::wire::Item::Output(bytes) => output += bytes.len(),
                other => frames.push(format!("{other:?}")),
            };
            while !rest.is_empty() {
                let (piece, more) = rest.split_at(sizes(rest.len()).clamp(1, rest.len()));
                decoder.feed(piece, &mut take);
                rest = more;
            }
            decoder.finish(&mut take);
            (frames, output)
        };
        let whole = hear(&mut |length| length);
        assert!(whole.1 <= text.len());
        assert_eq!(whole, hear(&mut |_| 1 + chance.below(7)));
    });
}

#[test]
fn selectors() {
    let corpus = ["db*&!db3,@web", "web[01-20]", "@all&!(@eu,@us)", "a,b,c", "*"];
    let words = [
        "@", "&", "!", ",", "(", ")", "[", "]", "{", "}", "**", "[a-", "\\", " ",
    ];
    fuzz("selectors", &corpus, &words, |text, _| {
        let _ = Selector::parse_all(&[String::from_utf8_lossy(text).into_owned()]);
    });
}
