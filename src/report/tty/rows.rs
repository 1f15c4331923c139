//! One line per host at work, in columns that fit the terminal.

use std::time::Duration;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::name::Name;
use crate::report::paint::{Paint, Tone};
use crate::report::words;

/// A step's title is not cut below this to name its module.
const MIN_TITLE: usize = 16;

/// A step's title is not cut below this for anything else.
const GOOD_TITLE: usize = 28;

/// What one host is doing.
pub(super) struct Work {
    pub(super) host: Name,
    pub(super) done: usize,
    pub(super) planned: usize,
    pub(super) module: Option<Name>,
    pub(super) title: String,
    pub(super) doing: &'static str,
    pub(super) since: Duration,
    /// The last line its step wrote, harmless.
    pub(super) said: String,
    /// A step of it has failed.
    pub(super) failed: bool,
    /// How far its step is, in thousandths.
    pub(super) moved: usize,
}

impl Work {
    /// How far it is, in thousandths.
    pub(super) fn thousandths(&self) -> usize {
        let done = 1000 * self.done + self.moved;
        done.checked_div(self.planned).unwrap_or(0).min(1000)
    }

    /// Between steps.
    pub(super) fn rest(&mut self, doing: &'static str, at: Duration) {
        self.module = None;
        self.title.clear();
        self.said.clear();
        self.doing = doing;
        self.since = at;
    }

    /// What stands in the widest column: the step, or what is done between steps.
    fn what(&self) -> &str {
        if self.title.is_empty() {
            self.doing
        } else {
            &self.title
        }
    }
}

/// One line per host, in columns; what does not fit is left out, least important first.
pub(super) fn rows(shown: &[&Work], width: usize, now: Duration, paint: Paint) -> Vec<String> {
    let widest = |cell: &dyn Fn(&Work) -> usize| shown.iter().map(|work| cell(work)).max().unwrap_or(0);
    let time = |work: &Work| words::clock(now.saturating_sub(work.since));
    let counts = |work: &Work| match work.planned {
        0 => String::new(),
        planned => format!("{}/{planned}", work.done),
    };
    let module = |work: &Work| work.module.as_ref().map_or(String::new(), Name::to_string);
    let phase = |work: &Work| if work.title.is_empty() { "" } else { work.doing };

    let times = widest(&|work| time(work).len());
    let hosts = widest(&|work| work.host.as_str().len()).min((width * 2 / 5).max(8));
    let Some(mut left) = width.checked_sub(hosts + 2 + times + 2 + 4) else {
        // No room for more than a name and a time.
        let hosts = width.saturating_sub(times + 1);
        let row = |work: &&Work| {
            format!(
                "{} {:>times$}",
                padded(work.host.as_str(), hosts, paint),
                time(work)
            )
        };
        return shown.iter().map(|work| cut(&row(work), width, paint)).collect();
    };
    left += 4;
    let titles = widest(&|work| work.what().width());
    let mut room = |wanted: usize, title: usize| {
        let fits = wanted > 0 && left >= wanted + 2 + titles.min(title);
        left -= if fits { wanted + 2 } else { 0 };
        if fits { wanted } else { 0 }
    };
    let modules = room(widest(&|work| module(work).len()), MIN_TITLE);
    let phases = room(widest(&|work| phase(work).len()), GOOD_TITLE);
    let counted = room(widest(&|work| counts(work).len()), GOOD_TITLE);
    let titles = titles.min(left);

    let row = |work: &&Work| {
        let tone = if work.failed { Tone::Failed } else { Tone::Strong };
        let mut cells = vec![paint.tone(tone, &padded(work.host.as_str(), hosts, paint))];
        let mut cell = |text: &str, width: usize, tone: Option<Tone>| {
            if width > 0 {
                let text = padded(text, width, paint);
                cells.push(tone.map_or(text.clone(), |tone| paint.tone(tone, &text)));
            }
        };
        cell(&format!("{:>counted$}", counts(work)), counted, Some(Tone::Faint));
        cell(&module(work), modules, None);
        cell(work.what(), titles, None);
        cell(phase(work), phases, Some(Tone::Changed));
        cell(&format!("{:>times$}", time(work)), times, Some(Tone::Faint));
        cells.join("  ")
    };
    shown.iter().map(row).collect()
}

/// What the host's step wrote last, as a line beneath its row.
pub(super) fn said(work: &Work, width: usize, paint: Paint) -> Option<String> {
    if work.said.is_empty() || width < 12 {
        return None;
    }
    let text = cut(&work.said, width - 4, paint);
    Some(paint.tone(Tone::Faint, &format!("  | {text}")))
}

/// `text` in exactly `width` columns.
fn padded(text: &str, width: usize, paint: Paint) -> String {
    let mut text = cut(text, width, paint);
    let missing = width.saturating_sub(text.width());
    text.extend(std::iter::repeat_n(' ', missing));
    text
}

/// `text` in at most `width` columns.
pub(super) fn cut(text: &str, width: usize, paint: Paint) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let sign = paint.ellipsis();
    let sign = if sign.width() > width { "" } else { sign };
    let mut out = String::new();
    let mut columns = sign.width();
    for c in text.chars() {
        columns += c.width().unwrap_or(0);
        if columns > width {
            break;
        }
        out.push(c);
    }
    out + sign
}
