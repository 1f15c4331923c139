//! The commands, one file each; the only place where the parts are put together.
//!
//! What their exit codes mean stands in `outcome`.

mod adhoc;
mod agreement;
mod apply;
mod asking;
mod completions;
mod convert;
mod copy;
mod demo;
mod drift;
mod explain;
mod facts;
mod failed;
mod hosts;
mod hosts_test;
mod init;
mod listing;
mod man;
mod modules;
mod outcome;
mod plan;
mod profiles;
mod project;
mod push;
mod ready;
mod recording;
mod replay;
mod rollout;
mod run;
mod runs;
mod runs_json;
mod schema;
mod signals;
mod telling;
mod validate;
mod wanted;
mod whom;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

pub(crate) use outcome::{Failure, Outcome};

/// Brings fleets of Linux hosts into a wanted state over SSH.
#[derive(Debug, Parser)]
#[command(name = "provision", version, max_term_width = 110, after_help = outcome::exit_codes())]
struct Cli {
    #[command(subcommand)]
    command: Command,
    /// Colours; `auto` heeds `NO_COLOR`, `CLICOLOR_FORCE` and what is written to
    #[arg(
        long,
        value_enum,
        default_value_t = Colour::Auto,
        global = true,
        value_name = "WHEN",
        display_order = 900
    )]
    color: Colour,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Colour {
    Auto,
    Always,
    Never,
}

impl Colour {
    /// For all that this process writes.
    fn set(self) {
        match self {
            Self::Auto => anstream::ColorChoice::Auto,
            Self::Always => anstream::ColorChoice::Always,
            Self::Never => anstream::ColorChoice::Never,
        }
        .write_global();
    }
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Write a small project to begin with: an inventory, a profile, a module of your own
    Init(init::Args),
    /// Bring hosts into the state a profile describes
    Push(push::Args),
    /// Say what a push would change, once for equal hosts, and keep it to be applied later
    Plan(plan::Args),
    /// Carry out a kept plan, exactly that, on hosts that are as they were when it was made
    Apply(apply::Args),
    /// Say how hosts differ from a profile, and whether a person or the profile made it so
    Drift(drift::Args),
    /// Run one command on every host
    Run(run::Args),
    /// Bring files to every host, or fetch them from there
    Copy(copy::Args),
    /// List recorded runs, show one, or tell two apart
    Runs(runs::Args),
    /// Tell a recorded run again, in any form
    Replay(replay::Args),
    /// Check everything that can be checked without contact
    Validate(validate::Args),
    /// List hosts, or show one
    Hosts(hosts::Args),
    /// List profiles, or show one
    Profiles(profiles::Args),
    /// List modules, or show one
    Modules(modules::Args),
    /// Say where a value comes from, and what it overrides
    Explain(explain::Args),
    /// Ask hosts what they are: system, processors, memory, addresses, mounts
    Facts(facts::Args),
    /// Print what may stand in a file, for editors
    Schema(schema::Args),
    /// Print what makes a shell complete commands, hosts, groups, profiles, modules and runs
    Completions(completions::Args),
    /// Write the manual, a page for every command
    Man(man::Args),
    /// See a dry-run, a push and a second push on three throwaway hosts inside this process
    Demo(demo::Args),
}

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    if let Some(done) = completions::complete() {
        return outcome::exit(done);
    }
    let cli = Cli::parse();
    cli.color.set();
    let done = match cli.command {
        Command::Init(args) => init::run(&args),
        Command::Push(args) => push::run(&args),
        Command::Plan(args) => plan::run(&args),
        Command::Apply(args) => apply::run(&args),
        Command::Drift(args) => drift::run(&args),
        Command::Run(args) => run::run(&args),
        Command::Copy(args) => copy::run(&args),
        Command::Runs(args) => runs::run(&args),
        Command::Replay(args) => replay::run(&args),
        Command::Validate(args) => validate::run(&args),
        Command::Hosts(args) => hosts::run(&args),
        Command::Profiles(args) => profiles::run(&args),
        Command::Modules(args) => modules::run(&args),
        Command::Explain(args) => explain::run(&args),
        Command::Facts(args) => facts::run(&args),
        Command::Schema(args) => schema::run(&args),
        Command::Completions(args) => completions::run(&args),
        Command::Man(args) => man::run(&args),
        Command::Demo(args) => demo::run(&args),
    };
    outcome::exit(done)
}
