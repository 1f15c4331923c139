//! `provision run`: one command or script on every host.

use std::fs;
use std::io;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::diagnostic::Diagnostic;
use crate::inventory::{Become, Host};
use crate::plan::{Command, Shebang};
use crate::runner::fleet::DEFAULT_PARALLEL;
use crate::runner::{self, Fleet, Spool, Work};

use super::asking::{self, AskArgs, BecomeArgs};
use super::completions::offer;
use super::recording::RecordArgs;
use super::signals;
use super::telling::TellingArgs;
use super::whom::{HostsArgs, TrustArgs};
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
    hosts: HostsArgs,
    #[command(flatten)]
    trust: TrustArgs,
    #[command(flatten)]
    becoming: BecomeArgs,
    #[command(flatten)]
    ask: AskArgs,
    /// Run this script, by what its `#!` line names or by sh, with what stands behind `--` as its arguments
    #[arg(long, value_name = "FILE", add = offer::files())]
    script: Option<PathBuf>,
    /// Give every host all that comes on our own stdin, which is read once, before anybody is contacted
    #[arg(long)]
    stdin: bool,
    /// Hosts at work at once
    #[arg(long, value_name = "HOSTS", default_value_t = DEFAULT_PARALLEL)]
    parallel: NonZeroUsize,
    #[command(flatten)]
    telling: TellingArgs,
    #[command(flatten)]
    record: RecordArgs,
    /// `-` is the same as --stdin
    #[arg(value_name = "-", value_parser = ["-"], hide_possible_values = true)]
    dash: Option<String>,
    /// One word is shell text; several are a command and its arguments, each passed on as it is
    #[arg(required_unless_present = "script", last = true, value_name = "COMMAND")]
    command: Vec<String>,
}

pub(super) fn run(args: &Args) -> Outcome {
    let hosts = args.hosts.select(&args.hosts.inventory()?)?;
    args.telling.check(hosts.iter().map(|host| &host.name))?;
    let mut hosts: Vec<_> = hosts.into_iter().map(|host| args.trust.apply(host)).collect();
    args.becoming.apply(&mut hosts)?;
    let secrets = args.ask.apply(&mut hosts)?;
    let command = args.command(&hosts)?;
    signals::runtime()?.block_on(async {
        let cancel = signals::listen()?;
        let recorder = args.record.start(Some(&args.label()));
        let (events, teller) = args.telling.start(secrets, recorder)?;
        let fleet = Fleet::new(Arc::new(asking::ssh())).parallel(args.parallel);
        let work = Work::Command(hosts, Arc::new(command));
        let summary = fleet.run(None, work, events, &cancel).await;
        teller.finish(&summary)
    })
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
        let program = if fed { command.fed() } else { command.once() };
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
            live: self.telling.is_verbose(),
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
