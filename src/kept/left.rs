//! What the last push left on each host: a digest of every step that held when it ended.
//!
//! One small file for each host in the user's state directory, beside the records of runs, private as those are: a line
//! that says whose it is, then the steps, in the same bytes for all hosts that were left in the same state.

use std::collections::{BTreeMap, HashMap};
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::digest;
use crate::event::{Event, Outcome, Stamped, Step};
use crate::inventory::Host;
use crate::name::Name;
use crate::plan::{Plan, Planned};
use crate::record::{Moment, Store};
use crate::report::Reporter;

/// Raised when a file would have to be read in another way; others are taken for none.
const FORMAT: u32 = 2;

/// Digests of steps that held, by [`Steps::key`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Steps(BTreeMap<String, String>);

impl Steps {
    /// What was wanted of `step` when it was left; none when it was not left in that state, or by nobody we know.
    pub fn get(&self, step: &Step) -> Option<&str> {
        self.0.get(&Self::key(step)).map(String::as_str)
    }

    fn key(step: &Step) -> String {
        format!("{}\t{}", step.module, step.title)
    }
}

/// The first line of a file.
#[derive(Serialize, Deserialize)]
struct Head {
    v: u32,
    host: Name,
    at: Moment,
}

/// The folder of what was left.
#[derive(Clone, Debug)]
pub struct Left(PathBuf);

impl Left {
    /// The folder of the user who runs this process.
    pub fn of_process() -> Option<Self> {
        let runs = Store::of_process()?;
        Some(Self(runs.folder().parent()?.join("left")))
    }

    /// What was left in `folder`.
    pub fn at(folder: impl Into<PathBuf>) -> Self {
        Self(folder.into())
    }

    /// A host is its name and where it is: two inventories may have a `db1` each.
    fn path(&self, host: &Host) -> PathBuf {
        let connection = &*host.connection;
        let place = format!("{}:{}", connection.address, connection.port);
        let digest = Sha256::digest(place.as_bytes());
        let digest: String = digest[..4].iter().map(|byte| format!("{byte:02x}")).collect();
        // A name may be as long as a file's.
        let name: String = host.name.as_str().chars().take(200).collect();
        self.0.join(format!("{name}-{digest}.json"))
    }

    /// What was left on `host`, and when; none where nothing is known.
    pub fn read(&self, host: &Host) -> Option<(Moment, Steps)> {
        let (at, steps) = self.text(host)?;
        Some((at, serde_json::from_slice(&steps).ok()?))
    }

    /// As [`Self::read`], with the steps as they are written down.
    fn text(&self, host: &Host) -> Option<(Moment, Vec<u8>)> {
        let mut text = fs::read(self.path(host)).ok()?;
        let end = text.iter().position(|&byte| byte == b'\n')?;
        let steps = text.split_off(end);
        let head: Head = serde_json::from_slice(&text).ok()?;
        (head.v == FORMAT && head.host == host.name).then_some((head.at, steps))
    }

    fn write(&self, host: &Host, steps: &Steps) -> io::Result<()> {
        DirBuilder::new().recursive(true).mode(0o700).create(&self.0)?;
        let head = Head {
            v: FORMAT,
            host: host.name.clone(),
            at: Moment::now(),
        };
        let mut text = serde_json::to_vec(&head)?;
        text.push(b'\n');
        serde_json::to_writer(&mut text, steps)?;
        let path = self.path(host);
        let mut random = [0_u8; 8];
        getrandom::fill(&mut random).map_err(io::Error::other)?;
        let beside = path.with_extension(format!("{:016x}", u64::from_ne_bytes(random)));
        let written = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&beside)
            .and_then(|mut to| to.write_all(&text))
            .and_then(|()| fs::rename(&beside, path));
        if written.is_err() {
            let _ = fs::remove_file(&beside);
        }
        written
    }
}

/// Notes what a push leaves. It never fails: a run does not end because nobody can write about it.
pub struct Leaver {
    left: Left,
    plans: HashMap<Name, (Arc<Host>, Arc<[Planned]>)>,
    /// Digests of the plan seen last: neighbours often have the same.
    last: Option<(Arc<[Planned]>, Vec<String>)>,
    /// What was read last, as it was written: neighbours often were left alike.
    before: (Vec<u8>, Steps),
    /// Steps that have ended, and whether they hold.
    ended: HashMap<Name, Vec<(usize, bool)>>,
    trouble: Trouble,
}

/// Why something could not be noted, if it could not.
#[derive(Clone, Debug, Default)]
pub struct Trouble(Arc<Mutex<Option<String>>>);

impl Trouble {
    /// The first of it.
    pub fn get(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Leaver {
    /// Notes what a push of `plans` leaves.
    pub fn new(left: Left, plans: &[Plan]) -> Self {
        let plans = plans.iter().map(|plan| {
            let name = plan.host.name.clone();
            (name, (Arc::clone(&plan.host), Arc::clone(&plan.steps)))
        });
        Self {
            left,
            plans: plans.collect(),
            last: None,
            before: Default::default(),
            ended: HashMap::new(),
            trouble: Trouble::default(),
        }
    }

    /// What to ask after the run.
    pub fn trouble(&self) -> Trouble {
        self.trouble.clone()
    }

    fn host(&mut self, name: &Name) {
        let (Some((host, plan)), Some(ended)) = (self.plans.remove(name), self.ended.remove(name)) else {
            return;
        };
        let digests = match &self.last {
            Some((last, digests)) if Arc::ptr_eq(last, &plan) => digests,
            _ => {
                let digests = plan.iter().map(digest::step).collect();
                &self.last.insert((Arc::clone(&plan), digests)).1
            }
        };
        let text = self.left.text(&host).map(|(_, text)| text).unwrap_or_default();
        if self.before.0 != text {
            // A broken file says nothing.
            let steps = serde_json::from_slice(&text).unwrap_or_default();
            self.before = (text, steps);
        }
        let before = &self.before.1.0;
        let mut news = BTreeMap::new();
        for (index, holds) in ended {
            let (Some(planned), Some(digest)) = (plan.get(index), digests.get(index)) else {
                continue;
            };
            news.insert(Steps::key(&planned.step), holds.then_some(digest));
        }
        news.retain(|key, now| before.get(key) != *now);
        if news.is_empty() {
            return;
        }
        let mut steps = Steps(before.clone());
        for (key, now) in news {
            match now {
                Some(digest) => steps.0.insert(key, digest.clone()),
                None => steps.0.remove(&key),
            };
        }
        if let Err(error) = self.left.write(&host, &steps) {
            let mut trouble = self.trouble.0.lock().unwrap_or_else(PoisonError::into_inner);
            trouble.get_or_insert(format!("{}: {error}", self.left.0.display()));
        }
    }
}

impl Reporter for Leaver {
    fn name(&self) -> &'static str {
        "left"
    }

    fn observe(&mut self, stamped: &Stamped) -> io::Result<()> {
        match &stamped.event {
            Event::StepFinished {
                host, step, outcome, ..
            } => {
                let holds = match outcome {
                    Outcome::Ok | Outcome::Changed => true,
                    Outcome::Failed => false,
                    // Nothing was done: what is known of it stands.
                    Outcome::Skipped | Outcome::WouldChange => return Ok(()),
                };
                self.ended
                    .entry(host.clone())
                    .or_default()
                    .push((step.index, holds));
            }
            Event::HostFinished { host, .. } => self.host(host),
            _ => {}
        }
        Ok(())
    }

    fn finish(&mut self) -> io::Result<()> {
        Ok(())
    }
}
