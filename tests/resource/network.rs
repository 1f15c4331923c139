//! Firewalls and certificates against stand-ins, and which port a host came to be asked through.

use std::fs;
use std::process::Command;

use provision::event::{Outcome, Reason};
use provision::resource::Resource;
use provision::wire::ASK;

use super::flow::failure;
use super::stand_ins::Host;
use crate::kit::shell::{DRY_RUN, PUSH, SHELLS, plan};

/// Keeps a table's text as it was loaded; `broken` in it is refused.
const NFT: &str = r#"case $* in
"-c -f "*) ! grep -q broken "$3" || { echo "$3:9: syntax error" >&2; exit 1; } ;;
"-f "*) sed -n 's/^delete table inet //p' "$2" >"$HOME/name"; cat "$2" >"$HOME/table.$(cat "$HOME/name")"; echo load >>"$HOME/nft.log" ;;
"-sn list table inet "*) cat "$HOME/table.$5" ;;
"delete table inet "*) rm "$HOME/table.$4" ;;
*) exit 9 ;;
esac"#;

/// Keeps its rules one a line.
const UFW: &str = r#"rules=$HOME/ufw.rules; : >>"$rules"
case $* in
"show added") sed 's/^/ufw /' "$rules" ;;
status) [ -e "$HOME/ufw.on" ] && echo "Status: active" || echo "Status: inactive" ;;
"--force enable") echo enable >>"$HOME/ufw.log"; : >"$HOME/ufw.on" ;;
disable) rm -f "$HOME/ufw.on" ;;
"--force delete "*) shift 2; grep -vxF "$*" "$rules" >"$rules.new"; mv "$rules.new" "$rules" ;;
*) verb=$1; shift; grep -v "^[a-z]* $*\$" "$rules" >"$rules.new"; echo "$verb $*" >>"$rules.new"; mv "$rules.new" "$rules"; echo "$verb $*" >>"$HOME/ufw.log" ;;
esac"#;

fn step(kind: &str, text: &str) -> Resource {
    super::read(kind, "step.toml", text).unwrap()
}

#[test]
fn the_port_of_our_connection_is_known_even_where_sudo_drops_the_variable() {
    let part = ASK.called_by([b"own_port".as_slice()]);
    for shell in SHELLS {
        let port = |connection: &str, outer: &str| {
            let output = Command::new("dash")
                .args(["-c", outer, "dash"])
                .args(shell)
                .args(["-c", &format!("{part}\nset -eu; own_port; echo \"$own_port\"")])
                .env("SSH_CONNECTION", connection)
                .output()
                .unwrap();
            assert_eq!(String::from_utf8_lossy(&output.stderr), "");
            String::from_utf8(output.stdout).unwrap()
        };
        let dropped = "unset SSH_CONNECTION; \"$@\"; exit $?";
        for outer in ["exec \"$@\"", dropped] {
            assert_eq!(
                port("192.0.2.9 50022 2001:db8::1 2022", outer),
                "2022\n",
                "{shell:?}"
            );
            assert_eq!(
                port("192.0.2.9 50022 192.0.2.1 $(id)", outer),
                "22\n",
                "{shell:?}"
            );
        }
    }
}

#[test]
fn a_firewall_is_loaded_as_a_whole_and_watched() {
    let wanted = |more: &str| {
        step(
            "nft",
            &format!("nft = \"ours\"\nallow = [{{ port = 80 }}]\nrules = [\"accept # it's $(id)\"]\n{more}"),
        )
    };
    for shell in SHELLS {
        let host = Host::new(shell, true).with("nft", NFT);
        fs::create_dir(host.corner.path("nftables.d")).unwrap();
        fs::write(host.corner.path("nftables.conf"), "flush ruleset").unwrap();
        host.converges(vec![wanted("")]);
        let table = fs::read_to_string(host.corner.path("table.ours")).unwrap();
        assert!(
            table.contains("\n\t\ttcp dport 2222 accept\n\t\ttcp dport 80 accept\n\t\taccept # it's $(id)\n"),
            "{table}"
        );
        assert_eq!(
            fs::read_to_string(host.corner.path("nftables.d/ours.nft")).unwrap(),
            table
        );
        let include = format!("include \"{}/nftables.d/*.nft\"", host.corner.text(""));
        assert_eq!(host.log("nftables.conf"), ["flush ruleset", &include]);
        assert_eq!(host.log("systemctl.log"), ["enable nftables"]);

        fs::write(
            host.corner.path("table.ours"),
            table.replace("dport 80", "dport 81"),
        )
        .unwrap();
        host.converges(vec![wanted("")]);
        fs::remove_file(host.corner.path("table.ours")).unwrap();
        host.converges(vec![wanted("")]);
        assert_eq!(host.log("nftables.conf").len(), 2, "included once");

        let broken = plan(vec![wanted("deny = [{ interface = \"broken\" }]")]);
        let (_, reason, output) = failure(&host.run(&broken, PUSH));
        assert_eq!(reason, Some(Reason::ApplyExit { status: 1 }));
        assert!(output.contains("syntax error"), "{output}");
        assert_eq!(host.log("nft.log").len(), 3, "nothing of it was loaded");
        assert_eq!(host.run(&plan(vec![wanted("")]), PUSH).outcomes(), [Outcome::Ok]);

        host.converges(vec![step("nft", "nft = \"ours\"\nstate = \"absent\"")]);
        assert!(!fs::exists(host.corner.path("nftables.d/ours.nft")).unwrap());
    }
}

#[test]
fn a_host_without_a_firewall_program_is_told_so_by_the_push_alone() {
    for shell in SHELLS {
        let host = Host::new(shell, true);
        for (kind, text, wanted) in [
            ("nft", "nft = \"ours\"", "install the package nftables"),
            ("ufw", "ufw = \"80\"", "install the package ufw"),
            (
                "certificate",
                "certificate = \"~/c\"\nkey = \"~/k\"\nnames = [\"a\"]",
                "install the package openssl",
            ),
        ] {
            let plan = plan(vec![step(kind, text)]);
            assert_eq!(
                host.run(&plan, DRY_RUN).outcomes(),
                [Outcome::WouldChange],
                "{kind}"
            );
            let (_, _, output) = failure(&host.run(&plan, PUSH));
            assert!(output.contains(wanted), "{output}");
        }
    }
}

#[test]
fn ufw_lets_us_in_before_it_keeps_others_out() {
    for shell in SHELLS {
        let host = Host::new(shell, true).with("ufw", UFW);
        host.converges(vec![
            step("ufw", "ufw = \"80/tcp\""),
            step("ufw", "ufw = \"enabled\""),
        ]);
        assert_eq!(host.log("ufw.log"), ["allow 80/tcp", "allow 2222/tcp", "enable"]);
        host.converges(vec![step("ufw", "ufw = \"80/tcp\"\naction = \"limit\"\n")]);
        assert_eq!(host.log("ufw.rules"), ["allow 2222/tcp", "limit 80/tcp"]);
        host.converges(vec![step("ufw", "ufw = \"80/tcp\"\nstate = \"absent\"\n")]);
        assert_eq!(host.log("ufw.rules"), ["allow 2222/tcp"]);
        for cut in [
            "ufw = \"2222/tcp\"\naction = \"deny\"",
            "ufw = \"2222\"\naction = \"reject\"",
            "ufw = \"2222/tcp\"\nstate = \"absent\"",
        ] {
            let (_, _, output) = failure(&host.run(&plan(vec![step("ufw", cut)]), PUSH));
            assert!(output.contains("it is not closed"), "{output}");
            assert_eq!(host.log("ufw.rules"), ["allow 2222/tcp"], "{cut}");
        }
        // What is denied behind does not concern us.
        fs::write(host.corner.path("ufw.rules"), "").unwrap();
        host.converges(vec![step(
            "ufw",
            "ufw = \"any\"\naction = \"deny\"\nfrom = \"192.0.2.0/24\"",
        )]);
        assert_eq!(
            host.log("ufw.rules"),
            ["allow 2222/tcp", "deny from 192.0.2.0/24"]
        );
        host.converges(vec![step("ufw", "ufw = \"disabled\"")]);
    }
}

#[test]
fn certificates_are_made_of_keys_that_stay() {
    if crate::kit::tools::find("openssl", "certificates were not made").is_none() {
        return;
    }
    for shell in SHELLS {
        let host = Host::new(shell, true).with("openssl", "PATH=/usr/bin:/bin; exec openssl \"$@\"");
        let wanted = |names: &str, more: &str| {
            step(
                "certificate",
                &format!("certificate = \"~/it's c\"\nkey = \"~/k\"\nnames = {names}\n{more}"),
            )
        };
        host.converges(vec![wanted("[\"a.example.com\", \"2001:db8::1\"]", "")]);
        let key = fs::read_to_string(host.corner.path("k")).unwrap();
        host.converges(vec![wanted("[\"b.example.com\"]", "")]);
        assert_eq!(
            key,
            fs::read_to_string(host.corner.path("k")).unwrap(),
            "the key is kept"
        );
        // 365 days are left: that is too few for who wants to see 400 before the next.
        host.converges(vec![wanted(
            "[\"b.example.com\"]",
            "days = 500\nrenew_before = 400",
        )]);
        host.converges(vec![wanted(
            "[\"b.example.com\"]",
            "key_type = \"ed25519\"\nrequest = true",
        )]);
        assert_ne!(
            key,
            fs::read_to_string(host.corner.path("k")).unwrap(),
            "one of another kind was asked for"
        );
        fs::write(host.corner.path("k"), "my notes").unwrap();
        let (_, _, output) = failure(&host.run(&plan(vec![wanted("[\"b\"]", "")]), PUSH));
        assert!(output.contains("it is not replaced"), "{output}");
        assert_eq!(fs::read_to_string(host.corner.path("k")).unwrap(), "my notes");
    }
}
