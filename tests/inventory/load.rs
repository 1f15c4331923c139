//! What an inventory says about its hosts.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use proptest::prelude::*;
use provision::diagnostic::Source;
use provision::inventory::{Become, Environment, HostKeyPolicy, Inventory};

use super::parse;

#[test]
fn a_bare_host_gets_the_defaults_of_ssh() {
    let inventory = parse("[hosts.db1]").unwrap();
    let host = &inventory.hosts[0];
    let connection = &host.connection;
    assert_eq!(host.name.as_str(), "db1");
    assert_eq!(connection.address, "db1");
    assert_eq!(connection.port, 22);
    assert_eq!(connection.user, "ada");
    assert_eq!(
        connection.identity_files[0],
        Path::new("/home/ada/.ssh/id_ed25519")
    );
    assert_eq!(connection.identity_files.len(), 3);
    assert!(!connection.identities_only);
    assert_eq!(
        connection.known_hosts_files().collect::<Vec<_>>(),
        [
            Path::new("/home/ada/.ssh/known_hosts"),
            Path::new("/etc/ssh/ssh_known_hosts")
        ]
    );
    assert_eq!(connection.known_hosts.len(), 1, "one is written to");
    assert_eq!(connection.host_key_policy, HostKeyPolicy::Strict);
    assert_eq!(connection.r#become, Become::None);
    assert_eq!(connection.connect_timeout, Duration::from_secs(10));
    assert_eq!(connection.keepalive, Duration::from_secs(15));
}

#[test]
fn what_is_nearer_to_the_host_wins() {
    let inventory = parse(
        r#"
        [defaults]
        user = "root"
        port = 2200
        become = "sudo"
        [groups.a]
        port = 2201
        keepalive = 30
        [groups.b]
        port = 2202
        [hosts.h]
        groups = ["b", "a"]
        user = "me"
        connect_timeout = "500ms"
        "#,
    )
    .unwrap();
    let connection = &inventory.hosts[0].connection;
    assert_eq!(connection.user, "me");
    assert_eq!(connection.port, 2201, "the later group of the host's list wins");
    assert_eq!(connection.r#become, Become::Sudo);
    assert_eq!(connection.keepalive, Duration::from_secs(30));
    assert_eq!(connection.connect_timeout, Duration::from_millis(500));
}

#[test]
fn config_stays_in_levels_with_the_lowest_first() {
    let inventory = parse(
        r#"
        [groups.db.config.postgresql]
        version = "15"
        [groups.eu.config.ntp]
        server = "eu"
        [hosts.db1]
        groups = ["eu", "db", "bare"]
        [hosts.db1.config.postgresql]
        version = "16"
        "#,
    )
    .unwrap();
    let layers: Vec<String> = inventory.hosts[0]
        .config
        .iter()
        .map(|layer| serde_json::to_string(layer.as_ref()).unwrap())
        .collect();
    assert_eq!(
        layers,
        [
            r#"{"ntp":{"server":"eu"}}"#,
            r#"{"postgresql":{"version":"15"}}"#,
            r#"{"postgresql":{"version":"16"}}"#
        ]
    );
    let groups: Vec<&str> = inventory.groups.keys().map(AsRef::as_ref).collect();
    assert_eq!(groups, ["db", "eu", "bare"]);
}

#[test]
fn ranges_become_hosts_in_the_order_of_the_file() {
    let inventory = parse(
        r#"
        [hosts."web[08-10].example.com"]
        [hosts.db1]
        address = "192.0.2.10"
        [hosts."app[1-2]"]
        address = "10.0.0.[11-12]"
        [hosts."v6"]
        address = "[2001:db8::1]"
        [hosts."shared[a-b]"]
        address = "127.0.0.1"
        "#,
    )
    .unwrap();
    let hosts: Vec<String> = inventory
        .hosts
        .iter()
        .map(|host| format!("{}={}", host.name, host.connection.address))
        .collect();
    assert_eq!(
        hosts,
        [
            "web08.example.com=web08.example.com",
            "web09.example.com=web09.example.com",
            "web10.example.com=web10.example.com",
            "db1=192.0.2.10",
            "app1=10.0.0.11",
            "app2=10.0.0.12",
            "v6=2001:db8::1",
            "shareda=127.0.0.1",
            "sharedb=127.0.0.1"
        ]
    );
}

#[test]
fn paths_are_relative_to_the_inventory() {
    let inventory = parse(
        r#"
        [hosts.a]
        identity_file = "keys/a"
        known_hosts = ["~/kh", "/etc/kh", "../kh"]
        identities_only = true
        host_key_policy = "accept-new"
        "#,
    )
    .unwrap();
    let connection = &inventory.hosts[0].connection;
    assert_eq!(connection.identity_files, [PathBuf::from("/srv/keys/a")]);
    assert_eq!(
        connection.known_hosts,
        ["/home/ada/kh", "/etc/kh", "/srv/../kh"].map(PathBuf::from)
    );
    assert!(connection.identities_only);
    assert_eq!(connection.host_key_policy, HostKeyPolicy::AcceptNew);
}

#[test]
fn without_home_and_user_the_inventory_has_to_say_them() {
    let parse = |text| {
        Inventory::parse(
            &Source::new("i.toml", text),
            Path::new("/srv"),
            &Environment::default(),
        )
    };
    let mistakes = parse("[hosts.\"a[1-9]\"]\n[hosts.b]").unwrap_err();
    assert_eq!(mistakes.0.len(), 1, "said once: {mistakes}");
    assert!(parse("[hosts.a]\nuser = 'x'\nknown_hosts = '~/x'").is_err());
    let inventory = parse("[hosts.a]\nuser = 'x'").unwrap();
    assert!(inventory.hosts[0].connection.identity_files.is_empty());
    assert_eq!(inventory.hosts[0].connection.known_hosts_files().count(), 1);
}

#[test]
fn a_file_is_read_relative_to_its_own_folder() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("inventory.toml");
    std::fs::write(&path, "[hosts.a]\nuser = 'x'\nidentity_file = 'key'").unwrap();
    let inventory = Inventory::load(&path, &Environment::default()).unwrap();
    assert_eq!(
        inventory.hosts[0].connection.identity_files,
        [folder.path().join("key")]
    );
    let missing = Inventory::load(&folder.path().join("missing.toml"), &Environment::default()).unwrap_err();
    assert!(missing.to_string().starts_with("there is no file"), "{missing}");
    let not_a_file = Inventory::load(folder.path(), &Environment::default()).unwrap_err();
    assert!(
        not_a_file.to_string().ends_with("is a folder, not a file"),
        "{not_a_file}"
    );
}

#[test]
fn the_example_is_read_and_shows_every_key() {
    let path = Path::new("inventory/example.toml");
    let inventory = Inventory::load(
        path,
        &Environment {
            home: Some("/home/ada".into()),
            ..Environment::default()
        },
    )
    .unwrap();
    assert_eq!(inventory.hosts.len(), 1 + 20 + 12);
    assert_eq!(
        inventory.host("rackc-4").unwrap().connection.address,
        "198.51.100.112"
    );
    // An unknown key is answered with all that are known.
    let known = [
        "[hosts.a]\nzzzzzzzz = 1",
        "[groups.a]\nzzzzzzzz = 1",
        "[defaults]\nzzzzzzzz = 1",
    ]
    .map(|text| {
        let mistakes = parse(text).unwrap_err();
        let mistake = mistakes
            .0
            .into_iter()
            .find(|one| one.message.contains("zzzzzzzz"))
            .unwrap();
        mistake.help.unwrap().replace("known: ", "")
    });
    let example = std::fs::read_to_string(path).unwrap();
    for key in known.join(", ").split(", ") {
        let shown = example.contains(&format!("\n{key} = ")) || example.contains(&format!(".{key}."));
        assert!(shown, "the example does not show `{key}`");
    }
}

#[test]
fn ten_thousand_hosts_load_at_once() {
    use std::fmt::Write as _;
    let mut text =
        String::from("[groups.web.config.nginx]\nport = 80\nsites = [{ name = 'a' }, { name = 'b' }]\n");
    for index in 0..10_000 {
        write!(
            text,
            "[hosts.\"web{index}.example.com\"]\naddress = '10.0.0.1'\ngroups = ['web', 'eu']\n"
        )
        .unwrap();
        write!(
            text,
            "[hosts.\"web{index}.example.com\".config.nginx]\nport = {index}\n"
        )
        .unwrap();
    }
    let start = Instant::now();
    let inventory = parse(&text).unwrap();
    assert_eq!(inventory.hosts.len(), 10_000);
    // A release build takes a tenth of this; the bound only catches what grows with the square.
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    println!("10,000 hosts: {:?}", start.elapsed());
    assert!(parse("[hosts.'w[1-100000]']").is_ok());
    assert!(parse("[hosts.'w[1-100000]']\n[hosts.one]").is_err());
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(
        text in r#"(\[hosts\.|\[groups\.|\[defaults\]|config|groups|= |"|\]|\[|'|\n|,|[a-c]|[0-9-]|port|user|address|known_hosts|become|\{|\}){0,40}"#
    ) {
        let _ = parse(&text);
    }

    #[test]
    fn any_value_of_any_key_is_read_or_refused(
        key in "user|port|become|identity_file|identities_only|known_hosts|host_key_policy|connect_timeout|keepalive|groups|config|address",
        value in r#"(-?[0-9]{1,19}|true|1\.5|\[\]|\{\}|"[^"\\\x00-\x1f]{0,20}"|\["[a-z~/.@:%-]{0,9}", 1\])"#,
    ) {
        let _ = parse(&format!("[hosts.'h[1-3]']\n{key} = {value}\n"));
    }
}
