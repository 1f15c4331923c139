//! The answers of many hosts to one command: equal ones are shown once, under the names of all who gave them.

use std::collections::HashSet;

use indexmap::IndexMap;

use super::diff;
use super::excerpt::excerpt;
use super::fleet::Fleet;
use super::paint::{Paint, Tone};
use crate::name::Name;

/// What hosts answered.
#[derive(Default)]
pub(super) struct Answers {
    by_answer: IndexMap<Answer, Vec<Name>>,
    /// Hosts whose output stands above already.
    streamed: HashSet<Name>,
}

/// Exit status, stdout and stderr of a command.
#[derive(PartialEq, Eq, Hash)]
struct Answer {
    status: u32,
    stdout: Vec<u8>,
    stderr: Vec<u8>,
}

impl Answers {
    pub(super) fn add(&mut self, host: &Name, status: u32, stdout: &[u8], stderr: &[u8]) {
        let answer = Answer {
            status,
            stdout: stdout.to_vec(),
            stderr: stderr.to_vec(),
        };
        self.by_answer.entry(answer).or_default().push(host.clone());
    }

    /// What `host` writes is told while it does.
    pub(super) fn streamed(&mut self, host: &Name) {
        if !self.streamed.contains(host) {
            self.streamed.insert(host.clone());
        }
    }

    /// All blocks; the most common answer first, so that the odd hosts stand near the end.
    pub(super) fn lines(&self, fleet: &Fleet, verbose: bool, paint: Paint) -> Vec<String> {
        let mut answers: Vec<_> = self.by_answer.iter().collect();
        answers.sort_by_key(|(_, hosts)| fleet.largest_first(hosts));
        let mut lines = Vec::new();
        let first = answers.first().map(|(answer, _)| *answer);
        for (place, (answer, hosts)) in answers.into_iter().enumerate() {
            let tone = if answer.status == 0 {
                Tone::Ok
            } else {
                Tone::Failed
            };
            let heading = format!(
                "{} {}",
                paint.tone(Tone::Strong, &fleet.fold(hosts, verbose)),
                paint.tone(tone, &format!("(exit {})", answer.status)),
            );
            // What was told as it came is not told again.
            if hosts.iter().all(|host| self.streamed.contains(host)) {
                if place == 0 {
                    lines.push(String::new());
                }
                lines.push(heading);
                continue;
            }
            lines.push(String::new());
            let apart = first
                .filter(|_| place > 0)
                .and_then(|first| diff::apart(&first.stdout, &answer.stdout, paint));
            let stderr = excerpt(&answer.stderr, usize::MAX, paint);
            let (note, stdout) = match apart {
                Some(apart) => (", as the first but for:", apart),
                None => match excerpt(&answer.stdout, usize::MAX, paint) {
                    none if none.is_empty() && stderr.is_empty() => (", no output", none),
                    stdout => (":", stdout),
                },
            };
            lines.push(heading + note);
            lines.extend(
                stdout
                    .into_iter()
                    .map(|line| format!("  {line}").trim_end().to_owned()),
            );
            if !stderr.is_empty() {
                lines.push(paint.tone(Tone::Faint, "  stderr:"));
                lines.extend(
                    stderr
                        .into_iter()
                        .map(|line| format!("    {line}").trim_end().to_owned()),
                );
            }
        }
        lines
    }
}
