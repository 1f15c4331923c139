//! Agreement with `ssh -G` of OpenSSH, over thousands of configurations.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use provision::diagnostic::{Diagnostics, Source};
use provision::inventory::ssh_config::{Choice, Resolved, SshConfig, Target};
use provision::inventory::{AlgorithmList, Connection, Environment, Inventory, Variables};
use tempfile::TempDir;

use super::generate::{Dice, configuration};
use super::words::{HOSTS, USERS};
use crate::kit::tools;

const CONFIGURATIONS: usize = 2_500;
const LOOKUPS: usize = 1;

/// What `ssh -G` prints, by directive.
type Printed = BTreeMap<String, Vec<String>>;

fn printed(text: &str) -> Printed {
    let mut all = Printed::new();
    for line in text.lines() {
        let (name, value) = line.split_once(' ').unwrap_or((line, ""));
        all.entry(name.to_owned()).or_default().push(value.to_owned());
    }
    all
}

/// One question to both.
struct Question {
    file: std::path::PathBuf,
    host: &'static str,
    user: Option<&'static str>,
    port: Option<u16>,
}

impl Question {
    fn ask_ssh(&self, place: &Path) -> Option<Printed> {
        let mut ssh = Command::new("ssh");
        ssh.arg("-G")
            .arg("-F")
            .arg(&self.file)
            .env("ORACLE_PLACE", place)
            .env("OTHER", "/other")
            .env("SHELL", "/bin/sh");
        ssh.env_remove("SSH_AUTH_SOCK");
        ssh.args(self.user.iter().flat_map(|user| ["-l", user]));
        ssh.args(
            self.port
                .iter()
                .flat_map(|port| ["-p".to_owned(), port.to_string()]),
        );
        let output = ssh.arg("--").arg(self.host).output().unwrap();
        output
            .status
            .success()
            .then(|| printed(&String::from_utf8_lossy(&output.stdout)))
    }

    fn ask_us(&self, environment: &Environment) -> Result<(Resolved, Arc<Connection>), Diagnostics> {
        let config = SshConfig::load(&Choice::File(self.file.clone()), environment)?;
        let target = Target {
            host: self.host,
            user: self.user,
            port: self.port,
        };
        let resolved = config.resolve(&target, environment)?;
        let mut inventory = format!("[hosts.x]\naddress = {:?}\n", self.host);
        inventory += &self
            .user
            .map(|user| format!("user = {user:?}\n"))
            .unwrap_or_default();
        inventory += &self
            .port
            .map(|port| format!("port = {port}\n"))
            .unwrap_or_default();
        // The way is asked for apart: hops may lead to themselves here.
        inventory += "jump = \"none\"\n";
        let environment = Environment {
            ssh_config: config,
            ..environment.clone()
        };
        let inventory = Inventory::parse(
            &Source::new("inventory.toml", inventory),
            Path::new("/srv"),
            &environment,
        )?;
        Ok((resolved, Arc::clone(&inventory.hosts[0].connection)))
    }
}

/// The person at this machine as ssh sees them: by the user database.
fn environment(place: &Path) -> Environment {
    let run = |program: &str, arguments: &[&str]| {
        let output = Command::new(program).args(arguments).output().unwrap();
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    let uid = run("id", &["-u"]);
    let entry = run("getent", &["passwd", &uid]);
    let fields: Vec<&str> = entry.split(':').collect();
    let variables = [
        ("ORACLE_PLACE", place.to_str().unwrap()),
        ("OTHER", "/other"),
        ("SHELL", "/bin/sh"),
    ];
    Environment {
        home: Some(fields[5].into()),
        user: Some(fields[0].to_owned()),
        uid: Some(uid.parse().unwrap()),
        agent: None,
        variables: Variables(Arc::new(
            variables
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into(),
        )),
        ..Environment::of_process()
    }
}

/// Differences between the two answers.
#[allow(clippy::too_many_lines, reason = "one table, read as one")]
fn differences(
    theirs: &Printed,
    resolved: &Resolved,
    connection: &Connection,
    defaults: &Printed,
) -> Vec<String> {
    let mut different = Vec::new();
    let mut compare = |name: &str, ours: Vec<String>| {
        let theirs = theirs.get(name).cloned().unwrap_or_default();
        if theirs != ours {
            different.push(format!("{name}: ssh says {theirs:?}, we say {ours:?}"));
        }
    };
    let default = |name: &str| defaults.get(name).cloned().unwrap_or_default();
    let or_default = |name: &str, ours: Vec<String>| if ours.is_empty() { default(name) } else { ours };
    compare("hostname", vec![connection.address.clone()]);
    compare("user", vec![connection.user.clone()]);
    compare("port", vec![connection.port.to_string()]);
    for name in [
        "addressfamily",
        "bindaddress",
        "connectionattempts",
        "connecttimeout",
        "serveraliveinterval",
        "serveralivecountmax",
        "hashknownhosts",
        "requiredrsasize",
        "identityfile",
        "certificatefile",
        "identitiesonly",
        "preferredauthentications",
        "passwordauthentication",
        "kbdinteractiveauthentication",
        "batchmode",
        "sendenv",
        "setenv",
        "loglevel",
    ] {
        let mut ours = resolved.values(name).to_vec();
        if name == "serveraliveinterval" && ours.is_empty() && resolved.values("batchmode") == ["yes"] {
            // Debian's own default.
            ours.extend(
                theirs
                    .get(name)
                    .cloned()
                    .into_iter()
                    .flatten()
                    .filter(|value| value == "300"),
            );
        }
        compare(name, or_default(name, ours));
    }
    for name in ["stricthostkeychecking", "pubkeyauthentication"] {
        let words = |word: &String| match word.as_str() {
            "yes" => "true".to_owned(),
            "no" => "false".to_owned(),
            other => other.to_owned(),
        };
        compare(
            name,
            or_default(name, resolved.values(name).iter().map(words).collect()),
        );
    }
    let alias = resolved
        .values("hostkeyalias")
        .iter()
        .map(|alias| alias.to_lowercase());
    compare("hostkeyalias", alias.collect());
    let paths = |paths: &[std::path::PathBuf]| match paths {
        [] => vec!["none".to_owned()],
        paths => vec![
            paths
                .iter()
                .map(|path| path.display().to_string())
                .collect::<Vec<_>>()
                .join(" "),
        ],
    };
    if !resolved.values("globalknownhostsfile").is_empty() {
        compare("globalknownhostsfile", paths(&connection.global_known_hosts));
    }
    if !resolved.values("userknownhostsfile").is_empty() {
        // ssh leaves a relative path as it is.
        let here = format!("{}/", std::env::current_dir().unwrap().display());
        compare(
            "userknownhostsfile",
            vec![paths(&connection.known_hosts)[0].replace(&here, "")],
        );
    }
    match resolved.values("identityagent").first().map(String::as_str) {
        Some(word @ ("none" | "SSH_AUTH_SOCK" | "$OTHER")) => compare("identityagent", vec![word.to_owned()]),
        Some(_) => compare(
            "identityagent",
            vec![connection.agent.as_ref().unwrap().display().to_string()],
        ),
        None => compare("identityagent", Vec::new()),
    }
    for name in [
        "kexalgorithms",
        "ciphers",
        "macs",
        "hostkeyalgorithms",
        "pubkeyacceptedalgorithms",
        "casignaturealgorithms",
    ] {
        let usual = default(name).concat();
        let usual: Vec<&str> = usual.split(',').collect();
        let all = queried(name);
        let all: Vec<&str> = all.lines().collect();
        let ours = match resolved.values(name).first() {
            Some(list) => AlgorithmList::parse(list).of(&usual, &all),
            None => usual,
        };
        compare(name, vec![ours.join(",")]);
    }
    let jump = resolved
        .values("proxyjump")
        .first()
        .filter(|jump| !jump.eq_ignore_ascii_case("none"));
    compare("proxyjump", jump.iter().map(|jump| as_printed(jump)).collect());
    if jump.is_none() {
        let command = resolved
            .values("proxycommand")
            .first()
            .filter(|command| *command != "none");
        compare("proxycommand", command.cloned().into_iter().collect());
    }
    different
}

/// How `ssh -G` writes the last hop of a jump.
fn as_printed(jump: &str) -> String {
    let (before, last) = match jump.rsplit_once(',') {
        Some((before, last)) => (format!("{before},"), last),
        None => (String::new(), jump),
    };
    let last = last.replace("ssh://", "").replace("%40", "@");
    let (user, place) = match last.rsplit_once('@') {
        Some((user, place)) => (format!("{user}@"), place),
        None => (String::new(), last.as_str()),
    };
    let numeric = !place.starts_with('[')
        && place
            .split(':')
            .next()
            .unwrap()
            .chars()
            .all(|c| c.is_ascii_digit() || c == '.');
    let place = match place.split_once(':') {
        Some((host, port)) if numeric => format!("[{host}]:{port}"),
        None if numeric => format!("[{place}]"),
        _ => place.to_owned(),
    };
    format!("{before}{user}{place}")
}

/// All algorithms ssh has, asked for once.
fn queried(name: &str) -> Arc<str> {
    static ANSWERS: std::sync::Mutex<BTreeMap<String, Arc<str>>> = std::sync::Mutex::new(BTreeMap::new());
    let mut answers = ANSWERS.lock().unwrap();
    let answer = answers.entry(name.to_owned()).or_insert_with(|| {
        let name = if name == "casignaturealgorithms" {
            "sig"
        } else {
            name
        };
        let output = Command::new("ssh").args(["-Q", name]).output().unwrap();
        String::from_utf8(output.stdout).unwrap().into()
    });
    Arc::clone(answer)
}

#[test]
fn what_ssh_says_of_a_host_is_what_we_say() {
    if tools::find("ssh", "nothing was compared with `ssh -G`").is_none() {
        return;
    }
    let folder = TempDir::new().unwrap();
    let environment = environment(folder.path());
    let none = Question {
        file: "none".into(),
        host: "x",
        user: None,
        port: None,
    };
    let defaults = none.ask_ssh(folder.path()).unwrap();
    let mut dice = Dice::new(0x5eed);
    let mut questions = Vec::new();
    for number in 0..CONFIGURATIONS {
        let text = configuration(&mut dice, folder.path(), 0);
        let file = folder.path().join(format!("config{number}"));
        std::fs::write(&file, text).unwrap();
        for _ in 0..LOOKUPS {
            questions.push(Question {
                file: file.clone(),
                host: dice.of(HOSTS),
                user: dice.one_in(4).then(|| dice.of(USERS)),
                port: dice.one_in(5).then_some(2022),
            });
        }
    }
    let next = AtomicUsize::new(0);
    let refused = AtomicUsize::new(0);
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let worker = || {
            let mut wrong = Vec::new();
            while let Some(question) = questions.get(next.fetch_add(1, Ordering::SeqCst)) {
                let told = match (question.ask_ssh(folder.path()), question.ask_us(&environment)) {
                    (None, Err(_)) => {
                        refused.fetch_add(1, Ordering::SeqCst);
                        continue;
                    }
                    (Some(theirs), Ok((resolved, connection))) => {
                        differences(&theirs, &resolved, &connection, &defaults)
                    }
                    (None, Ok(_)) => vec!["ssh refuses, we do not".to_owned()],
                    (Some(_), Err(mistakes)) => vec![format!("we refuse, ssh does not: {mistakes}")],
                };
                if !told.is_empty() {
                    let text = std::fs::read_to_string(&question.file).unwrap();
                    let (host, user, port) = (question.host, question.user, question.port);
                    wrong.push(format!("{host} {user:?} {port:?}: {}\n{text}", told.join("\n")));
                }
            }
            wrong
        };
        // ssh waits more than it works.
        let threads = 2 * std::thread::available_parallelism().map_or(2, usize::from);
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(worker)).collect();
        workers
            .into_iter()
            .flat_map(|worker| worker.join().unwrap())
            .collect()
    });
    let (asked, refused) = (questions.len(), refused.into_inner());
    println!(
        "ssh -G: {} of {asked} lookups in {CONFIGURATIONS} configurations agree, {refused} of them refusals",
        asked - wrong.len()
    );
    assert!(
        wrong.is_empty(),
        "{} differ, such as\n{}",
        wrong.len(),
        wrong.iter().take(3).cloned().collect::<Vec<_>>().join("\n----\n")
    );
    // The corpus is of some use.
    assert!(
        refused > asked / 50 && refused < asked / 2,
        "{refused} of {asked} were refused"
    );
}
