//! What we offer, in the eyes of somebody else: `ssh-audit` listens, and a real run comes to it.

use std::fmt::Write as _;
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use provision::transport::ssh::embedded::ClientKey;
use serde_json::Value;

use super::within;
use crate::kit::binary::{Folder, Provision};
use crate::kit::tools;

/// A third of what OpenSSH 9.2's client gets on the same scan, 38.
const MOST: usize = 12;

/// Waits until somebody listens, without becoming the client that is scanned.
async fn listens(port: u16) {
    let ours = format!(" 00000000:{port:04X} 00000000:0000 0A ");
    while !std::fs::read_to_string("/proc/net/tcp").unwrap().contains(&ours) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// What the scan says of a run of the real binary with nothing configured.
async fn scan(audit: &Path) -> Value {
    let free = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0)).unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    let listener = Command::new(audit)
        .args(["-4", "--client-audit", "--json", "--timeout", "20", "--port"])
        .arg(port.to_string())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    within(listens(port)).await;
    let folder = Folder::new();
    ClientKey::generate().unwrap().write(&folder.path("id")).unwrap();
    let here = folder.path("").display().to_string();
    let inventory = format!(
        "[hosts.audit]\naddress = \"127.0.0.1\"\nport = {port}\nuser = \"tester\"\n\
         identity_file = \"{here}id\"\nknown_hosts = \"{here}known_hosts\"\n"
    );
    folder.write("inventory.toml", &inventory);
    let run = Provision::new("run")
        .arg("--hosts")
        .arg(folder.path("inventory.toml"))
        .args(["--accept-new", "--", "true"])
        .plain();
    // It has seen enough after the offer, and goes.
    assert_eq!(run.code, Some(3), "{run:?}");
    let told = listener.wait_with_output().unwrap();
    serde_json::from_slice(&told.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&told.stderr)))
}

fn names<'a>(scan: &'a Value, kind: &str) -> Vec<&'a str> {
    let all = scan[kind].as_array().unwrap().iter();
    all.map(|entry| entry["algorithm"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn an_independent_scan_finds_a_third_of_what_it_finds_in_openssh() {
    let Some(audit) = tools::find("ssh-audit", "our offer was not scanned") else {
        return;
    };
    let scan = scan(&audit).await;
    let docs = std::fs::read_to_string("docs/ssh.md").unwrap();
    let (mut complaints, mut list) = (0, String::new());
    for kind in ["kex", "key", "enc", "mac"] {
        for entry in scan[kind].as_array().unwrap() {
            let name = entry["algorithm"].as_str().unwrap();
            let of = |level| entry["notes"][level].as_array().map_or(0, Vec::len);
            let found = of("fail") + of("warn");
            if found > 0 {
                complaints += found;
                writeln!(list, "{kind} {name}: {}", entry["notes"]).unwrap();
                assert!(
                    docs.contains(&format!("`{name}`")),
                    "docs/ssh.md does not explain {name}"
                );
            }
            assert!(entry["notes"].is_object(), "unknown to the scan: {name}");
            assert!(!name.contains("sha1") && !name.contains("cbc"), "{name}");
        }
    }
    assert!(!names(&scan, "key").contains(&"ssh-rsa"), "it signs with SHA-1");
    assert_eq!(names(&scan, "kex").first(), Some(&"mlkem768x25519-sha256"));
    assert!(names(&scan, "kex").contains(&"kex-strict-c-v00@openssh.com"));
    let macs = names(&scan, "mac");
    assert!(macs.iter().all(|name| name.contains("-etm@")), "{macs:?}");
    assert_eq!(scan["compression"], serde_json::json!(["none"]));
    println!("ssh-audit on our offer: {complaints} complaints, OpenSSH 9.2 has 38\n{list}");
    assert!(
        (1..=MOST).contains(&complaints),
        "{complaints} complaints:\n{list}"
    );
}
