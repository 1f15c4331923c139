//! `provision man`: a page for every command, from what `--help` says and what help leaves to a manual.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::{Command, CommandFactory};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, italic, roman};

use crate::diagnostic::Diagnostic;

use super::completions::offer;
use super::outcome::{EXIT_CODES, print};
use super::{Cli, Failure, Outcome};

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  provision man ~/.local/share/man/man1
  provision man . && man -l provision-push.1")]
pub(super) struct Args {
    /// Where to; made when it is not there, and pages of other versions in it are replaced
    #[arg(value_name = "DIR", add = offer::folders())]
    dir: PathBuf,
}

/// Files a command has to do with, by the option that says so.
const FILES: &[(&str, &str, &str)] = &[
    (
        "hosts",
        "inventory.toml",
        "the inventory, unless --hosts names another",
    ),
    (
        "hosts",
        "~/.ssh/config, /etc/ssh/ssh_config",
        "how hosts are reached where the inventory does not say",
    ),
    (
        "hosts",
        "~/.ssh/known_hosts, /etc/ssh/ssh_known_hosts",
        "keys of hosts that are believed",
    ),
    (
        "profiles",
        "profiles/NAME.toml",
        "profiles, unless --profiles names another folder",
    ),
    ("profiles", "profiles/modules/NAME.toml", "modules of your own"),
    (
        "keep_runs",
        RECORDS,
        "records of runs; $XDG_STATE_HOME in place of ~/.local/state where it is set",
    ),
];

const RECORDS: &str = "~/.local/state/provision/runs";

/// Variables that no option of its own stands for.
const VARIABLES: &[(&str, &str)] = &[
    ("HOME", "what ~ stands for"),
    (
        "USER",
        "who logs in where neither the inventory nor ssh_config says",
    ),
    ("SSH_AUTH_SOCK", "the socket of the SSH agent"),
    ("XDG_STATE_HOME", "where runs are recorded"),
    (
        "NO_COLOR, CLICOLOR, CLICOLOR_FORCE",
        "colours, where --color is auto",
    ),
];

pub(super) fn run(args: &Args) -> Outcome {
    let mut command = Cli::command().disable_help_subcommand(true);
    command.build();
    let mut pages = Vec::new();
    collect(&command, true, &mut pages);
    write(&args.dir, pages).map_err(|error| {
        let shown = args.dir.display();
        Failure::from(Diagnostic::new(format!(
            "cannot write manual pages to {shown}: {error}"
        )))
    })?;
    let first = args.dir.join("provision.1");
    print(&format!(
        "wrote a page for every command; begin with: man -l {}\n",
        first.display()
    ))
}

fn write(dir: &Path, pages: Vec<(String, Vec<u8>)>) -> io::Result<()> {
    fs::create_dir_all(dir)?;
    for (name, text) in pages {
        // A reader never sees half of one.
        let staged = tempfile::Builder::new().make_in(dir, |path| fs::File::create_new(path));
        let mut staged = staged?;
        io::Write::write_all(&mut staged, &text)?;
        staged.persist(dir.join(name))?;
    }
    Ok(())
}

/// The pages of `command` and of all within it, each with the name of its file.
fn collect(command: &Command, is_root: bool, pages: &mut Vec<(String, Vec<u8>)>) {
    let man = Man::new(command.clone());
    let mut text = Vec::new();
    if page(command, &man, is_root, &mut text).is_ok() {
        pages.push((man.get_filename(), text));
    }
    for inner in command.get_subcommands().filter(|inner| !inner.is_hide_set()) {
        collect(inner, false, pages);
    }
}

fn page(command: &Command, man: &Man, is_root: bool, text: &mut Vec<u8>) -> io::Result<()> {
    // By hand: the pages have no date, and an argument left empty would not count.
    let name = command.get_display_name().unwrap_or("provision");
    let version = env!("CARGO_PKG_VERSION");
    text.extend(format!(".TH {name} 1 \"\" \"provision {version}\" provision\n").bytes());
    man.render_name_section(text)?;
    man.render_synopsis_section(text)?;
    man.render_description_section(text)?;
    man.render_options_section(text)?;
    if command.has_subcommands() {
        man.render_subcommands_section(text)?;
    }
    let mut roff = Roff::new();
    examples(command, &mut roff);
    roff.control("SH", ["EXIT STATUS"]);
    for (code, meaning) in EXIT_CODES {
        entry(&code.to_string(), &meaning.replace('`', ""), &mut roff);
    }
    files(command, is_root, &mut roff);
    environment(command, is_root, &mut roff);
    if !is_root {
        roff.control("SH", ["SEE ALSO"]);
        roff.text([bold("provision"), roman("(1)")]);
    }
    roff.to_writer(text)
}

fn entry(what: &str, meaning: &str, roff: &mut Roff) {
    roff.control("TP", []);
    roff.text([bold(what)]);
    roff.text([roman(meaning)]);
}

/// What stands behind a command's help: examples, and what else is to be said.
fn examples(command: &Command, roff: &mut Roff) {
    let Some(after) = command.get_after_help() else {
        return;
    };
    let after = after.to_string();
    let (mut said, mut shown) = (Vec::new(), Vec::new());
    for line in after.lines() {
        if let Some(example) = line.strip_prefix("Example: ").or_else(|| line.strip_prefix("  ")) {
            shown.push(example);
        } else if !line.is_empty() && !line.starts_with("Examples:") && !line.starts_with("Exit codes:") {
            said.push(line);
        }
    }
    if !said.is_empty() {
        roff.control("SH", ["NOTES"]);
        roff.text([roman(said.join(" "))]);
    }
    // The root's are its exit codes, which have a section of their own.
    if !shown.is_empty() && !after.starts_with("Exit codes:") {
        roff.control("SH", ["EXAMPLES"]);
        roff.control("nf", []);
        for example in shown {
            roff.text([roman(example)]);
        }
        roff.control("fi", []);
    }
}

fn files(command: &Command, is_root: bool, roff: &mut Roff) {
    let has = |id: &str| command.get_arguments().any(|argument| argument.get_id() == id);
    let reads_records = ["provision-runs", "provision-replay"];
    let name = command.get_display_name().unwrap_or_default();
    let mut begun = false;
    for (option, file, meaning) in FILES {
        let records = *file == RECORDS && reads_records.iter().any(|one| name.starts_with(one));
        if is_root || has(option) || records {
            if !begun {
                roff.control("SH", ["FILES"]);
                begun = true;
            }
            roff.control("TP", []);
            roff.text([italic(*file)]);
            roff.text([roman(*meaning)]);
        }
    }
}

/// Variables in the place of options, those of all commands on the page of all.
fn environment(command: &Command, is_root: bool, roff: &mut Roff) {
    let mut found: Vec<(String, String)> = Vec::new();
    let inner = command.get_subcommands().filter(|_| is_root);
    let arguments = command
        .get_arguments()
        .chain(inner.flat_map(Command::get_arguments));
    for argument in arguments {
        let variable = argument.get_env().map(|name| name.to_string_lossy().into_owned());
        if let (Some(variable), Some(long)) = (variable, argument.get_long()) {
            let meaning = format!("in the place of --{long}");
            if found.iter().all(|(known, _)| *known != variable) {
                found.push((variable, meaning));
            }
        }
    }
    if is_root {
        let fixed = VARIABLES.iter();
        found.extend(fixed.map(|(name, meaning)| ((*name).to_owned(), (*meaning).to_owned())));
    }
    if !found.is_empty() {
        roff.control("SH", ["ENVIRONMENT"]);
    }
    for (name, meaning) in found {
        entry(&name, &meaning, roff);
    }
}
