//! A question to the person at the terminal whose answer nobody sees.
//!
//! The one promise: the terminal is left as it was found, also by Ctrl-C. The terminal raises no signals meanwhile; the
//! one that was typed is raised here, once the terminal is as it was.

use std::fs::File;
use std::io::{self, Read, Write};

use rustix::process::{Signal, getpid, kill_process};
use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr};

/// The longest answer taken; what is typed beyond it is an error, not a shorter answer.
const MAX_BYTES: usize = 64 * 1024;

const CTRL_C: u8 = 0x03;
const CTRL_D: u8 = 0x04;
const CTRL_U: u8 = 0x15;
const CTRL_BACKSLASH: u8 = 0x1c;
const BACKSPACE: [u8; 2] = [0x08, 0x7f];

/// Asks on the terminal, without echo.
///
/// # Errors
/// There is no terminal, it went away, or Ctrl-C or Ctrl-D was typed: Ctrl-C then interrupts this process.
pub fn prompt(question: &str) -> io::Result<String> {
    let mut terminal = File::options().read(true).write(true).open("/dev/tty")?;
    let quiet = Quiet::new(terminal.try_clone()?)?;
    terminal.write_all(question.as_bytes())?;
    let answer = answer(&mut terminal);
    drop(quiet);
    terminal.write_all(b"\n")?;
    if answer
        .as_ref()
        .is_err_and(|error| error.kind() == io::ErrorKind::Interrupted)
    {
        kill_process(getpid(), Signal::INT)?;
    }
    answer
}

/// A terminal that shows nothing of what is typed, and hands out every byte at once.
struct Quiet(File, Termios);

impl Quiet {
    fn new(terminal: File) -> io::Result<Self> {
        let before = tcgetattr(&terminal)?;
        let mut quiet = before.clone();
        let modes = LocalModes::ECHO | LocalModes::ECHONL | LocalModes::ICANON | LocalModes::ISIG;
        quiet.local_modes.remove(modes);
        quiet.special_codes[SpecialCodeIndex::VMIN] = 1;
        quiet.special_codes[SpecialCodeIndex::VTIME] = 0;
        tcsetattr(&terminal, OptionalActions::Now, &quiet)?;
        Ok(Self(terminal, before))
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        let _ = tcsetattr(&self.0, OptionalActions::Now, &self.1);
    }
}

/// One line, as it is edited by those who do not see it.
fn answer(terminal: &mut impl Read) -> io::Result<String> {
    let mut line = Vec::new();
    let mut byte = [0];
    loop {
        // A signal that ends nothing is no answer.
        match terminal.read(&mut byte) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            read => read?,
        };
        match byte[0] {
            b'\n' | b'\r' => break,
            CTRL_C | CTRL_BACKSLASH => return Err(io::ErrorKind::Interrupted.into()),
            CTRL_D if line.is_empty() => return Err(io::ErrorKind::UnexpectedEof.into()),
            CTRL_D => {}
            CTRL_U => line.clear(),
            erase if BACKSPACE.contains(&erase) => {
                // One character of UTF-8: its last byte, and what of it came before.
                while line.pop().is_some_and(|byte| byte & 0xc0 == 0x80) {}
            }
            byte => line.push(byte),
        }
        if line.len() > MAX_BYTES {
            return Err(io::Error::other("it has more than 64 KiB"));
        }
    }
    String::from_utf8(line).map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it is not UTF-8"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(bytes: &[u8]) -> Result<String, io::ErrorKind> {
        answer(&mut &bytes[..]).map_err(|error| error.kind())
    }

    #[test]
    fn an_answer_is_edited_unseen() {
        assert_eq!(typed(b"secret\nmore").as_deref(), Ok("secret"));
        assert_eq!(typed(b"\r").as_deref(), Ok(""));
        assert_eq!(typed(b"\x7f\x7fa\x08b\n").as_deref(), Ok("b"));
        assert_eq!(typed("aß\u{1f511}\x7f\x7fx\n".as_bytes()).as_deref(), Ok("ax"));
        assert_eq!(typed(b"wrong\x15right\x04\n").as_deref(), Ok("right"));
        assert_eq!(typed(b"a\tb \n").as_deref(), Ok("a\tb "));
        assert_eq!(typed(b"\x04"), Err(io::ErrorKind::UnexpectedEof));
        assert_eq!(typed(b"half"), Err(io::ErrorKind::UnexpectedEof));
        assert_eq!(typed(b"half\x03\n"), Err(io::ErrorKind::Interrupted));
        assert_eq!(typed(b"\xff\n"), Err(io::ErrorKind::InvalidData));
        assert_eq!(typed(&vec![b'x'; MAX_BYTES + 2]), Err(io::ErrorKind::Other));
    }
}
