//! Recorded runs for programs.

use indexmap::IndexMap;
use serde_json::{Value, json};

use crate::event::{Event, Outcome as StepOutcome, Summary};
use crate::name::Name;
use crate::record::{Entry, Standing};

use super::listing;
use super::recording::{file, read, store};
use super::{Failure, Outcome};

/// The runs of `entries`, of `all` that are recorded.
pub(super) fn list(entries: &[Entry], all: usize) -> Outcome {
    let runs: Vec<Value> = entries.iter().map(of_entry).collect();
    listing::object(json!({ "runs": runs, "recorded": all }))
}

fn of_entry(entry: &Entry) -> Value {
    let label = entry.label.as_ref();
    let (standing, summary, took) = match &entry.standing {
        Standing::Running => ("running", None, None),
        Standing::Interrupted => ("interrupted", None, None),
        Standing::Finished(summary, took) => ("finished", Some(summary), Some(took.as_secs_f64())),
    };
    json!({
        "run": entry.run,
        "began": entry.began,
        "mode": label.map(|label| label.mode),
        "profile": label.and_then(|label| label.profile.as_ref()),
        "command": label.and_then(|label| label.command.as_ref()),
        "hosts": label.map(|label| label.hosts),
        "standing": standing,
        "summary": summary,
        "exit_code": summary.map(Summary::exit_code),
        "took": took,
    })
}

/// What came of `run`: every host, with those of its steps that are not just `ok`.
pub(super) fn show(run: &str) -> Outcome {
    let path = file(run)?;
    let recorded = path.starts_with(store()?.folder());
    let id = path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    let (mut mode, mut profile, mut summary, mut took) = (None, None, None, None);
    let mut steps: IndexMap<Name, Vec<Value>> = IndexMap::new();
    let mut hosts = Vec::new();
    let mut broken = None;
    let whole = read(&path, |stamped| {
        let at = stamped.at.as_secs_f64();
        let read = match &stamped.event {
            Event::RunStarted { .. } => serde_json::to_value(&stamped.event).map(|event| {
                mode = event.get("mode").cloned();
                profile = event.get("profile").cloned();
            }),
            Event::StepFinished { host, outcome, .. } if *outcome != StepOutcome::Ok => {
                fields(&stamped.event).map(|step| steps.entry(host.clone()).or_default().push(step))
            }
            Event::CommandFinished { host, .. } => {
                fields(&stamped.event).map(|step| steps.entry(host.clone()).or_default().push(step))
            }
            Event::HostFinished { host, .. } => fields(&stamped.event).map(|mut object| {
                object["host"] = json!(host);
                object["finished"] = Value::Array(steps.swap_remove(host).unwrap_or_default());
                hosts.push(object);
            }),
            Event::RunFinished { .. } => serde_json::to_value(&stamped.event).map(|event| {
                summary = Some(event);
                took = Some(at);
            }),
            _ => Ok(()),
        };
        broken = broken.take().or(read.err());
    })?;
    if let Some(error) = broken {
        return Err(Failure::system("cannot tell the run")(error.into()));
    }
    listing::object(json!({
        "run": id.filter(|_| recorded),
        "mode": mode,
        "profile": profile,
        "whole": whole,
        "hosts": hosts,
        "summary": summary.map(without_name),
        "took": took,
    }))
}

/// An event's own fields: neither what it is called nor whose it is.
fn fields(event: &Event) -> serde_json::Result<Value> {
    let mut object = without_name(serde_json::to_value(event)?);
    if let Some(object) = object.as_object_mut() {
        object.remove("host");
    }
    Ok(object)
}

fn without_name(mut event: Value) -> Value {
    if let Some(object) = event.as_object_mut() {
        object.remove("event");
    }
    event
}
