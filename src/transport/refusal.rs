//! What sudo, doas and su mean when they do not let us in.

use crate::event::BecomeRefusal;

/// Words by which they say it, lower case, in the order asked: sudo says "a password is required" after others.
const WORDS: &[(&str, BecomeRefusal)] = &[
    ("must have a tty", BecomeRefusal::TerminalNeeded),
    ("a tty is required", BecomeRefusal::TerminalNeeded),
    ("must be run from a terminal", BecomeRefusal::TerminalNeeded),
    ("not in the sudoers file", BecomeRefusal::NotAllowed),
    ("is not allowed to", BecomeRefusal::NotAllowed),
    ("may not run sudo", BecomeRefusal::NotAllowed),
    ("operation not permitted", BecomeRefusal::NotAllowed),
    ("authentication failed", BecomeRefusal::WrongPassword),
    ("authentication failure", BecomeRefusal::WrongPassword),
    ("incorrect password", BecomeRefusal::WrongPassword),
    ("a password is required", BecomeRefusal::PasswordNeeded),
    ("authentication required", BecomeRefusal::PasswordNeeded),
    (
        "a terminal is required to read the password",
        BecomeRefusal::PasswordNeeded,
    ),
    ("unknown user", BecomeRefusal::NoSuchUser),
    ("does not exist", BecomeRefusal::NoSuchUser),
    ("not found", BecomeRefusal::NotInstalled),
    ("no such file", BecomeRefusal::NotInstalled),
];

/// What `said` means; without a password `sent` none was wrong.
pub fn refusal(said: &str, sent: bool) -> BecomeRefusal {
    let said = said.to_lowercase();
    let found = WORDS.iter().find(|(words, _)| said.contains(words));
    match found {
        Some((_, BecomeRefusal::WrongPassword)) if !sent => BecomeRefusal::PasswordNeeded,
        Some((_, refusal)) => *refusal,
        None => BecomeRefusal::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_they_say_is_understood() {
        for (said, sent, meant) in [
            (
                "sudo: a password is required",
                false,
                BecomeRefusal::PasswordNeeded,
            ),
            (
                "doas: Authentication required",
                false,
                BecomeRefusal::PasswordNeeded,
            ),
            (
                "deploy is not in the sudoers file.",
                true,
                BecomeRefusal::NotAllowed,
            ),
            (
                "Sorry, user deploy is not allowed to execute '/usr/bin/sh' as root on db1.",
                true,
                BecomeRefusal::NotAllowed,
            ),
            ("doas: Operation not permitted", false, BecomeRefusal::NotAllowed),
            (
                "sudo: sorry, you must have a tty to run sudo",
                false,
                BecomeRefusal::TerminalNeeded,
            ),
            ("doas: Authentication failed", true, BecomeRefusal::WrongPassword),
            ("su: Authentication failure", true, BecomeRefusal::WrongPassword),
            ("su: Authentication failure", false, BecomeRefusal::PasswordNeeded),
            ("sh: 1: doas: not found", false, BecomeRefusal::NotInstalled),
            ("sudo: unknown user nobody2", false, BecomeRefusal::NoSuchUser),
            ("Segmentation fault", false, BecomeRefusal::Unknown),
        ] {
            assert_eq!(refusal(said, sent), meant, "{said}");
        }
    }
}
