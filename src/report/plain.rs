//! For pipes, files and CI: one line per interesting thing, each beginning with its host.

use std::io::{self, Write};

use super::narrator::{Detail, Narrator};
use super::{Options, Reporter};
use crate::event::Stamped;
use crate::name::Name;

/// Writes lines as things happen.
pub struct Plain {
    narrator: Narrator,
    writer: Box<dyn Write + Send>,
}

impl Plain {
    /// Writes to `writer`.
    pub fn new(writer: Box<dyn Write + Send>, options: Options) -> Self {
        Self {
            narrator: Narrator::new(Detail::Steps, options),
            writer,
        }
    }

    /// Writes to `writer` what came of the run, at its end, equal hosts together.
    pub fn digest(writer: Box<dyn Write + Send>, options: Options) -> Self {
        Self {
            narrator: Narrator::new(Detail::Digest, options),
            writer,
        }
    }

    /// Follows what the steps of `host` write, line by line.
    #[must_use]
    pub fn tail(mut self, host: Option<Name>) -> Self {
        self.narrator.tail(host);
        self
    }

    fn write(&mut self, lines: &[String]) -> io::Result<()> {
        if lines.is_empty() {
            return Ok(());
        }
        let mut text = lines.join("\n");
        text.push('\n');
        self.writer.write_all(text.as_bytes())
    }
}

impl Reporter for Plain {
    fn name(&self) -> &'static str {
        "plain"
    }

    fn observe(&mut self, stamped: &Stamped) -> io::Result<()> {
        let lines = self.narrator.observe(stamped);
        self.write(&lines)
    }

    fn finish(&mut self) -> io::Result<()> {
        let lines = self.narrator.finish();
        self.write(&lines)?;
        self.writer.flush()
    }
}
