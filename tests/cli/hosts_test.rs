//! `provision hosts test`, to a host inside this process.

use super::called::Place;
use crate::kit::host::TestHost;

#[test]
fn every_host_is_told_of_with_its_key_and_what_proved_us() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let host = runtime.block_on(TestHost::start());
    let inventory = format!(
        "[defaults]\naddress = '127.0.0.1'\nconnect_timeout = '60s'\nidentity_file = '{}'\nknown_hosts = '{}'\nidentities_only = true\n",
        host.path("id").display(),
        host.path("known_hosts").display(),
    )
    .replace("address = '127.0.0.1'\n", "");
    let port = host.server.port();
    let inventory = format!(
        "{inventory}[hosts.'good[1-2]']\naddress = '127.0.0.1:{port}'\n[hosts.gone]\naddress = '127.0.0.1:1'\n"
    );
    let place = Place::new(&[("inventory.toml", &inventory)]);
    let output = place.command(&["hosts", "test"]).output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.contains("good[1-2]") && text.contains("ssh-ed25519 SHA256:") && text.contains(", known"),
        "{text}"
    );
    assert!(
        text.contains(&format!("ada@127.0.0.1:{port}")) && text.contains("/id ssh-ed25519"),
        "{text}"
    );
    assert!(
        text.contains("gone") && text.contains("no connection to 127.0.0.1:1") && text.contains("next "),
        "{text}"
    );
    let output = place
        .command(&["hosts", "test", "--output", "ndjson", "--limit", "good1"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0));
    let lines: Vec<serde_json::Value> = output
        .stdout
        .split(|c| *c == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_slice(line).unwrap())
        .collect();
    let [one] = lines.as_slice() else {
        panic!("{lines:?}")
    };
    assert_eq!(
        (one["status"].as_str(), one["trust"].as_str()),
        (Some("ok"), Some("known"))
    );
    assert!(
        one["latency"].as_f64().unwrap() > 0.0 && !one["system"].as_str().unwrap().is_empty(),
        "{one}"
    );
}
