//! `provision validate`: everything that can be checked without contact.

use std::fmt::Write as _;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::config::Table;
use crate::diagnostic::Diagnostics;
use crate::inventory::Host;
use crate::module::Registry;
use crate::plan;
use crate::profile::{Profile, Profiles};
use crate::runner::Settings;
use crate::secret::{Mode, Secrets};

use super::completions::offer;
use super::listing::{self, ListingArgs};
use super::outcome::print;
use super::project::{self, ProfilesArgs, SetArgs};
use super::whom::{self, HostsArgs};
use super::{Failure, Outcome};

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  provision validate\n  provision validate --profile db --limit @db")]
pub(super) struct Args {
    #[command(flatten)]
    hosts: HostsArgs,
    #[command(flatten)]
    profiles: ProfilesArgs,
    /// Only this profile, with every host's own values; without, every profile and every module there is
    #[arg(long, value_name = "NAME", add = offer::profiles())]
    profile: Option<String>,
    #[command(flatten)]
    set: SetArgs,
    #[command(flatten)]
    listing: ListingArgs,
}

pub(super) fn run(args: &Args) -> Outcome {
    let json = args.listing.is_json();
    match check(args) {
        Ok((text, _)) if !json => print(&text),
        Ok((_, object)) => listing::object(object),
        Err(Failure::Configuration(mistakes)) if json => listing::unsound(&mistakes),
        Err(failure) => Err(failure),
    }
}

/// What is sound, for people and for programs.
fn check(args: &Args) -> Result<(String, Value), Failure> {
    let mut text = String::new();
    if let Some(profile) = &args.profile {
        let planned = project::plan(&args.hosts, &args.profiles, profile, &args.set)?;
        let steps: usize = planned.plans.iter().map(|plan| plan.steps.len()).sum();
        let _ = writeln!(
            text,
            "{} and profile `{}` are sound: {}, {}, {}",
            args.hosts.file().display(),
            planned.profile.name,
            counted(planned.profile.modules.len(), "module"),
            counted(planned.plans.len(), "host"),
            counted(steps, "step"),
        );
        let object = json!({
            "sound": true,
            "inventory": args.hosts.file().to_string_lossy(),
            "hosts": planned.plans.len(),
            "profiles": [planned.profile.name],
            "modules": planned.profile.modules.len(),
            "steps": steps,
            "notes": [],
        });
        return Ok((text, object));
    }
    let mut mistakes = Diagnostics::default();
    let inventory = mistakes.take(args.hosts.inventory());
    let mut hosts = inventory
        .as_ref()
        .and_then(|inventory| mistakes.take(args.hosts.select(inventory)));
    let mut registry = mistakes
        .take(args.profiles.read_registry())
        .map(|(registry, broken)| {
            mistakes.0.extend(broken.0);
            registry
        });
    let profiles = mistakes.take(args.profiles.load());
    let mut sound = Vec::new();
    for listed in profiles.iter().flat_map(Profiles::list_profiles) {
        let Some(mut profile) = profiles
            .as_ref()
            .and_then(|all| mistakes.take(all.get_profile(listed.name)))
        else {
            continue;
        };
        sound.push(profile.name.to_string());
        let found = match (&mut registry, &mut hosts) {
            (Some(registry), Some(hosts)) => checked(&mut profile, registry, hosts),
            (Some(registry), None) => plan::unknown_modules(&profile.modules, registry),
            (None, _) => Diagnostics::default(),
        };
        for mistake in found.0 {
            // A profile that others include is met several times.
            if !mistakes.0.contains(&mistake) {
                mistakes.push(mistake);
            }
        }
    }
    let hosts = hosts.map_or(0, |hosts| hosts.len());
    let _ = writeln!(
        text,
        "{} ({}) and {} ({}) are sound; name a --profile to plan it for every host",
        args.hosts.file().display(),
        counted(hosts, "host"),
        args.profiles.folder().display(),
        sound.join(", "),
    );
    let notes = inventory.as_ref().map(whom::notes).unwrap_or_default();
    mistakes.into_result(())?;
    let all = inventory.iter().flat_map(|inventory| {
        let ssh = inventory.ssh_notes.iter().map(ToString::to_string);
        inventory.notes.iter().cloned().chain(ssh)
    });
    let object = json!({
        "sound": true,
        "inventory": args.hosts.file().to_string_lossy(),
        "hosts": hosts,
        "profiles": sound,
        "notes": all.collect::<Vec<_>>(),
    });
    Ok((text + &notes, object))
}

/// What is wrong with a profile; secrets are taken to be there.
fn checked(profile: &mut Profile, registry: &mut Registry, hosts: &mut [Arc<Host>]) -> Diagnostics {
    let mut hosts = hosts.to_vec();
    let settings = Settings {
        hosts: &mut hosts,
        profile,
        registry,
        overrides: &mut Table::default(),
    };
    match settings.resolve(&mut Secrets::new(Mode::Pretend)) {
        Ok(()) => plan::check(&hosts, &profile.modules, registry, &profile.config),
        Err(mistakes) => mistakes,
    }
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}
