//! `provision hosts test`: connects to hosts and says how that went; changes nothing.

use std::fmt::Write as _;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;

use crate::diagnostic::Diagnostic;
use crate::event::{Unreachable, exit};
use crate::inventory::{Become, Host};
use crate::plan;
use crate::report::redact::Redactor;
use crate::report::words::Advice;
use crate::report::{escape, fold, words};
use crate::runner::fleet::DEFAULT_PARALLEL;
use crate::transport::ssh::Ssh;
use crate::transport::{ExitStatus, Link, Output, Transport};

use super::Outcome;
use super::asking::{self, AskArgs};
use super::hosts::way;
use super::outcome::print;
use super::signals;
use super::whom::TrustArgs;

/// What stands before a host's answer, so that no greeting of a login shell is taken for one.
const ANSWERS: &str = "\u{1e}provision answers";

/// What a host is asked: who we are there, and what it is.
const QUESTION: &str = "printf '\\n\\036provision answers\\n'; id -un; if [ -r /etc/os-release ]; then . /etc/os-release; echo \"$PRETTY_NAME\"; else uname -sr; fi";

/// How long it may take to answer.
const ANSWER: Duration = Duration::from_secs(60);

/// The most that is kept of an answer.
const MAX_ANSWER: usize = 4 << 10;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    trust: TrustArgs,
    #[command(flatten)]
    ask: AskArgs,
    /// Hosts at work at once
    #[arg(long, value_name = "HOSTS", default_value_t = DEFAULT_PARALLEL)]
    parallel: NonZeroUsize,
    /// How to tell
    #[arg(long, value_enum, default_value_t = Form::Plain)]
    output: Form,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Form {
    /// For people, hosts that are alike together
    Plain,
    /// One JSON object per host and line
    Ndjson,
}

/// What came of one host.
struct Tested {
    host: Arc<Host>,
    result: Result<Reached, Untold>,
}

/// Why nothing is known of a host.
enum Untold {
    Unreachable(Unreachable),
    Cancelled,
}

impl Tested {
    /// The same with no secret in what the host said.
    fn without(mut self, secrets: &Redactor) -> Self {
        if let Ok(Reached {
            answer: Err(silence), ..
        }) = &mut self.result
        {
            silence.what = secrets.text(&silence.what).into_owned();
        }
        self
    }
}

struct Reached {
    link: Link,
    /// From the first look at the host's name to the end of the login.
    latency: Duration,
    /// Who we are there and what it is; or what came in place of an answer.
    answer: Result<(String, String), Silence>,
}

/// Why a host that let us in does not answer.
struct Silence {
    what: String,
    next: String,
}

/// What to do about a host on which something else ran than it was sent.
const ELSE: &str = "the login shell, its start-up files (~/.bashrc), a forced command (ForceCommand, or `command=` in \
                    authorized_keys) or `become` keeps `sh` from running: log in by hand and see";

pub(super) fn run(args: &Args, mut hosts: Vec<Arc<Host>>, notes: &str) -> Outcome {
    let secrets = Redactor::new(args.ask.apply(&mut hosts)?);
    let program =
        plan::command(&[QUESTION.to_owned()]).map_err(|error| Diagnostic::new(error.to_string()))?;
    let all = signals::runtime()?.block_on(async {
        let cancel = signals::listen()?;
        let ssh = Arc::new(asking::ssh());
        let places = Arc::new(Semaphore::new(args.parallel.get()));
        let tasks: Vec<_> = hosts
            .into_iter()
            .map(|host| {
                let host = args.trust.apply(host);
                let (ssh, places, program) = (Arc::clone(&ssh), Arc::clone(&places), program.clone());
                let cancel = cancel.clone();
                tokio::spawn(async move {
                    let testing = async {
                        let _place = places.acquire().await;
                        test(&ssh, &host, program).await
                    };
                    // What is known by then is told all the same.
                    let result = tokio::select! {
                        result = testing => result.map_err(Untold::Unreachable),
                        () = cancel.requested() => Err(Untold::Cancelled),
                    };
                    Tested { host, result }
                })
            })
            .collect();
        let mut all = Vec::new();
        for task in tasks {
            // A bug, and nothing is known of its host.
            let one = task
                .await
                .unwrap_or_else(|died| std::panic::resume_unwind(died.into_panic()));
            all.push(one.without(&secrets));
        }
        Ok::<_, super::Failure>(all)
    })?;
    match args.output {
        Form::Plain => print(&(plain(&all) + notes))?,
        Form::Ndjson => print(&all.iter().map(|one| line(one) + "\n").collect::<String>())?,
    };
    let unanswered = |one: &Tested| matches!(&one.result, Ok(reached) if reached.answer.is_err());
    let cancelled = |one: &Tested| matches!(one.result, Err(Untold::Cancelled));
    Ok(match () {
        () if all.iter().any(cancelled) => exit::CANCELLED,
        () if all.iter().any(unanswered) => exit::FAILED,
        () if all.iter().any(|one| one.result.is_err()) => exit::UNREACHED,
        () => exit::WELL,
    })
}

async fn test(ssh: &Ssh, host: &Host, program: Vec<u8>) -> Result<Reached, Unreachable> {
    let began = Instant::now();
    let mut session = ssh.connect(host).await?;
    let latency = began.elapsed();
    let link = session.link().unwrap_or_default();
    let asking = async {
        let mut running = session.run(program).await.map_err(|cause| {
            let Advice { what, next, .. } = words::unreachable(&cause);
            Silence { what, next }
        })?;
        let (mut stdout, mut stderr, mut end) = (Vec::new(), Vec::new(), String::new());
        while let Some(output) = running.next().await {
            match output {
                Output::Stdout(bytes) if stdout.len() < MAX_ANSWER => stdout.extend(bytes),
                Output::Stderr(bytes) if stderr.len() < MAX_ANSWER => stderr.extend(bytes),
                Output::Lost { detail } => end = detail,
                Output::Exit(ExitStatus::Code(code)) => end = format!("exit {code}"),
                Output::Exit(ExitStatus::Signal(name)) => end = format!("ended by signal {name}"),
                _ => {}
            }
        }
        answer(&stdout).ok_or_else(|| Silence {
            what: [stdout, stderr].iter().fold(end, |what, said| {
                let said = String::from_utf8_lossy(said);
                let lines = said.lines().map(str::trim).filter(|line| !line.is_empty());
                lines.fold(what, |what, line| what + "; " + line)
            }),
            next: ELSE.to_owned(),
        })
    };
    let late = || {
        Err(Silence {
            what: format!("no answer within {} s", ANSWER.as_secs()),
            next: ELSE.to_owned(),
        })
    };
    let answer = tokio::time::timeout(ANSWER, asking)
        .await
        .unwrap_or_else(|_| late());
    session.close().await;
    Ok(Reached {
        link,
        latency,
        answer,
    })
}

/// Who we are on a host and what it is, out of all that came from there.
fn answer(stdout: &[u8]) -> Option<(String, String)> {
    let text = String::from_utf8_lossy(stdout);
    let mut lines = text
        .lines()
        .map(str::trim)
        .skip_while(|line| *line != ANSWERS)
        .skip(1);
    Some((lines.next()?.to_owned(), lines.next()?.to_owned()))
}

/// The command that makes another user of us.
fn becoming(host: &Host) -> &'static str {
    match host.connection.r#become {
        Become::None => "nothing",
        Become::Sudo => "sudo",
        Become::Doas => "doas",
        Become::Su => "su",
    }
}

/// Words for people; hosts of which the same is to be said are told of together.
fn plain(all: &[Tested]) -> String {
    let mut told: Vec<(String, Vec<&str>, Vec<Duration>)> = Vec::new();
    for one in all {
        let (said, latency) = said(one);
        let name = one.host.name.as_str();
        match told.iter_mut().find(|(known, ..)| *known == said) {
            Some((_, names, latencies)) => {
                names.push(name);
                latencies.extend(latency);
            }
            None => told.push((said, vec![name], latency.into_iter().collect())),
        }
    }
    let mut text = String::new();
    for (said, names, latencies) in told {
        let range = match (latencies.iter().min(), latencies.iter().max()) {
            (Some(least), Some(most)) if least == most => format!("  {}", words::duration(*least)),
            (Some(least), Some(most)) => {
                format!("  {} to {}", words::duration(*least), words::duration(*most))
            }
            _ => String::new(),
        };
        let _ = writeln!(text, "{}{range}\n{said}", fold::fold(names));
    }
    text
}

/// What is to be said of one host, without its name, and how long it took.
fn said(one: &Tested) -> (String, Option<Duration>) {
    let reached = match &one.result {
        Ok(reached) => reached,
        Err(Untold::Cancelled) => return ("    not tested   the test was cancelled".to_owned(), None),
        Err(Untold::Unreachable(cause)) => {
            let advice = words::unreachable(cause);
            return (
                format!(
                    "    unreachable  {}\n    next         {}",
                    advice.what, advice.next
                ),
                None,
            );
        }
    };
    let Link {
        address,
        host_key: (kind, fingerprint),
        learned,
        proof,
    } = &reached.link;
    let connection = &one.host.connection;
    let route = match (way(&connection.route), address) {
        (way, _) if !way.is_empty() => format!(
            "{way}, then {}@{}:{}",
            connection.user, connection.address, connection.port
        ),
        (_, Some(address)) => format!("{}@{address}", connection.user),
        (_, None) => format!("{}@{}:{}", connection.user, connection.address, connection.port),
    };
    let trust = if *learned { "new, recorded now" } else { "known" };
    let mut rows = vec![
        ("way", route),
        ("host key", format!("{kind} {fingerprint}, {trust}")),
        ("login by", proof.clone()),
    ];
    match &reached.answer {
        Ok((user, system)) => {
            rows.push(("become", format!("{user}, by {}", becoming(&one.host))));
            rows.push(("system", system.clone()));
        }
        Err(Silence { what, next }) => {
            rows.push(("failed", format!("logged in, but nothing runs there: {what}")));
            rows.push(("next", next.clone()));
        }
    }
    let rows: Vec<String> = rows
        .iter()
        .map(|(what, value)| format!("    {what:12} {}", escape::line(value)))
        .collect();
    (rows.join("\n"), Some(reached.latency))
}

/// One host as JSON.
fn line(one: &Tested) -> String {
    let connection = &one.host.connection;
    let mut object = serde_json::json!({
        "v": 1,
        "event": "host-tested",
        "host": one.host.name.as_str(),
        "address": connection.address,
        "port": connection.port,
        "user": connection.user,
        "route": way(&connection.route),
        "become": becoming(&one.host),
    });
    let more = match &one.result {
        Err(Untold::Cancelled) => serde_json::json!({ "status": "cancelled" }),
        Err(Untold::Unreachable(cause)) => {
            serde_json::json!({ "status": "unreachable", "unreachable": cause })
        }
        Ok(reached) => {
            let (user, system, detail) = match &reached.answer {
                Ok((user, system)) => (Some(user), Some(system), None),
                Err(silence) => (None, None, Some(&silence.what)),
            };
            serde_json::json!({
                "status": if detail.is_some() { "failed" } else { "ok" },
                "connected_to": reached.link.address.map(|address| address.to_string()),
                "key_type": reached.link.host_key.0,
                "fingerprint": reached.link.host_key.1,
                "trust": if reached.link.learned { "learned" } else { "known" },
                "login_by": reached.link.proof,
                "latency": reached.latency.as_secs_f64(),
                "runs_as": user,
                "system": system,
                "detail": detail,
            })
        }
    };
    if let (Some(object), serde_json::Value::Object(more)) = (object.as_object_mut(), more) {
        object.extend(more);
    }
    object.to_string()
}
