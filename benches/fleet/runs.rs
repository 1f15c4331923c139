//! The things measured: a fleet's run inside this process, and the whole program.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use provision::config::Table;
use provision::event::{Event, Stamped, Summary};
use provision::inventory::{Environment, Host, Inventory};
use provision::module::Registry;
use provision::plan::{self, Plan};
use provision::profile::Profiles;
use provision::runner::{Cancel, Fleet, Work};
use provision::transport::Transport;
use provision::{builtin, module};
use tempfile::TempDir;

use super::Outcome;
use super::hosts::Hosts;
use super::profile::{Size, Steps};

/// Files as a user would have them.
pub(super) struct Project {
    dir: TempDir,
}

impl Project {
    pub(super) fn new(hosts: &Hosts, profiles: &[(Size, &Steps)], counts: &[usize]) -> Outcome<Self> {
        let dir = TempDir::new()?;
        std::fs::create_dir_all(dir.path().join("profiles/modules"))?;
        let project = Self { dir };
        for (size, steps) in profiles {
            let name = size.name;
            std::fs::write(
                project.path(&format!("profiles/modules/{name}.toml")),
                steps.module(),
            )?;
            let profile = format!(
                "description = \"{} steps\"\nmodules = [\"{name}\"]\n",
                steps.len()
            );
            std::fs::write(project.path(&format!("profiles/{name}.toml")), profile)?;
        }
        for &count in counts {
            std::fs::write(project.inventory(count), hosts.inventory(count))?;
        }
        Ok(project)
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// The inventory of `count` names.
    pub(super) fn inventory(&self, count: usize) -> PathBuf {
        self.path(&format!("inventory-{count}.toml"))
    }

    /// The hosts of an inventory.
    pub(super) fn hosts(&self, count: usize) -> Outcome<Vec<Arc<Host>>> {
        hosts(&self.inventory(count))
    }

    /// Plans a profile for `hosts`.
    pub(super) fn plans(&self, profile: &str, hosts: &[Arc<Host>]) -> Outcome<Vec<Plan>> {
        plans(&self.path("profiles"), profile, hosts)
    }

    /// Starts the whole program.
    pub(super) fn push(&self, profile: &str, count: usize) -> Outcome<Child> {
        let profiles = self.path("profiles");
        self.program("push", count, |command| {
            command.args(["--profile", profile, "--profiles"]).arg(profiles)
        })
    }

    /// Starts the whole program, to do nothing on the hosts.
    pub(super) fn nothing(&self, count: usize) -> Outcome<Child> {
        self.program("run", count, |command| command.args(["--", "true"]))
    }

    fn program(
        &self,
        name: &str,
        count: usize,
        more: impl FnOnce(&mut Command) -> &mut Command,
    ) -> Outcome<Child> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_provision"));
        command
            .arg(name)
            .args(["--output", "ndjson", "--hosts"])
            .arg(self.inventory(count));
        let child = more(&mut command)
            .env("XDG_STATE_HOME", self.path("state"))
            .env("PROVISION_SSH_CONFIG", "none")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()?;
        Ok(child)
    }
}

/// The hosts of the inventory at `path`.
pub(super) fn hosts(path: &Path) -> Outcome<Vec<Arc<Host>>> {
    let inventory = Inventory::load(path, &Environment::of_process())?;
    Ok(inventory.hosts.into_iter().map(Arc::new).collect())
}

/// Plans `profile` of `folder` as the command line does.
pub(super) fn plans(folder: &Path, profile: &str, hosts: &[Arc<Host>]) -> Outcome<Vec<Plan>> {
    let profile = Profiles::load(folder)?.get_profile(profile)?;
    let mut registry = Registry::new();
    builtin::register(&mut registry)?;
    for module in module::load(&folder.join("modules"))?.modules {
        registry.register(module)?;
    }
    Ok(plan::build(
        hosts,
        &profile.modules,
        &registry,
        &profile.config,
        &Table::default(),
    )?)
}

/// A run whose events nobody but the summary looks at.
pub(super) async fn fleet(transport: &Arc<dyn Transport>, plans: Vec<Plan>) -> Outcome<Summary> {
    let (events, mut receiver) = tokio::sync::mpsc::channel::<Stamped>(1024);
    let drain = tokio::spawn(async move {
        let mut wrong = Vec::new();
        while let Some(stamped) = receiver.recv().await {
            if let Event::HostFinished { host, status, .. } = stamped.event
                && status != provision::event::HostStatus::Ok
            {
                wrong.push(format!("{host}: {status:?}"));
            }
        }
        wrong
    });
    let fleet = Fleet::new(Arc::clone(transport));
    let summary = fleet
        .run(None, Work::Push(plans), events, &Cancel::default())
        .await;
    match drain.await?.into_iter().next() {
        Some(wrong) => Err(wrong.into()),
        None => Ok(summary),
    }
}

/// Reads the program's output to its end, and believes only a good one.
pub(super) fn finish(mut child: Child) -> Outcome<()> {
    let mut last = String::new();
    if let Some(stdout) = child.stdout.take() {
        for line in BufReader::new(stdout).lines() {
            last = line?;
        }
    }
    let status = child.wait()?;
    if status.success() && last.contains("run-finished") {
        Ok(())
    } else {
        Err(format!("the program ended with {status} after {last}").into())
    }
}
