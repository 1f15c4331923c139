//! JUnit XML, for CI: a suite per host, a case per step.
//!
//! The form is what Jenkins and GitLab read (`testsuites`, `testsuite`, `testcase`, `failure`, `error`, `skipped`).
//! A host that was not reached, or was lost, is a case `connection` that ends in an error. A step that a push would
//! change is no failure.

use std::fmt::Write as _;
use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;

use indexmap::IndexMap;

use super::Reporter;
use super::escape;
use super::excerpt::excerpt;
use super::fleet::Fleet;
use super::narrator::{kind, trouble};
use super::paint::Paint;
use super::{Options, words};
use crate::event::{Event, HostStatus, Mode, Outcome, Stamped, Step};
use crate::name::Name;

/// Lines kept of one output.
const LINES: usize = 400;

/// Writes the whole when the run is over.
pub struct Junit {
    name: String,
    writer: Box<dyn Write + Send>,
    /// What the run began with: its heading and hosts.
    run: Option<(String, Fleet)>,
    took: Duration,
    suites: IndexMap<Name, Suite>,
    paint: Paint,
}

#[derive(Default)]
struct Suite {
    cases: Vec<Case>,
    took: Duration,
    ended: bool,
}

struct Case {
    what: What,
    took: Duration,
    verdict: Verdict,
    output: Vec<u8>,
}

enum What {
    Step(Arc<Step>),
    Command,
    Connection,
}

enum Verdict {
    Good,
    Skipped(String),
    Failed(String),
    Error(&'static str, String),
}

impl Junit {
    /// Writes to `writer`, which people know as `name`.
    pub fn new(name: impl Into<String>, writer: Box<dyn Write + Send>) -> Self {
        Self {
            name: name.into(),
            writer,
            run: None,
            took: Duration::ZERO,
            suites: IndexMap::new(),
            paint: Paint::new(Options {
                colour: false,
                unicode: true,
                verbose: false,
            }),
        }
    }

    fn add(&mut self, host: &Name, case: Case) {
        self.suites.entry(host.clone()).or_default().cases.push(case);
    }

    fn document(&self) -> String {
        let mut out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned();
        let name = self
            .run
            .as_ref()
            .map_or("no run", |(heading, _)| heading.as_str());
        let all = counts(self.suites.values().flat_map(|suite| &suite.cases));
        tag(
            &mut out,
            0,
            "testsuites",
            &[("name", name)],
            &all,
            self.took,
            false,
        );
        for (host, suite) in &self.suites {
            let all = counts(suite.cases.iter());
            tag(
                &mut out,
                1,
                "testsuite",
                &[("name", host.as_str())],
                &all,
                suite.took,
                false,
            );
            for case in &suite.cases {
                self.case(&mut out, host, case);
            }
            out.push_str("  </testsuite>\n");
        }
        out.push_str("</testsuites>\n");
        out
    }

    fn case(&self, out: &mut String, host: &Name, case: &Case) {
        let (class, name) = match &case.what {
            What::Step(step) => (format!("{host}.{}", step.module), words::title(step).into_owned()),
            What::Command => (host.to_string(), "command".to_owned()),
            What::Connection => (host.to_string(), "connection".to_owned()),
        };
        let named = [("classname", class.as_str()), ("name", name.as_str())];
        let output = excerpt(&case.output, LINES, self.paint).join("\n");
        let plain = matches!(case.verdict, Verdict::Good) && output.is_empty();
        tag(out, 2, "testcase", &named, "", case.took, plain);
        if plain {
            return;
        }
        let output = text(&output);
        match &case.verdict {
            Verdict::Good => {
                let _ = writeln!(out, "      <system-out>{output}</system-out>");
            }
            Verdict::Skipped(why) => {
                let _ = writeln!(out, "      <skipped message=\"{}\"/>", text(why));
            }
            Verdict::Failed(why) => {
                let why = text(why);
                let _ = writeln!(
                    out,
                    "      <failure message=\"{why}\" type=\"failed\">{output}</failure>"
                );
            }
            Verdict::Error(kind, why) => {
                let _ = writeln!(out, "      <error message=\"{}\" type=\"{kind}\"/>", text(why));
            }
        }
        out.push_str("    </testcase>\n");
    }
}

/// The beginning of an element; its end too when it is `empty`.
fn tag(
    out: &mut String,
    depth: usize,
    name: &str,
    named: &[(&str, &str)],
    counts: &str,
    took: Duration,
    empty: bool,
) {
    let _ = write!(out, "{:1$}<{name}", "", depth * 2);
    for (key, value) in named {
        let _ = write!(out, " {key}=\"{}\"", text(value));
    }
    let end = if empty { "/" } else { "" };
    let _ = writeln!(out, "{counts} time=\"{:.3}\"{end}>", took.as_secs_f64());
}

fn counts<'a>(cases: impl Iterator<Item = &'a Case>) -> String {
    let (mut all, mut failures, mut errors, mut skipped) = (0, 0, 0, 0);
    for case in cases {
        all += 1;
        match case.verdict {
            Verdict::Good => {}
            Verdict::Skipped(_) => skipped += 1,
            Verdict::Failed(_) => failures += 1,
            Verdict::Error(..) => errors += 1,
        }
    }
    format!(" tests=\"{all}\" failures=\"{failures}\" errors=\"{errors}\" skipped=\"{skipped}\"")
}

/// Text that XML 1.0 can hold, in content and in quoted attributes; control characters are made visible.
fn text(words: &str) -> String {
    let mut out = String::with_capacity(words.len());
    for c in words.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push('\n'),
            // Not characters, by XML 1.0, section 2.2; or of those that control.
            '\u{fffe}' | '\u{ffff}' => {
                let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
            }
            _ if escape::is_hostile(c) => {
                let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
            }
            _ => out.push(c),
        }
    }
    out
}

impl Reporter for Junit {
    fn name(&self) -> &str {
        &self.name
    }

    fn observe(&mut self, stamped: &Stamped) -> io::Result<()> {
        self.took = stamped.at;
        match &stamped.event {
            Event::RunStarted { mode, profile, hosts } => {
                let heading = words::run(*mode, profile.as_ref().map(Name::as_str), hosts.len());
                self.run = Some((heading, Fleet::new(*mode, hosts)));
                let suites = hosts.iter().map(|plan| (plan.host.clone(), Suite::default()));
                self.suites = suites.collect();
            }
            Event::StepFinished {
                host,
                step,
                outcome,
                reason,
                output,
                took,
            } => {
                let fleet = self.run.as_ref().map(|(_, fleet)| fleet);
                let why = reason.as_ref().zip(fleet);
                let why = why.map(|(reason, fleet)| words::reason(reason, fleet.plan(host)));
                let why = |otherwise: &str| why.unwrap_or_else(|| otherwise.to_owned());
                let (verdict, output) = match outcome {
                    Outcome::Ok | Outcome::WouldChange | Outcome::Changed => (Verdict::Good, Vec::new()),
                    Outcome::Skipped => (Verdict::Skipped(why("skipped")), Vec::new()),
                    Outcome::Failed => (Verdict::Failed(why("it failed")), output.clone()),
                };
                let case = Case {
                    what: What::Step(Arc::clone(step)),
                    took: *took,
                    verdict,
                    output,
                };
                self.add(host, case);
            }
            Event::CommandFinished {
                host,
                status,
                stdout,
                stderr,
            } => {
                let verdict = match status {
                    0 => Verdict::Good,
                    _ => Verdict::Failed(words::exit("", *status)),
                };
                let case = Case {
                    what: What::Command,
                    took: Duration::ZERO,
                    verdict,
                    output: [stdout.as_slice(), stderr].concat(),
                };
                self.add(host, case);
            }
            Event::HostFinished {
                host,
                status,
                steps,
                took,
            } => {
                let fleet = self.run.as_ref().map(|(_, fleet)| fleet);
                let is_command = fleet.is_some_and(|fleet| fleet.mode == Mode::Command);
                let advice = fleet.and_then(|fleet| trouble(fleet, host, status, *steps));
                let verdict = match (status, advice) {
                    (HostStatus::Ok, _) | (_, None) => None,
                    (HostStatus::Cancelled, Some(advice)) => Some(Verdict::Skipped(advice.what)),
                    (status, Some(advice)) => Some(Verdict::Error(kind(status), advice.what)),
                };
                if let Some(verdict) = verdict {
                    let case = Case {
                        what: What::Connection,
                        took: *took,
                        verdict,
                        output: Vec::new(),
                    };
                    self.add(host, case);
                }
                let suite = self.suites.entry(host.clone()).or_default();
                suite.took = *took;
                suite.ended = true;
                if let Some(case) = suite.cases.last_mut().filter(|_| is_command) {
                    case.took = *took;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn finish(&mut self) -> io::Result<()> {
        // A run that broke off must not look like one that went well.
        let open: Vec<Name> = self
            .suites
            .iter()
            .filter(|(_, suite)| !suite.ended)
            .map(|(host, _)| host.clone())
            .collect();
        for host in open {
            let case = Case {
                what: What::Connection,
                took: Duration::ZERO,
                verdict: Verdict::Error("interrupted", "the run ended before this host did".to_owned()),
                output: Vec::new(),
            };
            self.add(&host, case);
        }
        self.writer.write_all(self.document().as_bytes())?;
        self.writer.flush()
    }
}
