//! Every kind of state by its texts: `tests/golden/resource/<kind>/<case>`, and what is refused.

mod boots;
mod edits;
mod flow;
mod golden;
mod lint;
mod mistakes;
mod network;
mod packages;
mod reference;
mod servers;
mod stand_ins;
mod tables;
mod views;

use provision::config::{Data, Value};
use provision::diagnostic::{Diagnostic, Origin, Source};
use provision::document;
use provision::resource::{self, Resource};

/// Reads a step as a user's module would write it, as the kind `key`.
fn read(key: &str, name: &str, text: &str) -> Result<Resource, Diagnostic> {
    resource::read(key, &written(name, text))
}

/// The table of a step.
fn written(name: &str, text: &str) -> Value {
    let source = Source::new(name, text);
    Value {
        data: Data::Table(document::parse(&source).unwrap()),
        origin: Origin::new(&source, 0..text.trim_end().len()),
    }
}
