//! Good hosts among bad ones of every kind: none waits for another, and each says what is wrong with it.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use crate::kit::binary::{Folder, Told, steps};
use crate::kit::docker::{self, Host};

const GOOD: Host = Host("bastion");
const STOPS: Host = Host("db2");
const GOES_ON: Host = Host("db3");

/// A port on which nobody listens.
fn closed() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

/// An inventory of hosts that cannot be reached, each for its own reason; `tarpit` takes connections and says nothing.
fn bad(folder: &Folder, tarpit: &TcpListener) -> String {
    let lines = std::fs::read_to_string(docker::run().join("known_hosts")).unwrap();
    let line = |name: &str| {
        let mut all = lines
            .lines()
            .filter(|line| line.contains(name) && line.contains("ed25519"));
        all.next().unwrap().split_once(' ').unwrap().1.to_owned()
    };
    let port = GOOD.port();
    // Another host's key stands under this one's name.
    let wrong = folder.write("wrong", &format!("[127.0.0.1]:{port} {}\n", line(",db1 ")));
    let empty = folder.write("empty", "");
    let address = "address = \"127.0.0.1\"";
    format!(
        "[hosts.impostor]\n{address}\nport = {port}\nknown_hosts = \"{}\"\n\
         [hosts.stranger]\n{address}\nport = {port}\nknown_hosts = \"{}\"\n\
         [hosts.closed]\n{address}\nport = {}\n\
         [hosts.tarpit]\n{address}\nport = {}\nconnect_timeout = \"3s\"\n\
         [hosts.denied]\n{address}\nport = {port}\nuser = \"root\"\n",
        wrong.display(),
        empty.display(),
        closed(),
        tarpit.local_addr().unwrap().port(),
    )
}

fn causes(told: &Told) {
    let cause = |host: &str| {
        let end = told.host(host);
        assert_eq!(end["status"], "unreachable", "{end}");
        end["cause"].as_str().unwrap().to_owned()
    };
    assert_eq!(cause("impostor"), "host-key-changed");
    assert_eq!(cause("stranger"), "host-key-unknown");
    assert_eq!(cause("closed"), "connect");
    assert_eq!(told.host("closed")["detail"], "Connection refused");
    assert_eq!(cause("tarpit"), "timeout");
    assert_eq!(told.host("tarpit")["phase"], "handshake");
    assert_eq!(told.host("tarpit")["after"], 3.0);
    assert_eq!(cause("denied"), "denied");
}

const STEP: &str = "[params]\nfails = { type = \"boolean\", default = false }\n\
    [[step]]\nfile = \"/srv/fleet.NAME.1\"\ncontent = \"1\\n\"\n\
    [[step]]\ntitle = \"sh middle\"\n\
    sh = { check = \"test -e /srv/fleet.NAME.2\", apply = \"echo in the middle of NAME; if {{ fails }}; then false; fi; touch /srv/fleet.NAME.2\" }\n\
    [[step]]\nfile = \"/srv/fleet.NAME.3\"\ncontent = \"3\\n\"\n";

#[test]
fn good_hosts_finish_whatever_the_others_do() {
    let Some(_lease) = docker::lease(&["bastion", "db2", "db3"]) else {
        return;
    };
    let folder = Folder::new();
    let tarpit = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut inventory = String::from("connect_timeout = \"20s\"\n");
    inventory += &bad(&folder, &tarpit);
    inventory += &GOOD.entry("good");
    inventory += &STOPS.entry("stops");
    inventory += "[hosts.stops.config.firm]\nfails = true\n";
    inventory += &GOES_ON.entry("goes-on");
    inventory += "[hosts.goes-on.config.loose]\nfails = true\n";
    folder.inventory(&inventory);
    let module = |name: &str| STEP.replace("NAME", name);
    folder.profile(
        "p",
        "modules = [{ name = \"loose\", on_failure = \"continue\" }, \"firm\", \"last\"]\n",
        &[
            ("loose", &module("loose")),
            ("firm", &module("firm")),
            ("last", &module("last")),
        ],
    );

    let began = Instant::now();
    let told = folder.push("p").ndjson().exits(1);
    let took = began.elapsed();
    causes(&told);
    let all = |module: &str| {
        ["file /srv/fleet.M.1", "sh middle", "file /srv/fleet.M.3"]
            .map(|title| format!("{module}: {}", title.replace('M', module)))
    };
    let mut everything = steps(&[]);
    everything.extend(["loose", "firm", "last"].iter().flat_map(|module| all(module)));

    assert_eq!(told.host("good")["status"], "ok");
    assert_eq!(told.steps("good", "changed"), everything);
    assert!(GOOD.holds("cd /srv && cat fleet.loose.3 fleet.firm.2 fleet.last.3"));

    assert_eq!(told.host("stops")["status"], "failed");
    assert_eq!(told.steps("stops", "failed"), steps(&["firm: sh middle"]));
    assert_eq!(told.steps("stops", "changed").len(), 4);
    let mut skipped = steps(&["firm: file /srv/fleet.firm.3"]);
    skipped.extend(all("last"));
    assert_eq!(told.steps("stops", "skipped"), skipped);
    let failed = told.step("stops", "file /srv/fleet.last.1");
    assert_eq!(
        (failed["reason"].as_str(), failed["of"].as_u64()),
        (Some("after-failure"), Some(4))
    );
    assert!(!STOPS.holds("ls /srv/fleet.firm.3 || ls /srv/fleet.last.1"));

    assert_eq!(told.host("goes-on")["status"], "failed");
    assert_eq!(told.steps("goes-on", "failed"), steps(&["loose: sh middle"]));
    assert_eq!(
        told.steps("goes-on", "skipped"),
        steps(&["loose: file /srv/fleet.loose.3"])
    );
    assert_eq!(told.steps("goes-on", "changed").len(), 7);
    assert!(GOES_ON.holds("! [ -e /srv/fleet.loose.3 ] && cat /srv/fleet.last.3"));

    let end = told
        .events
        .iter()
        .find(|event| event["outcome"] == "failed" && event["host"] == "stops");
    assert_eq!(end.unwrap()["output"], "in the middle of firm\n");
    assert_eq!(
        told.summary()["hosts"],
        serde_json::json!({"ok": 1, "failed": 2, "unreachable": 5, "cancelled": 0})
    );
    println!(
        "mixed fleet of 8, one of them silent for its 3 s: {:.1} s",
        took.as_secs_f64()
    );
    // The tarpit costs the timeout; what is beyond that is a busy machine's.
    assert!(took < Duration::from_secs(3 + 20), "{took:?}");

    // For people: each trouble by its name, at the end, with what to do.
    let told = folder.push("p").plain().exits(1);
    println!("{}", told.stdout);
    for words in [
        "unreachable:  impostor  HOST KEY CHANGED",
        "unreachable:  stranger  host key not known",
        "unreachable:  closed    no connection: Connection refused",
        "unreachable:  tarpit    timed out while exchanging keys",
        "unreachable:  denied    login as root refused",
        "failed:       goes-on   loose: sh middle (its apply exited with status 1)",
        "failed:       stops     firm: sh middle (its apply exited with status 1)",
    ] {
        assert!(
            told.stdout.contains(words),
            "{words} is missing in\n{}",
            told.stdout
        );
    }
}

#[test]
fn only_unreachable_hosts_are_an_exit_code_of_their_own() {
    let Some(_lease) = docker::lease(&["bastion"]) else {
        return;
    };
    let folder = Folder::new();
    let tarpit = TcpListener::bind("127.0.0.1:0").unwrap();
    let text = String::from("connect_timeout = \"20s\"\n") + &bad(&folder, &tarpit) + &GOOD.entry("good");
    folder.inventory(&text);
    let module = "[[step]]\nfile = \"/srv/fleet.only\"\ncontent = \"1\\n\"\n";
    folder.profile("p", "modules = [\"only\"]\n", &[("only", module)]);
    let dry_run = folder.push("p").arg("--dry-run").plain().exits(3);
    println!("{}", dry_run.stdout);
    let told = folder.push("p").ndjson().exits(3);
    causes(&told);
    assert_eq!(told.steps("good", "changed").len(), 1);
}
