//! Hosts that answer a copy with what was not asked for: nothing of it is believed, and nothing is written for it.

use std::fs;
use std::sync::Arc;

use russh::ChannelMsg;

use super::called::Place;
use crate::kit::ssh_server::{Manners, ScriptedServer};

/// What a host says to the program that asks, behind its hello, and to the one that fetches.
struct Lies {
    listing: Vec<u8>,
    content: Vec<u8>,
}

/// A host that lies so; the port and files of an inventory are in what comes back.
async fn liar(lies: Lies) -> ScriptedServer {
    let lies = Arc::new(lies);
    ScriptedServer::start(Manners::exec(move |mut channel, _| {
        let lies = Arc::clone(&lies);
        async move {
            let mut heard: Vec<u8> = Vec::new();
            // The half that asks, and the half that acts, are whole where they end so.
            let ended = |heard: &[u8], times: usize| {
                let end = ["main </dev/null\n}\n", "exit\n}\n"][times - 1];
                String::from_utf8_lossy(heard).contains(end)
            };
            for (times, answer) in [(1, &lies.listing), (2, &lies.content)] {
                while !ended(&heard, times) {
                    match channel.wait().await {
                        Some(ChannelMsg::Data { data }) => heard.extend_from_slice(&data),
                        Some(ChannelMsg::Eof) | None => return,
                        Some(_) => {}
                    }
                }
                if times == 1 {
                    let text = String::from_utf8_lossy(&heard).into_owned();
                    let nonce = text.lines().find_map(|line| line.strip_prefix("nonce=")).unwrap();
                    let hello = format!("\n\x1e{nonce} copy\n");
                    channel.data_bytes(hello.into_bytes()).await.unwrap();
                }
                if channel.data_bytes(answer.clone()).await.is_err() {
                    return;
                }
            }
            let _ = channel.eof().await;
            let _ = channel.exit_status(0).await;
            let _ = channel.close().await;
        }
    }))
    .await
}

fn listed(entries: &[(&str, u64, &[u8], &str)]) -> Vec<u8> {
    let mut all = b"asked 0 folder\n".to_vec();
    for (kind, size, name, digest) in entries {
        all.extend(format!("{kind} 0 644 {size} {digest} {}\n", name.len()).into_bytes());
        all.extend_from_slice(name);
        all.push(b'\n');
    }
    all.extend(b"left 0 0\nlisted\n");
    all
}

/// SHA-256 of "x\n".
const X: &str = "73cb3858a687a8494ca3323053016282f3dad39d42cf62ca4e79dda2aac7d9ac";

/// Fetches `/srv/data` from a liar into `here`, beside a file `outside`.
fn fetch(listing: Vec<u8>, content: &[u8], code: i32) -> (Place, String) {
    call(&["copy", "down", "/srv/data", "here"], listing, content, code)
}

/// Brings a file of two bytes to a liar.
fn bring(listing: &str, content: &str, code: i32) -> String {
    let args = ["copy", "up", "x", "/srv/x"];
    call(&args, listing.into(), content.as_bytes(), code).1
}

fn call(args: &[&str], listing: Vec<u8>, content: &[u8], code: i32) -> (Place, String) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let content = content.to_vec();
    let server = runtime.block_on(liar(Lies { listing, content }));
    let dir = server.dir.path().display();
    let place = Place::new(&[(
        "inventory.toml",
        &format!(
            "[hosts.liar]\naddress = \"127.0.0.1\"\nport = {}\nidentity_file = '{dir}/id'\nidentities_only = true\nknown_hosts = '{dir}/known_hosts'\n",
            server.port
        ),
    )]);
    fs::write(place.path("outside"), "as it was").unwrap();
    fs::write(place.path("x"), "x\n").unwrap();
    let said = place.call(args).fails_with(code);
    assert_eq!(fs::read_to_string(place.path("outside")).unwrap(), "as it was");
    let all = said.stdout + &said.stderr;
    assert!(!all.contains('\x1b') && !all.contains('\u{202e}'), "{all:?}");
    (place, all)
}

#[test]
fn an_honest_answer_is_taken() {
    let listing = listed(&[("folder", 0, b"a", "-"), ("file", 2, b"a/b", X)]);
    let listing = String::from_utf8(listing)
        .unwrap()
        .replace("folder 0 644 0", "folder 0 755 -");
    let (place, said) = fetch(listing.into_bytes(), b"take 0 0\nx\nend\n", 0);
    assert_eq!(
        fs::read_to_string(place.path("here/liar/data/a/b")).unwrap(),
        "x\n",
        "{said}"
    );
}

#[test]
fn names_that_were_not_asked_for_write_nothing() {
    for name in [
        &b"/etc/x"[..],
        b"../../outside",
        b"a/../../../outside",
        b"..",
        b".",
        b"",
        b"a//b",
        b"a\0b",
        b".provision-copy/x",
    ] {
        let (place, said) = fetch(listed(&[("file", 2, name, X)]), b"take 0 0\nx\nend\n", 1);
        assert!(said.contains("a name that was not asked for"), "{name:?}\n{said}");
        assert!(!place.path("here").exists(), "{name:?}");
    }
    let twice = listed(&[("file", 2, b"a", X), ("file", 2, b"a", X)]);
    let (place, said) = fetch(twice, b"", 1);
    assert!(
        said.contains("not asked for") && !place.path("here").exists(),
        "{said}"
    );
}

#[test]
fn what_is_no_answer_ends_the_host() {
    let entry = |line: &str| format!("asked 0 folder\n{line}\nleft 0 0\nlisted\n").into_bytes();
    for listing in [
        b"asked 1 folder\n".to_vec(),
        b"asked 0 folder\nasked 1 folder\n".to_vec(),
        b"asked 0 device\n".to_vec(),
        b"listed\n".to_vec(),
        b"\x1b]52;c;eA==\x07\n".to_vec(),
        vec![b'x'; 100_000],
        entry(&format!("file 1 644 2 {X} 1\na")),
        entry(&format!("file 0 644 -2 {X} 1\na")),
        entry(&format!("file 0 99 2 {X} 1\na")),
        entry("file 0 644 2 abc 1\na"),
        entry(&format!("file 0 644 2 {X} 99999\na")),
        entry(&format!("link 0 777 2 {X} 1\na")),
        entry(&format!("file 0 644 2 {X} 1\nab")),
        entry(&format!("file 0 644 18446744073709551616 {X} 1\na")),
    ] {
        let (place, said) = fetch(listing.clone(), b"", 1);
        assert!(
            !place.path("here").exists(),
            "{}\n{said}",
            String::from_utf8_lossy(&listing)
        );
    }
}

#[test]
fn content_that_is_not_what_was_announced_is_not_put_in_place() {
    let two = || listed(&[("file", 2, b"a", X), ("file", 2, b"b", X)]);
    // Another content: this one fails, the other arrives.
    let (place, said) = fetch(two(), b"take 0 0\ny\ntake 1 0\nx\nend\n", 1);
    assert!(!place.path("here/liar/data/a").exists(), "{said}");
    assert!(place.path("here/liar/data/b").exists(), "{said}");
    assert!(said.contains("it changed there"), "{said}");
    for content in [
        // Shorter, longer, in another order, from where nobody asked, or another file altogether.
        &b"take 0 0\nx"[..],
        b"take 0 0\nx\nmore\nend\n",
        b"take 1 0\nx\ntake 0 0\nx\nend\n",
        b"take 0 1\n\ntake 1 0\nx\nend\n",
        b"take 7 0\nx\n",
        b"end\n",
    ] {
        let (place, said) = fetch(two(), content, 1);
        let there = place.path("here/liar/data/b").exists();
        assert!(!there, "{}\n{said}", String::from_utf8_lossy(content));
    }
    // More than is taken is refused by what is announced, before any of it comes.
    let huge = listed(&[("file", 1 << 40, b"a", X)]);
    let (place, said) = fetch(huge, b"take 0 0\n", 1);
    assert!(
        said.contains("--max-size") && !place.path("here").exists(),
        "{said}"
    );
}

#[test]
fn a_name_cannot_write_on_the_terminal() {
    let name = "a\x1b]0;x\x07\u{202e}b\n".as_bytes();
    let (place, said) = fetch(listed(&[("file", 2, name, X)]), b"take 0 0\ny\nend\n", 1);
    assert!(said.contains("not copied, changed"), "{said}");
    assert!(place.path("here/liar").exists());
}

#[test]
fn a_host_cannot_say_more_of_a_file_than_it_was_asked() {
    let said = bring("at 0 same\nasked\n", "", 0);
    assert!(said.contains("unchanged"), "{said}");
    let wanted = "at 0 none\nasked\n";
    let said = bring(wanted, "ready\ndone 0\nend\n", 0);
    assert!(said.contains("1 changed"), "{said}");
    // More than the file has is nothing to go on with.
    let part = format!("part 0 99999999 {X}\nready\ndone 0\nend\n");
    bring(wanted, &part, 0);
    for (listing, content) in [
        ("asked\n", ""),
        ("at 1 same\nasked\n", ""),
        ("at 0 odd\nasked\n", ""),
        ("at -0 same\nasked\n", ""),
        (wanted, "ready\ndone 7\nend\n"),
        (wanted, "ready\nfailed 0 oddly\nend\n"),
        (wanted, "part 7 1 x\nready\ndone 0\nend\n"),
        (wanted, "ready\n\u{1b}[2J\n"),
        (wanted, "ready\n"),
    ] {
        let said = bring(listing, content, 1);
        assert!(
            said.contains("did not answer as it should"),
            "{listing}{content}\n{said}"
        );
    }
    // More than was asked, after all that was.
    bring("at 0 same\nat 0 same\nasked\n", "", 1);
    // Silence is failure.
    let said = bring(wanted, "ready\nend\n", 1);
    assert!(said.contains("did not say what came of it"), "{said}");
}
