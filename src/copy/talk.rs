//! One conversation with one host, and how its steps end.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::reader::{Broken, Reader, Said};
use crate::event::{Event, HostStatus, Outcome, Phase, Reason, Step, StepCounts, Uncopied};
use crate::inventory::Host;
use crate::runner::Site;
use crate::transport::{ExitStatus, Output, Running};
use crate::wire::Nonce;

/// What is kept of a host's complaints.
const MAX_COMPLAINT: usize = 4096;

/// Why a conversation is over.
#[derive(Debug)]
pub(super) enum End {
    /// The program ended, or said what made no sense.
    Over(String),
    /// The connection broke.
    Lost(String),
    /// We were asked to end.
    Cancelled,
}

impl From<Broken> for End {
    fn from(_: Broken) -> Self {
        Self::Over("it said what no program of ours says".to_owned())
    }
}

/// A program that is heard.
pub(super) struct Talk<'a> {
    pub(super) running: Box<dyn Running>,
    reader: Reader,
    site: Site<'a>,
    complaint: Vec<u8>,
}

impl<'a> Talk<'a> {
    pub(super) fn new(running: Box<dyn Running>, nonce: &Nonce, site: Site<'a>) -> Self {
        Self {
            running,
            reader: Reader::new(nonce),
            site,
            complaint: Vec::new(),
        }
    }

    /// The next `bytes` are content.
    pub(super) fn count(&mut self, bytes: u64) {
        self.reader.count(bytes);
    }

    /// The next thing said. Nothing is lost when the future is dropped.
    pub(super) async fn next(&mut self) -> Result<Said, End> {
        loop {
            if let Some(said) = self.reader.next()? {
                return Ok(said);
            }
            let output = tokio::select! {
                biased;
                () = self.site.cancelled() => return Err(End::Cancelled),
                output = self.running.next() => output,
            };
            match output {
                Some(Output::Stdout(bytes)) => self.reader.feed(&bytes),
                Some(Output::Stderr(bytes)) => {
                    let room = MAX_COMPLAINT - self.complaint.len();
                    self.complaint.extend_from_slice(&bytes[..bytes.len().min(room)]);
                }
                Some(Output::Exit(status)) => {
                    let said = String::from_utf8_lossy(&self.complaint);
                    let status = match status {
                        ExitStatus::Code(code) => format!("exit {code}"),
                        ExitStatus::Signal(signal) => format!("signal {signal}"),
                    };
                    let said = match said.trim() {
                        "" => status,
                        said => format!("{status}: {said}"),
                    };
                    return Err(End::Over(said));
                }
                Some(Output::Lost { detail }) => return Err(End::Lost(detail)),
                None => return Err(End::Lost("the connection ended without a word".to_owned())),
            }
        }
    }

    /// The next line, where no content is to come.
    pub(super) async fn line(&mut self) -> Result<String, End> {
        match self.next().await? {
            Said::Line(line) => Ok(line),
            Said::Hello | Said::Bytes(_) => Err(Broken.into()),
        }
    }

    /// So many bytes of content, and the end of line behind them.
    pub(super) async fn counted(&mut self, bytes: usize) -> Result<Vec<u8>, End> {
        let mut all = Vec::new();
        self.count(bytes as u64);
        while all.len() < bytes {
            match self.next().await? {
                Said::Bytes(more) => all.extend(more),
                Said::Hello | Said::Line(_) => return Err(Broken.into()),
            }
        }
        match self.line().await?.as_str() {
            "" => Ok(all),
            _ => Err(Broken.into()),
        }
    }
}

/// Tells that steps begin.
pub(super) struct Starter<'a> {
    site: Site<'a>,
    host: &'a Host,
    steps: &'a [Arc<Step>],
    began: Arc<Mutex<Vec<Option<Duration>>>>,
}

impl Starter<'_> {
    pub(super) async fn begin(&self, step: usize, phase: Phase) {
        {
            let mut began = self.began.lock().unwrap_or_else(PoisonError::into_inner);
            began[step] = Some(self.site.now());
        }
        self.site
            .emit(Event::StepStarted {
                host: self.host.name.clone(),
                step: Arc::clone(&self.steps[step]),
                phase,
            })
            .await;
    }
}

/// The steps of one host.
pub(super) struct Ledger<'a> {
    site: Site<'a>,
    host: &'a Host,
    steps: &'a [Arc<Step>],
    began: Arc<Mutex<Vec<Option<Duration>>>>,
    ended: Vec<bool>,
    /// The step that ended the host's program.
    stopped: Option<usize>,
    pub(super) counts: StepCounts,
}

impl<'a> Ledger<'a> {
    pub(super) fn new(site: Site<'a>, host: &'a Host, steps: &'a [Arc<Step>]) -> Self {
        Self {
            site,
            host,
            steps,
            began: Arc::new(Mutex::new(vec![None; steps.len()])),
            ended: vec![false; steps.len()],
            stopped: None,
            counts: StepCounts::default(),
        }
    }

    /// Whoever begins steps while others are heard of.
    pub(super) fn starter(&self) -> Starter<'a> {
        Starter {
            site: self.site,
            host: self.host,
            steps: self.steps,
            began: Arc::clone(&self.began),
        }
    }

    pub(super) async fn begin(&mut self, step: usize, phase: Phase) {
        self.starter().begin(step, phase).await;
    }

    fn began(&self, step: usize) -> Option<Duration> {
        let began = self.began.lock().unwrap_or_else(PoisonError::into_inner);
        began.get(step).copied().flatten()
    }

    pub(super) fn is_open(&self, step: usize) -> bool {
        self.ended.get(step) == Some(&false)
    }

    /// The step has ended; once.
    pub(super) async fn end(
        &mut self,
        step: usize,
        outcome: Outcome,
        reason: Option<Reason>,
        output: Vec<u8>,
    ) {
        if !self.is_open(step) {
            return;
        }
        self.ended[step] = true;
        // Behind what could not be written nothing is read.
        if let Some(Reason::NotCopied { why: Uncopied::Write }) = reason {
            self.stopped = Some(step);
        }
        self.counts.add(outcome);
        let began = self.began(step);
        self.site
            .emit(Event::StepFinished {
                host: self.host.name.clone(),
                step: Arc::clone(&self.steps[step]),
                outcome,
                reason,
                output,
                took: began.map_or(Duration::ZERO, |began| self.site.now().saturating_sub(began)),
            })
            .await;
    }

    /// All is over: what is still open was cut off, or never begun; how the host has done.
    pub(super) async fn close(mut self, end: Option<End>) -> (HostStatus, StepCounts) {
        let mut stopped = self.stopped;
        for step in 0..self.steps.len() {
            if !self.is_open(step) {
                continue;
            }
            let detail = match &end {
                Some(End::Over(detail)) => detail,
                Some(End::Cancelled) => {
                    let reason = Some(Reason::Cancelled);
                    self.end(step, Outcome::Skipped, reason, Vec::new()).await;
                    continue;
                }
                Some(End::Lost(_)) => {
                    let outcome = match self.began(step) {
                        Some(_) => Outcome::Failed,
                        None => Outcome::Skipped,
                    };
                    self.end(step, outcome, Some(Reason::Lost), Vec::new()).await;
                    continue;
                }
                // Silence is failure.
                None => "it did not say what came of it",
            };
            if let Some(of) = stopped {
                let reason = Some(Reason::AfterFailure { of });
                self.end(step, Outcome::Skipped, reason, Vec::new()).await;
            } else {
                stopped = Some(step);
                let why = Uncopied::Untrusted;
                let output = format!("{detail}\n").into_bytes();
                let reason = Some(Reason::NotCopied { why });
                self.end(step, Outcome::Failed, reason, output).await;
            }
        }
        let status = match end {
            Some(End::Cancelled) => HostStatus::Cancelled,
            Some(End::Lost(detail)) => HostStatus::Lost { detail },
            Some(End::Over(_)) => HostStatus::Failed,
            None if self.counts.failed > 0 => HostStatus::Failed,
            None => HostStatus::Ok,
        };
        (status, self.counts)
    }
}
