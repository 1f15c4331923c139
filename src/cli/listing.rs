//! Lists for programs: one JSON object on one line, whose fields `docs/cli.md` promises.

use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use crate::diagnostic::{Diagnostic, Diagnostics, Origin};
use crate::event::exit;
use crate::report::ndjson;

use super::outcome::print;
use super::{Failure, Outcome};

/// Raised when a reader of the lists would have to change.
const VERSION: u32 = 1;

/// How a list is written.
#[derive(Clone, Copy, Debug, Default, Args)]
pub(super) struct ListingArgs {
    /// What is written to stdout
    #[arg(long, value_enum, default_value_t = Form::Plain)]
    output: Form,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Form {
    /// Lines for people
    #[default]
    Plain,
    /// One JSON object, for programs
    Json,
}

impl ListingArgs {
    /// Whether it is for a program.
    pub(super) fn is_json(self) -> bool {
        self.output == Form::Json
    }

    /// What is said before the name of a list, or behind it.
    pub(super) fn or(self, inner: Option<Self>) -> Self {
        if self.is_json() {
            self
        } else {
            inner.unwrap_or(self)
        }
    }
}

/// Prints the fields of `object`, and the version they are of.
pub(super) fn object(object: Value) -> Outcome {
    let mut whole = json!({ "v": VERSION });
    if let (Some(whole), Value::Object(fields)) = (whole.as_object_mut(), object) {
        whole.extend(fields);
    }
    let text = ndjson::text(&whole).map_err(Failure::system("cannot write to stdout"))?;
    print(&text)
}

/// Where something is written.
pub(super) fn place(origin: &Origin) -> Value {
    let (line, column) = origin.line_column();
    json!({
        "file": origin.source.name.to_string_lossy(),
        "line": line,
        "column": column,
    })
}

/// Prints what is wrong with files that were to be found sound.
pub(super) fn unsound(mistakes: &Diagnostics) -> Outcome {
    let of = |one: &Diagnostic| {
        json!({
            "message": one.message,
            "place": one.origin.as_ref().map(place),
            "help": one.help,
        })
    };
    let mistakes: Vec<Value> = mistakes.0.iter().map(of).collect();
    object(json!({ "sound": false, "mistakes": mistakes }))?;
    Ok(exit::WRONG)
}
