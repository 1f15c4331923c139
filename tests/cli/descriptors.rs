//! Many hosts, few file descriptors.

use std::fmt::Write as _;
use std::process::Stdio;
use std::sync::atomic::Ordering;

use russh::ChannelMsg;

use super::called::Place;
use crate::kit::ssh_server::{Manners, ScriptedServer};

/// Hosts whose programs begin, and end well.
fn begins() -> Manners {
    Manners::exec(|mut channel, _| async move {
        let mut program = String::new();
        let nonce = loop {
            match channel.wait().await {
                Some(ChannelMsg::Data { data }) => program += std::str::from_utf8(&data).unwrap(),
                Some(_) => {}
                None => return,
            }
            let nonce = program.lines().find_map(|line| line.strip_prefix("nonce="));
            if let (Some(nonce), true) = (nonce, program.ends_with("}\n")) {
                break nonce.to_owned();
            }
        };
        let word = format!("\n\x1e{nonce} ready\n");
        channel.data_bytes(word.into_bytes()).await.unwrap();
        channel.eof().await.unwrap();
        channel.exit_status(0).await.unwrap();
        channel.close().await.unwrap();
    })
}

#[test]
fn five_hundred_hosts_get_by_with_256_files() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let server = runtime.block_on(ScriptedServer::start(begins()));
    let dir = server.dir.path().display();
    let mut inventory = format!(
        "[defaults]\nconnect_timeout = '5m'\nidentity_file = '{dir}/id'\nknown_hosts = '{dir}/known_hosts'\nidentities_only = true\n"
    );
    let _ = writeln!(
        inventory,
        "[hosts.'h[1-500]']\naddress = '127.0.0.1:{}'",
        server.port
    );
    let place = Place::new(&[("inventory.toml", &inventory)]);
    // The command of a shell that has given up all but 256, for good.
    let limited = "ulimit -n 256; exec \"$0\" \"$@\"";
    let command = place.command(&["run", "--parallel", "500", "--output", "ndjson", "--", "true"]);
    let output = std::process::Command::new("sh")
        .args(["-c", limited])
        .arg(command.get_program())
        .args(command.get_args())
        .current_dir(place.dir.path())
        .env_clear()
        .envs(
            command
                .get_envs()
                .filter_map(|(name, value)| Some((name, value?))),
        )
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let last = text.lines().last().unwrap_or_default();
    assert_eq!(
        output.status.code(),
        Some(0),
        "{last}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(last.contains("\"ok\":500"), "{last}");
    assert_eq!(
        server.seen.connections.load(Ordering::SeqCst),
        500,
        "none was tried twice"
    );
}
