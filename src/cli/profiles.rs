//! `provision profiles`: what profiles there are, and what one holds.

use std::fmt::Write as _;

use clap::Subcommand;

use crate::profile::OnFailure;

use super::Outcome;
use super::completions::offer;
use super::outcome::print;
use super::project::ProfilesArgs;

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  provision profiles\n  provision profiles show db")]
pub(super) struct Args {
    #[command(flatten)]
    profiles: ProfilesArgs,
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Debug, Subcommand)]
enum What {
    /// List the profiles, one line each
    List,
    /// Show one profile's modules in the order they run
    Show {
        /// Its name
        #[arg(add = offer::profiles())]
        name: String,
    },
}

pub(super) fn run(args: &Args) -> Outcome {
    let profiles = args.profiles.load()?;
    let mut text = String::new();
    match &args.what {
        None | Some(What::List) => {
            let listed = profiles.list_profiles();
            let width = listed.iter().map(|one| one.name.len()).max().unwrap_or(0);
            for one in listed {
                let about = match one.mistakes {
                    Some(_) => "(broken: see `provision validate`)",
                    None => one.description.unwrap_or(""),
                };
                let _ = writeln!(text, "{:width$}  {about}", one.name);
            }
        }
        Some(What::Show { name }) => {
            let profile = profiles.get_profile(name)?;
            let registry = args.profiles.registry()?;
            let _ = writeln!(
                text,
                "{}  {}",
                profile.name,
                profile.description.as_deref().unwrap_or("")
            );
            let width = profile
                .modules
                .iter()
                .map(|module| module.name.as_str().len())
                .max()
                .unwrap_or(0);
            for used in &profile.modules {
                let about = registry
                    .get(used.name.as_str())
                    .map_or("(unknown module)", |module| module.description());
                let severity = if used.on_failure == OnFailure::Continue {
                    " (a failure does not stop the host)"
                } else {
                    ""
                };
                let _ = writeln!(text, "  {:width$}  {about}{severity}", used.name);
            }
        }
    }
    print(&text)
}
