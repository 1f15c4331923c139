//! How a run ends: who did not make it and why, so that nobody scrolls, then the numbers.

use std::time::Duration;

use indexmap::IndexMap;

use super::fleet::Fleet;
use super::paint::{Paint, Tone};
use super::words;
use crate::event::Summary;
use crate::name::Name;

/// Hosts that did not end well, equal trouble together.
#[derive(Default)]
pub(super) struct Ending {
    troubles: IndexMap<Trouble, Vec<Name>>,
}

/// One kind of trouble, equal for all hosts that have it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Trouble {
    /// `failed`, `unreachable` …
    pub(super) kind: &'static str,
    /// One line.
    pub(super) brief: String,
    /// What else there is to say, when it was not said while the run went on.
    pub(super) more: Vec<String>,
}

impl Ending {
    pub(super) fn add(&mut self, host: &Name, trouble: Trouble) {
        self.troubles.entry(trouble).or_default().push(host.clone());
    }

    /// The last lines of the run.
    pub(super) fn lines(
        &self,
        fleet: &Fleet,
        summary: &Summary,
        took: Duration,
        verbose: bool,
        paint: Paint,
    ) -> Vec<String> {
        let mut rows: Vec<(&Trouble, String)> = self
            .troubles
            .iter()
            .map(|(trouble, hosts)| (trouble, fleet.fold(hosts, verbose)))
            .collect();
        rows.sort_by_key(|(trouble, _)| KINDS.iter().position(|kind| *kind == trouble.kind));

        let kinds = rows
            .iter()
            .map(|(trouble, _)| trouble.kind.len())
            .max()
            .unwrap_or(0)
            + 1;
        let hosts = rows
            .iter()
            .map(|(_, hosts)| hosts.len())
            .filter(|width| *width <= 40)
            .max()
            .unwrap_or(0);
        let mut lines = vec![String::new()];
        for (trouble, names) in &rows {
            let kind = format!("{:kinds$}", format!("{}:", trouble.kind));
            let tone = if matches!(trouble.kind, "cancelled" | "withheld") {
                Tone::Faint
            } else {
                Tone::Failed
            };
            lines.push(format!(
                "{}  {names:hosts$}  {}",
                paint.tone(tone, &kind),
                trouble.brief
            ));
            lines.extend(trouble.more.iter().cloned());
        }
        if !rows.is_empty() {
            lines.push(String::new());
        }
        lines.push(words::summary(summary, took, paint));
        lines
    }
}

/// The order troubles are listed in: what must be looked at first comes last, nearest to the prompt.
const KINDS: [&str; 9] = [
    "cancelled",
    "withheld",
    "unreachable",
    "lost",
    "unsupported",
    "timed out",
    "refused",
    "stale",
    "failed",
];
