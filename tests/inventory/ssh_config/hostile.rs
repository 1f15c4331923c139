//! What nobody should write, and what follows.

use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::sync::Arc;

use proptest::prelude::*;
use provision::diagnostic::Source;
use provision::inventory::ssh_config::{Choice, Resolved, SshConfig, Target};
use provision::inventory::{Environment, Variables};
use tempfile::TempDir;

fn environment(home: &Path) -> Environment {
    Environment {
        home: Some(home.to_owned()),
        user: Some("ada".to_owned()),
        uid: Environment::of_process().uid,
        hostname: Some("desk.example.com".to_owned()),
        variables: Variables(Arc::new([("PLACE".to_owned(), "/p;$(x)".to_owned())].into())),
        ..Environment::default()
    }
}

fn look_up(text: &str, host: &str) -> Result<Resolved, String> {
    let environment = environment(Path::new("/home/ada"));
    let config = SshConfig::parse(&Source::new("config", text), &environment)
        .map_err(|mistakes| mistakes.to_string())?;
    let target = Target {
        host,
        user: None,
        port: None,
    };
    config
        .resolve(&target, &environment)
        .map_err(|mistakes| mistakes.to_string())
}

/// What is said of `text`, for the host `db1`.
fn mistake(text: &str) -> String {
    look_up(text, "db1").unwrap_err()
}

fn write(folder: &TempDir, name: &str, text: &str, mode: u32) -> std::path::PathBuf {
    let path = folder.path().join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, text).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
    path
}

#[test]
fn a_mistake_has_its_place_and_a_way_out() {
    assert_eq!(
        mistake("Host *\n  Prot 22\n"),
        "config:2:3: unknown directive `prot` (did you mean `port`? `IgnoreUnknown prot` leaves it to others)"
    );
    assert_eq!(
        mistake("Port 22 23"),
        "config:1:9: this is one argument too many (put quotes around a value with blanks)"
    );
    assert_eq!(mistake("User \"a"), "config:1:6: this quote is not closed");
    assert_eq!(
        mistake("HashKnownHosts maybe"),
        "config:1:16: this is not `yes` or `no`"
    );
    assert_eq!(
        mistake("Match vhost x"),
        "config:1:7: `Match` cannot ask for `vhost` (did you mean `host`?)"
    );
    // All of a file at once, for whichever hosts they are.
    assert_eq!(mistake("Host other\nPort x\nPort y\nHost\n").lines().count(), 3);
}

#[test]
fn what_changes_trust_or_route_and_is_not_followed_is_a_mistake_where_it_counts() {
    for text in [
        "KnownHostsCommand /bin/keys %H",
        "RevokedHostKeys ~/revoked",
        "CanonicalizeHostname yes",
        "BindInterface eth0",
        "ProxyUseFdpass yes",
        "NoHostAuthenticationForLocalhost yes",
        "CheckHostIP yes",
    ] {
        assert!(mistake(text).contains("cannot be followed"), "{text}");
        look_up(&format!("Host other\n{text}"), "db1").unwrap();
        look_up(text.split(' ').next().unwrap(), "db1").unwrap_err();
    }
    for text in [
        "KnownHostsCommand none",
        "RevokedHostKeys none",
        "CanonicalizeHostname no",
        "CheckHostIP no",
    ] {
        assert_eq!(look_up(text, "db1").unwrap().notes, []);
    }
}

#[test]
fn what_may_be_missed_is_noted_once() {
    let text = "ForwardAgent yes\nCompression yes\nRemoteCommand tmux\nGSSAPIAuthentication yes\nVisualHostKey yes\nForwardAgent yes\n";
    let notes = look_up(text, "db1").unwrap().notes;
    let told: Vec<String> = notes
        .iter()
        .map(|note| note.message.split(" is not").next().unwrap().to_owned())
        .collect();
    assert_eq!(told, ["`forwardagent`", "`compression`", "`remotecommand`"]);
    assert!(
        notes[1].message.contains("lets the length of a packet tell"),
        "{}",
        notes[1].message
    );
}

#[test]
fn names_a_shell_would_run_are_not_put_into_commands() {
    for host in ["$(id)", "a;b", "`id`", "a|b", "-oProxyCommand=x"] {
        let environment = environment(Path::new("/home/ada"));
        let config = SshConfig::parse(
            &Source::new("config", "Match exec \"test %h\"\nPort 1\n"),
            &environment,
        )
        .unwrap();
        let target = Target {
            host,
            user: None,
            port: None,
        };
        let told = config.resolve(&target, &environment).unwrap_err().to_string();
        assert!(told.contains("is not put into a command"), "{told}");
    }
}

#[test]
fn a_file_that_includes_itself_ends() {
    let folder = TempDir::new().unwrap();
    let one = write(
        &folder,
        "one",
        &format!("Include {0}/one {0}/one\n", folder.path().display()),
        0o600,
    );
    let environment = environment(folder.path());
    let told = SshConfig::load(&Choice::File(one), &environment)
        .unwrap_err()
        .to_string();
    assert!(told.contains("does a file include itself?"), "{told}");
    assert!(told.lines().count() < 20, "{told}");
}

#[test]
fn what_others_can_write_to_is_not_followed() {
    let folder = TempDir::new().unwrap();
    let environment = environment(folder.path());
    let own = write(&folder, ".ssh/config", "Port 1\n", 0o666);
    let told = SshConfig::load(&Choice::Usual, &environment)
        .unwrap_err()
        .to_string();
    assert!(told.contains("others may write to it"), "{told}");
    // A file somebody names is read as ssh reads it, but runs nothing.
    SshConfig::load(&Choice::File(own.clone()), &environment).unwrap();
    for command in ["Match exec true\n", "ProxyCommand nc %h %p\n"] {
        write(&folder, ".ssh/config", command, 0o666);
        let told = SshConfig::load(&Choice::File(own.clone()), &environment)
            .unwrap_err()
            .to_string();
        assert!(told.contains("may not run commands"), "{told}");
    }
    // Nor is what it includes trusted any more than itself.
    let included = write(&folder, ".ssh/more", "Port 1\n", 0o620);
    write(&folder, ".ssh/config", "Include more\n", 0o600);
    let told = SshConfig::load(&Choice::Usual, &environment)
        .unwrap_err()
        .to_string();
    assert!(told.contains("chmod go-w"), "{told}");
    std::fs::set_permissions(&included, std::fs::Permissions::from_mode(0o640)).unwrap();
    let config = SshConfig::load(&Choice::Usual, &environment).unwrap();
    let target = Target {
        host: "db1",
        user: None,
        port: None,
    };
    assert_eq!(
        config.resolve(&target, &environment).unwrap().values("port"),
        ["1"]
    );
}

#[test]
fn folders_pipes_and_files_that_are_gone() {
    let folder = TempDir::new().unwrap();
    let environment = environment(folder.path());
    let load = |path: &Path| SshConfig::load(&Choice::File(path.to_owned()), &environment);
    assert!(load(&folder.path().join("gone")).is_err());
    assert!(load(folder.path()).is_err());
    std::fs::create_dir_all(folder.path().join(".ssh/d/inner")).unwrap();
    write(&folder, ".ssh/d/b", "Port 2\n", 0o600);
    write(&folder, ".ssh/d/a", "Port 1\n", 0o600);
    let config = write(&folder, ".ssh/config", "Include d/* nothing/*\n", 0o600);
    let target = Target {
        host: "x",
        user: None,
        port: None,
    };
    let resolved = load(&config).unwrap().resolve(&target, &environment).unwrap();
    assert_eq!(
        resolved.values("port"),
        ["1"],
        "folders are left out, files come by name"
    );
    symlink("nowhere", folder.path().join(".ssh/d/0")).unwrap();
    assert!(
        load(&config).is_err(),
        "a link that leads nowhere is no file that is not there"
    );
}

#[test]
fn what_a_variable_holds_is_not_looked_into_again() {
    let environment = environment(Path::new("/home/ada"));
    let source = Source::new("config", "UserKnownHostsFile ${PLACE}/%n ~/k\n");
    let ssh_config = SshConfig::parse(&source, &environment).unwrap();
    let environment = Environment {
        ssh_config,
        ..environment
    };
    let inventory = super::super::parse_with("[hosts.db1]", &environment).unwrap();
    let files = &inventory.hosts[0].connection.known_hosts;
    assert_eq!(files, &[Path::new("/p;$(x)/db1"), Path::new("/home/ada/k")]);
}

#[test]
fn bytes_that_are_no_text_are_comments_at_best() {
    let folder = TempDir::new().unwrap();
    let environment = environment(folder.path());
    let path = folder.path().join("config");
    std::fs::write(&path, b"# caf\xe9\nPort 1\n").unwrap();
    SshConfig::load(&Choice::File(path.clone()), &environment).unwrap();
    std::fs::write(&path, b"User caf\xe9\n").unwrap();
    assert!(SshConfig::load(&Choice::File(path.clone()), &environment).is_err());
    std::fs::write(&path, b"User a\0b\n").unwrap();
    assert!(SshConfig::load(&Choice::File(path), &environment).is_err());
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(
        text in r#"((Host|Match|Port|User|IdentityFile|ProxyJump|SetEnv|IgnoreUnknown|host|user|final|all|=|"|'|\\|#|,|!|\*|\?|%h|%|\$\{|\}|~|-|\[|\]|:|@|none|[a-c0-9é]| |\t|\r|\n|\n)){0,60}"#,
        host in "[a-c0-9.:*?%-]{1,8}",
    ) {
        let _ = look_up(&text, &host);
    }
}
