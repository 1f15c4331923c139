//! The library as its example uses it: a project's profile, pushed over SSH to a host inside this process.

use std::fs;
use std::path::Path;

use provision::event::{Event, Stamped};
use provision::inventory::{Environment, Inventory};
use provision::profile::Profiles;
use provision::runner::Runner;
use provision::transport::ssh::Ssh;
use std::sync::Arc;

use crate::kit::host::TestHost;

#[path = "../../examples/push.rs"]
#[expect(dead_code, reason = "its own main is another program's")]
mod example;

const MODULE: &str = "description = \"Notes what a host is\"

[params]
word = { type = \"string\", secret = true }

[[step]]
file = \"~/note\"
content = \"{{ facts.kernel | length > 0 }} {{ word }}\\n\"
";

/// A project whose one host is `host`; a secret comes from a file, and a module asks for facts.
fn project(host: &TestHost) {
    let inventory = format!(
        "[defaults]\nuser = 'tester'\nidentity_file = 'id'\nidentities_only = true\nknown_hosts = 'known_hosts'\n\
         [hosts.one]\naddress = '127.0.0.1'\nport = {}\n[hosts.other]\naddress = '127.0.0.1'\nport = 1\n",
        host.server.port()
    );
    let files = [
        ("inventory.toml", inventory.as_str()),
        ("word", "hush\n"),
        (
            "profiles/main.toml",
            "modules = ['note']\n[config.note]\nword = { secret_file = '../word' }\n",
        ),
        ("profiles/broken.toml", "modules = ['note', 'none']\n"),
        ("profiles/modules/note.toml", MODULE),
    ];
    fs::create_dir_all(host.path("profiles/modules")).unwrap();
    for (name, text) in files {
        fs::write(host.path(name), text).unwrap();
    }
}

async fn push(host: &TestHost, profile: &str) -> Result<(i32, Vec<String>), String> {
    let mut lines = Vec::new();
    let told = |line: &str| {
        lines.push(line.to_owned());
        Ok(())
    };
    let environment = Environment::default();
    let summary = example::push(host.dir.path(), &environment, profile, "one", told).await;
    let summary = summary.map_err(|error| error.to_string())?;
    Ok((summary.exit_code().into(), lines))
}

#[tokio::test]
async fn the_example_pushes_a_profile() {
    let host = TestHost::start().await;
    project(&host);
    let (code, lines) = push(&host, "main").await.unwrap();
    assert_eq!(
        (code, lines),
        (
            0,
            vec!["one: file ~/note Changed".to_owned(), "one: Ok".to_owned()]
        )
    );
    assert_eq!(fs::read_to_string(host.path("home/note")).unwrap(), "true hush\n");
    let (code, lines) = push(&host, "main").await.unwrap();
    assert_eq!((code, lines), (0, vec!["one: Ok".to_owned()]));
    let mistake = push(&host, "broken").await.unwrap_err();
    assert!(mistake.contains("none"), "{mistake}");
}

/// A dry-run changes nothing, and a listener hears of every host, also of one that is not reached.
#[tokio::test]
async fn a_dry_run_of_a_profile_changes_nothing() {
    let host = TestHost::start().await;
    project(&host);
    let inventory = Inventory::load(&host.path("inventory.toml"), &Environment::default()).unwrap();
    let hosts: Vec<_> = inventory.hosts.iter().cloned().map(Arc::new).collect();
    let profiles = Profiles::load(Path::new(&host.path("profiles"))).unwrap();
    let profile = profiles.get_profile("main").unwrap();
    let mut runner = Runner::new(Arc::new(Ssh::new()));
    runner.register_folder(&host.path("profiles/modules")).unwrap();
    runner.register_folder(&host.path("no-such-folder")).unwrap();
    assert!(
        runner.register_folder(&host.path("profiles/modules")).is_err(),
        "two of one name"
    );
    let (sender, mut events) = tokio::sync::mpsc::channel::<Stamped>(256);
    let summary = runner.run_profile(&hosts, &profile, true, sender).await.unwrap();
    assert_eq!((summary.steps.would_change, summary.hosts.unreachable), (1, 1));
    assert!(!host.path("home/note").exists());
    let mut last = None;
    while let Some(stamped) = events.recv().await {
        last = Some(stamped.event);
    }
    assert!(matches!(last, Some(Event::RunFinished { .. })), "{last:?}");
}
