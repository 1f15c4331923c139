//! Passwords from the person at the controller, asked before any contact and never shown.

use std::fs::File;
use std::io::{self, BufRead, BufReader, IsTerminal, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use clap::{Args, ValueEnum};
use tokio_util::sync::CancellationToken;

use crate::diagnostic::Diagnostic;
use crate::inventory::{Become, Connection, Host, check_user};
use crate::report;
use crate::script::Secret;
use crate::secret::{self, Mode, Secrets};
use crate::transport::ssh::{Ask, Ssh, Stranger};

use super::Failure;
use super::completions::offer;

/// The longest password taken; PAM takes 512 bytes.
const MAX_BYTES: usize = 512;

/// Whom to become on hosts, over what the inventory says.
#[derive(Debug, Args)]
pub(super) struct BecomeArgs {
    /// Become another user, also on hosts whose inventory says nothing of it; by its way, or by sudo
    #[arg(
        long,
        value_enum,
        value_name = "WAY",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "inventory"
    )]
    r#become: Option<Way>,
    /// Become this user in place of the inventory's, or of root
    #[arg(long, value_name = "USER")]
    become_user: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Way {
    /// As the inventory says, and by sudo where it says nothing
    Inventory,
    Sudo,
    Doas,
    Su,
    /// Stay who logged in
    None,
}

impl BecomeArgs {
    /// Changes `hosts` as the command line says; to become a user is to become.
    pub(super) fn apply(&self, hosts: &mut [Arc<Host>]) -> Result<(), Diagnostic> {
        if let Some(user) = &self.become_user {
            check_user(user)?;
        }
        let way = match (self.r#become, &self.become_user) {
            (None, None) => return Ok(()),
            (Some(Way::None), Some(user)) => {
                let mistake = format!("--become=none stays who logged in, and --become-user becomes {user}");
                return Err(Diagnostic::new(mistake).help("leave out one of them"));
            }
            (way, _) => way.unwrap_or(Way::Inventory),
        };
        for host in hosts {
            let host = Arc::make_mut(host);
            let connection = Arc::make_mut(&mut host.connection);
            connection.r#become = match way {
                Way::Inventory if connection.r#become == Become::None => Become::Sudo,
                Way::Inventory => connection.r#become,
                Way::Sudo => Become::Sudo,
                Way::Doas => Become::Doas,
                Way::Su => Become::Su,
                Way::None => Become::None,
            };
            if let Some(user) = &self.become_user {
                connection.become_user.clone_from(user);
            }
        }
        Ok(())
    }
}

/// `O_NONBLOCK` of Linux: a question that nobody waits for any more can be left.
const NONBLOCKING: i32 = 0o4000;

/// How often is looked whether somebody still waits for an answer.
const GLANCE: Duration = Duration::from_millis(50);

/// Which passwords are asked for.
#[derive(Debug, Args)]
pub(super) struct AskArgs {
    /// Ask once for the password to log in with; it is used on every host that takes none of our keys
    #[arg(short = 'k', long)]
    ask_password: bool,
    /// Ask once for the password that sudo, doas or su wants; it is used on every host
    #[arg(short = 'K', long)]
    ask_become_password: bool,
    /// Read that password from the first line of this file, which only you may read
    #[arg(long, value_name = "FILE", add = offer::files(), conflicts_with = "ask_become_password")]
    become_password_file: Option<PathBuf>,
}

impl AskArgs {
    /// Asks for what is needed and hands it to the hosts that need it; returns what must not be shown.
    pub(super) fn apply<'a>(
        &self,
        hosts: impl IntoIterator<Item = &'a mut Arc<Host>>,
    ) -> Result<Vec<String>, Failure> {
        let mut hosts: Vec<_> = hosts.into_iter().collect();
        let mut secrets = Vec::new();
        if self.ask_password && !hosts.is_empty() {
            let password = ask("Password to log in: ")?;
            give(&mut hosts, |connection| {
                connection.password = Some(password.clone());
            });
            secrets.push(password.expose().to_owned());
        }
        hosts.retain(|host| host.connection.r#become != Become::None);
        hosts.retain(|host| host.connection.become_password.is_none());
        if hosts.is_empty() {
            return Ok(secrets);
        }
        let password = match &self.become_password_file {
            Some(path) => from_file(path)?,
            None if self.ask_become_password => ask("Password to become another user: ")?,
            None => {
                secrets.extend(of_inventory(hosts)?);
                return Ok(secrets);
            }
        };
        give(&mut hosts, |connection| {
            connection.become_password = Some(password.clone());
        });
        secrets.push(password.expose().to_owned());
        Ok(secrets)
    }
}

/// Fetches the passwords that the inventory says the place of, each once; returns what must not be shown.
pub(super) fn of_inventory<'a>(
    hosts: impl IntoIterator<Item = &'a mut Arc<Host>>,
) -> Result<Vec<String>, Diagnostic> {
    let mut secrets = Secrets::new(Mode::Fetch);
    for host in hosts {
        let becomes = host.connection.r#become != Become::None && host.connection.become_password.is_none();
        let Some(reference) = host.connection.become_secret.as_ref().filter(|_| becomes) else {
            continue;
        };
        let unfetched = |what| {
            let name = &host.name;
            Diagnostic::new(format!("no password to become another user on {name}: {what}"))
                .help("see `become_password` in the inventory, or give it by --ask-become-password")
        };
        let password = secrets.get(reference).map_err(unfetched)?;
        let password = checked(password.expose(), "the password to become another user")?;
        give(&mut [host], |connection| {
            connection.become_password = Some(password.clone());
        });
    }
    let fetched = secrets.fetched().into_iter();
    Ok(fetched.map(|secret| secret.expose().to_owned()).collect())
}

fn give(hosts: &mut [&mut Arc<Host>], change: impl Fn(&mut Connection)) {
    for host in hosts {
        let host = Arc::make_mut(host);
        change(Arc::make_mut(&mut host.connection));
    }
}

/// SSH, with whoever sits at the terminal to be asked for passphrases.
pub(super) fn ssh() -> Ssh {
    match Person::at_terminal() {
        Some(person) => Ssh::new().asking(person),
        None => Ssh::new(),
    }
}

/// The person at the terminal, asked while a run goes on; one question at a time.
struct Person(Mutex<()>);

impl Person {
    /// Whoever sits there, if anybody does.
    fn at_terminal() -> Option<Arc<dyn Ask>> {
        io::stdin()
            .is_terminal()
            .then(|| Arc::new(Self(Mutex::new(()))) as Arc<dyn Ask>)
    }
}

impl Ask for Person {
    fn secret(&self, question: &str) -> Option<Secret> {
        let _one = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        report::tty::aside(|| ask(question).ok())
    }

    fn believes(&self, stranger: &Stranger, left: &CancellationToken) -> bool {
        let _one = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        report::tty::aside(|| believes(stranger, left)).unwrap_or(false)
    }
}

/// Asks about a host's key in the words of ssh, and takes its answers: `yes`, `no`, or the fingerprint itself.
fn believes(stranger: &Stranger, left: &CancellationToken) -> io::Result<bool> {
    let mut options = File::options();
    options.read(true).write(true).custom_flags(NONBLOCKING);
    let mut terminal = options.open("/dev/tty")?;
    let fingerprint = stranger.key.fingerprint();
    let address = stranger.address.map(|address| format!(" ({address})"));
    let mut question = format!(
        "The authenticity of host {}{} can't be established.\n{} key fingerprint is {fingerprint}.\n\
         Are you sure you want to continue connecting (yes/[no]/fingerprint)? ",
        report::escape::line(&stranger.name),
        address.unwrap_or_default(),
        report::escape::line(&stranger.key.key_type),
    );
    loop {
        terminal.write_all(question.as_bytes())?;
        let mut answer = [0; MAX_BYTES];
        // A terminal hands out whole lines.
        let length = loop {
            match terminal.read(&mut answer) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    if left.is_cancelled() {
                        terminal.write_all(b"\n")?;
                        return Ok(false);
                    }
                    std::thread::sleep(GLANCE);
                }
                read => break read?,
            }
        };
        match String::from_utf8_lossy(&answer[..length]).trim() {
            "yes" => return Ok(true),
            "" | "no" => return Ok(false),
            said if said == fingerprint => return Ok(true),
            _ => "Please type 'yes', 'no' or the fingerprint: ".clone_into(&mut question),
        }
    }
}

/// Asks on the terminal, without echo.
fn ask(question: &str) -> Result<Secret, Failure> {
    let unasked = |error: io::Error| {
        Diagnostic::new(format!("nobody can be asked for a password: {error}"))
            .help("run this on a terminal, or give the password by a file")
    };
    checked(&secret::prompt(question).map_err(unasked)?, "the password").map_err(Failure::from)
}

fn from_file(path: &Path) -> Result<Secret, Diagnostic> {
    let shown = path.display();
    let unread = |error: io::Error| Diagnostic::new(format!("cannot read {shown}: {error}"));
    let file = File::open(path).map_err(unread)?;
    let mode = file.metadata().map_err(unread)?.mode();
    if mode & 0o077 != 0 {
        let mistake = Diagnostic::new(format!("others may read {shown} (mode {:04o})", mode & 0o7777));
        return Err(mistake.help(format!("run chmod 600 {shown}")));
    }
    let mut line = String::new();
    BufReader::new(file.take(MAX_BYTES as u64 + 2))
        .read_line(&mut line)
        .map_err(unread)?;
    checked(&line, &format!("the first line of {shown}"))
}

/// A password as a prompt takes it: one line.
fn checked(text: &str, what: &str) -> Result<Secret, Diagnostic> {
    let line = text.strip_suffix('\n').unwrap_or(text);
    if line.is_empty() {
        return Err(Diagnostic::new(format!("{what} is empty")));
    }
    if line.len() > MAX_BYTES || line.contains(['\n', '\r', '\0']) {
        return Err(Diagnostic::new(format!(
            "{what} is no password: it is too long, or holds line ends"
        )));
    }
    Ok(Secret::new(line))
}
