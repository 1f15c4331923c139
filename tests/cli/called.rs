//! One call of the command in a directory of its own.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

use crate::kit::golden::Goldens;

/// A directory with files, in which the command is called.
pub struct Place {
    pub dir: TempDir,
}

/// A call that has ended, and that must be said to have ended well or badly.
#[must_use]
pub struct Ended {
    args: Vec<String>,
    output: Output,
}

impl Place {
    pub fn new(files: &[(&str, &str)]) -> Self {
        let place = Self {
            dir: TempDir::new().unwrap(),
        };
        for (name, text) in files {
            let path = place.path(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        place
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// The command with nothing of this machine's environment but the path to programs.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_provision"));
        command
            .args(args)
            .current_dir(self.dir.path())
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .env("HOME", "/home/ada")
            .env("XDG_STATE_HOME", self.path("state"))
            .env("USER", "ada")
            .env("PROVISION_SSH_CONFIG", "none")
            .stdin(Stdio::null());
        command
    }

    pub fn call(&self, args: &[&str]) -> Ended {
        Ended {
            args: args.iter().map(|arg| (*arg).to_owned()).collect(),
            output: self.command(args).output().unwrap(),
        }
    }
}

impl Ended {
    pub fn success(self) -> Said {
        self.ended(0)
    }

    pub fn fails_with(self, code: i32) -> Said {
        self.ended(code)
    }

    fn ended(self, code: i32) -> Said {
        let said = Said {
            stdout: String::from_utf8(self.output.stdout).unwrap(),
            stderr: String::from_utf8(self.output.stderr).unwrap(),
            args: self.args,
            code,
        };
        assert_eq!(
            self.output.status.code(),
            Some(code),
            "provision {}\n{}\n{}",
            said.args.join(" "),
            said.stdout,
            said.stderr
        );
        said
    }
}

/// What a call printed.
pub struct Said {
    pub stdout: String,
    pub stderr: String,
    args: Vec<String>,
    code: i32,
}

impl Said {
    /// The call as a person would see it, and how it ended.
    pub fn transcript(&self) -> String {
        let quoted = |arg: &String| {
            if arg.is_empty() || arg.contains([' ', '&', '!', '*', '"', '\'', '{', '$']) {
                format!("'{arg}'")
            } else {
                arg.clone()
            }
        };
        let args: Vec<String> = self.args.iter().map(quoted).collect();
        let mut text = format!("$ provision {}\n{}", args.join(" "), self.stdout);
        if !self.stderr.is_empty() {
            text += &format!("--- stderr\n{}", self.stderr);
        }
        text + &format!("--- exit {}\n", self.code)
    }

    /// Compares the transcript with `tests/golden/cli/<name>.txt`.
    pub fn golden(&self, name: &str) {
        let mut goldens = Goldens::default();
        let path = format!("tests/golden/cli/{name}.txt");
        goldens.compare(path.as_ref(), self.transcript().as_bytes());
        goldens.finish();
    }
}
