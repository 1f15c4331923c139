//! For machines: one event per line, as JSON. The event stream, written down.

use std::io::{self, Write};

use serde::Serialize;

use super::{Reporter, escape};
use crate::event::Stamped;
use crate::event::line::Line;

/// Lines are gathered up to this many bytes while more events wait.
const GATHERED: usize = 64 * 1024;

/// Writes every event as one line, and flushes when no more events wait: what was told is on disk when the controller
/// dies.
pub struct Ndjson {
    name: String,
    writer: Box<dyn Write + Send>,
    lines: Vec<u8>,
}

/// JSON escapes the older control characters only; the lines are read on terminals too.
struct Harmless;

impl serde_json::ser::Formatter for Harmless {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        let mut rest = fragment;
        while let Some((at, c)) = rest.char_indices().find(|(_, c)| escape::is_hostile(*c)) {
            writer.write_all(&rest.as_bytes()[..at])?;
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(writer, "\\u{unit:04x}")?;
            }
            rest = &rest[at + c.len_utf8()..];
        }
        writer.write_all(rest.as_bytes())
    }
}

/// Anything as a line of its own.
pub fn text(value: &impl Serialize) -> io::Result<String> {
    let mut line = Vec::new();
    value.serialize(&mut serde_json::Serializer::with_formatter(&mut line, Harmless))?;
    line.push(b'\n');
    String::from_utf8(line).map_err(io::Error::other)
}

impl Ndjson {
    /// Writes to `writer`, which people know as `name`.
    pub fn new(name: impl Into<String>, writer: Box<dyn Write + Send>) -> Self {
        Self {
            name: name.into(),
            writer,
            lines: Vec::new(),
        }
    }

    /// Writes anything as a line of its own; readers of events pass over what is none.
    pub fn line(&mut self, line: &impl Serialize) -> io::Result<()> {
        line.serialize(&mut serde_json::Serializer::with_formatter(
            &mut self.lines,
            Harmless,
        ))?;
        self.lines.push(b'\n');
        if self.lines.len() < GATHERED {
            return Ok(());
        }
        self.flush()
    }
}

impl Reporter for Ndjson {
    fn name(&self) -> &str {
        &self.name
    }

    fn observe(&mut self, stamped: &Stamped) -> io::Result<()> {
        self.line(&Line::from(stamped))
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.lines.is_empty() {
            return Ok(());
        }
        // Whole lines in one write: two processes that append to one file do not mix within lines.
        let lines = std::mem::take(&mut self.lines);
        self.writer.write_all(&lines)?;
        self.writer.flush()
    }

    fn finish(&mut self) -> io::Result<()> {
        self.flush()
    }
}
