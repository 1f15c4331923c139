//! Brings hosts into a profile's state, with the library in place of the command, and tells what changed:
//!
//! ```sh
//! provision init fleet && cargo run --example push -- fleet base
//! ```

use std::error::Error;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use provision::event::{Event, Outcome, Summary};
use provision::inventory::ssh_config::{Choice, SshConfig};
use provision::inventory::{Environment, Inventory, Selector};
use provision::profile::Profiles;
use provision::runner::Runner;
use provision::transport::ssh::Ssh;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut words = std::env::args().skip(1);
    let (Some(project), Some(profile)) = (words.next(), words.next()) else {
        return Err("usage: push PROJECT PROFILE [SELECTOR]".into());
    };
    let selector = words.next().unwrap_or_else(|| "*".to_owned());
    let mut environment = Environment::of_process();
    environment.ssh_config = SshConfig::load(&Choice::Usual, &environment)?;
    let told = |line: &str| writeln!(io::stdout().lock(), "{line}");
    let summary = push(Path::new(&project), &environment, &profile, &selector, told).await?;
    if summary.exit_code() == 0 {
        Ok(())
    } else {
        Err("not every host is in the profile's state".into())
    }
}

/// Pushes `profile` of the project in a folder to the hosts of its inventory that `selector` selects.
pub async fn push(
    project: &Path,
    environment: &Environment,
    profile: &str,
    selector: &str,
    mut told: impl FnMut(&str) -> io::Result<()>,
) -> Result<Summary, Box<dyn Error>> {
    // All that is wrong with the files is found before any host is contacted.
    let inventory = Inventory::load(&project.join("inventory.toml"), environment)?;
    let hosts = Selector::parse(selector)?.select(&inventory)?;
    let hosts: Vec<_> = hosts.into_iter().cloned().map(Arc::new).collect();
    let profiles = project.join("profiles");
    let profile = Profiles::load(&profiles)?.get_profile(profile)?;

    let mut runner = Runner::new(Arc::new(Ssh::new()));
    runner.register_builtins()?;
    runner.register_folder(&profiles.join("modules"))?;

    let (sender, mut events) = tokio::sync::mpsc::channel(256);
    let run = runner.run_profile(&hosts, &profile, false, sender);
    // With its end the channel closes, so a listener that cannot go on does not hold up the run.
    let tell = async move {
        while let Some(stamped) = events.recv().await {
            match stamped.event {
                Event::StepFinished {
                    host, step, outcome, ..
                } if outcome != Outcome::Ok => told(&format!("{host}: {} {outcome:?}", step.title))?,
                Event::HostFinished { host, status, .. } => told(&format!("{host}: {status:?}"))?,
                _ => {}
            }
        }
        Ok::<_, io::Error>(())
    };
    let (summary, told) = tokio::join!(run, tell);
    told?;
    Ok(summary?)
}
