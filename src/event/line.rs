//! An event as one line of JSON, and back.
//!
//! The one promise: a [`Stamped::settle`]d event that is written down and read again is equal to what it was, bytes
//! that are no UTF-8 included. A reader takes fields and events it does not know for a later version's additions.

use std::collections::BTreeMap;

use data_encoding::BASE64;
use serde::{Deserialize, Serialize};

use super::{Event, Stamped};

/// Raised when a reader of the lines would have to change.
pub const VERSION: u32 = 1;

/// Every event's name in a line.
const EVENTS: &[&str] = &[
    "run-started",
    "host-started",
    "host-connected",
    "host-predicted",
    "step-started",
    "step-output",
    "step-progress",
    "step-diff",
    "step-finished",
    "command-output",
    "command-finished",
    "host-finished",
    "cancelling",
    "run-finished",
];

/// An event in the form that is written down.
#[derive(Serialize)]
pub struct Line<'a> {
    v: u32,
    #[serde(flatten)]
    stamped: &'a Stamped,
    /// Base64 of those byte fields that JSON's strings cannot hold.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    raw: BTreeMap<&'static str, String>,
}

#[derive(Deserialize)]
struct Read {
    #[serde(flatten)]
    stamped: Stamped,
    #[serde(default)]
    raw: BTreeMap<String, String>,
}

/// What tells whether a line is for us.
#[derive(Deserialize)]
struct Label {
    v: u32,
    #[serde(default)]
    event: String,
}

/// Why a line is no event.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// It was written for other readers than this one.
    #[error("it is in version {0} of the format, and this program reads version {VERSION}")]
    Version(u32),
    /// It is not JSON, or not an event of ours.
    #[error("it is no event: {0}")]
    Malformed(String),
}

impl<'a> From<&'a Stamped> for Line<'a> {
    fn from(stamped: &'a Stamped) -> Self {
        let odd = |(_, bytes): &(&str, &[u8])| std::str::from_utf8(bytes).is_err();
        let raw = bytes(&stamped.event).into_iter().filter(odd);
        Self {
            v: VERSION,
            stamped,
            raw: raw.map(|(name, bytes)| (name, BASE64.encode(bytes))).collect(),
        }
    }
}

/// Reads a line; none for an event that only later versions know.
pub fn parse(line: &[u8]) -> Result<Option<Stamped>, Unreadable> {
    let malformed = |error: serde_json::Error| Unreadable::Malformed(error.to_string());
    let read: Read = match serde_json::from_slice(line) {
        Ok(read) => read,
        Err(error) => {
            let label: Label = serde_json::from_slice(line).map_err(malformed)?;
            return match label {
                Label { v, .. } if v != VERSION => Err(Unreadable::Version(v)),
                Label { event, .. } if !EVENTS.contains(&event.as_str()) && !event.is_empty() => Ok(None),
                Label { .. } => Err(malformed(error)),
            };
        }
    };
    let Read { mut stamped, raw } = read;
    for (name, text) in raw {
        let bytes = BASE64
            .decode(text.as_bytes())
            .map_err(|error| Unreadable::Malformed(format!("raw {name}: {error}")))?;
        if let Some(place) = bytes_mut(&mut stamped.event, &name) {
            *place = bytes;
        }
    }
    Ok(Some(stamped))
}

/// What a host wrote, by the names the fields have in a line.
fn bytes(event: &Event) -> Vec<(&'static str, &[u8])> {
    match event {
        Event::StepOutput { output, .. }
        | Event::StepFinished { output, .. }
        | Event::CommandOutput { output, .. } => vec![("output", output)],
        Event::CommandFinished { stdout, stderr, .. } => vec![("stdout", stdout), ("stderr", stderr)],
        Event::StepDiff { diff, .. } => {
            let sides = [("before", &diff.before), ("after", &diff.after)].into_iter();
            sides
                .filter_map(|(name, side)| Some((name, side.as_deref()?)))
                .collect()
        }
        _ => vec![],
    }
}

fn bytes_mut<'a>(event: &'a mut Event, name: &str) -> Option<&'a mut Vec<u8>> {
    match (event, name) {
        (
            Event::StepOutput { output, .. }
            | Event::StepFinished { output, .. }
            | Event::CommandOutput { output, .. },
            "output",
        ) => Some(output),
        (Event::CommandFinished { stdout, .. }, "stdout") => Some(stdout),
        (Event::CommandFinished { stderr, .. }, "stderr") => Some(stderr),
        (Event::StepDiff { diff, .. }, "before") => diff.before.as_mut(),
        (Event::StepDiff { diff, .. }, "after") => diff.after.as_mut(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Channel, HostPlan, Mode, Step};
    use crate::name::Name;
    use proptest::prelude::*;
    use std::sync::Arc;
    use std::time::Duration;

    fn name() -> Name {
        Name::parse("db1").unwrap()
    }

    fn again(stamped: &Stamped) -> Stamped {
        let line = serde_json::to_vec(&Line::from(stamped)).unwrap();
        parse(&line).unwrap().unwrap()
    }

    fn at(milliseconds: u64, event: Event) -> Stamped {
        let at = Duration::from_millis(milliseconds);
        Stamped { at, event }
    }

    #[test]
    fn later_additions_are_passed_over_and_later_versions_refused() {
        let started = br#"{"v":1,"at":0.5,"event":"host-started","host":"db1","wave":2}"#;
        assert_eq!(
            parse(started).unwrap(),
            Some(at(500, Event::HostStarted { host: name() }))
        );
        assert!(
            parse(br#"{"v":1,"at":0,"event":"wave-opened","wave":2}"#)
                .unwrap()
                .is_none()
        );
        let later = parse(br#"{"v":2,"time":[0],"event":"host-started"}"#).unwrap_err();
        assert!(matches!(later, Unreadable::Version(2)), "{later}");
    }

    #[test]
    fn what_is_no_event_is_refused() {
        for text in [
            "",
            "[]",
            "{}",
            r#"{"v":1}"#,
            r#"{"v":1,"at":-1,"event":"cancelling"}"#,
            r#"{"v":1,"at":1e300,"event":"cancelling"}"#,
            r#"{"v":1,"at":0,"event":"host-started","host":"../../etc/passwd"}"#,
            r#"{"v":1,"at":0,"event":"step-output","host":"a","index":-1,"module":"m","step":"s","output":""}"#,
            r#"{"v":1,"at":0,"event":"command-finished","host":"a","status":0,"stdout":"","stderr":"","raw":{"stdout":"?"}}"#,
        ] {
            assert!(parse(text.as_bytes()).is_err(), "{text} was taken");
        }
        assert!(parse("[".repeat(100_000).as_bytes()).is_err(), "depth is bounded");
    }

    proptest! {
        #[test]
        fn bytes_and_times_come_back_as_they_went(bytes: Vec<u8>, after: Option<Vec<u8>>, time in 0_u64..1 << 40, title: String) {
            let step = Arc::new(Step { index: 0, module: name(), title: title.into() });
            let plan = HostPlan { host: name(), steps: vec![Arc::clone(&step)] };
            let diff = crate::event::FileDiff { path: "/x".into(), before: Some(bytes.clone()), after, ..crate::event::FileDiff::default() };
            let events = [
                Event::RunStarted { mode: Mode::Push, profile: None, hosts: Arc::new(vec![plan]) },
                Event::StepOutput { host: name(), step: Arc::clone(&step), output: bytes.clone() },
                Event::StepDiff { host: name(), step, diff },
                Event::CommandOutput { host: name(), channel: Channel::Stderr, output: bytes.clone() },
                Event::CommandFinished { host: name(), status: 1, stdout: bytes.clone(), stderr: bytes },
            ];
            for event in events {
                let stamped = at(time, event);
                prop_assert_eq!(again(&stamped), stamped);
            }
        }
    }
}
