//! `provision profiles`: what profiles there are, and what one holds.

use std::fmt::Write as _;

use clap::Subcommand;
use serde_json::{Value, json};

use crate::module::{Module, Registry};
use crate::profile::{Listed, OnFailure, Profile};

use super::Outcome;
use super::completions::offer;
use super::listing::{self, ListingArgs};
use super::outcome::print;
use super::project::ProfilesArgs;

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  provision profiles\n  provision profiles show db")]
pub(super) struct Args {
    #[command(flatten)]
    profiles: ProfilesArgs,
    #[command(flatten)]
    listing: ListingArgs,
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Debug, Subcommand)]
enum What {
    /// List the profiles, one line each
    List(ListingArgs),
    /// Show one profile's modules in the order they run
    Show {
        /// Its name
        #[arg(add = offer::profiles())]
        name: String,
        #[command(flatten)]
        listing: ListingArgs,
    },
}

pub(super) fn run(args: &Args) -> Outcome {
    let profiles = args.profiles.load()?;
    let inner = args.what.as_ref().map(|what| match what {
        What::List(listing) | What::Show { listing, .. } => *listing,
    });
    if args.listing.or(inner).is_json() {
        return listing::object(match &args.what {
            None | Some(What::List(_)) => {
                json!({ "profiles": profiles.list_profiles().iter().map(brief).collect::<Value>() })
            }
            Some(What::Show { name, .. }) => whole(&profiles.get_profile(name)?, &args.profiles.registry()?),
        });
    }
    let mut text = String::new();
    match &args.what {
        None | Some(What::List(_)) => {
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
        Some(What::Show { name, .. }) => {
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

fn brief(one: &Listed<'_>) -> Value {
    json!({
        "profile": one.name,
        "description": one.description,
        "broken": one.mistakes.is_some(),
    })
}

fn whole(profile: &Profile, registry: &Registry) -> Value {
    let modules = profile.modules.iter().map(|used| {
        let module = registry.get(used.name.as_str()).ok();
        json!({
            "module": used.name,
            "description": module.map(Module::description),
            "on_failure": if used.on_failure == OnFailure::Continue { "continue" } else { "stop" },
        })
    });
    json!({
        "profile": profile.name,
        "description": profile.description,
        "modules": modules.collect::<Value>(),
    })
}
