//! `provision completions`, and completing itself: what a shell asks for with `COMPLETE=bash provision -- …`.
//!
//! The one promise: completing contacts nobody, runs nothing, and has nothing to say of files that are broken.

mod bash;
pub(super) mod offer;

use std::ffi::{OsStr, OsString};
use std::path::Path;

use clap::{Command, CommandFactory, ValueEnum};
use clap_complete::CompleteEnv;
use clap_complete::env::{EnvCompleter, Fish, Shells, Zsh};

use super::outcome::print;
use super::{Cli, Failure, Outcome};

/// Asks this program to complete, and says for which shell.
const VARIABLE: &str = "COMPLETE";

const SHELLS: Shells<'static> = Shells(&[&bash::Bash, &Fish, &Zsh]);

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  bash   source <(provision completions bash)         in ~/.bashrc
  zsh    source <(provision completions zsh)          in ~/.zshrc, after compinit
  fish   provision completions fish | source          in ~/.config/fish/completions/provision.fish

Hosts, groups, profiles, modules and recorded runs are completed, too: from files alone, without contact, and without
running an inventory script. A script goes with one version of the program: print it anew at each start, as above.")]
pub(super) struct Args {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Shell {
    Bash,
    Zsh,
    Fish,
}

pub(super) fn run(args: &Args) -> Outcome {
    let shell: &dyn EnvCompleter = match args.shell {
        Shell::Bash => &bash::Bash,
        Shell::Zsh => &Zsh,
        Shell::Fish => &Fish,
    };
    let mut script = Vec::new();
    shell
        .write_registration(VARIABLE, "provision", "provision", &this_program(), &mut script)
        .map_err(Failure::system("cannot write the script"))?;
    print(&String::from_utf8_lossy(&script))
}

/// What the script calls: this program as it was called, so that one found by its name is found again.
fn this_program() -> String {
    let called = std::env::args_os().next().unwrap_or_else(|| "provision".into());
    let path = Path::new(&called);
    let absolute = (path.components().count() > 1).then(|| std::path::absolute(path).ok());
    let path = absolute.flatten().unwrap_or_else(|| path.to_owned());
    path.to_string_lossy().into_owned()
}

/// Completes if a shell asks for it; nothing when this is a call like any other. The environment may hold the variable for
/// reasons of its own: only the name of a shell asks for anything.
pub(super) fn complete() -> Option<Outcome> {
    let asked = std::env::var_os(VARIABLE)?;
    let name = Path::new(&asked).file_name()?.to_str()?;
    SHELLS.completer(name)?;
    let words: Vec<OsString> = std::env::args_os().collect();
    let folder = std::env::current_dir().ok();
    let done = CompleteEnv::with_factory(command)
        .shells(SHELLS)
        .var(VARIABLE)
        .try_complete(words, folder.as_deref());
    // A person at a prompt has no use for what went wrong.
    done.unwrap_or(true).then_some(Ok(0))
}

fn command() -> Command {
    Cli::command()
}

/// The words of the command being completed, as far as they are typed.
fn typed() -> Vec<OsString> {
    if let Some(line) = bash::line() {
        return line.words.into_iter().map(Into::into).collect();
    }
    let after = std::env::args_os().skip_while(|word| word != OsStr::new("--"));
    after.skip(1).collect()
}
