//! Configurations nobody would write, from a seed: the same ones in every run.

use std::fmt::Write as _;
use std::path::Path;

use super::words::{BROKEN, CIPHERS, COMMANDS, JUMPS, KEX, KEYS, LISTS, MACS, NAMES, PATHS, PATTERNS, USERS};

/// `SplitMix64`: good enough to shuffle words, and the same everywhere.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(bound).unwrap()).unwrap()
    }

    /// Whether something happens that does so once in `n` times.
    pub fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    pub fn of<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words[self.below(words.len())]
    }
}

/// A directive with its arguments.
fn directive(dice: &mut Dice) -> (&'static str, String) {
    let flag = dice.of(&["yes", "no", "true", "false", "YES", "No"]).to_owned();
    let time = dice
        .of(&["5", "10", "1m", "1h30", "2M5s", "none", "0"])
        .to_owned();
    let number = dice.of(&["1", "2", "7", "0"]).to_owned();
    match dice.below(34) {
        0 => ("HostName", dice.of(NAMES).to_owned()),
        1 => ("Port", dice.of(&["22", "2222", "65535", "1"]).to_owned()),
        2 => ("User", dice.of(USERS).to_owned()),
        3 => ("ProxyJump", dice.of(JUMPS).to_owned()),
        4 => ("ProxyCommand", dice.of(COMMANDS).to_owned()),
        5 => ("AddressFamily", dice.of(&["any", "inet", "INET6"]).to_owned()),
        6 => ("BindAddress", dice.of(&["127.0.0.1", "::1"]).to_owned()),
        7 => ("ConnectionAttempts", dice.of(&["1", "2", "7"]).to_owned()),
        8 => ("ConnectTimeout", time),
        9 => ("ServerAliveInterval", time),
        10 => ("ServerAliveCountMax", number),
        11 => (
            "HostKeyAlias",
            dice.of(&["Alias", "other.example.com"]).to_owned(),
        ),
        12 => (
            "GlobalKnownHostsFile",
            dice.of(&["none", "/g/a", "/g/a /g/b", "~/g", "\"/g/c d\" /g/e"])
                .to_owned(),
        ),
        13 => {
            let second = if dice.one_in(3) {
                format!(" {}", dice.of(&["/k/%p", "~/z/%r"]))
            } else {
                String::new()
            };
            let first = dice.of(PATHS);
            let second = if first == "none" { String::new() } else { second };
            ("UserKnownHostsFile", format!("{first}{second}"))
        }
        14 => ("HashKnownHosts", flag),
        15 => (
            "StrictHostKeyChecking",
            dice.of(&["yes", "no", "ask", "accept-new", "off", "True", "false"])
                .to_owned(),
        ),
        16 => ("HostKeyAlgorithms", dice.of(KEYS).to_owned()),
        17 => (
            "CASignatureAlgorithms",
            dice.of(&["ssh-ed25519", "-ecdsa*", "^rsa-sha2-512"]).to_owned(),
        ),
        18 => ("RequiredRSASize", dice.of(&["2048", "1024", "3072"]).to_owned()),
        19 => ("IdentityFile", dice.of(PATHS).to_owned()),
        20 => ("CertificateFile", dice.of(PATHS).to_owned()),
        21 => ("IdentitiesOnly", flag),
        22 => (
            "IdentityAgent",
            dice.of(&[
                "none",
                "SSH_AUTH_SOCK",
                "/run/a-%u",
                "~/s/%h",
                "$OTHER",
                "${ORACLE_PLACE}/s",
            ])
            .to_owned(),
        ),
        23 => (
            "PreferredAuthentications",
            dice.of(&["publickey", "password,publickey", "keyboard-interactive"])
                .to_owned(),
        ),
        24 => (
            "PubkeyAuthentication",
            dice.of(&["yes", "no", "unbound", "host-bound", "TRUE"])
                .to_owned(),
        ),
        25 => (dice.of(&["PasswordAuthentication", "BatchMode"]), flag),
        26 => (
            dice.of(&["KbdInteractiveAuthentication", "ChallengeResponseAuthentication"]),
            flag,
        ),
        27 => (
            dice.of(&["PubkeyAcceptedAlgorithms", "PubkeyAcceptedKeyTypes"]),
            dice.of(KEYS).to_owned(),
        ),
        28 => ("KexAlgorithms", dice.of(KEX).to_owned()),
        29 => ("Ciphers", dice.of(CIPHERS).to_owned()),
        30 => ("MACs", dice.of(MACS).to_owned()),
        31 => (
            "SendEnv",
            dice.of(&["LANG LC_*", "-LC_*", "A", "-A B", "-*"]).to_owned(),
        ),
        32 => (
            "SetEnv",
            dice.of(&["A=1", "A=1 A=2 B=3", "C=\"x y\"", "D="]).to_owned(),
        ),
        _ => ("LogLevel", dice.of(&["INFO", "debug3", "QUIET"]).to_owned()),
    }
}

fn criteria(dice: &mut Dice) -> String {
    let mut text = String::new();
    for _ in 0..=dice.below(2) {
        let not = if dice.one_in(5) { "!" } else { "" };
        let blank = dice.of(&[" ", "  ", "="]);
        let (name, list) = match dice.below(9) {
            0 | 1 => (dice.of(&["host", "Host"]), dice.of(LISTS)),
            2 => ("originalhost", dice.of(LISTS)),
            3 => ("user", dice.of(LISTS)),
            4 => ("localuser", dice.of(LISTS)),
            5 => (
                "exec",
                dice.of(&[
                    "true",
                    "false",
                    "\"test %h = db1\"",
                    "\"test %r = root\"",
                    "\"exit 3\"",
                    "\"test %p = 22\"",
                ]),
            ),
            6 => {
                let _ = write!(text, "{not}final ");
                continue;
            }
            7 => {
                let _ = write!(text, "{not}canonical ");
                continue;
            }
            _ => (dice.of(&["host", "user"]), dice.of(LISTS)),
        };
        let _ = write!(text, "{not}{name}{blank}{list} ");
    }
    match dice.below(8) {
        0 => "all".to_owned(),
        1 => "final all".to_owned(),
        _ => text,
    }
}

/// A configuration; what it includes is written to `folder`.
pub fn configuration(dice: &mut Dice, folder: &Path, depth: usize) -> String {
    let mut text = String::new();
    for _ in 0..3 + dice.below(16) {
        let indent = dice.of(&["", "", "  ", "\t"]);
        let end = dice.of(&["\n", "\n", "\n", "\r\n", " \n", "\t\n"]);
        match dice.below(16) {
            0 | 1 => {
                let patterns: Vec<&str> = (0..=dice.below(3)).map(|_| dice.of(PATTERNS)).collect();
                let _ = write!(
                    text,
                    "{indent}{} {}{end}",
                    dice.of(&["Host", "host", "HOST"]),
                    patterns.join(" ")
                );
            }
            2 | 3 => {
                let _ = write!(text, "{indent}Match {}{end}", criteria(dice));
            }
            4 => text.push_str(dice.of(&[
                "# a comment\n",
                "\n",
                "   \n",
                "#\n",
                "IgnoreUnknown nons*\n",
                "IgnoreUnknown Else\n",
            ])),
            5 if depth < 2 && dice.one_in(2) => {
                let name = format!("inc{}", dice.below(1_000_000));
                let inner = configuration(dice, folder, depth + 1);
                std::fs::write(folder.join(&name), inner).unwrap();
                let _ = writeln!(
                    text,
                    "Include {}/{name} {}/nothing-*",
                    folder.display(),
                    folder.display()
                );
            }
            6 if dice.one_in(25) => {
                let _ = writeln!(text, "{}", dice.of(BROKEN));
            }
            _ => {
                let (mut name, value) = (String::new(), directive(dice));
                for c in value.0.chars() {
                    name.push(if dice.one_in(9) { c.to_ascii_uppercase() } else { c });
                }
                // With commands an equals sign is part of what follows it.
                let between = dice.of(&[" ", " ", "\t", "=", " = ", "  "]);
                let quoted = dice.one_in(12)
                    && !value.1.contains([' ', '"', '\'', '\\'])
                    && !matches!(value.0, "ProxyJump" | "ProxyCommand");
                let argument = if quoted {
                    format!("\"{}\"", value.1)
                } else {
                    value.1
                };
                let comment = if dice.one_in(12) && !matches!(value.0, "ProxyJump" | "ProxyCommand") {
                    " # why"
                } else {
                    ""
                };
                let _ = write!(text, "{indent}{name}{between}{argument}{comment}{end}");
            }
        }
    }
    text
}
