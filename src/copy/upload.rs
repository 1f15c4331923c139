//! One host is sent files: it is asked what it has, then brought what it lacks.

use std::collections::HashSet;
use std::fs::File;
use std::sync::Arc;

use super::digest;
use super::local::{Batch, Entry, Kind};
use super::program::{self, Need, Wanted};
use super::reader::{Broken, Said};
use super::talk::{End, Ledger, Starter, Talk};
use crate::event::{Event, HostStatus, Outcome, Phase, Reason, Step, StepCounts, Uncopied};
use crate::inventory::Host;
use crate::name::{Name, NameError};
use crate::plan;
use crate::runner::{Errand, Site};
use crate::script::NulError;
use crate::transport::{BoxFuture, Feed, Session};
use crate::wire::Nonce;

/// How much is read and fed at once.
const PIECE: usize = 64 << 10;

/// Progress is told after so many bytes.
const PROGRESS: u64 = 1 << 20;

/// What is sent, and where it is to be: the same for all hosts.
pub struct Target {
    entries: Vec<Entry>,
    wanted: Wanted,
    dry_run: bool,
    steps: Vec<Arc<Step>>,
    ask: Arc<[u8]>,
}

/// What is wanted of files beside their content; what is not said is kept as it is here, and owners are who logs in.
#[derive(Clone, Debug, Default)]
pub struct Access {
    /// Permission bits of files.
    pub mode: Option<u32>,
    /// Owner, by name or number; may be empty.
    pub owner: String,
    /// Group; may be empty.
    pub group: String,
}

impl Target {
    /// `batch` at the path `base` of hosts.
    pub fn new(base: &str, batch: Batch, access: Access, dry_run: bool) -> Result<Self, NulError> {
        let wanted = Wanted {
            mode: access.mode,
            owner: access.owner,
            group: access.group,
        };
        let entries = batch.entries;
        let base = match base.trim_end_matches('/') {
            "" => "/.",
            base => base,
        };
        let ask = program::upload_ask(base, &entries, &wanted)?.into();
        let titles = entries.iter().map(|entry| {
            let below = String::from_utf8_lossy(&entry.below);
            let between = if below.is_empty() { "" } else { "/" };
            match entry.kind {
                Kind::Folder => format!("folder {base}{between}{below}"),
                Kind::File { .. } => format!("file {base}{between}{below}"),
            }
        });
        let steps = steps(titles).unwrap_or_default();
        Ok(Self {
            entries,
            wanted,
            dry_run,
            steps,
            ask,
        })
    }
}

impl Target {
    /// All that a host could be sent: the half that asks, and both halves as one shell reads them.
    pub fn programs(&self, nonce: &Nonce) -> Result<[Vec<u8>; 2], NulError> {
        let ask = [plan::head(nonce), self.ask.to_vec()].concat();
        let needed = (0..self.entries.len()).map(|index| match index % 3 {
            0 => (index, Need::Access),
            _ => (index, Need::All),
        });
        let needed: Vec<_> = needed.collect();
        let act = program::upload_act(&self.entries, &self.wanted, &needed)?;
        Ok([ask.clone(), [ask, act].concat()])
    }
}

/// Steps of these titles, in a module that is called as the command is.
pub(super) fn steps(titles: impl Iterator<Item = String>) -> Result<Vec<Arc<Step>>, NameError> {
    let module = Name::parse("copy")?;
    let step = |(index, title): (usize, String)| {
        Arc::new(Step {
            index,
            module: module.clone(),
            title: title.into(),
        })
    };
    Ok(titles.enumerate().map(step).collect())
}

/// One host's part of it.
pub struct Upload {
    host: Arc<Host>,
    target: Arc<Target>,
}

impl Upload {
    /// What `host` is to do.
    pub fn new(host: Arc<Host>, target: Arc<Target>) -> Self {
        Self { host, target }
    }

    async fn work(&self, mut talk: Talk<'_>, ledger: &mut Ledger<'_>, site: Site<'_>) -> Result<(), End> {
        let needed = self.asked(&mut talk, ledger).await?;
        if self.target.dry_run || needed.is_empty() {
            return Ok(());
        }
        site.emit(Event::HostPredicted {
            host: self.host.name.clone(),
            changes: needed.iter().map(|(index, _)| *index).collect(),
            destructive: Vec::new(),
        })
        .await;
        let act = program::upload_act(&self.target.entries, &self.target.wanted, &needed);
        let act = act.map_err(|error| End::Over(error.to_string()))?;
        talk.running.send(act.into()).await;
        let mut offsets = vec![0; self.target.entries.len()];
        let mut known = HashSet::new();
        loop {
            let line = talk.line().await?;
            match *line.split(' ').collect::<Vec<_>>().as_slice() {
                ["ready"] => break,
                ["part", index, length, found] => {
                    let (index, length) = (number(index)?, number(length)?);
                    let digest = self.begins_so(index, length, found)?;
                    // Two files of one content have one unfinished file in common.
                    if digest.is_some_and(|digest| known.insert(digest)) {
                        offsets[index] = length as u64;
                    }
                }
                ["failed" | "done", ..] => self.ended(&line, &needed, ledger).await?,
                _ => return Err(Broken.into()),
            }
        }
        let files = needed.iter().filter(|(_, need)| *need == Need::All);
        let files = files.filter(|(index, _)| matches!(self.target.entries[*index].kind, Kind::File { .. }));
        let files: Vec<(usize, u64)> = files.map(|(index, _)| (*index, offsets[*index])).collect();
        let pouring = self.pour(files, talk.running.feed(), ledger.starter(), site);
        tokio::pin!(pouring);
        let mut poured = false;
        loop {
            let line = tokio::select! {
                biased;
                line = talk.line() => line?,
                () = &mut pouring, if !poured => {
                    poured = true;
                    continue;
                }
            };
            if line == "end" {
                return Ok(());
            }
            self.ended(&line, &needed, ledger).await?;
        }
    }

    /// What the host has; what it needs.
    async fn asked(&self, talk: &mut Talk<'_>, ledger: &mut Ledger<'_>) -> Result<Vec<(usize, Need)>, End> {
        let mut needed = Vec::new();
        let mut next = 0;
        loop {
            let line = talk.line().await?;
            let (index, found) = match *line.split(' ').collect::<Vec<_>>().as_slice() {
                ["at", index, found] => (number(index)?, found.to_owned()),
                ["asked"] if next == self.target.entries.len() => return Ok(needed),
                _ => return Err(Broken.into()),
            };
            if index != next || index >= self.target.entries.len() {
                return Err(Broken.into());
            }
            next += 1;
            let need = match found.as_str() {
                "same" => None,
                "access" => Some(Need::Access),
                "none" | "other" => Some(Need::All),
                "directory" | "special" => {
                    let why = match (found.as_str(), &self.target.entries[index].kind) {
                        ("directory", _) => Uncopied::Directory,
                        (_, Kind::Folder) => Uncopied::NoFolder,
                        (_, Kind::File { .. }) => Uncopied::Special,
                    };
                    let reason = Some(Reason::NotCopied { why });
                    ledger.end(index, Outcome::Failed, reason, Vec::new()).await;
                    continue;
                }
                _ => return Err(Broken.into()),
            };
            match need {
                None => ledger.end(index, Outcome::Ok, None, Vec::new()).await,
                Some(_) if self.target.dry_run => {
                    ledger.end(index, Outcome::WouldChange, None, Vec::new()).await;
                }
                Some(need) => needed.push((index, need)),
            }
        }
    }

    /// The digest of the whole, where its first `length` bytes are those the host has.
    fn begins_so(&self, index: usize, length: usize, found: &str) -> Result<Option<&str>, End> {
        let entry = self.target.entries.get(index).ok_or(Broken)?;
        let Kind::File { size, digest: whole } = &entry.kind else {
            return Err(Broken.into());
        };
        if length as u64 > *size {
            return Ok(None);
        }
        let Ok(file) = File::open(&entry.source) else {
            return Ok(None);
        };
        let same =
            digest(file, length as u64).is_ok_and(|(ours, read, _)| ours == found && read == length as u64);
        Ok(same.then_some(whole))
    }

    async fn ended(&self, line: &str, needed: &[(usize, Need)], ledger: &mut Ledger<'_>) -> Result<(), End> {
        let (index, why) = match *line.split(' ').collect::<Vec<_>>().as_slice() {
            ["done", index] => (number(index)?, None),
            ["failed", index, why] => {
                let why = match why {
                    "folder" => Uncopied::Folder,
                    "write" => Uncopied::Write,
                    "digest" => Uncopied::Digest,
                    "access" => Uncopied::Access,
                    "directory" => Uncopied::Directory,
                    "place" => Uncopied::Place,
                    _ => return Err(Broken.into()),
                };
                (number(index)?, Some(why))
            }
            _ => return Err(Broken.into()),
        };
        if !needed.iter().any(|(wanted, _)| *wanted == index) {
            return Err(Broken.into());
        }
        let outcome = if why.is_none() {
            Outcome::Changed
        } else {
            Outcome::Failed
        };
        let reason = why.map(|why| Reason::NotCopied { why });
        ledger.end(index, outcome, reason, Vec::new()).await;
        Ok(())
    }

    /// Feeds the host all `files`, each behind a line that says from which byte on. What has become shorter here
    /// meanwhile is filled up: the host counts on its length, and sees by its digest that it is another.
    async fn pour(&self, files: Vec<(usize, u64)>, feed: Feed, starter: Starter<'_>, site: Site<'_>) {
        for (index, from) in files {
            let entry = &self.target.entries[index];
            let Kind::File { size, .. } = entry.kind else {
                continue;
            };
            starter.begin(index, Phase::Apply).await;
            let mut line: Vec<u8> = format!("{from}\n").into_bytes();
            let file = File::open(&entry.source).ok().map(Arc::new);
            let (mut at, mut told) = (from, from);
            loop {
                let most = usize::try_from(size - at).map_or(PIECE, |left| left.min(PIECE));
                let mut piece = match &file {
                    Some(file) => crate::runner::piece(file, at, most)
                        .await
                        .unwrap_or_default()
                        .to_vec(),
                    None => Vec::new(),
                };
                piece.resize(most, 0);
                at += most as u64;
                line.append(&mut piece);
                if !line.is_empty() && !feed.push(std::mem::take(&mut line).into()).await {
                    return;
                }
                if at - told >= PROGRESS {
                    told = at;
                    let (host, step) = (self.host.name.clone(), Arc::clone(&self.target.steps[index]));
                    site.emit(Event::StepProgress {
                        host,
                        step,
                        done: at,
                        of: size,
                    })
                    .await;
                }
                if at >= size {
                    break;
                }
            }
        }
    }
}

/// A number that a host says.
pub(super) fn number(word: &str) -> Result<usize, Broken> {
    let plain = !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit());
    word.parse().ok().filter(|_| plain).ok_or(Broken)
}

impl Errand for Upload {
    fn host(&self) -> &Arc<Host> {
        &self.host
    }

    fn steps(&self) -> Vec<Arc<Step>> {
        self.target.steps.clone()
    }

    fn run<'a>(
        &'a self,
        session: &'a mut dyn Session,
        site: Site<'a>,
    ) -> BoxFuture<'a, (HostStatus, StepCounts)> {
        Box::pin(async move {
            let talk = match begin(&self.host, &self.target.ask, session, site).await {
                Ok(talk) => talk,
                Err(status) => return (status, StepCounts::default()),
            };
            let mut ledger = Ledger::new(site, &self.host, &self.target.steps);
            let end = self.work(talk, &mut ledger, site).await.err();
            ledger.close(end).await
        })
    }
}

/// Starts a program, and waits for its first word.
pub(super) async fn begin<'a>(
    host: &Host,
    ask: &Arc<[u8]>,
    session: &'a mut dyn Session,
    site: Site<'a>,
) -> Result<Talk<'a>, HostStatus> {
    let mut random = [0_u8; 16];
    if let Err(error) = getrandom::fill(&mut random) {
        let detail = format!("no random bytes: {error}");
        return Err(HostStatus::Unsupported { detail });
    }
    let nonce = Nonce::new(random);
    let running = session.run_shared(plan::head(&nonce), Arc::clone(ask)).await;
    let running = running.map_err(|cause| HostStatus::Unreachable { cause })?;
    let mut talk = Talk::new(running, &nonce, site);
    match site.begun(talk.next()).await? {
        Ok(Said::Hello) => {}
        Ok(_) => {
            return Err(HostStatus::Unsupported {
                detail: String::new(),
            });
        }
        Err(End::Cancelled) => return Err(HostStatus::Cancelled),
        Err(End::Lost(detail)) => return Err(HostStatus::Lost { detail }),
        Err(End::Over(detail)) => return Err(site.unheard(host, detail)),
    }
    site.emit(Event::HostConnected {
        host: host.name.clone(),
    })
    .await;
    Ok(talk)
}
