//! The terminal as indicatif wants it, over any writer.
//!
//! indicatif fills every line with blanks up to the edge and counts on the terminal to wrap. Such lines fold into two
//! when the window gets narrower, and leave rubbish behind. Here they end where their text ends.

use std::fmt;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use indicatif::TermLike;

use super::Size;

/// A terminal; clones share it.
#[derive(Clone)]
pub(super) struct Terminal(Arc<Mutex<State>>);

struct State {
    writer: Box<dyn Write + Send>,
    size: Size,
    /// One frame: written at once, so that no half of one is seen.
    frame: String,
    /// The next string is a line's filling; then the line ends.
    fills: bool,
    /// A line has ended, and whatever comes next begins a new one.
    ended: bool,
    error: Option<io::Error>,
}

impl Terminal {
    pub(super) fn new(writer: Box<dyn Write + Send>, size: Size) -> Self {
        Self(Arc::new(Mutex::new(State {
            writer,
            size,
            frame: String::new(),
            fills: false,
            ended: false,
            error: None,
        })))
    }

    /// Takes the size that the next frame is drawn for.
    pub(super) fn resize(&self, size: Size) {
        self.state().size = size;
    }

    /// What went wrong since it was last asked; bars keep errors to themselves.
    pub(super) fn error(&self) -> io::Result<()> {
        self.state().error.take().map_or(Ok(()), Err)
    }

    /// Erases the `rows` above the cursor and everything below.
    pub(super) fn erase_up(&self, rows: usize) {
        self.state().control(&format!("\x1b[{rows}A\r\x1b[J"));
    }

    /// Writes `lines` where the cursor stands, at the beginning of a line.
    pub(super) fn print(&self, lines: &[String]) -> io::Result<()> {
        self.error()?;
        let mut state = self.state();
        let mut text = std::mem::take(&mut state.frame);
        if std::mem::take(&mut state.ended) {
            text.push_str("\r\n");
        }
        for line in lines {
            text.push_str(line);
            text.push('\n');
        }
        state.writer.write_all(text.as_bytes())?;
        state.writer.flush()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn control(&mut self, sequence: &str) {
        self.frame.push_str(sequence);
        self.fills = false;
        self.ended = false;
    }

    fn moved(&mut self, rows: usize, direction: char) {
        if rows > 0 {
            self.control(&format!("\x1b[{rows}{direction}"));
        } else {
            self.fills = false;
        }
    }
}

impl TermLike for Terminal {
    fn width(&self) -> u16 {
        self.state().size.columns
    }

    fn height(&self) -> u16 {
        self.state().size.rows
    }

    fn move_cursor_up(&self, n: usize) -> io::Result<()> {
        self.state().moved(n, 'A');
        Ok(())
    }

    fn move_cursor_down(&self, n: usize) -> io::Result<()> {
        self.state().moved(n, 'B');
        Ok(())
    }

    fn move_cursor_right(&self, n: usize) -> io::Result<()> {
        self.state().moved(n, 'C');
        Ok(())
    }

    fn move_cursor_left(&self, n: usize) -> io::Result<()> {
        self.state().moved(n, 'D');
        Ok(())
    }

    fn write_line(&self, line: &str) -> io::Result<()> {
        self.write_str(line)?;
        self.write_str("")
    }

    fn write_str(&self, text: &str) -> io::Result<()> {
        let mut state = self.state();
        if state.fills {
            state.frame.push_str("\x1b[K");
            state.ended = true;
        } else {
            if std::mem::take(&mut state.ended) {
                state.frame.push_str("\r\n");
            }
            state.frame.push_str(text);
        }
        state.fills = !state.fills;
        Ok(())
    }

    fn clear_line(&self) -> io::Result<()> {
        self.state().control("\r\x1b[2K");
        Ok(())
    }

    fn flush(&self) -> io::Result<()> {
        let mut state = self.state();
        let frame = std::mem::take(&mut state.frame);
        let written = state
            .writer
            .write_all(frame.as_bytes())
            .and_then(|()| state.writer.flush());
        if let Err(error) = written {
            state.error.get_or_insert(error);
        }
        Ok(())
    }
}

impl fmt::Debug for Terminal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Terminal")
    }
}
