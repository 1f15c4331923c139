//! `provision runs`: which runs were recorded, what came of one, and what differs between two.

use std::io;
use std::time::Duration;

use clap::Subcommand;

use crate::diagnostic::Diagnostic;
use crate::event::Mode;
use crate::record::{Entry, Moment, Standing};
use crate::report::compare::Results;
use crate::report::plain::Plain;
use crate::report::{Options, Reporter, escape, words};

use super::completions::offer;
use super::listing::ListingArgs;
use super::outcome::print;
use super::recording::{file, read, store, warn};
use super::runs_json;
use super::{Failure, Outcome};

/// Runs listed unless all are asked for.
const LISTED: usize = 20;

/// Columns of a run's hosts.
const HOSTS: usize = 30;

/// Columns of what a run was.
const WHAT: usize = 28;

#[derive(Debug, clap::Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Examples:\n  provision runs\n  provision runs show last\n  provision runs diff 20261124 last"
)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    list: ListArgs,
}

#[derive(Debug, clap::Args)]
struct ListArgs {
    /// List all recorded runs, not only the newest
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    listing: ListingArgs,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List recorded runs, the newest first
    List(ListArgs),
    /// Show what came of a run: equal hosts together, failures with their output
    Show {
        /// An id, the beginning of one, `last`, or a file of events
        #[arg(value_name = "RUN", add = offer::runs())]
        run: String,
        /// Name every host, and show outputs whole
        #[arg(short, long)]
        verbose: bool,
        #[command(flatten)]
        listing: ListingArgs,
    },
    /// Show what differs between two runs, equal differences together
    Diff {
        /// The earlier run
        #[arg(value_name = "A", add = offer::runs())]
        a: String,
        /// The later run
        #[arg(value_name = "B", add = offer::runs())]
        b: String,
        /// Name every host
        #[arg(short, long)]
        verbose: bool,
    },
}

pub(super) fn run(args: &Args) -> Outcome {
    match &args.command {
        None => list(&args.list),
        Some(Command::List(args)) => list(args),
        Some(Command::Show { run, listing, .. }) if listing.is_json() => runs_json::show(run),
        Some(Command::Show { run, verbose, .. }) => show(run, *verbose),
        Some(Command::Diff { a, b, verbose }) => diff(a, b, *verbose),
    }
}

fn list(args: &ListArgs) -> Outcome {
    let store = store()?;
    let entries = store.list().map_err(|error| Diagnostic::new(error.to_string()))?;
    let shown = if args.all { entries.len() } else { LISTED };
    if args.listing.is_json() {
        return runs_json::list(&entries[..shown.min(entries.len())], entries.len());
    }
    if entries.is_empty() {
        return print(&format!("no run is recorded in {}\n", store.folder().display()));
    }
    let now = Moment::now();
    let heading = ["RUN", "WHEN", "WHAT", "HOSTS", "OUTCOME"].map(str::to_owned);
    let mut rows = vec![heading];
    rows.extend(entries.iter().take(shown).map(|entry| row(entry, now)));
    let mut text = table(&rows);
    if entries.len() > shown {
        text += &format!("{} more; --all lists them\n", entries.len() - shown);
    }
    print(&text)
}

fn row(entry: &Entry, now: Moment) -> [String; 5] {
    let (what, hosts) = match &entry.label {
        Some(label) => (
            what(label.mode, label.profile.as_ref(), label.command.as_deref()),
            cut(&escape::line(&label.names), HOSTS),
        ),
        None => ("?".to_owned(), String::new()),
    };
    let outcome = match &entry.standing {
        Standing::Running => "running".to_owned(),
        Standing::Interrupted => "interrupted".to_owned(),
        Standing::Finished(summary, took) => words::brief(summary, *took),
    };
    [
        entry.run.clone(),
        ago(now.since(entry.began)),
        cut(&what, WHAT),
        hosts,
        outcome,
    ]
}

fn what(mode: Mode, profile: Option<&crate::name::Name>, command: Option<&str>) -> String {
    let word = match mode {
        Mode::Push => "push",
        Mode::DryRun => "dry-run",
        Mode::Command => "run",
        Mode::Copy => "copy",
    };
    let rest = profile.map_or_else(
        || escape::line(command.unwrap_or_default()).into_owned(),
        ToString::to_string,
    );
    format!("{word} {rest}").trim_end().to_owned()
}

fn cut(text: &str, width: usize) -> String {
    match text.char_indices().nth(width) {
        Some(_) => text.chars().take(width - 1).chain(['…']).collect(),
        None => text.to_owned(),
    }
}

/// `just now`, `3 min ago`, `2 days ago`.
fn ago(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0..60 => "just now".to_owned(),
        60..3600 => format!("{} min ago", seconds / 60),
        3600..86_400 => format!("{} h ago", seconds / 3600),
        _ => format!(
            "{} ago",
            words::count((seconds / 86_400).try_into().unwrap_or(usize::MAX), "day")
        ),
    }
}

fn table(rows: &[[String; 5]]) -> String {
    let width = |column: usize| {
        rows.iter()
            .map(|row| row[column].chars().count())
            .max()
            .unwrap_or(0)
    };
    let widths: [usize; 5] = std::array::from_fn(width);
    let line = |row: &[String; 5]| {
        let cells = row
            .iter()
            .zip(widths)
            .map(|(cell, width)| format!("{cell:width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned() + "\n"
    };
    rows.iter().map(line).collect()
}

fn show(run: &str, verbose: bool) -> Outcome {
    let path = file(run)?;
    let options = Options {
        verbose,
        ..Options::for_stdout()
    };
    if let Some(id) = path.file_stem().and_then(|stem| stem.to_str())
        && path.starts_with(store()?.folder())
        && let Some(began) = Moment::from_compact(id)
    {
        print(&format!("run {id}, {}\n", ago(Moment::now().since(began))))?;
    }
    let mut plain = Plain::digest(Box::new(io::stdout()), options);
    let mut broken = None;
    let whole = read(&path, |stamped| {
        if broken.is_none() {
            broken = plain.observe(&stamped).err();
        }
    });
    let broken = broken.map_or_else(|| plain.finish(), Err);
    gone_or(broken)?;
    if !whole? {
        warn("the record ends before the run does: its controller was cut off, or is still at work");
    }
    Ok(0)
}

/// A reader of stdout that went away is no failure.
fn gone_or(result: io::Result<()>) -> Result<(), Failure> {
    match result {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::system("cannot write to stdout")(error))
        }
        _ => Ok(()),
    }
}

fn diff(a: &str, b: &str, verbose: bool) -> Outcome {
    let results = |run: &str| -> Result<Results, Failure> {
        let mut results = Results::default();
        read(&file(run)?, |stamped| results.observe(&stamped.event))?;
        Ok(results)
    };
    let options = Options {
        verbose,
        ..Options::for_stdout()
    };
    let lines = results(a)?.compare(&results(b)?, options);
    print(&(lines.join("\n") + "\n"))
}
