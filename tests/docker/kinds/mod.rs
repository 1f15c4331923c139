//! Every kind of step on a real host of its own: `tests/docker/kinds/<kind>[-<what>].toml`.
//!
//! Each case is a module's steps, and around them: `image` of the host (default `systemd`), `setup` (shell, before
//! anything is looked at), `holds` (shell that must succeed once the steps are in place) and `damage` (shell texts; each
//! undoes a part of it by hand). What must be: the dry-run leaves no trace and predicts exactly what the push changes, the
//! second push changes nothing, and every damage is noticed by a dry-run and mended by a push.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::kit::binary::{Folder, Steps};
use crate::kit::golden::files;
use crate::kit::throwaway::{Image, Throwaway};

/// How many hosts are at work at once.
const AT_ONCE: usize = 2;

struct Case {
    name: String,
    image: Image,
    setup: Option<String>,
    holds: Vec<String>,
    damage: Vec<String>,
    module: String,
}

impl Case {
    fn read(path: &Path) -> Self {
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
        Self {
            name: path.file_stem().unwrap().to_str().unwrap().to_owned(),
            image,
            setup,
            holds,
            damage,
            module: toml::to_string(&table).unwrap(),
        }
    }

    /// The number of changes predicted and made.
    fn prove(&self) -> usize {
        let host = Throwaway::start(self.image).unwrap();
        let folder = Folder::new();
        folder.inventory(&host.entry("host"));
        folder.profile("p", "modules = [\"m\"]\n", &[("m", &self.module)]);
        if let Some(setup) = &self.setup {
            host.sh(setup);
        }
        let dry_run = || folder.push("p").arg("--dry-run").ndjson().exits(0);
        let push = || folder.push("p").ndjson().exits(0);

        let before = host.settled();
        let predicted = dry_run().steps("host", "would-change");
        before.assert_same(&host.state(), *host);
        assert!(!predicted.is_empty(), "{}: there is nothing to do", self.name);
        let mut proved = self.push_makes(&predicted, &push().steps("host", "changed"));
        self.is_in_place(&host);
        self.nothing_left(&push().steps("host", "changed"));

        for damage in &self.damage {
            host.sh(damage);
            let noticed = dry_run().steps("host", "would-change");
            assert!(!noticed.is_empty(), "{}: nobody noticed `{damage}`", self.name);
            proved += self.push_makes(&noticed, &push().steps("host", "changed"));
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

fn cases() -> Vec<PathBuf> {
    // One kind alone, while it is worked on.
    let only = std::env::var("ONLY_KIND").unwrap_or_default();
    let mut cases = files("tests/docker/kinds", "toml");
    cases.retain(|path| path.file_stem().unwrap().to_str().unwrap().starts_with(&only));
    cases
}

#[test]
fn every_kind_is_predicted_placed_left_alone_and_mended() {
    if !crate::kit::docker::are_there() {
        return;
    }
    let cases = cases();
    let next = AtomicUsize::new(0);
    let (next, cases) = (&next, &cases);
    let work = move || {
        let mut told = Vec::new();
        while let Some(path) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
            let case = Case::read(path);
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
