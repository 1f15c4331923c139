//! Programs of `provision run`: a command or a script for people, whose output is not framed.

use crate::script::{NulError, Script};
use crate::wire::{ASK, Nonce, WATCHED, sent};

/// What is run.
#[derive(Clone, Copy, Debug)]
pub enum Command<'a> {
    /// One word is shell text; several are a command and its arguments, each passed on as it is.
    Words(&'a [String]),
    /// A script and its arguments. It becomes a file that only its user can find, which is gone afterwards.
    Script {
        /// What runs it.
        by: &'a Shebang,
        /// The whole file.
        text: &'a [u8],
        /// What it is called with.
        arguments: &'a [String],
    },
}

/// What a script's first line asks to be run by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shebang {
    program: String,
    argument: Option<String>,
}

/// A script's first line that no system could follow.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ShebangError {
    /// Nothing stands behind `#!`.
    #[error("its first line, `#!`, names no program")]
    Nothing,
    /// The line ends as on Windows: the carriage return would be part of the program's name.
    #[error("its first line ends in a carriage return, which would be part of the program's name")]
    CarriageReturn,
    /// A kernel takes bytes; we take text.
    #[error("its first line is no text")]
    NoText,
}

impl Shebang {
    /// Reads the first line of `script` as Linux does: a program, and at most one argument; `sh` where it says nothing.
    pub fn of(script: &[u8]) -> Result<Self, ShebangError> {
        let Some(line) = script.strip_prefix(b"#!") else {
            return Ok(Self {
                program: "sh".to_owned(),
                argument: None,
            });
        };
        let line = line.split(|&byte| byte == b'\n').next().unwrap_or_default();
        let line = std::str::from_utf8(line).map_err(|_| ShebangError::NoText)?;
        if line.ends_with('\r') {
            return Err(ShebangError::CarriageReturn);
        }
        let line = line.trim_matches([' ', '\t']);
        let (program, argument) = line.split_once([' ', '\t']).unwrap_or((line, ""));
        if program.is_empty() {
            return Err(ShebangError::Nothing);
        }
        let argument = argument.trim_start_matches([' ', '\t']);
        Ok(Self {
            program: program.to_owned(),
            argument: Some(argument.to_owned()).filter(|argument| !argument.is_empty()),
        })
    }
}

impl Command<'_> {
    fn script(self) -> Script {
        match self {
            Self::Words([text]) => crate::sh!("eval {}", text),
            Self::Words(words) => Script::from(words),
            // The interpreter is named here and not left to the kernel, which refuses where nothing may be executed
            // in /tmp. The status of the last command is the program's, and the trap keeps it.
            Self::Script { by, text, arguments } => crate::sh!(
                "work=$(mktemp -d \"${TMPDIR:-/tmp}/provision.XXXXXXXXXX\") || exit\n\
                 trap 'rm -rf \"$work\"' EXIT\n\
                 trap 'exit 129' HUP\n\
                 trap 'exit 130' INT\n\
                 trap 'exit 143' TERM\n\
                 {} >\"$work/script\" || exit\n\
                 {} \"$work/script\" {}",
                Script::produce(text),
                Script::from(
                    [Some(&by.program), by.argument.as_ref()]
                        .into_iter()
                        .flatten()
                        .cloned()
                        .collect::<Vec<_>>()
                        .as_slice()
                ),
                Script::from(arguments),
            ),
        }
    }
}

/// A program that runs words with nothing on their stdin.
pub fn command(words: &[String]) -> Result<Vec<u8>, NulError> {
    Command::Words(words).once()
}

impl Command<'_> {
    /// A program that runs it with nothing on its stdin.
    pub fn once(self) -> Result<Vec<u8>, NulError> {
        render(&crate::sh!(
            "{\nmain() {\n{}\n}\nmain </dev/null\nexit\n}\n",
            self.script()
        ))
    }

    /// A program that says [`ready`] and runs it then, with nothing on its stdin; it wants [`super::head`] before it.
    pub fn heard(self) -> Result<Vec<u8>, NulError> {
        self.behind_word("main </dev/null\nexit\n")
    }

    /// The same, ended with all that it has started when the program's own input ends sooner.
    pub fn watched(self) -> Result<Vec<u8>, NulError> {
        let functions = ASK.called_by([WATCHED.as_bytes()]).into_bytes();
        Ok([functions, self.behind_word(&sent(WATCHED))?].concat())
    }

    /// The same as [`Command::heard`] with all on its stdin that comes after the word.
    ///
    /// Nothing may come earlier: some shells read ahead, and would keep the first of it.
    pub fn fed(self) -> Result<Vec<u8>, NulError> {
        self.behind_word("main\nexit\n")
    }

    /// What it runs as `main`, the word, and then `end`.
    fn behind_word(self, end: &str) -> Result<Vec<u8>, NulError> {
        let mut out = render(&crate::sh!(
            "main() {\n{}\n}\nprintf '\\n\\036%s ready\\n' \"$nonce\"\nunset nonce\n",
            self.script()
        ))?;
        out.extend_from_slice(end.as_bytes());
        out.extend_from_slice(b"}\n");
        Ok(out)
    }
}

/// What a program says when it begins, and may be fed.
pub fn ready(nonce: &Nonce) -> Vec<u8> {
    format!("\n\x1e{} ready\n", nonce.as_str()).into_bytes()
}

fn render(script: &Script) -> Result<Vec<u8>, NulError> {
    let mut out = Vec::new();
    script.render(&mut out, &mut |_| 0)?;
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shebang(text: &str) -> Result<(String, Option<String>), ShebangError> {
        Shebang::of(text.as_bytes()).map(|by| (by.program, by.argument))
    }

    #[test]
    fn a_first_line_is_read_as_linux_reads_it() {
        let plain = |program: &str| Ok((program.to_owned(), None));
        assert_eq!(shebang("echo hello\n"), plain("sh"));
        assert_eq!(shebang("#!/bin/bash\n"), plain("/bin/bash"));
        assert_eq!(shebang("#! \t/usr/bin/perl  \nx"), plain("/usr/bin/perl"));
        assert_eq!(
            shebang("#!/usr/bin/env -S python3 -u\n"),
            Ok(("/usr/bin/env".to_owned(), Some("-S python3 -u".to_owned())))
        );
        assert_eq!(shebang("#!\necho\n"), Err(ShebangError::Nothing));
        assert_eq!(
            shebang("#!/bin/sh\r\necho\r\n"),
            Err(ShebangError::CarriageReturn)
        );
        assert_eq!(Shebang::of(b"#!/bin/\xff\n"), Err(ShebangError::NoText));
    }
}
