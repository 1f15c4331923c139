//! `provision modules`: what modules there are, and what one takes.

use std::fmt::Write as _;

use clap::Subcommand;

use crate::module::Module;

use super::Outcome;
use super::outcome::print;
use super::project::ProfilesArgs;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    profiles: ProfilesArgs,
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Debug, Subcommand)]
enum What {
    /// List the modules, one line each
    List,
    /// Show a module's description and settings
    Show {
        /// Its name
        name: String,
    },
}

pub(super) fn run(args: &Args) -> Outcome {
    let registry = args.profiles.registry()?;
    match &args.what {
        None | Some(What::List) => {
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
        Some(What::Show { name }) => print(&shown(registry.get(name)?)),
    }
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
