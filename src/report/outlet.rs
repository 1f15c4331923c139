//! Between the telling and whoever reads it: a writer that may stand still without holding up the run.
//!
//! A thread of its own writes; what waits for it is bounded. A screen asks [`Outlet::is_idle`] and leaves out frames;
//! lines for people are left out, and counted, once [`LIMIT`] bytes wait. Nothing of that touches records and reports,
//! which have files of their own.

use std::io::{self, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use super::words;

/// Bytes that may wait before lines are left out.
pub const LIMIT: usize = 4 * 1024 * 1024;

/// A handle to a writer on a thread of its own; clones share it.
#[derive(Clone)]
pub struct Outlet(Arc<Shared>);

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    waiting: Vec<u8>,
    /// The thread is within a write.
    writing: bool,
    /// Lines that found no room.
    left_out: usize,
    error: Option<(io::ErrorKind, String)>,
}

impl Outlet {
    /// Writes to `writer`. The thread ends with the process: a reader that stands still for ever keeps no one waiting.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn new(writer: Box<dyn Write + Send>) -> io::Result<Self> {
        let shared = Arc::new(Shared {
            state: Mutex::default(),
            changed: Condvar::new(),
        });
        let theirs = Arc::clone(&shared);
        let thread = thread::Builder::new().name("outlet".to_owned());
        thread.spawn(move || theirs.serve(writer))?;
        Ok(Self(shared))
    }

    /// Whether all that was written has been taken.
    pub fn is_idle(&self) -> bool {
        let state = self.0.state();
        state.is_drained() || state.error.is_some()
    }
}

impl Write for Outlet {
    /// Never waits. Takes all of `bytes`, or leaves out all of them while too much waits.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut state = self.0.state();
        state.well()?;
        if state.waiting.len() + bytes.len() > LIMIT && !state.waiting.is_empty() {
            state.left_out += bytes.split(|&byte| byte == b'\n').count() - 1;
        } else {
            state.say_left_out();
            state.waiting.extend_from_slice(bytes);
            self.0.changed.notify_all();
        }
        Ok(bytes.len())
    }

    /// Waits until all has been taken, for as long as that lasts.
    fn flush(&mut self) -> io::Result<()> {
        let mut state = self.0.state();
        loop {
            state.well()?;
            if state.is_drained() {
                if state.left_out == 0 {
                    return Ok(());
                }
                state.say_left_out();
                self.0.changed.notify_all();
            }
            state = self.0.wait(state);
        }
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&self, state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        self.changed.wait(state).unwrap_or_else(PoisonError::into_inner)
    }

    fn serve(&self, mut writer: Box<dyn Write + Send>) {
        let mut state = self.state();
        while state.error.is_none() {
            if state.waiting.is_empty() {
                state = self.wait(state);
                continue;
            }
            let bytes = std::mem::take(&mut state.waiting);
            state.writing = true;
            drop(state);
            let written = writer.write_all(&bytes).and_then(|()| writer.flush());
            state = self.state();
            state.writing = false;
            state.error = written.err().map(|error| (error.kind(), error.to_string()));
            self.changed.notify_all();
        }
    }
}

impl State {
    fn is_drained(&self) -> bool {
        self.waiting.is_empty() && !self.writing
    }

    fn well(&self) -> io::Result<()> {
        match &self.error {
            Some((kind, message)) => Err(io::Error::new(*kind, message.clone())),
            None => Ok(()),
        }
    }

    fn say_left_out(&mut self) {
        if self.left_out > 0 {
            let lines = words::count(std::mem::take(&mut self.left_out), "line");
            let said = format!("({lines} left out here: nobody read on; `provision replay` has them)\n");
            self.waiting.extend_from_slice(said.as_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::{Receiver, Sender, channel};

    /// Takes a write only when it is let.
    struct Held(Receiver<()>, Sender<Vec<u8>>);

    impl Write for Held {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.recv().map_err(|_| io::ErrorKind::BrokenPipe)?;
            self.1
                .send(bytes.to_vec())
                .map_err(|_| io::ErrorKind::BrokenPipe)?;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_reader_that_stands_still_costs_lines_and_neither_time_nor_memory() {
        let (go, held) = channel();
        let (taken, all) = channel();
        let mut outlet = Outlet::new(Box::new(Held(held, taken))).unwrap();
        let line = [b'x'; 1023];
        for _ in 0..3 * LIMIT / 1024 {
            // Would stand still for ever, did it wait.
            outlet.write_all(&[&line[..], b"\n"].concat()).unwrap();
        }
        assert!(!outlet.is_idle());
        assert!(outlet.0.state().waiting.len() <= LIMIT);
        for _ in 0..8 {
            go.send(()).unwrap();
        }
        outlet.flush().unwrap();
        assert!(outlet.is_idle());
        let text: Vec<u8> = all.try_iter().flatten().collect();
        let text = String::from_utf8(text).unwrap();
        let whole = text.lines().filter(|line| line.len() == 1023).count();
        // How often it says so depends on when the thread comes to its first write.
        let said: Vec<&str> = text.lines().filter(|line| line.len() != 1023).collect();
        let left_out = said.iter().map(|line| {
            let (count, rest) = line[1..].split_once(' ').unwrap();
            assert!(
                rest.ends_with("left out here: nobody read on; `provision replay` has them)"),
                "{line}"
            );
            count.parse::<usize>().unwrap()
        });
        assert_eq!(left_out.sum::<usize>(), 3 * LIMIT / 1024 - whole);
        assert!(whole * 1024 <= 2 * LIMIT + 1024, "{whole} lines were kept");
    }

    #[test]
    fn what_goes_wrong_is_told_at_the_next_write_or_at_the_end() {
        let (go, held) = channel();
        let (taken, _) = channel();
        drop(go);
        let mut outlet = Outlet::new(Box::new(Held(held, taken))).unwrap();
        outlet.write_all(b"a\n").unwrap();
        assert_eq!(outlet.flush().unwrap_err().kind(), io::ErrorKind::BrokenPipe);
        assert_eq!(
            outlet.write(b"b\n").unwrap_err().kind(),
            io::ErrorKind::BrokenPipe
        );
    }
}
