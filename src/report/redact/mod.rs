//! Takes secret values out of events, once, where they enter: no reporter ever sees one.
//!
//! The one promise: for every value of four bytes or more, neither it nor its base64, hex, JSON or URL form comes
//! out, even when a host writes it in two halves. Names of hosts, modules and profiles are not touched: they are
//! how events belong together.

mod forms;

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use aho_corasick::{AhoCorasick, MatchKind};

use crate::event::{Event, FileDiff, HostPlan, HostStatus, Stamped, Step, Unreachable};
use crate::name::Name;

/// What stands in a secret's place.
pub const STARS: &str = "********";

/// Knows the secrets, and the ends of outputs that may turn out to be the beginning of one.
pub struct Redactor {
    patterns: Vec<Vec<u8>>,
    search: Option<AhoCorasick>,
    held: HashMap<Name, (Arc<Step>, Vec<u8>)>,
}

impl Redactor {
    /// Knows `secrets`; shorter ones than four bytes are left alone, they would star out everything.
    pub fn new(secrets: impl IntoIterator<Item = String>) -> Self {
        let patterns = forms::of(secrets);
        let search = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .build(&patterns)
            .ok()
            .filter(|_| !patterns.is_empty());
        Self {
            patterns,
            search,
            held: HashMap::new(),
        }
    }

    /// The event without secrets. Live output may be held back a little and comes with a later event.
    pub fn pass(&mut self, mut stamped: Stamped) -> Vec<Stamped> {
        hide_secret_content(&mut stamped.event);
        if self.search.is_none() {
            return vec![stamped];
        }
        let at = stamped.at;
        let mut passed = Vec::with_capacity(1);
        match &mut stamped.event {
            Event::StepOutput { host, step, output } => {
                let host = host.clone();
                if self
                    .held
                    .get(&host)
                    .is_some_and(|(held, _)| held.index != step.index)
                {
                    passed.extend(self.release(&host, at));
                }
                self.event_step(step);
                let mut bytes = self.held.remove(&host).map(|(_, held)| held).unwrap_or_default();
                bytes.append(output);
                self.bytes(&mut bytes);
                let kept = self.undecided(&bytes);
                let tail = bytes.split_off(bytes.len() - kept);
                if !tail.is_empty() {
                    self.held.insert(host, (Arc::clone(step), tail));
                }
                if bytes.is_empty() {
                    return passed;
                }
                *output = bytes;
            }
            Event::StepFinished { host, .. } | Event::HostFinished { host, .. } => {
                let host = host.clone();
                passed.extend(self.release(&host, at));
                self.event(&mut stamped.event);
            }
            event => self.event(event),
        }
        passed.push(stamped);
        passed
    }

    /// `text` without secrets.
    pub fn text<'a>(&self, text: &'a str) -> Cow<'a, str> {
        match &self.search {
            Some(search) if search.is_match(text) => Cow::Owned(search.replace_all(text, &self.stars())),
            _ => Cow::Borrowed(text),
        }
    }

    fn stars(&self) -> Vec<&'static str> {
        vec![STARS; self.patterns.len()]
    }

    fn bytes(&self, bytes: &mut Vec<u8>) {
        if let Some(search) = &self.search
            && search.is_match(bytes.as_slice())
        {
            *bytes = search.replace_all_bytes(bytes, &self.stars());
        }
    }

    fn string(&self, text: &mut String) {
        if let Cow::Owned(changed) = self.text(text) {
            *text = changed;
        }
    }

    /// How many bytes at the end of `bytes` could be the beginning of a secret.
    fn undecided(&self, bytes: &[u8]) -> usize {
        let longest = self.patterns.iter().map(Vec::len).max().unwrap_or(0);
        let begins = |kept: &usize| {
            let tail = &bytes[bytes.len() - kept..];
            self.patterns
                .iter()
                .any(|pattern| pattern.len() > *kept && pattern.starts_with(tail))
        };
        (1..longest.min(bytes.len() + 1)).rev().find(begins).unwrap_or(0)
    }

    fn release(&mut self, host: &Name, at: std::time::Duration) -> Option<Stamped> {
        let (step, output) = self.held.remove(host)?;
        let host = host.clone();
        let event = Event::StepOutput { host, step, output };
        Some(Stamped { at, event })
    }

    fn event(&self, event: &mut Event) {
        match event {
            Event::RunStarted { hosts, .. } => {
                if hosts
                    .iter()
                    .flat_map(|plan| &plan.steps)
                    .any(|step| self.step(step).is_some())
                {
                    *hosts = Arc::new(hosts.iter().map(|plan| self.plan(plan)).collect());
                }
            }
            Event::StepStarted { step, .. } | Event::StepProgress { step, .. } => self.event_step(step),
            Event::StepOutput { step, output, .. } | Event::StepFinished { step, output, .. } => {
                self.event_step(step);
                self.bytes(output);
            }
            Event::StepDiff { step, diff, .. } => {
                self.event_step(step);
                self.string(&mut diff.path);
                let sides = [&mut diff.before, &mut diff.after];
                sides.into_iter().flatten().for_each(|side| self.bytes(side));
            }
            Event::CommandOutput { output, .. } => self.bytes(output),
            Event::CommandFinished { stdout, stderr, .. } => {
                self.bytes(stdout);
                self.bytes(stderr);
            }
            Event::HostFinished { status, .. } => match status {
                HostStatus::Unreachable { cause } => {
                    for text in strings(cause) {
                        self.string(text);
                    }
                }
                HostStatus::Lost { detail } | HostStatus::Unsupported { detail } => self.string(detail),
                HostStatus::Ok
                | HostStatus::Failed
                | HostStatus::Cancelled
                | HostStatus::Left
                | HostStatus::Withheld { .. }
                | HostStatus::TimedOut
                | HostStatus::Refused { .. } => {}
            },
            Event::GateFinished { what, output, .. } => {
                self.string(what);
                self.bytes(output);
            }
            Event::GateStarted { what, .. } => self.string(what),
            Event::WaveStarted { .. }
            | Event::HostStarted { .. }
            | Event::HostConnected { .. }
            | Event::HostPredicted { .. }
            | Event::Cancelling
            | Event::RunFinished { .. } => {}
        }
    }

    fn plan(&self, plan: &HostPlan) -> HostPlan {
        let mut plan = plan.clone();
        plan.steps.iter_mut().for_each(|step| self.event_step(step));
        plan
    }

    fn event_step(&self, step: &mut Arc<Step>) {
        if let Some(changed) = self.step(step) {
            *step = changed;
        }
    }

    fn step(&self, step: &Step) -> Option<Arc<Step>> {
        match self.text(&step.title) {
            Cow::Borrowed(_) => None,
            Cow::Owned(title) => Some(Arc::new(Step {
                title: title.into(),
                ..step.clone()
            })),
        }
    }
}

/// Content marked secret goes no further; whether there was any stays.
fn hide_secret_content(event: &mut Event) {
    if let Event::StepDiff {
        diff:
            FileDiff {
                secret: true,
                before,
                after,
                ..
            },
        ..
    } = event
    {
        [before, after].into_iter().flatten().for_each(Vec::clear);
    }
}

/// Every text in `cause`: what hosts, resolvers and libraries said.
fn strings(cause: &mut Unreachable) -> Vec<&mut String> {
    match cause {
        Unreachable::Resolve { address, detail } | Unreachable::Connect { address, detail } => {
            vec![address, detail]
        }
        Unreachable::Timeout { .. } | Unreachable::HostKeyShort { .. } => vec![],
        Unreachable::HostKeyUnknown {
            key_type,
            fingerprint,
            name,
            files,
        } => {
            let mut all = vec![key_type, fingerprint, name];
            all.extend(files);
            all
        }
        Unreachable::HostKeyChanged {
            key_type,
            fingerprint,
            recorded,
            place,
        } => vec![key_type, fingerprint, recorded, place],
        Unreachable::HostKeyOtherType {
            key_type,
            fingerprint,
            recorded,
            place,
        } => {
            let mut all = vec![key_type, fingerprint, place];
            all.extend(recorded);
            all
        }
        Unreachable::TurnedAway { said } => vec![said],
        Unreachable::HostKeyRevoked { fingerprint, place } => vec![fingerprint, place],
        Unreachable::KnownHosts { file, detail } | Unreachable::Identity { file, detail } => {
            vec![file, detail]
        }
        Unreachable::Denied { user, tried, accepts } => {
            let mut all = vec![user];
            all.extend(tried);
            all.extend(accepts);
            all
        }
        Unreachable::Hop { hop, why } => {
            let mut all = vec![hop];
            all.extend(strings(why));
            all
        }
        Unreachable::HostCertificate {
            key_id,
            principals,
            name,
            authority,
            ..
        } => principals.iter_mut().chain([key_id, name, authority]).collect(),
        Unreachable::Become { command, detail, .. } | Unreachable::ProxyCommand { command, detail } => {
            vec![command, detail]
        }
        Unreachable::Protocol { detail, .. } => vec![detail],
    }
}

#[cfg(test)]
mod tests;
