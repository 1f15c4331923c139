//! Hosts on which something else runs than what is sent: forced commands, login shells that greet.

use std::process::Output;

use super::called::Place;
use crate::kit::sshd::Sshd;

/// A host that runs this in place of whatever it is sent.
fn forced(command: &str) -> Option<(Sshd, Place)> {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let sshd = runtime.block_on(Sshd::start(&format!("ForceCommand {command}")))?;
    let inventory = format!(
        "[hosts.one]\naddress = '127.0.0.1:{}'\nuser = 'root'\nidentity_file = '{dir}/id'\nknown_hosts = '{dir}/known_hosts'\nidentities_only = true\n",
        sshd.port,
        dir = sshd.dir.path().display(),
    );
    let place = Place::new(&[("inventory.toml", &inventory)]);
    Some((sshd, place))
}

fn told(place: &Place, args: &[&str]) -> (Option<i32>, String) {
    let Output {
        status,
        stdout,
        stderr,
    } = place.command(args).output().unwrap();
    let text = [stdout, stderr].concat();
    (status.code(), String::from_utf8(text).unwrap())
}

#[test]
fn a_command_that_never_began_has_not_ended_well() {
    let Some((_sshd, place)) = forced("echo only this") else {
        return;
    };
    let (code, text) = told(&place, &["hosts", "test"]);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("nothing runs there: exit 0; only this"), "{text}");
    assert!(text.contains("next") && text.contains("ForceCommand"), "{text}");
    let (code, text) = told(&place, &["run", "--", "true"]);
    assert_ne!(code, Some(0), "{text}");
    assert!(
        text.contains("only this") && text.contains("forced command"),
        "{text}"
    );
    // One that fails is told of by its own words.
    let Some((_sshd, place)) = forced("echo not you; exit 7") else {
        return;
    };
    let (code, text) = told(&place, &["run", "--", "true"]);
    assert_ne!(code, Some(0), "{text}");
    assert!(text.contains("not you") && text.contains("exit 7"), "{text}");
}

#[test]
fn a_login_shell_that_greets_is_not_taken_for_the_host() {
    let Some((_sshd, place)) = forced("echo WELCOME; echo; echo two; exec sh") else {
        return;
    };
    let (code, text) = told(&place, &["hosts", "test"]);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("become       root, by nothing"), "{text}");
    assert!(!text.contains("WELCOME") && !text.contains("two"), "{text}");
    // Somebody who runs a command sees it, as with ssh.
    let (code, text) = told(&place, &["run", "--", "echo", "here"]);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("WELCOME") && text.contains("here"), "{text}");
}
