//! The framework as a library: modules registered and run by name, on this machine.

use std::sync::Arc;

use provision::config::Config;
use provision::diagnostic::Diagnostics;
use provision::event::{Event, Outcome, Stamped};
use provision::inventory::Host;
use provision::module::Module;
use provision::name::Name;
use provision::plan::compile;
use provision::resource::{File, Resource};
use provision::runner::Runner;
use provision::transport::local::Local;

use crate::kit::shell::{PUSH, nonce, plan};

/// Writes one file.
struct Note {
    name: Name,
    path: String,
    content: Vec<u8>,
}

impl Module for Note {
    fn name(&self) -> &Name {
        &self.name
    }

    fn description(&self) -> &'static str {
        "A note"
    }

    fn resources(&self, _: &Config) -> Result<Vec<Resource>, Diagnostics> {
        Ok(vec![File::new(&self.path, self.content.clone()).into()])
    }
}

fn note(name: &str, path: &std::path::Path) -> Box<dyn Module> {
    holding(name, path, b"note".to_vec())
}

fn holding(name: &str, path: &std::path::Path, content: Vec<u8>) -> Box<dyn Module> {
    Box::new(Note {
        name: Name::parse(name).unwrap(),
        path: path.to_str().unwrap().to_owned(),
        content,
    })
}

/// A shell whose programs keep their state in `dir`: the machine's own is not a test's to use.
fn in_corner(dir: &tempfile::TempDir) -> String {
    format!("PROVISION_STATE={}/state exec sh", dir.path().display())
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
    let mut runner = Runner::new(Arc::new(Local::with_shell(["sh", "-c", &in_corner(&dir)])));
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

#[tokio::test]
async fn large_content_is_brought_only_to_a_host_that_lacks_it() {
    let dir = tempfile::tempdir().unwrap();
    let mut runner = Runner::new(Arc::new(Local::with_shell(["sh", "-c", &in_corner(&dir)])));
    let path = dir.path().join("large");
    let content: Vec<u8> = (0..=255).cycle().take(300_000).collect();
    let module = holding("large", &path, content.clone());
    // It is no part of the program, so a host that has it is not sent it.
    let resources = module
        .resources(&Config::empty(plan(Vec::new()).host.view()))
        .unwrap();
    let program = compile(&plan(resources), &nonce(), PUSH).unwrap();
    assert!(program.len() < 50_000, "{} bytes", program.len());
    runner.register_module(module).unwrap();
    let outcome = |outcome| [("large".to_owned(), outcome)];
    assert_eq!(
        run(&runner, &["large"], true).await.unwrap(),
        outcome(Outcome::WouldChange)
    );
    assert_eq!(
        run(&runner, &["large"], false).await.unwrap(),
        outcome(Outcome::Changed)
    );
    assert_eq!(std::fs::read(&path).unwrap(), content);
    assert_eq!(
        run(&runner, &["large"], false).await.unwrap(),
        outcome(Outcome::Ok)
    );
    assert_eq!(
        std::fs::read_dir(dir.path()).unwrap().count(),
        2,
        "the file and the state"
    );
}
