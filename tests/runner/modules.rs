//! The framework as a library: modules registered and run by name, on this machine.

use std::sync::Arc;

use provision::config::Config;
use provision::diagnostic::Diagnostics;
use provision::event::{Event, Outcome, Stamped};
use provision::inventory::Host;
use provision::module::Module;
use provision::name::Name;
use provision::resource::{File, Resource};
use provision::runner::Runner;
use provision::transport::local::Local;

use crate::kit::shell::plan;

/// Writes one file.
struct Note {
    name: Name,
    path: String,
}

impl Module for Note {
    fn name(&self) -> &Name {
        &self.name
    }

    fn description(&self) -> &'static str {
        "A note"
    }

    fn resources(&self, _: &Config) -> Result<Vec<Resource>, Diagnostics> {
        Ok(vec![File::new(&self.path, "note").into()])
    }
}

fn note(name: &str, path: &std::path::Path) -> Box<dyn Module> {
    Box::new(Note {
        name: Name::parse(name).unwrap(),
        path: path.to_str().unwrap().to_owned(),
    })
}

async fn run(runner: &Runner, names: &[&str], dry_run: bool) -> Result<Vec<(String, Outcome)>, Diagnostics> {
    let host: Arc<Host> = Arc::clone(&plan(Vec::new()).host);
    let names: Vec<Name> = names.iter().map(|name| Name::parse(name).unwrap()).collect();
    let (sender, mut receiver) = tokio::sync::mpsc::channel::<Stamped>(256);
    runner.run_modules(&[host], &names, dry_run, sender).await?;
    let mut ended = Vec::new();
    while let Some(stamped) = receiver.recv().await {
        if let Event::StepFinished { step, outcome, .. } = stamped.event {
            ended.push((step.module.to_string(), outcome));
        }
    }
    Ok(ended)
}

#[tokio::test]
async fn modules_run_by_name_in_order_and_are_skipped_when_installed() {
    let dir = tempfile::tempdir().unwrap();
    // The machine's own state is not a test's to use.
    let shell = format!("PROVISION_STATE={}/state exec sh", dir.path().display());
    let mut runner = Runner::new(Arc::new(Local::with_shell(["sh", "-c", &shell])));
    let (first, second) = (dir.path().join("first"), dir.path().join("second"));
    runner.register_module(note("second", &second)).unwrap();
    runner.register_module(note("first", &first)).unwrap();
    assert!(
        runner.register_module(note("first", &first)).is_err(),
        "two of one name"
    );

    let would = |name: &str| (name.to_owned(), Outcome::WouldChange);
    let names = ["first", "second"];
    assert_eq!(run(&runner, &names, true).await.unwrap(), names.map(would));
    assert!(!first.exists() && !second.exists());
    let changed = |name: &str| (name.to_owned(), Outcome::Changed);
    assert_eq!(run(&runner, &names, false).await.unwrap(), names.map(changed));
    assert!(first.exists() && second.exists());
    let ok = |name: &str| (name.to_owned(), Outcome::Ok);
    assert_eq!(
        run(&runner, &["second", "first"], false).await.unwrap(),
        ["second", "first"].map(ok)
    );
    let mistakes = run(&runner, &["frist"], false).await.unwrap_err();
    assert_eq!(
        mistakes.to_string(),
        "unknown module `frist` (did you mean `first`?)"
    );
}
