//! Becoming another user where a password is asked: what is said before the program gets its turn. Sans-I/O.
//!
//! The promises: the password goes only to a prompt that stands behind our nonce, once; nothing of the program is sent
//! before the other user's `sh` has said the nonce, so neither can be taken for the other. sudo shows a prompt of ours.
//! doas and su have their own, so a line of ours goes before it, from the process that becomes them: noise of a login
//! shell comes earlier. doas reads from its terminal only, so it gets one, raw and without echo.

use russh::Pty;

use crate::event::BecomeRefusal;
use crate::inventory::Become;
use crate::transport::refusal;
use crate::wire::Nonce;

/// The most that is kept of what a command says before it lets us in.
const MAX_SAID: usize = 4096;

/// A terminal that passes bytes on as they are: no echo, no line editing, no signals, no translation.
pub(super) const RAW: &[(Pty, u32)] = &[
    (Pty::ECHO, 0),
    (Pty::ECHONL, 0),
    (Pty::ICANON, 0),
    (Pty::IEXTEN, 0),
    (Pty::ISIG, 0),
    (Pty::ICRNL, 0),
    (Pty::INLCR, 0),
    (Pty::IGNCR, 0),
    (Pty::ISTRIP, 0),
    (Pty::IXON, 0),
    (Pty::IXOFF, 0),
    (Pty::OPOST, 0),
    (Pty::CS8, 1),
];

/// One conversation with sudo, doas or su.
#[derive(Debug)]
pub(super) struct Becoming {
    by: Become,
    user: String,
    asks: Vec<u8>,
    ready: Vec<u8>,
    end: String,
    stdout: Heard,
    stderr: Heard,
    answered: bool,
}

/// What has to be done next.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Hear more.
    Listen,
    /// Send the password, and a line end.
    Answer,
    /// We are who we wanted to be. These bytes are the program's own already.
    Ready(Vec<u8>),
    /// It asks a second time, or for something else.
    Refused(BecomeRefusal),
}

/// One stream, as far as it has to be remembered.
#[derive(Debug, Default)]
struct Heard {
    bytes: Vec<u8>,
    /// The line before the prompt was seen; only what is behind it counts.
    marked: bool,
}

impl Becoming {
    /// Begins becoming `user` `by` a command; `nonce` is this conversation's own.
    pub(super) fn new(by: Become, user: &str, nonce: &Nonce) -> Self {
        let nonce = nonce.as_str();
        Self {
            by,
            user: user.to_owned(),
            asks: format!("{nonce}-asks").into_bytes(),
            ready: format!("{nonce}-ready").into_bytes(),
            end: format!("{nonce}-end"),
            stdout: Heard::default(),
            stderr: Heard::default(),
            answered: false,
        }
    }

    /// Whether the command reads a password from a terminal only.
    pub(super) fn wants_terminal(&self) -> bool {
        self.by == Become::Doas
    }

    /// The line that ends the program's stdin, where closing the channel's would not: a terminal has no such end.
    pub(super) fn end_of_input(&self) -> Option<Vec<u8>> {
        self.wants_terminal()
            .then(|| format!("\n{}\n", self.end).into_bytes())
    }

    /// The exec line: constants, the user's name, which the inventory has checked, and the nonce. Every login shell
    /// reads it alike, csh and fish too: words in single quotes, without backslash before a quote, `!` or a newline.
    pub(super) fn line(&self) -> String {
        let Self { user, end, .. } = self;
        let (asks, ready) = (text(&self.asks), text(&self.ready));
        match self.by {
            Become::None | Become::Sudo => format!(
                "env LC_MESSAGES=C sudo -S -p {asks} -H -u {user} -- sh -c 'printf %s {ready}; exec sh'"
            ),
            Become::Su => format!(
                "sh -c 'LC_MESSAGES=C; export LC_MESSAGES; printf %s {asks} >&2; \
                 exec su -s /bin/sh {user} -c \"$0\"' 'printf %s {ready}; exec sh'"
            ),
            // The program's stdin is a pipe whose end the controller can bring about, and which ends with the
            // terminal too; a program killed by the terminal's end would be an apply cut in half.
            Become::Doas => format!(
                "sh -c 'LC_MESSAGES=C; export LC_MESSAGES; printf %s {asks}; exec doas -u {user} sh -c \"$0\" \"$1\"' \
                 'printf %s {ready}; trap \"\" HUP; \
                 sh -c \"$0\" | {{ read -r p; sh; s=$?; kill -s PIPE \"$p\" 2>/dev/null; exit $s; }}' \
                 'echo $$; while LC_ALL=C IFS= read -r l; do [ \"$l\" = {end} ] && break; printf \"%s\\n\" \"$l\"; done'"
            ),
        }
    }

    /// Takes what came on stdout.
    pub(super) fn stdout(&mut self, bytes: &[u8]) -> Next {
        self.stdout.push(bytes);
        if let Some(rest) = self.stdout.behind(&self.ready) {
            return Next::Ready(rest);
        }
        match self.by {
            Become::Doas => self.prompted(false),
            _ => Next::Listen,
        }
    }

    /// Takes what came on stderr.
    pub(super) fn stderr(&mut self, bytes: &[u8]) -> Next {
        self.stderr.push(bytes);
        self.prompted(true)
    }

    fn prompted(&mut self, on_stderr: bool) -> Next {
        let heard = if on_stderr {
            &mut self.stderr
        } else {
            &mut self.stdout
        };
        if let Some(rest) = heard.behind(&self.asks) {
            heard.bytes = rest;
            heard.marked = true;
        } else if self.by == Become::Sudo || !heard.marked {
            return Next::Listen;
        }
        if self.by != Become::Sudo {
            match prompt(&heard.bytes) {
                None => return Next::Listen,
                Some(asked) if !asked.contains("assword") => {
                    return Next::Refused(BecomeRefusal::OtherQuestion);
                }
                Some(_) => {}
            }
        }
        if std::mem::replace(&mut self.answered, true) {
            return Next::Refused(BecomeRefusal::WrongPassword);
        }
        if self.by != Become::Sudo {
            heard.bytes.clear();
        }
        Next::Answer
    }

    /// What the command said, when it ended or was left; and what that means.
    pub(super) fn refused(&self) -> (BecomeRefusal, String) {
        let mut said = text(&self.stderr.bytes);
        if self.wants_terminal() {
            said += &text(&self.stdout.bytes);
        }
        let said = said.replace(&text(&self.asks), "").trim().to_owned();
        (refusal(&said, self.answered), said)
    }
}

impl Heard {
    fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// What follows `mark`, if it was seen. Otherwise forgets what is too old to matter.
    fn behind(&mut self, mark: &[u8]) -> Option<Vec<u8>> {
        let at = self.bytes.windows(mark.len()).position(|window| window == mark);
        if let Some(at) = at {
            return Some(self.bytes.split_off(at + mark.len()));
        }
        let old = self.bytes.len().saturating_sub(MAX_SAID);
        self.bytes.drain(..old);
        None
    }
}

/// The question at the end, if the last line is one: not ended, with a colon.
///
/// A complaint such as `doas: Authentication failed` may come in pieces, of which the first looks like a question.
fn prompt(bytes: &[u8]) -> Option<String> {
    let said = text(bytes);
    let last = said.rsplit(['\n', '\r']).next()?.trim_end();
    let begins = matches!(last, "doas:" | "su:" | "sudo:");
    (last.ends_with(':') && !begins).then(|| last.to_owned())
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONCE: [u8; 16] = [0xab; 16];

    fn becoming(by: Become) -> Becoming {
        Becoming::new(by, "root", &Nonce::new(NONCE))
    }

    fn mark(word: &str) -> String {
        format!("{}-{word}", Nonce::new(NONCE).as_str())
    }

    /// What comes of a text that arrives in two pieces, cut at `at`: every answer but "hear more".
    fn pieces(by: Become, stderr: bool, text: &str, at: usize) -> Vec<Next> {
        let mut becoming = becoming(by);
        let (first, second) = text.as_bytes().split_at(at);
        let mut hear = |bytes: &[u8]| {
            if stderr {
                becoming.stderr(bytes)
            } else {
                becoming.stdout(bytes)
            }
        };
        let said = [hear(first), hear(second)];
        said.into_iter().filter(|next| *next != Next::Listen).collect()
    }

    #[test]
    fn a_password_goes_to_a_prompt_behind_the_nonce_wherever_a_packet_ends() {
        let noise = "[sudo] password for deploy: \nPassword: ";
        for (by, stderr, text) in [
            (Become::Sudo, true, format!("{noise}{}", mark("asks"))),
            (Become::Su, true, format!("{noise}{}Password: ", mark("asks"))),
            (
                Become::Doas,
                false,
                format!("{noise}{}\r\ndoas (deploy@db1) password: ", mark("asks")),
            ),
        ] {
            let colon = text.rfind(':').map_or(0, |at| at + 1);
            for at in 0..=text.len() {
                if by != Become::Sudo && at >= colon {
                    continue; // the whole prompt in the first piece, and blanks after it
                }
                assert_eq!(
                    pieces(by, stderr, &text, at),
                    [Next::Answer],
                    "{by:?} cut at {at}"
                );
            }
        }
    }

    #[test]
    fn without_the_nonce_nothing_is_answered() {
        for by in [Become::Sudo, Become::Su, Become::Doas] {
            let mut becoming = becoming(by);
            for text in [
                "Password: ",
                "abababab-asks Password: ",
                "[sudo] password for root: ",
            ] {
                assert_eq!(becoming.stderr(text.as_bytes()), Next::Listen);
                assert_eq!(becoming.stdout(text.as_bytes()), Next::Listen);
            }
        }
    }

    #[test]
    fn a_second_question_is_a_wrong_password() {
        let mut sudo = becoming(Become::Sudo);
        assert_eq!(sudo.stderr(mark("asks").as_bytes()), Next::Answer);
        assert_eq!(sudo.stderr(b"\nSorry, try again.\n"), Next::Listen);
        let again = sudo.stderr(mark("asks").as_bytes());
        assert_eq!(again, Next::Refused(BecomeRefusal::WrongPassword));
        let mut su = becoming(Become::Su);
        assert_eq!(su.stderr((mark("asks") + "Password: ").as_bytes()), Next::Answer);
        let again = su.stderr(b"\nPassword: ");
        assert_eq!(again, Next::Refused(BecomeRefusal::WrongPassword));
    }

    #[test]
    fn a_complaint_in_pieces_is_no_question() {
        for (by, name) in [(Become::Doas, "doas"), (Become::Su, "su")] {
            let mut becoming = becoming(by);
            let asks = mark("asks") + name + " (ada@host) password: ";
            let asked = if by == Become::Doas {
                becoming.stdout(asks.as_bytes())
            } else {
                becoming.stderr(asks.as_bytes())
            };
            assert_eq!(asked, Next::Answer);
            for piece in [
                format!("\r\n{name}: "),
                "Authentication failed".to_owned(),
                "\r\n".to_owned(),
            ] {
                let next = if by == Become::Doas {
                    becoming.stdout(piece.as_bytes())
                } else {
                    becoming.stderr(piece.as_bytes())
                };
                assert_eq!(next, Next::Listen, "{piece:?}");
            }
        }
    }

    #[test]
    fn a_question_for_something_else_gets_no_password() {
        let mut su = becoming(Become::Su);
        let asked = su.stderr((mark("asks") + "Verification code: ").as_bytes());
        assert_eq!(asked, Next::Refused(BecomeRefusal::OtherQuestion));
    }

    #[test]
    fn the_first_bytes_of_the_program_are_kept_and_noise_is_not() {
        let mut sudo = becoming(Become::Sudo);
        let noise = vec![b'x'; 3 * MAX_SAID];
        assert_eq!(sudo.stdout(&noise), Next::Listen);
        assert!(sudo.stdout.bytes.len() <= MAX_SAID, "bounded");
        let text = mark("ready") + "first";
        assert_eq!(sudo.stdout(&text.as_bytes()[..10]), Next::Listen);
        assert_eq!(
            sudo.stdout(&text.as_bytes()[10..]),
            Next::Ready(b"first".to_vec())
        );
    }

    #[test]
    fn lines_are_ones_that_every_login_shell_reads_alike() {
        for by in [Become::Sudo, Become::Su, Become::Doas] {
            let line = becoming(by).line();
            assert!(!line.contains(['!', '\n']), "{line}");
            assert!(
                !line.contains("\\\"") && !line.contains("\\'") && !line.contains("\\\\"),
                "{line}"
            );
            assert_eq!(line.matches('\'').count() % 2, 0, "{line}");
        }
    }
}
