//! One host's files are fetched: it is asked what there is, then for what is not here yet.

use std::collections::HashSet;
use std::io::{Seek, SeekFrom, Write};
use std::path::PathBuf;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::listing::{Found, Kind, Root, list};
use super::names::{base_name, parts};
use super::place::{Home, Look, Part, bounded};
use super::program::{self, Give};
use super::reader::{Broken, Said};
use super::talk::{End, Ledger, Talk};
use super::tally::{Progress, Tally};
use super::upload::{begin, number, steps};
use super::{digest, hex};
use crate::event::{Event, HostStatus, Outcome, Phase, Reason, Step, StepCounts, Uncopied};
use crate::inventory::Host;
use crate::plan;
use crate::runner::{Errand, Site};
use crate::script::NulError;
use crate::transport::{BoxFuture, Session};
use crate::wire::Nonce;

/// What is fetched, and how: the same from all hosts.
pub struct Fetch {
    paths: Vec<String>,
    options: Options,
    steps: Vec<Arc<Step>>,
    ask: Arc<[u8]>,
}

/// How files are fetched.
#[derive(Clone, Debug)]
pub struct Options {
    /// The directory that gets one of each host.
    pub local: PathBuf,
    /// Permission bits of files; without, those they have, as far as only we may write.
    pub mode: Option<u32>,
    /// Whether files that are there and differ are replaced.
    pub force: bool,
    /// The most bytes taken of one host.
    pub most: u64,
    /// Whether it is only told what would be copied.
    pub dry_run: bool,
}

impl Fetch {
    /// Fetches `paths`, each of which must have a name of its own ([`base_name`]).
    pub fn new(paths: Vec<String>, options: Options) -> Result<Self, NulError> {
        let ask = program::download_ask(&paths)?.into();
        let steps = steps(paths.iter().cloned()).unwrap_or_default();
        Ok(Self {
            paths,
            options,
            steps,
            ask,
        })
    }
}

impl Fetch {
    /// All that a host could be sent: the half that asks, and both halves as one shell reads them.
    pub fn programs(&self, nonce: &Nonce) -> Result<[Vec<u8>; 2], NulError> {
        let ask = [plan::head(nonce), self.ask.to_vec()].concat();
        let gives = self.paths.iter().map(|path| Give {
            path,
            below: b"a b/c",
            size: 100,
            from: 10,
            digest: "-",
        });
        let act = program::download_act(&gives.collect::<Vec<_>>())?;
        Ok([ask.clone(), [ask, act].concat()])
    }
}

/// One host's part of it.
pub struct Download {
    host: Arc<Host>,
    fetch: Arc<Fetch>,
}

/// A file that is to come.
struct Coming<'a> {
    root: usize,
    found: &'a Found,
    size: u64,
    digest: &'a str,
    /// How much of it is here, and the digest of that.
    here: (u64, String),
}

impl Download {
    /// What `host` is asked for.
    pub fn new(host: Arc<Host>, fetch: Arc<Fetch>) -> Self {
        Self { host, fetch }
    }

    /// Where something found gets to, below the host's directory.
    fn parts<'a>(&'a self, root: usize, found: &'a Found) -> Vec<&'a [u8]> {
        let name = base_name(&self.fetch.paths[root]).unwrap_or_default();
        let below = parts(&found.below).unwrap_or_default();
        std::iter::once(name.as_bytes()).chain(below).collect()
    }

    async fn work(&self, mut talk: Talk<'_>, ledger: &mut Ledger<'_>, site: Site<'_>) -> Result<(), End> {
        let roots = list(&mut talk, self.fetch.paths.len()).await?;
        let Options { dry_run, most, .. } = self.fetch.options;
        let mut tallies: Vec<Tally> = roots.iter().map(|_| Tally::default()).collect();
        let (coming, folders) = self.compare(&roots, &mut tallies);
        let all = coming
            .iter()
            .map(|file| file.size)
            .fold(0_u64, u64::saturating_add);
        if all > most {
            for step in 0..roots.len() {
                let reason = Some(Reason::NotCopied {
                    why: Uncopied::TooLarge,
                });
                let said = format!("{all} bytes, and no more than {most} are taken\n").into_bytes();
                ledger.end(step, Outcome::Failed, reason, said).await;
            }
            return Ok(());
        }
        let changes: Vec<usize> = (0..roots.len()).filter(|step| tallies[*step].changed).collect();
        if dry_run || changes.is_empty() {
            for (step, tally) in tallies.into_iter().enumerate() {
                self.end(step, tally, &roots, ledger).await;
            }
            return Ok(());
        }
        site.emit(Event::HostPredicted {
            host: self.host.name.clone(),
            changes,
            destructive: Vec::new(),
        })
        .await;
        let home = match Home::make(&self.fetch.options.local, &self.host.name) {
            Ok(home) => home,
            Err(error) => {
                let local = self.fetch.options.local.display();
                let said = format!("{local}/{}: {error}\n", self.host.name).into_bytes();
                for step in 0..roots.len() {
                    let reason = Some(Reason::NotCopied { why: Uncopied::Here });
                    ledger.end(step, Outcome::Failed, reason, said.clone()).await;
                }
                return Ok(());
            }
        };
        for (root, found) in folders {
            if let Err(why) = home.folder(&self.parts(root, found), found.mode) {
                tallies[root].fail(found, why);
            }
        }
        let took = self
            .take(&mut talk, coming, &home, &mut tallies, ledger, site)
            .await;
        home.tidy();
        took?;
        for (step, tally) in tallies.into_iter().enumerate() {
            self.end(step, tally, &roots, ledger).await;
        }
        Ok(())
    }

    /// What is not here yet; what is, and what cannot be had, is told.
    fn compare<'a>(
        &self,
        roots: &'a [Root],
        tallies: &mut [Tally],
    ) -> (Vec<Coming<'a>>, Vec<(usize, &'a Found)>) {
        let Options {
            local,
            force,
            dry_run,
            ..
        } = &self.fetch.options;
        let home = Home::find(local, &self.host.name);
        let (mut coming, mut folders) = (Vec::new(), Vec::new());
        for (number, root) in roots.iter().enumerate() {
            let tally = &mut tallies[number];
            if let Some(why) = root.why {
                tally.failed = Some(why);
            }
            for found in &root.found {
                let parts = self.parts(number, found);
                let look = home.as_ref().map_or(Look::Nothing, |home| home.look(&parts));
                let whole = |digest: &str| {
                    home.as_ref().and_then(|home| home.digest(&parts)).as_deref() == Some(digest)
                };
                match (&found.kind, look) {
                    (Kind::Closed, _) => tally.fail(found, Uncopied::Closed),
                    (Kind::Folder, Look::Folder) => {}
                    (Kind::Folder, Look::Nothing) => {
                        tally.changed = true;
                        folders.push((number, found));
                    }
                    (Kind::Folder, _) => tally.fail(found, Uncopied::Exists),
                    (Kind::File { size, digest }, Look::File { size: here })
                        if here == *size && whole(digest) =>
                    {
                        tally.add(found, "unchanged");
                    }
                    (Kind::File { .. }, Look::Folder) => tally.fail(found, Uncopied::Directory),
                    (Kind::File { .. }, Look::File { .. } | Look::Other) if !force => {
                        tally.fail(found, Uncopied::Exists);
                    }
                    (Kind::File { size, digest }, _) => {
                        tally.changed = true;
                        if *dry_run {
                            tally.add(found, &format!("would be copied, {size} bytes"));
                        }
                        coming.push(Coming {
                            root: number,
                            found,
                            size: *size,
                            digest,
                            here: (0, String::new()),
                        });
                    }
                }
            }
        }
        (coming, folders)
    }

    /// Takes all that is coming.
    async fn take(
        &self,
        talk: &mut Talk<'_>,
        mut coming: Vec<Coming<'_>>,
        home: &Home,
        tallies: &mut [Tally],
        ledger: &mut Ledger<'_>,
        site: Site<'_>,
    ) -> Result<(), End> {
        let mut seen = HashSet::new();
        for file in &mut coming {
            // Of two files of one content the second finds nothing of the first.
            if seen.insert(file.digest)
                && let Ok(part) = home.part(file.digest)
            {
                file.here = held(&part, file.size)
                    .map_or((0, String::new()), |(length, sha)| (length, hex(&sha.finalize())));
                if file.here.0 == 0 {
                    home.drop_part(&part);
                }
            }
        }
        let gives: Vec<Give<'_>> = coming
            .iter()
            .map(|file| Give {
                path: &self.fetch.paths[file.root],
                below: &file.found.below,
                size: file.size,
                from: file.here.0,
                digest: if file.here.1.is_empty() { "-" } else { &file.here.1 },
            })
            .collect();
        let act = program::download_act(&gives).map_err(|error| End::Over(error.to_string()))?;
        talk.running.send(act.into()).await;
        let of = coming.iter().map(|file| file.size - file.here.0).sum();
        let mut progress = Progress { done: 0, told: 0, of };
        for (index, file) in coming.iter().enumerate() {
            let line = talk.line().await?;
            let from = match *line.split(' ').collect::<Vec<_>>().as_slice() {
                ["take", number_, from] if number(number_)? == index => number(from)? as u64,
                _ => return Err(Broken.into()),
            };
            if from != 0 && from != file.here.0 {
                return Err(Broken.into());
            }
            if index == 0 || coming[index - 1].root != file.root {
                ledger.begin(file.root, Phase::Apply).await;
            }
            let done = self.one(talk, file, from, home, &mut progress, site).await?;
            let tally = &mut tallies[file.root];
            match done {
                Ok(()) => tally.add(file.found, &format!("copied, {} bytes", file.size)),
                Err(why) => tally.fail(file.found, why),
            }
        }
        match talk.line().await?.as_str() {
            "end" => Ok(()),
            _ => Err(Broken.into()),
        }
    }

    /// Takes one file. What goes wrong here is told in the end: the host sends all of it all the same.
    async fn one(
        &self,
        talk: &mut Talk<'_>,
        file: &Coming<'_>,
        from: u64,
        home: &Home,
        progress: &mut Progress,
        site: Site<'_>,
    ) -> Result<Result<(), Uncopied>, End> {
        let opened = home.part(file.digest).ok().and_then(|mut part| {
            let (_, _, sha) = digest(&part.file, from).ok()?;
            part.file.set_len(from).ok()?;
            part.file.seek(SeekFrom::Start(from)).ok()?;
            Some((part, sha))
        });
        let mut writing = opened;
        let mut left = file.size - from;
        talk.count(left);
        while left > 0 {
            let Said::Bytes(bytes) = talk.next().await? else {
                return Err(Broken.into());
            };
            left -= bytes.len() as u64;
            if let Some((part, sha)) = &mut writing {
                sha.update(&bytes);
                if part.file.write_all(&bytes).is_err() {
                    // A full disk is not made emptier by a part of a file.
                    home.drop_part(part);
                    writing = None;
                }
            }
            if let Some(done) = progress.add(bytes.len() as u64) {
                site.emit(Event::StepProgress {
                    host: self.host.name.clone(),
                    step: Arc::clone(&self.fetch.steps[file.root]),
                    done,
                    of: progress.of,
                })
                .await;
            }
        }
        let Some((part, sha)) = writing else {
            return Ok(Err(Uncopied::Here));
        };
        if hex(&sha.finalize()) != file.digest {
            home.drop_part(&part);
            return Ok(Err(Uncopied::Changed));
        }
        let Options { mode, force, .. } = self.fetch.options;
        let mode = mode.unwrap_or_else(|| bounded(file.found.mode));
        let put = home.put(&part, &self.parts(file.root, file.found), mode, force);
        if put.is_err() {
            home.drop_part(&part);
        }
        Ok(put)
    }

    async fn end(&self, step: usize, tally: Tally, roots: &[Root], ledger: &mut Ledger<'_>) {
        let outcome = match (&tally.failed, tally.changed) {
            (Some(_), _) => Outcome::Failed,
            (None, false) => Outcome::Ok,
            (None, true) if self.fetch.options.dry_run => Outcome::WouldChange,
            (None, true) => Outcome::Changed,
        };
        let reason = tally.failed.map(|why| Reason::NotCopied { why });
        let output = tally.output(roots[step].left);
        ledger.end(step, outcome, reason, output).await;
    }
}

/// What an earlier run has left of a file, if it can be gone on with.
fn held(part: &Part, size: u64) -> Option<(u64, Sha256)> {
    if part.length > size {
        return None;
    }
    let mut file = &part.file;
    file.seek(SeekFrom::Start(0)).ok()?;
    let (_, length, sha) = digest(file, part.length).ok()?;
    Some((length, sha))
}

impl Errand for Download {
    fn host(&self) -> &Arc<Host> {
        &self.host
    }

    fn steps(&self) -> Vec<Arc<Step>> {
        self.fetch.steps.clone()
    }

    fn run<'a>(
        &'a self,
        session: &'a mut dyn Session,
        site: Site<'a>,
    ) -> BoxFuture<'a, (HostStatus, StepCounts)> {
        Box::pin(async move {
            let talk = match begin(&self.host, &self.fetch.ask, session, site).await {
                Ok(talk) => talk,
                Err(status) => return (status, StepCounts::default()),
            };
            let mut ledger = Ledger::new(site, &self.host, &self.fetch.steps);
            let end = self.work(talk, &mut ledger, site).await.err();
            ledger.close(end).await
        })
    }
}
