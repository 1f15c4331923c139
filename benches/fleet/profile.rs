//! The profile measured, and the script a person would write by hand for the same checks.

use std::fmt::Write as _;

use super::Outcome;

/// Where everything is placed on the hosts.
pub(super) const PLACE: &str = "/opt/provision-bench";

/// What the hosts have anyway.
pub(super) struct Facts {
    packages: Vec<String>,
    /// Name and shell.
    users: Vec<(String, String)>,
    groups: Vec<String>,
}

/// How many steps of each kind a profile has.
#[derive(Clone, Copy)]
pub(super) struct Size {
    pub(super) name: &'static str,
    packages: usize,
    directories: usize,
    files: usize,
    users: usize,
    groups: usize,
    commands: usize,
}

/// The profile of the numbers to beat.
pub(super) const SMALL: Size = Size {
    name: "steps-20",
    packages: 6,
    directories: 4,
    files: 6,
    users: 2,
    groups: 0,
    commands: 2,
};

/// Ten times as much.
pub(super) const LARGE: Size = Size {
    name: "steps-200",
    packages: 60,
    directories: 40,
    files: 80,
    users: 5,
    groups: 5,
    commands: 10,
};

enum Step {
    Package(String),
    Directory(String),
    File(String, String),
    User(String, String),
    Group(String),
    Command(String),
}

/// A profile's steps, in order.
pub(super) struct Steps(Vec<Step>);

impl Facts {
    /// Reads lines of `package`, `user` and `group`.
    pub(super) fn read(answer: &str) -> Outcome<Self> {
        let mut facts = Self {
            packages: Vec::new(),
            users: Vec::new(),
            groups: Vec::new(),
        };
        for line in answer.lines() {
            let (kind, rest) = line.split_once(' ').unwrap_or((line, ""));
            let fields: Vec<&str> = rest.split([' ', ':']).collect();
            match (kind, fields.as_slice()) {
                ("package", [name, ..]) => facts.packages.push((*name).to_owned()),
                ("user", [name, .., shell]) => facts.users.push(((*name).to_owned(), (*shell).to_owned())),
                ("group", [name, ..]) => facts.groups.push((*name).to_owned()),
                _ => {}
            }
        }
        let most = &LARGE;
        if facts.packages.len() < most.packages || facts.users.len() < most.users {
            return Err(format!(
                "the hosts have {} packages of dpkg and {} users; {} and {} are needed",
                facts.packages.len(),
                facts.users.len(),
                most.packages,
                most.users
            )
            .into());
        }
        Ok(facts)
    }
}

impl Steps {
    /// As many steps of each kind as `size` says.
    pub(super) fn new(size: &Size, facts: &Facts) -> Self {
        let packages = facts.packages.iter().take(size.packages).cloned();
        let mut steps: Vec<Step> = packages.map(Step::Package).collect();
        let users = facts.users.iter().take(size.users).cloned();
        steps.extend(facts.groups.iter().take(size.groups).cloned().map(Step::Group));
        steps.extend(users.map(|(name, shell)| Step::User(name, shell)));
        let directory = |number| format!("{PLACE}/{}/etc/service-{number:03}.d", size.name);
        steps.extend((0..size.directories).map(|number| Step::Directory(directory(number))));
        steps.extend((0..size.files).map(|number| {
            let path = format!(
                "{}/settings-{number:03}.conf",
                directory(number % size.directories)
            );
            Step::File(path, settings(number))
        }));
        // Half of them start a process of their own, as checks of that kind do.
        steps.extend((0..size.commands).map(|number| {
            Step::Command(match number % 2 {
                0 => format!("test -d {}", directory(number)),
                _ => format!(
                    "grep -q key_{number} {}/settings-{number:03}.conf",
                    directory(number % size.directories)
                ),
            })
        }));
        Self(steps)
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// A user module of these steps.
    pub(super) fn module(&self) -> String {
        let mut text = "description = \"What the benchmark places\"\n".to_owned();
        for step in &self.0 {
            let _ = match step {
                Step::Package(name) => writeln!(text, "[[step]]\npackage = {name:?}"),
                Step::Directory(path) => writeln!(
                    text,
                    "[[step]]\ndirectory = {path:?}\nmode = \"0755\"\nowner = \"root\"\ngroup = \"root\""
                ),
                Step::File(path, content) => writeln!(
                    text,
                    "[[step]]\nfile = {path:?}\ncontent = {content:?}\nmode = \"0644\"\nowner = \"root\"\ngroup = \"root\""
                ),
                Step::User(name, shell) => writeln!(text, "[[step]]\nuser = {name:?}\nshell = {shell:?}"),
                Step::Group(name) => writeln!(text, "[[step]]\ngroup = {name:?}"),
                Step::Command(check) => writeln!(
                    text,
                    "[[step]]\ntitle = {check:?}\nsh = {{ check = {check:?}, apply = \"false\" }}"
                ),
            };
        }
        text
    }

    /// The same checks by hand, step by step; it says `ok` or `no` for each.
    pub(super) fn script(&self) -> String {
        let mut text = "say() { if [ \"$1\" = 0 ]; then echo ok; else echo no; fi; }\n".to_owned();
        for step in &self.0 {
            let _ = match step {
                Step::Package(name) => {
                    writeln!(
                        text,
                        "[ \"$(dpkg-query -W -f '${{db:Status-Abbrev}}' {name} 2>/dev/null)\" = 'ii ' ]"
                    )
                }
                Step::Directory(path) => {
                    writeln!(
                        text,
                        "[ \"$(stat -c '%F %a %U %G' {path} 2>/dev/null)\" = 'directory 755 root root' ]"
                    )
                }
                Step::File(path, content) => writeln!(
                    text,
                    "[ \"$(stat -c '%F %a %U %G' {path} 2>/dev/null)\" = 'regular file 644 root root' ] &&\n\
                     [ \"$(sha256sum <{path} 2>/dev/null)\" = '{}  -' ]",
                    digest(content)
                ),
                Step::User(name, shell) => {
                    writeln!(
                        text,
                        "case $(getent passwd {name}) in *:{shell}) true ;; *) false ;; esac"
                    )
                }
                Step::Group(name) => writeln!(text, "getent group {name} >/dev/null"),
                Step::Command(check) => writeln!(text, "{check}"),
            };
            text.push_str("say $?\n");
        }
        // In braces, so that nothing of it reads the rest of it.
        format!("{{\n{text}exit\n}}\n")
    }
}

fn settings(number: usize) -> String {
    (0..8).fold(format!("# settings {number}\n"), |mut text, line| {
        let _ = writeln!(
            text,
            "key_{number}_{line} = some value of no great length, {line}"
        );
        text
    })
}

fn digest(content: &str) -> String {
    use sha2::{Digest, Sha256};
    Sha256::digest(content.as_bytes())
        .iter()
        .fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}
