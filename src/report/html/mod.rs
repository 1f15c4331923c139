//! One page that says it all: what came of the run, where its time went, every host and step.
//!
//! The page needs nothing but itself: no network, no fonts, no images. Whatever came from outside is in it as escaped
//! text or as JSON that its own script reads; its content policy lets no other script run. To see it change:
//! `provision replay last --report run.html`.

mod gather;
mod markup;

use std::io::{self, Write};

use data_encoding::BASE64;
use sha2::{Digest, Sha256};

use self::gather::Gathered;
use self::markup::{json, lines_to_html, text};
use super::narrator::{Detail, Narrator};
use super::paint::Paint;
use super::{Options, Reporter, words};
use crate::event::{HostCounts, Mode, Stamped, StepCounts, Summary};

const PAGE: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// What is known of a run beside its events.
#[derive(Clone, Debug, Default)]
pub struct About {
    /// The run's id, when it is recorded.
    pub run: Option<String>,
    /// When it began, as RFC 3339 has it.
    pub began: Option<String>,
    /// The command of an ad-hoc run.
    pub command: Option<String>,
}

/// Writes the page when the run is over.
pub struct Html {
    name: String,
    writer: Box<dyn Write + Send>,
    about: About,
    narrator: Narrator,
    gathered: Gathered,
}

impl Html {
    /// Writes to `writer`, which people know as `name`.
    pub fn new(name: impl Into<String>, writer: Box<dyn Write + Send>, about: About) -> Self {
        let options = Options {
            colour: true,
            unicode: true,
            verbose: false,
        };
        Self {
            name: name.into(),
            writer,
            about,
            narrator: Narrator::new(Detail::Page, options),
            gathered: Gathered::new(Paint::new(Options {
                colour: false,
                ..options
            })),
        }
    }

    fn page(&mut self) -> io::Result<String> {
        let (results, mut troubles) = self.narrator.parts().unwrap_or_default();
        // The last line is the numbers, which stand at the top.
        troubles.pop();
        let gathered = &self.gathered;
        let heading = gathered.heading();
        let command = self.about.command.as_ref();
        let mut when: Vec<String> = Vec::new();
        when.extend(command.map(|command| format!("$ {command}")));
        when.extend(self.about.began.clone());
        when.push(words::duration(gathered.took()));
        when.extend(self.about.run.as_ref().map(|run| format!("run {run}")));
        let note = if gathered.is_whole() {
            ""
        } else {
            "<p class=\"note\" role=\"status\">This run did not come to its end: what follows is what was known when its \
             record broke off.</p>"
        };
        let digest = |part: &str| BASE64.encode(&Sha256::digest(part));
        let values = |key: &str| -> io::Result<String> {
            Ok(match key {
                "style-digest" => digest(STYLE),
                "script-digest" => digest(SCRIPT),
                "title" => text(&format!("{heading} · provision")),
                "heading" => text(&heading),
                "when" => text(&when.join(" · ")),
                "note" => note.to_owned(),
                "totals" => totals(gathered.summary()),
                "troubles" => section("troubles", "What went wrong", &troubles),
                "results" => section("results", results_heading(gathered.summary().mode), &results),
                "style" => STYLE.to_owned(),
                "script" => SCRIPT.to_owned(),
                "data" => json(&gathered.data())?,
                "footer" => text(&format!(
                    "Written by provision {}. Everything is in this file.",
                    env!("CARGO_PKG_VERSION")
                )),
                other => return Err(io::Error::other(format!("the page asks for {other}"))),
            })
        };
        fill(PAGE, values)
    }
}

fn results_heading(mode: Mode) -> &'static str {
    match mode {
        Mode::Push => "What changed",
        Mode::DryRun => "What would change",
        Mode::Command => "What hosts answered",
        Mode::Copy => "What was copied",
    }
}

/// Lines under a heading; nothing when there are none.
fn section(id: &str, heading: &str, lines: &[String]) -> String {
    let lines = lines_to_html(lines);
    if lines.is_empty() {
        return String::new();
    }
    format!(
        "<section class=\"card\" aria-labelledby=\"{id}-heading\">\n<h2 id=\"{id}-heading\">{heading}</h2>\n\
         <pre id=\"{id}\" tabindex=\"0\">{lines}</pre>\n</section>"
    )
}

/// Puts values where `{{key}}` stands, in one pass: what a value holds is never looked into.
fn fill(page: &str, value: impl Fn(&str) -> io::Result<String>) -> io::Result<String> {
    let mut out = String::with_capacity(page.len() * 2);
    let mut pieces = page.split("{{");
    out.push_str(pieces.next().unwrap_or_default());
    for piece in pieces {
        let (key, rest) = piece
            .split_once("}}")
            .ok_or_else(|| io::Error::other("a key without end in the page"))?;
        out.push_str(&value(key)?);
        out.push_str(rest);
    }
    Ok(out)
}

/// Hosts and steps by how they ended, as a bar and in numbers.
fn totals(summary: Summary) -> String {
    let HostCounts {
        ok,
        failed,
        unreachable,
        cancelled,
        withheld,
        refused,
    } = summary.hosts;
    let hosts = total(
        "Hosts",
        &[
            (ok, "ok", "ok"),
            (failed, "failed", "failed"),
            (unreachable, "unreachable", "away"),
            (refused, "refused", "failed"),
            (cancelled, "cancelled", "skipped"),
            (withheld, "withheld", "skipped"),
        ],
    );
    let StepCounts {
        ok,
        changed,
        would_change,
        skipped,
        failed,
    } = summary.steps;
    if summary.steps.total() == 0 {
        return hosts;
    }
    let steps = total(
        "Steps",
        &[
            (ok, "ok", "ok"),
            (changed, "changed", "changed"),
            (would_change, "would change", "changed"),
            (skipped, "skipped", "skipped"),
            (failed, "failed", "failed"),
        ],
    );
    hosts + &steps
}

fn total(heading: &str, parts: &[(usize, &str, &str)]) -> String {
    let all: usize = parts.iter().map(|(number, ..)| number).sum();
    let there: Vec<_> = parts.iter().filter(|(number, ..)| *number > 0).collect();
    let mut bar = String::new();
    let mut legend = String::new();
    let mut from = 0;
    let mut said = Vec::new();
    for (number, word, class) in there {
        // A few of many are still seen.
        let width = (number * 1000 / all.max(1)).max(4);
        bar += &format!("<rect class=\"f-{class}\" x=\"{from}\" y=\"0\" width=\"{width}\" height=\"10\"/>");
        from += width;
        legend += &format!("<li><i class=\"dot f-{class}\"></i><b>{number}</b> {word}</li>");
        said.push(format!("{number} {word}"));
    }
    format!(
        "<section class=\"card\"><h2>{heading} <b>{all}</b></h2><svg class=\"share\" viewBox=\"0 0 {} 10\" \
         preserveAspectRatio=\"none\" role=\"img\" aria-label=\"{}\">{bar}</svg><ul class=\"legend\">{legend}</ul></section>\n",
        from.max(1),
        said.join(", "),
    )
}

impl Reporter for Html {
    fn name(&self) -> &str {
        &self.name
    }

    fn observe(&mut self, stamped: &Stamped) -> io::Result<()> {
        self.narrator.observe(stamped);
        self.gathered.observe(stamped);
        Ok(())
    }

    fn finish(&mut self) -> io::Result<()> {
        let page = self.page()?;
        self.writer.write_all(page.as_bytes())?;
        self.writer.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_never_looked_into() {
        let filled = fill("a {{x}} b {{y}} c", |key| Ok(format!("<{key} {{{{y}}}}>"))).unwrap();
        assert_eq!(filled, "a <x {{y}}> b <y {{y}}> c");
        assert!(fill("a {{x", |_| Ok(String::new())).is_err());
    }

    #[test]
    fn the_page_closes_no_element_of_its_own_too_early() {
        assert!(!STYLE.contains("</") && !SCRIPT.contains("</"));
        assert!(!SCRIPT.contains("innerHTML") && !SCRIPT.contains("eval"));
        for part in [PAGE, STYLE, SCRIPT] {
            assert!(
                !part.contains("http://") && !part.contains("https://"),
                "an address"
            );
        }
    }
}
