//! Jumps: hosts that are reached through other hosts.

use std::path::Path;

use provision::diagnostic::Source;
use provision::inventory::ssh_config::SshConfig;
use provision::inventory::{Connection, Environment, Inventory, Route};

fn inventory(ssh_config: &str, text: &str) -> Result<Inventory, String> {
    let environment = Environment {
        home: Some("/home/ada".into()),
        user: Some("ada".to_owned()),
        ..Environment::default()
    };
    let ssh_config = SshConfig::parse(&Source::new("config", ssh_config), &environment)
        .map_err(|error| error.to_string())?;
    let environment = Environment {
        ssh_config,
        ..environment
    };
    super::parse_with(text, &environment).map_err(|mistakes| mistakes.to_string())
}

/// The way to a host, from here on.
fn way(connection: &Connection) -> String {
    let place = format!("{}@{}:{}", connection.user, connection.address, connection.port);
    match &connection.route {
        Route::Direct => place,
        Route::Jump(hop) => format!("{} > {place}", way(hop)),
        Route::Command(command) => format!("{{{command}}} {place}"),
    }
}

fn ways(ssh_config: &str, text: &str) -> Vec<String> {
    let inventory = inventory(ssh_config, text).unwrap();
    inventory.hosts.iter().map(|host| way(&host.connection)).collect()
}

#[test]
fn a_jump_names_a_host_of_the_inventory_or_any_other() {
    assert_eq!(
        ways(
            "Host far\n  HostName far.example.com\n  User ops\n",
            "[defaults]\nuser = 'root'\n[hosts.gate]\naddress = '192.0.2.1'\nport = 2222\nuser = 'jump'\n\
             [hosts.db1]\njump = 'gate'\n[hosts.db2]\njump = 'far'\n[hosts.db3]\njump = ['gate', 'x@[::1]:24']\n"
        ),
        [
            "jump@192.0.2.1:2222",
            "jump@192.0.2.1:2222 > root@db1:22",
            "ops@far.example.com:22 > root@db2:22",
            "jump@192.0.2.1:2222 > x@::1:24 > root@db3:22"
        ]
    );
}

#[test]
fn a_jump_for_all_leaves_the_bastions_themselves_out() {
    assert_eq!(
        ways(
            "",
            "[defaults]\njump = ['a', 'b']\n[hosts.a]\n[hosts.b]\n[hosts.c]\n[hosts.d]\njump = 'none'\n"
        ),
        [
            "ada@a:22",
            "ada@a:22 > ada@b:22",
            "ada@a:22 > ada@b:22 > ada@c:22",
            "ada@d:22"
        ]
    );
}

#[test]
fn hosts_behind_a_bastion_share_it() {
    let inventory = inventory(
        "",
        "[defaults]\njump = 'gate'\n[hosts.gate]\n[hosts.'db[1-50]']\nbecome = 'sudo'\n",
    )
    .unwrap();
    let hop = |index: usize| match &inventory.hosts[index].connection.route {
        Route::Jump(hop) => std::sync::Arc::as_ptr(hop),
        other => panic!("{other:?}"),
    };
    assert_eq!(hop(1), hop(50));
}

#[test]
fn ssh_config_has_its_own_jumps_and_the_inventory_overrides_them() {
    let config = "Host b\n  ProxyJump a\n  Port 2\nHost c\n  ProxyJump x@b\nHost d\n  ProxyJump a,b:3\nHost e\n  ProxyCommand nc -X %r %h %p\nHost f\n  ProxyJump none\n  ProxyCommand nc\n";
    assert_eq!(
        ways(
            config,
            "[hosts.c]\n[hosts.d]\n[hosts.e]\nport = 24\n[hosts.f]\n[hosts.g]\naddress = 'c'\njump = 'none'\n[hosts.h]\naddress = 'e'\njump = 'c'\n"
        ),
        [
            // The last hop's own jump counts when it is the only one, as with `ssh -J`.
            "ada@a:22 > x@b:2 > ada@c:22",
            "ada@a:22 > ada@b:3 > ada@d:22",
            "{nc -X ada e 24} ada@e:24",
            "{nc} ada@f:22",
            "ada@c:22",
            "ada@a:22 > x@b:2 > ada@c:22 > ada@e:22"
        ]
    );
}

#[test]
fn a_way_through_itself_is_refused() {
    let refused = |ssh_config: &str, text: &str| inventory(ssh_config, text).unwrap_err();
    let told = refused("", "[hosts.a]\njump = 'b'\n[hosts.b]\njump = 'a'\n");
    assert!(told.contains("leads through `a` itself"), "{told}");
    let told = refused("Host *\n  ProxyJump gate\n", "[hosts.db1]\n[hosts.db2]\n");
    assert!(told.contains("more than 16 hosts"), "{told}");
    let told = refused("Host a\nProxyJump b\nHost b\nProxyJump a\n", "[hosts.a]\n");
    assert!(told.contains("itself") || told.contains("more than 16"), "{told}");
    let told = refused("Host gate*\n  ProxyJump gate\n", "[hosts.gate]\n");
    assert!(told.contains("itself") || told.contains("more than 16"), "{told}");
}

#[test]
fn an_address_may_carry_its_port() {
    assert_eq!(
        ways(
            "",
            "[hosts.a]\naddress = '192.0.2.1:2222'\n[hosts.b]\naddress = '[::1]:24'\n[hosts.c]\naddress = '::1'\n[hosts.'d[1-2]']\naddress = 'x[1-2].y:23'\n"
        ),
        [
            "ada@192.0.2.1:2222",
            "ada@::1:24",
            "ada@::1:22",
            "ada@x1.y:23",
            "ada@x2.y:23"
        ]
    );
    let told = inventory("", "[hosts.a]\naddress = 'b:23'\nport = 24\n").unwrap_err();
    assert!(told.contains("the port is given twice"), "{told}");
    for bad in ["b:0", "b:70000", "b:x", "::1:x", "[::1]x", "a:1:2x"] {
        inventory("", &format!("[hosts.a]\naddress = '{bad}'\n")).unwrap_err();
    }
}

#[test]
fn mistakes_in_a_jump_have_their_place() {
    let told = inventory("", "[hosts.a]\njump = 'b c'\n").unwrap_err();
    assert!(
        told.contains("inventory.toml:2:8") && told.contains("no host to go through"),
        "{told}"
    );
    let _ = Path::new("");
}
