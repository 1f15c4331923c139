//! `provision modules`: what modules there are, and what one takes.

use std::fmt::Write as _;

use clap::Subcommand;
use indexmap::IndexMap;
use serde_json::{Value, json};

use crate::module::Module;

use super::completions::offer;
use super::listing::{self, ListingArgs};
use super::outcome::print;
use super::project::{self, ProfilesArgs, SetArgs};
use super::whom::HostsArgs;
use super::{Failure, Outcome};

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  provision modules\n  provision modules show postgresql\n  provision modules show nginx --profile web --limit web1"
)]
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
    /// List the modules, one line each
    List(ListingArgs),
    /// Show a module's description and settings
    Show {
        /// Its name
        #[arg(add = offer::modules())]
        name: String,
        /// Also list what it would place on the hosts with this profile
        #[arg(long, value_name = "NAME", add = offer::profiles())]
        profile: Option<String>,
        #[command(flatten)]
        hosts: HostsArgs,
        #[command(flatten)]
        listing: ListingArgs,
    },
}

pub(super) fn run(args: &Args) -> Outcome {
    let registry = args.profiles.registry()?;
    let inner = args.what.as_ref().map(|what| match what {
        What::List(listing) | What::Show { listing, .. } => *listing,
    });
    let json = args.listing.or(inner).is_json();
    match &args.what {
        None | Some(What::List(_)) if json => {
            let brief =
                |module: &dyn Module| json!({ "module": module.name(), "description": module.description() });
            listing::object(json!({ "modules": registry.list().map(brief).collect::<Value>() }))
        }
        None | Some(What::List(_)) => {
            let width = registry
                .list()
                .map(|module| module.name().as_str().len())
                .max()
                .unwrap_or(0);
            let mut text = String::new();
            for module in registry.list() {
                let _ = writeln!(text, "{:width$}  {}", module.name(), module.description());
            }
            print(&text)
        }
        Some(What::Show {
            name, profile, hosts, ..
        }) => {
            let module = registry.get(name)?;
            let placed = match profile {
                Some(profile) => Some(placed(name, profile, hosts, &args.profiles)?),
                None => None,
            };
            if json {
                return listing::object(whole(module, placed.as_ref()));
            }
            let mut text = shown(module);
            if let (Some(placed), Some(profile)) = (placed, profile) {
                text += &told(&placed, profile);
            }
            print(&text)
        }
    }
}

/// Titles of steps, with the hosts that have just these.
type Placed = IndexMap<Vec<String>, Vec<String>>;

/// A module's object, and with a profile what it would place.
fn whole(module: &dyn Module, placed: Option<&Placed>) -> Value {
    let settings = module.settings().into_iter().map(|setting| {
        json!({
            "key": setting.name,
            "kind": setting.kind,
            "required": setting.default.is_none(),
            "default": setting.default,
            "meaning": setting.meaning,
        })
    });
    let mut object = json!({
        "module": module.name(),
        "description": module.description(),
        "settings": settings.collect::<Value>(),
    });
    if let Some(placed) = placed {
        let steps = placed.iter();
        let steps = steps.map(|(titles, hosts)| json!({ "hosts": hosts, "steps": titles }));
        object["placed"] = steps.collect();
    }
    object
}

/// What a module would place with a profile: its steps, told once for all hosts that have the same.
fn placed(name: &str, profile: &str, hosts: &HostsArgs, profiles: &ProfilesArgs) -> Result<Placed, Failure> {
    let no_set = SetArgs::default();
    let planned = project::plan(hosts, profiles, profile, &no_set)?;
    let mut alike = Placed::new();
    for plan in &planned.plans {
        let steps = plan.steps.iter().map(|planned| &planned.step);
        let own = steps.filter(|step| step.module.as_str() == name);
        let titles = own.map(|step| step.title.to_string()).collect();
        alike.entry(titles).or_default().push(plan.host.name.to_string());
    }
    Ok(alike)
}

fn told(placed: &Placed, profile: &str) -> String {
    let mut text = String::new();
    for (titles, hosts) in placed {
        let who = match hosts.as_slice() {
            [one] => one.clone(),
            [first, rest @ ..] => format!("{first} and {} more", rest.len()),
            [] => String::new(),
        };
        let _ = writeln!(text, "\nWith profile {profile}, on {who}:");
        if titles.is_empty() {
            let _ = writeln!(text, "  nothing");
        }
        for title in titles {
            let _ = writeln!(text, "  {title}");
        }
    }
    text
}

fn shown(module: &dyn Module) -> String {
    let mut text = format!("{}  {}\n", module.name(), module.description());
    let settings = module.settings();
    if !settings.is_empty() {
        text.push_str("\nSettings, under [config.");
        text.push_str(module.name().as_str());
        text.push_str("] in a profile, a group or a host:\n");
    }
    for setting in settings {
        let default = setting
            .default
            .map_or("required".to_owned(), |default| format!("default {default}"));
        let _ = writeln!(text, "  {} ({}, {default})", setting.name, setting.kind);
        if !setting.meaning.is_empty() {
            let _ = writeln!(text, "      {}", setting.meaning);
        }
    }
    text
}
