//! Commands for people that end when nobody listens any more, under every shell.

use std::fs;
use std::io::{Read, Write};
use std::process::Child;

use provision::plan::{self, Command};
use provision::wire::Nonce;

use crate::kit::shell::{Corner, SHELLS, lives};

/// Starts a shell on `text`, watched, and leaves its stdin open.
fn start(corner: &Corner, text: &str) -> Child {
    let words = [text.to_owned()];
    let nonce = Nonce::new([5; 16]);
    let program = [plan::head(&nonce), Command::Words(&words).watched().unwrap()].concat();
    let mut child = corner.spawn();
    child.stdin.as_mut().unwrap().write_all(&program).unwrap();
    let mut word = plan::ready(&nonce);
    let begun = word.clone();
    child.stdout.as_mut().unwrap().read_exact(&mut word).unwrap();
    assert_eq!(word, begun, "it says that it begins, before anything else");
    child
}

#[test]
fn one_that_ends_by_itself_is_as_if_nobody_watched() {
    for shell in SHELLS {
        let corner = Corner::new(shell);
        let text = "echo out; echo err >&2; cat; : >file; echo f*; sleep 600 >/dev/null 2>&1 & echo $! >left; exit 7";
        let mut child = start(&corner, text);
        // Waiting would close it, and that ends whatever is left.
        let stdin = child.stdin.take();
        let status = child.wait().unwrap();
        assert_eq!(status.code(), Some(7), "{shell:?}");
        let (mut out, mut err) = (String::new(), String::new());
        child.stdout.take().unwrap().read_to_string(&mut out).unwrap();
        child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
        assert_eq!(out, "out\nfile\n", "{shell:?}: names are expanded");
        assert_eq!(err, "err\n", "{shell:?}");
        let left = fs::read_to_string(corner.path("left")).unwrap();
        assert!(lives(&left), "{shell:?}: what it leaves behind on purpose stays");
        let ended = std::process::Command::new("kill")
            .arg(left.trim())
            .status()
            .unwrap();
        assert!(ended.success());
        drop(stdin);
    }
}

#[test]
fn one_whose_listener_goes_is_ended_with_all_it_has_started() {
    for shell in SHELLS {
        let corner = Corner::new(shell);
        let text = "echo begun\n\
            sh -c 'echo $$ >child; exec sleep 600' &\n\
            (setsid sh -c 'echo $$ >orphan; exec sleep 600' &)\n\
            (trap '' TERM; sh -c 'echo $$ >deaf; while :; do sleep 1; done') &\n\
            until [ -s child ] && [ -s orphan ] && [ -s deaf ]; do sleep 1; done\n\
            echo ready; sleep 600";
        let mut child = start(&corner, text);
        let mut stdout = child.stdout.take().unwrap();
        let mut heard = String::new();
        while !heard.ends_with("ready\n") {
            let mut byte = [0];
            stdout.read_exact(&mut byte).unwrap();
            heard.push(char::from(byte[0]));
        }
        assert_eq!(heard, "begun\nready\n", "{shell:?}");
        drop(child.stdin.take());
        let mut rest = String::new();
        stdout.read_to_string(&mut rest).unwrap();
        assert_eq!(rest, "", "{shell:?}");
        let status = child.wait().unwrap().code().unwrap();
        assert!([128 + 15, 128 + 9].contains(&status), "{shell:?}: {status}");
        for name in ["child", "orphan", "deaf"] {
            let pid = fs::read_to_string(corner.path(name)).unwrap();
            assert!(!lives(&pid), "{shell:?}: {name} {pid} lives on");
        }
    }
}
