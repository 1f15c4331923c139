//! Which steps fail, on how many hosts, and what the last of them said: what scrolled away in a large fleet.

use indexmap::IndexMap;

use super::rows::cut;
use crate::event::{Event, HostStatus, Outcome, Reason};
use crate::name::Name;
use crate::report::paint::{Paint, Tone};
use crate::report::{escape, words};

/// Kinds of trouble shown, the most frequent.
const SHOWN: usize = 3;

/// Kinds of trouble counted; others count as one.
const KINDS: usize = 1000;

/// What has gone wrong so far.
#[derive(Default)]
pub(super) struct Troubles {
    kinds: IndexMap<String, Kind>,
}

#[derive(Default)]
struct Kind {
    hosts: usize,
    last: Option<Name>,
    said: String,
}

impl Troubles {
    pub(super) fn observe(&mut self, event: &Event) {
        match event {
            Event::StepFinished {
                host,
                step,
                outcome: Outcome::Failed,
                reason,
                output,
                ..
            } if !matches!(reason, Some(Reason::Lost | Reason::Left)) => {
                let what = format!("{}: {}", step.module, words::title(step));
                self.add(host, what, last_line(output));
            }
            Event::CommandFinished {
                host,
                status,
                stderr,
                stdout,
            } if *status != 0 => {
                let said = last_line(if stderr.is_empty() { stdout } else { stderr });
                self.add(host, words::exit("", *status), said);
            }
            Event::HostFinished {
                host, status, steps, ..
            } if !matches!(status, HostStatus::Ok | HostStatus::Cancelled) => {
                if let Some(advice) = words::trouble(status, *steps)
                    && *status != HostStatus::Failed
                {
                    self.add(host, advice.brief, String::new());
                }
            }
            _ => {}
        }
    }

    fn add(&mut self, host: &Name, what: String, said: String) {
        let room = self.kinds.len() < KINDS || self.kinds.contains_key(&what);
        let kind = self
            .kinds
            .entry(if room { what } else { "others".to_owned() })
            .or_default();
        kind.hosts += 1;
        kind.last = Some(host.clone());
        kind.said = said;
    }

    /// One line a kind, the most frequent first, and one that counts the rest.
    pub(super) fn lines(&self, width: usize, limit: usize, paint: Paint) -> Vec<String> {
        let mut kinds: Vec<(&String, &Kind)> = self.kinds.iter().collect();
        kinds.sort_by_key(|(_, kind)| std::cmp::Reverse(kind.hosts));
        let shown = kinds.len().min(SHOWN).min(limit);
        let mut lines: Vec<String> = kinds[..shown]
            .iter()
            .map(|(what, kind)| {
                let last = kind.last.as_ref().map_or("", Name::as_str);
                let hosts = match kind.hosts {
                    1 => last.to_owned(),
                    many => format!("{many} hosts, last {last}"),
                };
                let said = if kind.said.is_empty() {
                    String::new()
                } else {
                    format!("  | {}", kind.said)
                };
                let text = format!("{} {hosts}  {what}{said}", paint.cross());
                paint.tone(Tone::Failed, &cut(&text, width, paint))
            })
            .collect();
        if kinds.len() > shown && shown > 0 {
            let text = format!(
                "  and {} of trouble",
                words::count(kinds.len() - shown, "more kind")
            );
            lines.push(paint.tone(Tone::Failed, &cut(&text, width, paint)));
        }
        lines
    }
}

/// The last line of `output` that is not empty, harmless; of a long one its beginning.
pub(super) fn last_line(output: &[u8]) -> String {
    let line = output
        .rsplit(|&byte| matches!(byte, b'\n' | b'\r'))
        .find(|line| !line.trim_ascii().is_empty())
        .unwrap_or_default();
    let text = escape::block(&line[..line.len().min(400)]);
    escape::line(text.trim()).into_owned()
}
