//! `ssh_config(5)`: what any text makes of itself, and of the hosts looked up in it.

use std::path::Path;
use std::sync::Arc;

use provision::diagnostic::Source;
use provision::inventory::ssh_config::{SshConfig, Target};
use provision::inventory::{Environment, Variables};

use super::fuzz;

const CORPUS: [&str; 6] = [
    "Host db1 *.example.com !bad.example.com\n  HostName %h.internal\n  Port 2222\n  User \"deploy user\"\n",
    "Match host db* user root,!ada\n\tIdentityFile ~/.ssh/%r@%h:%p # own\n  IdentitiesOnly=yes\nMatch all\nUser x\n",
    "ProxyJump ada@[::1]:22,bastion\nMatch final originalhost \"db1\"\nProxyCommand nc -X %% %h '%p' ${PLACE}\n",
    "KexAlgorithms ^curve*,-x\nCiphers +aes256-cbc\nHostKeyAlgorithms -ssh-*\nPubkeyAcceptedAlgorithms rsa-sha2-512\n",
    "StrictHostKeyChecking accept-new\nUserKnownHostsFile /dev/null \"~/a b\" none\nHostKeyAlias [%h]:%p\r\nTag t\n",
    "IgnoreUnknown Fo*,bar\nFoo = x\nSetEnv A=1 B=\"2 3\"\nSendEnv LC_* -LC_X\nConnectTimeout 1h30m\nServerAliveInterval 0\n",
];

const WORDS: [&str; 30] = [
    "Host ",
    "Match ",
    "final ",
    "canonical ",
    "tagged ",
    "localuser ",
    "all\n",
    "=",
    " = ",
    "\"",
    "'",
    "\\",
    "\n",
    "\r\n",
    "\t",
    "%",
    "%C",
    "%%",
    "${",
    "}",
    "!",
    "*",
    "?",
    ",",
    "~",
    "none",
    "18446744073709551616",
    "-1",
    "\0",
    "\u{fffd}",
];

/// Whether it could start a program: this looks at what comes of texts, and no text of chance is to be run.
fn starts_something(text: &str) -> bool {
    let plain = |c: &char| c.is_ascii_alphanumeric();
    let letters: String = text.chars().filter(plain).collect();
    letters.to_ascii_lowercase().contains("exec")
}

#[test]
fn ssh_configs() {
    let environment = Environment {
        home: Some("/nowhere/ada".into()),
        user: Some("ada".to_owned()),
        hostname: Some("desk".to_owned()),
        variables: Variables(Arc::new([("PLACE".to_owned(), "/p;$(x)".to_owned())].into())),
        ..Environment::default()
    };
    assert!(!Path::new("/nowhere").exists());
    fuzz("ssh_config", &CORPUS, &WORDS, |text, chance| {
        let text = String::from_utf8_lossy(text).into_owned();
        if starts_something(&text) {
            return;
        }
        let Ok(config) = SshConfig::parse(&Source::new("config", &text), &environment) else {
            return;
        };
        let start = chance.below(text.len());
        let own: String = text.chars().skip(start).take(20).collect();
        for host in ["db1", "a.example.com", &own] {
            let user = (chance.below(2) == 0).then_some("root");
            let target = Target {
                host,
                user,
                port: None,
            };
            let first = config
                .resolve(&target, &environment)
                .map_err(|mistakes| mistakes.to_string());
            let again = config
                .resolve(&target, &environment)
                .map_err(|mistakes| mistakes.to_string());
            match (first, again) {
                (Ok(first), Ok(again)) => {
                    for name in ["hostname", "user", "identityfile", "proxycommand", "setenv"] {
                        assert_eq!(
                            first.values(name),
                            again.values(name),
                            "the same question, the same answer"
                        );
                        // A token may stand for a long name, and nothing for a book.
                        let length: usize = first.values(name).iter().map(String::len).sum();
                        assert!(length < 1 << 20, "{name} has {length} bytes");
                    }
                }
                (first, again) => assert_eq!(first.err(), again.err()),
            }
        }
    });
}
