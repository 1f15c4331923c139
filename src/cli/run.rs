//! `provision run`: one command or script on every host.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::diagnostic::Diagnostic;
use crate::inventory::{Become, Host};
use crate::plan::{Command, Shebang};
use crate::runner::{self, Spool, Work};

use super::adhoc::AdHocArgs;
use super::completions::offer;
use super::{Failure, Outcome};

/// The longest script taken: it is sent within a program, and copied for every host at work.
const MAX_SCRIPT: u64 = 1 << 20;

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  provision run --limit @db -- uptime
  provision run -- 'df -h / | tail -n 1'
  provision run --become --script check.py -- --fast
  pg_dump app | provision run --limit db2 --stdin --become-user postgres -- psql app")]
pub(super) struct Args {
    #[command(flatten)]
    adhoc: AdHocArgs,
    /// Run this script, by what its `#!` line names or by sh, with what stands behind `--` as its arguments
    #[arg(long, value_name = "FILE", add = offer::files())]
    script: Option<PathBuf>,
    /// Give every host all that comes on our own stdin, which is read once, before anybody is contacted
    #[arg(long)]
    stdin: bool,
    /// `-` is the same as --stdin
    #[arg(value_name = "-", value_parser = ["-"], hide_possible_values = true)]
    dash: Option<String>,
    /// One word is shell text; several are a command and its arguments, each passed on as it is
    #[arg(required_unless_present = "script", last = true, value_name = "COMMAND")]
    command: Vec<String>,
}

pub(super) fn run(args: &Args) -> Outcome {
    let (hosts, secrets) = args.adhoc.hosts()?;
    let command = Arc::new(args.command(&hosts)?);
    args.adhoc
        .run(&args.label(), Work::Command(hosts, command), secrets)
}

impl Args {
    /// What is run on every host, and what it is fed.
    fn command(&self, hosts: &[Arc<Host>]) -> Result<runner::Command, Failure> {
        let script = self.script.as_deref().map(script).transpose()?;
        let command = match &script {
            Some((by, text)) => Command::Script {
                by,
                text,
                arguments: &self.command,
            },
            None => Command::Words(&self.command),
        };
        let fed = self.stdin || self.dash.is_some();
        let watched = !fed && self.adhoc.limits.are_set();
        let program = match (fed, watched) {
            (true, _) => command.fed(),
            (_, true) => command.watched(),
            _ => command.heard(),
        };
        let program =
            program.map_err(|error| Diagnostic::new(format!("the command cannot be sent: {error}")))?;
        let input = if fed {
            carries_all(hosts)?;
            let spool = Spool::read(io::stdin().lock());
            Some(spool.map_err(Failure::system("cannot keep what comes on stdin"))?)
        } else {
            None
        };
        Ok(runner::Command {
            program,
            input,
            live: self.adhoc.telling.is_verbose(),
            watched,
        })
    }

    /// The command as it was typed.
    fn label(&self) -> Vec<String> {
        let script = self.script.as_ref().map(|path| path.display().to_string());
        script.into_iter().chain(self.command.iter().cloned()).collect()
    }
}

/// Refuses hosts on which bytes would not arrive as they are: doas that wants a password wants a terminal, and no
/// shell passes on all bytes from there.
pub(super) fn carries_all(hosts: &[Arc<Host>]) -> Result<(), Diagnostic> {
    let lossy = hosts
        .iter()
        .find(|host| host.connection.r#become == Become::Doas && host.connection.become_password.is_some());
    let Some(host) = lossy else { return Ok(()) };
    let mistake = format!(
        "{} cannot be sent bytes as they are: doas reads its password from a terminal",
        host.name
    );
    Err(Diagnostic::new(mistake)
        .help("let doas ask for none there (`permit nopass`), or log in as the user itself"))
}

fn script(path: &Path) -> Result<(Shebang, Vec<u8>), Diagnostic> {
    let shown = path.display();
    let unread = |error: io::Error| Diagnostic::new(format!("cannot read the script {shown}: {error}"));
    let length = fs::metadata(path).map_err(unread)?.len();
    let too_long = || {
        Diagnostic::new(format!("the script {shown} is longer than {MAX_SCRIPT} bytes"))
            .help("bring it there by `provision copy up`, and run it from there")
    };
    if length > MAX_SCRIPT {
        return Err(too_long());
    }
    let text = fs::read(path).map_err(unread)?;
    let by = Shebang::of(&text).map_err(|error| {
        Diagnostic::new(format!("the script {shown} cannot be run: {error}"))
            .help("begin it with a line such as `#!/bin/sh`, or leave that line out to run it by sh")
    })?;
    Ok((by, text))
}
