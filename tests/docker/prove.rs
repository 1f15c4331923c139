//! What is promised of everything that brings a host into a state, proved on hosts of its own.
//!
//! A case is a TOML file: some steps or a profile, and around them `image` of the host (default `systemd`), `setup`
//! (shell, before anything is looked at), `holds` (shell that must succeed once all is in place) and `damage` (shell
//! texts; each undoes a part of it by hand). What must be: the dry-run leaves no trace and predicts exactly what the push
//! changes, the second push changes nothing, and every damage is noticed by a dry-run and mended by a push. What `--diff`
//! says of a text that a step edits part of is what the push leaves there.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::kit::binary::{Folder, Steps, Told};
use crate::kit::golden::files;
use crate::kit::throwaway::{Image, Throwaway};

/// How many hosts are at work at once.
const AT_ONCE: usize = 2;

/// One file.
pub(super) struct Case {
    name: String,
    image: Image,
    setup: Option<String>,
    holds: Vec<String>,
    damage: Vec<String>,
    profile: String,
    modules: Vec<(&'static str, String)>,
}

impl Case {
    /// A case whose rest is a module's steps.
    pub(super) fn of_steps(path: &Path) -> Self {
        let (case, module) = Self::read(path);
        Self {
            profile: "modules = [\"m\"]\n".to_owned(),
            modules: vec![("m", module)],
            ..case
        }
    }

    /// A case whose rest is a profile of builtin modules.
    pub(super) fn of_profile(path: &Path) -> Self {
        let (case, profile) = Self::read(path);
        Self { profile, ..case }
    }

    fn read(path: &Path) -> (Self, String) {
        let text = std::fs::read_to_string(path).unwrap();
        let mut table: toml::Table = text
            .parse()
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let texts = |value: Option<toml::Value>| -> Vec<String> {
            match value {
                None => Vec::new(),
                Some(toml::Value::Array(items)) => items
                    .iter()
                    .map(|item| item.as_str().unwrap().to_owned())
                    .collect(),
                Some(one) => vec![one.as_str().unwrap().to_owned()],
            }
        };
        let image = match table.remove("image").as_ref().and_then(toml::Value::as_str) {
            None | Some("systemd") => Image::Systemd,
            Some("busybox") => Image::Busybox,
            Some("plain") => Image::Plain,
            Some(other) => panic!("{}: unknown image {other:?}", path.display()),
        };
        let setup = texts(table.remove("setup")).pop();
        let holds = texts(table.remove("holds"));
        let damage = texts(table.remove("damage"));
        assert!(
            !damage.is_empty(),
            "{}: say what may happen to it by hand",
            path.display()
        );
        let case = Self {
            name: path.file_stem().unwrap().to_str().unwrap().to_owned(),
            image,
            setup,
            holds,
            damage,
            profile: String::new(),
            modules: Vec::new(),
        };
        (case, toml::to_string(&table).unwrap())
    }

    /// The number of changes predicted and made.
    fn prove(&self) -> usize {
        let host = Throwaway::start(self.image).unwrap();
        let folder = Folder::new();
        folder.inventory(&host.entry("host"));
        let modules: Vec<_> = self
            .modules
            .iter()
            .map(|(name, text)| (*name, text.as_str()))
            .collect();
        folder.profile("p", &self.profile, &modules);
        if let Some(setup) = &self.setup {
            host.sh(setup);
        }
        let dry_run = || folder.push("p").args(["--dry-run", "--diff"]).ndjson().exits(0);
        let push = || folder.push("p").ndjson().exits(0);

        let before = host.settled();
        let told = dry_run();
        let predicted = told.steps("host", "would-change");
        before.assert_same(&host.state(), *host);
        assert!(!predicted.is_empty(), "{}: there is nothing to do", self.name);
        let mut proved = self.push_makes(&predicted, &push().steps("host", "changed"));
        self.texts_are_as_told(&told, &host);
        self.is_in_place(&host);
        self.nothing_left(&push().steps("host", "changed"));

        for damage in &self.damage {
            host.sh(damage);
            let told = dry_run();
            let noticed = told.steps("host", "would-change");
            assert!(!noticed.is_empty(), "{}: nobody noticed `{damage}`", self.name);
            proved += self.push_makes(&noticed, &push().steps("host", "changed"));
            self.texts_are_as_told(&told, &host);
            self.is_in_place(&host);
            self.nothing_left(&push().steps("host", "changed"));
        }
        proved
    }

    fn push_makes(&self, predicted: &Steps, made: &Steps) -> usize {
        assert_eq!(
            predicted, made,
            "{}: predicted on the left, made on the right",
            self.name
        );
        made.len()
    }

    /// What was `told` of texts that one step alone edits is what they hold.
    fn texts_are_as_told(&self, told: &Told, host: &Throwaway) {
        // A package may bring the text along, and that after it was looked at.
        let changes = told.steps("host", "would-change");
        if changes.iter().any(|step| step.contains(": package ")) {
            return;
        }
        let diffs = told.diffs("host");
        for diff in diffs.iter().filter(|diff| diff["part"] == true) {
            let path = diff["path"].as_str().unwrap();
            if diffs.iter().filter(|other| other["path"] == path).count() > 1 {
                continue;
            }
            let text = match path.strip_prefix("crontab of ") {
                Some(user) => host.sh(&format!("crontab -u {user} -l")),
                None if path.starts_with('~') => host.sh(&format!("cat {path}")),
                None => host.sh(&format!("cat '{path}'")),
            };
            assert_eq!(diff["after"], text, "{}: {path}", self.name);
            println!("{}: {path} is as told", self.name);
        }
    }

    fn nothing_left(&self, changed: &Steps) {
        assert_eq!(
            changed,
            &Steps::new(),
            "{}: a second push changes nothing",
            self.name
        );
    }

    fn is_in_place(&self, host: &Throwaway) {
        for holds in &self.holds {
            let (status, text) = host.ask(holds);
            assert_eq!(status, 0, "{}: `{holds}`: {text}", self.name);
        }
    }
}

/// Proves the cases of `folder`, some at once; those alone whose name starts with what the variable `only` says, while
/// they are worked on.
pub(super) fn prove_all(folder: &str, only: &str, read: fn(&Path) -> Case) {
    if !crate::kit::docker::are_there() {
        return;
    }
    let only = std::env::var(only).unwrap_or_default();
    let mut cases = files(folder, "toml");
    cases.retain(|path| path.file_stem().unwrap().to_str().unwrap().starts_with(&only));
    let next = AtomicUsize::new(0);
    let (next, cases) = (&next, &cases);
    let work = move || {
        let mut told = Vec::new();
        while let Some(path) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
            let case = read(path);
            // One failure must not hide another's story.
            let proved = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| case.prove()));
            told.push((case.name, proved.ok()));
        }
        told
    };
    let told: Vec<(String, Option<usize>)> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(work)).collect();
        workers
            .into_iter()
            .flat_map(|worker| worker.join().unwrap())
            .collect()
    });
    let mut failed = Vec::new();
    for (name, proved) in &told {
        match proved {
            Some(count) => {
                println!("truth score, {name}: {count} of {count} predicted changes made, none unpredicted");
            }
            None => failed.push(name),
        }
    }
    assert!(failed.is_empty(), "told above: {failed:?}");
    assert!(!told.is_empty());
}
