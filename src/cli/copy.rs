//! `provision copy`: files to hosts, or from them.

use std::path::PathBuf;
use std::sync::Arc;

use crate::copy::{self, Access, Download, Fetch, Options, Refused, Target, Upload};
use crate::diagnostic::Diagnostic;
use crate::event::Mode;
use crate::inventory::check_user;
use crate::runner::{Errand, Work};

use super::adhoc::AdHocArgs;
use super::completions::offer;
use super::{Outcome, outcome};

const UP: &str = "Examples:
  provision copy up app.conf /etc/app.conf --become --mode 0644 --owner root:app
  provision copy up site assets /srv/www/ --limit @web --dry-run";

const DOWN: &str = "Examples:
  provision copy down /var/log/app '~/app.conf' fetched/
  provision copy down /etc/nginx before/ --become --max-size 10M";

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  provision copy up app.conf /etc/app.conf --become --mode 0644
  provision copy up site/ assets/ /srv/www/ --limit @web --dry-run
  provision copy down /var/log/app ~/app.conf fetched/")]
pub(super) struct Args {
    #[command(subcommand)]
    way: Way,
}

#[derive(Debug, clap::Subcommand)]
enum Way {
    /// Bring files and trees to every host
    Up(UpArgs),
    /// Fetch files and trees from every host, each into a directory of its own
    Down(DownArgs),
}

#[derive(Debug, clap::Args)]
#[command(override_usage = "provision copy up [OPTIONS] <LOCAL>... <REMOTE>", after_help = UP)]
struct UpArgs {
    #[command(flatten)]
    common: CommonArgs,
    /// Permission bits of files, in octal; directories may also be entered by those who may read them [default: as
    /// they are here]
    #[arg(long, value_name = "MODE", value_parser = mode)]
    mode: Option<u32>,
    /// Owner, and group, by name or number [default: who logs in, or is become]
    #[arg(long, value_name = "USER[:GROUP]")]
    owner: Option<String>,
    /// Leave out symbolic links within trees, which are refused else
    #[arg(long)]
    skip_links: bool,
    /// Files and directories here, then the path on hosts: its new name or, ending in `/`, the directory it comes into
    #[arg(required = true, num_args = 2.., value_names = ["LOCAL", "REMOTE"], add = offer::files())]
    paths: Vec<PathBuf>,
}

#[derive(Debug, clap::Args)]
#[command(override_usage = "provision copy down [OPTIONS] <REMOTE>... <LOCAL>", after_help = DOWN)]
struct DownArgs {
    #[command(flatten)]
    common: CommonArgs,
    /// Permission bits of files, in octal [default: as they are there, but nobody else may write]
    #[arg(long, value_name = "MODE", value_parser = mode)]
    mode: Option<u32>,
    /// Replace files that are here already and differ
    #[arg(long)]
    force: bool,
    /// The most that is taken of one host, in bytes, or with K, M, G or T behind it
    #[arg(long, value_name = "SIZE", default_value = "1G", value_parser = size)]
    max_size: u64,
    /// Paths on hosts, then the directory here that gets one for each host
    #[arg(required = true, num_args = 2.., value_names = ["REMOTE", "LOCAL"], add = offer::files())]
    paths: Vec<PathBuf>,
}

#[derive(Debug, clap::Args)]
struct CommonArgs {
    #[command(flatten)]
    adhoc: AdHocArgs,
    /// Say what would be copied, and write nothing
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn run(args: &Args) -> Outcome {
    match &args.way {
        Way::Up(args) => up(args),
        Way::Down(args) => down(args),
    }
}

fn up(args: &UpArgs) -> Outcome {
    let (hosts, secrets) = args.common.adhoc.hosts()?;
    super::run::carries_all(&hosts)?;
    let Some((target, sources)) = args.paths.split_last() else {
        return Ok(0);
    };
    let target = remote(target)?;
    let within = target.ends_with('/');
    if sources.len() > 1 && !within {
        let mistake = format!("{} things cannot all become {target}", sources.len());
        return Err(Diagnostic::new(mistake)
            .help(format!("write {target}/ to copy them into it"))
            .into());
    }
    let (owner, group) = args.owner.as_deref().map_or(Ok(("", "")), owner)?;
    let batch = copy::gather(sources, within, args.skip_links).map_err(|error| refused(&error))?;
    if batch.links > 0 {
        let links = format!("symbolic links left out: {}", batch.links);
        outcome::note(&[links]);
    }
    let access = Access {
        mode: args.mode,
        owner: owner.to_owned(),
        group: group.to_owned(),
    };
    let target = Target::new(&target, batch, access, args.common.dry_run).map_err(unsendable)?;
    let target = Arc::new(target);
    let errand = |host| Arc::new(Upload::new(host, Arc::clone(&target))) as Arc<dyn Errand>;
    args.common
        .run("up", &args.paths, hosts.into_iter().map(errand), secrets)
}

fn down(args: &DownArgs) -> Outcome {
    let (hosts, secrets) = args.common.adhoc.hosts()?;
    let Some((local, paths)) = args.paths.split_last() else {
        return Ok(0);
    };
    let mut remotes: Vec<String> = Vec::new();
    for path in paths {
        let path = remote(path)?;
        let Some(name) = copy::base_name(&path) else {
            let mistake = Diagnostic::new(format!("{path} has no name to be called by here"));
            return Err(mistake.help("name what is in it").into());
        };
        let twice = remotes.iter().find(|other| copy::base_name(other) == Some(name));
        if let Some(other) = twice {
            let mistake = format!("{other} and {path} would have the same name here");
            return Err(Diagnostic::new(mistake).help("fetch them one by one").into());
        }
        remotes.push(path);
    }
    let options = Options {
        local: local.clone(),
        mode: args.mode,
        force: args.force,
        most: args.max_size,
        dry_run: args.common.dry_run,
    };
    let fetch = Arc::new(Fetch::new(remotes, options).map_err(unsendable)?);
    let errand = |host| Arc::new(Download::new(host, Arc::clone(&fetch))) as Arc<dyn Errand>;
    args.common
        .run("down", &args.paths, hosts.into_iter().map(errand), secrets)
}

impl CommonArgs {
    fn run(
        &self,
        way: &str,
        paths: &[PathBuf],
        errands: impl Iterator<Item = Arc<dyn Errand>>,
        secrets: Vec<String>,
    ) -> Outcome {
        let errands = errands.collect();
        let mode = if self.dry_run { Mode::DryRun } else { Mode::Copy };
        let paths = paths.iter().map(|path| path.display().to_string());
        let label: Vec<String> = std::iter::once(way.to_owned()).chain(paths).collect();
        self.adhoc.run(&label, Work::Errands(mode, errands), secrets)
    }
}

/// A path of hosts.
fn remote(path: &std::path::Path) -> Result<String, Diagnostic> {
    let shown = path.display();
    match path.to_str() {
        Some(text) if copy::is_remote(text) => Ok(text.to_owned()),
        _ => Err(Diagnostic::new(format!("{shown} is no path of a host"))
            .help("begin it with `/`, or with `~/` for the home of who logs in there (in quotes, or your shell takes it)")),
    }
}

/// `USER`, `USER:GROUP` or `:GROUP`.
fn owner(text: &str) -> Result<(&str, &str), Diagnostic> {
    let (user, group) = text.split_once(':').unwrap_or((text, ""));
    for name in [user, group].into_iter().filter(|name| !name.is_empty()) {
        check_user(name)?;
    }
    if user.is_empty() && group.is_empty() {
        return Err(Diagnostic::new("--owner names nobody").help("write USER, USER:GROUP or :GROUP"));
    }
    Ok((user, group))
}

fn mode(text: &str) -> Result<u32, String> {
    let mode = u32::from_str_radix(text, 8).ok().filter(|mode| *mode <= 0o777);
    mode.ok_or_else(|| "a mode is up to three octal digits, such as 0644".to_owned())
}

fn size(text: &str) -> Result<u64, String> {
    let digits = text.trim_end_matches(['K', 'M', 'G', 'T']);
    let shift = match &text[digits.len()..] {
        "" => 0,
        "K" => 10,
        "M" => 20,
        "G" => 30,
        "T" => 40,
        _ => 64,
    };
    let number: Option<u64> = digits.parse().ok();
    let size = number
        .filter(|_| shift < 64)
        .and_then(|number| number.checked_mul(1 << shift));
    size.ok_or_else(|| "a size is a number of bytes, or with K, M, G or T behind it, such as 200M".to_owned())
}

fn refused(error: &Refused) -> Diagnostic {
    let help = match error {
        Refused::Link(_) => "give --skip-links to leave out links within trees, or name what it leads to",
        Refused::Special(_) => "leave it out: only files and directories can be copied",
        Refused::Twice(_) => "copy them one by one, each to a name of its own",
        Refused::Nameless(_) => "name what is in it",
        Refused::Read { .. } => "",
    };
    let mistake = Diagnostic::new(error.to_string());
    if help.is_empty() {
        mistake
    } else {
        mistake.help(help)
    }
}

fn unsendable(error: crate::script::NulError) -> Diagnostic {
    Diagnostic::new(format!("a path cannot be sent: {error}"))
}
