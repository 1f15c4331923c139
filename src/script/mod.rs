//! POSIX `sh` as a value: fixed text with quoted words in its holes.
//!
//! The one promise (law 6): a runtime value enters shell only through [`quote()`]. Raw text is `&'static str`, so it was
//! written by us; a user's own shell text is itself a quoted word, handed to `eval` inside a subshell.
//! Write `sh!("chown {} {}", owner, path)`: the number of holes is checked when it is compiled.

mod quote;
mod secret;

use quote::quote_path;
pub use quote::{NulError, quote};
pub use secret::{Secret, Text};

/// A piece of system state that a check wants to know.
///
/// The compiler collects all of a plan's reads, so that the program asks for each kind with one command.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Read {
    /// Type, mode, owner, group and link target of a path, not following links.
    Path(String),
    /// SHA-256 of a regular file.
    Digest(String),
    /// Installed version of a package.
    Package(String),
    /// A user's entry in the user database.
    User(String),
    /// A group's entry in the group database.
    Group(String),
    /// A service: loaded, active, enabled.
    Unit(String),
    /// The version an installed package would be upgraded to.
    Upgrade(String),
}

#[derive(Clone, Debug, PartialEq)]
enum Piece {
    Raw(&'static str),
    Word(Vec<u8>),
    Path(String),
    Secret(Secret),
    Produce(Vec<u8>),
    Read(Read),
}

/// Shell text under construction.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Script {
    pieces: Vec<Piece>,
}

impl Script {
    /// Fixed text, written by us.
    pub fn raw(text: &'static str) -> Self {
        Self {
            pieces: vec![Piece::Raw(text)],
        }
    }

    /// Bytes as one word.
    pub fn word(bytes: impl Into<Vec<u8>>) -> Self {
        Self {
            pieces: vec![Piece::Word(bytes.into())],
        }
    }

    /// A path of the host as one word: `~/` stands for the home of the user the program runs as.
    pub fn path(path: &str) -> Self {
        Self {
            pieces: vec![Piece::Path(path.to_owned())],
        }
    }

    /// A command that writes `bytes` to its stdout, exactly, NUL included.
    pub fn produce(bytes: impl Into<Vec<u8>>) -> Self {
        Self {
            pieces: vec![Piece::Produce(bytes.into())],
        }
    }

    /// Replaces each `{}` of `text` with the next of `holes`. Called by [`sh!`](crate::sh), which has counted them.
    pub fn fill(text: &'static str, holes: Vec<Script>) -> Self {
        let mut script = Self::default();
        let mut holes = holes.into_iter();
        for (index, part) in text.split("{}").enumerate() {
            if index > 0 {
                script.append(holes.next().unwrap_or_default());
            }
            script.append(Self::raw(part));
        }
        script
    }

    /// Adds `other` at the end, as it is.
    pub fn append(&mut self, other: Script) {
        self.pieces.extend(other.pieces);
    }

    /// Joins scripts with fixed text between them.
    pub fn join(separator: &'static str, scripts: impl IntoIterator<Item = Script>) -> Self {
        let mut all = Self::default();
        for (index, script) in scripts.into_iter().enumerate() {
            if index > 0 {
                all.append(Self::raw(separator));
            }
            all.append(script);
        }
        all
    }

    /// Whether there is no text at all.
    pub fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    /// Everything the script wants to know, in the order it asks.
    pub fn reads(&self) -> impl Iterator<Item = &Read> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Read(read) => Some(read),
            _ => None,
        })
    }

    /// Every secret the text holds.
    pub fn secrets(&self) -> impl Iterator<Item = &Secret> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Secret(secret) => Some(secret),
            _ => None,
        })
    }

    /// Writes the text to `out`. `slot` numbers a read within its kind; the number stands before the quoted name.
    pub fn render(&self, out: &mut Vec<u8>, slot: &mut dyn FnMut(&Read) -> usize) -> Result<(), NulError> {
        for piece in &self.pieces {
            match piece {
                Piece::Raw(text) => out.extend_from_slice(text.as_bytes()),
                Piece::Word(bytes) => quote(bytes, out)?,
                Piece::Path(path) => quote_path(path, out)?,
                Piece::Secret(secret) => quote(secret.expose().as_bytes(), out)?,
                Piece::Produce(bytes) => quote::produce(bytes, out),
                Piece::Read(read) => {
                    out.extend_from_slice(format!("{} {} ", read.ask().0, slot(read)).as_bytes());
                    read.quote(out)?;
                }
            }
        }
        Ok(())
    }

    /// The text for people to read: secrets are starred out, reads carry no number.
    pub fn to_display(&self) -> String {
        let mut out = Vec::new();
        for piece in &self.pieces {
            match piece {
                Piece::Secret(_) => out.extend_from_slice(b"'********'"),
                Piece::Read(read) => {
                    out.extend_from_slice(read.ask().0.as_bytes());
                    out.push(b' ');
                    // A NUL cannot be shown; the program that holds it is refused anyway.
                    let _ = read.quote(&mut out);
                }
                other => {
                    let _ = Script {
                        pieces: vec![other.clone()],
                    }
                    .render(&mut out, &mut |_| 0);
                }
            }
        }
        String::from_utf8_lossy(&out).into_owned()
    }
}

impl Read {
    /// The prelude function that answers it, and the name it asks for.
    fn ask(&self) -> (&'static str, &str) {
        match self {
            Self::Path(name) => ("path_state", name),
            Self::Digest(name) => ("digest_state", name),
            Self::Package(name) => ("package_state", name),
            Self::User(name) => ("user_state", name),
            Self::Group(name) => ("group_state", name),
            Self::Unit(name) => ("unit_state", name),
            Self::Upgrade(name) => ("upgrade_state", name),
        }
    }

    /// Writes what is asked for, a path or a name, as one word.
    pub fn quote(&self, out: &mut Vec<u8>) -> Result<(), NulError> {
        match self {
            Self::Path(path) | Self::Digest(path) => quote_path(path, out),
            other => quote(other.ask().1.as_bytes(), out),
        }
    }
}

impl From<&str> for Script {
    fn from(word: &str) -> Self {
        Self {
            pieces: vec![Piece::Word(word.as_bytes().to_vec())],
        }
    }
}

impl From<&String> for Script {
    fn from(word: &String) -> Self {
        word.as_str().into()
    }
}

impl From<String> for Script {
    fn from(word: String) -> Self {
        Self {
            pieces: vec![Piece::Word(word.into_bytes())],
        }
    }
}

impl From<u32> for Script {
    fn from(number: u32) -> Self {
        number.to_string().into()
    }
}

impl From<&Secret> for Script {
    fn from(secret: &Secret) -> Self {
        Self {
            pieces: vec![Piece::Secret(secret.clone())],
        }
    }
}

impl From<Read> for Script {
    fn from(read: Read) -> Self {
        Self {
            pieces: vec![Piece::Read(read)],
        }
    }
}

/// Several words, separated by spaces.
impl From<&[String]> for Script {
    fn from(words: &[String]) -> Self {
        Self::join(" ", words.iter().map(Script::from))
    }
}

/// Counts the `{}` of a text; for [`sh!`](crate::sh).
pub const fn holes(text: &str) -> usize {
    let bytes = text.as_bytes();
    let (mut index, mut count) = (0, 0);
    while index + 1 < bytes.len() {
        if bytes[index] == b'{' && bytes[index + 1] == b'}' {
            count += 1;
            index += 1;
        }
        index += 1;
    }
    count
}

/// Makes a [`Script`] from fixed text with quoted words in its `{}` holes.
#[macro_export]
macro_rules! sh {
    ($text:expr $(, $hole:expr)* $(,)?) => {{
        const HOLES: usize = 0 $(+ { let _ = stringify!($hole); 1 })*;
        const _: () = assert!($crate::script::holes($text) == HOLES, "as many words as holes");
        $crate::script::Script::fill($text, vec![$($crate::script::Script::from($hole)),*])
    }};
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(script: &Script) -> String {
        let mut out = Vec::new();
        script.render(&mut out, &mut |_| 7).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn words_are_quoted_and_raw_text_is_not() {
        assert_eq!(
            text(&sh!("rm -f -- {}; echo {}", "a'b $(id)", 3_u32)),
            r"rm -f -- 'a'\''b $(id)'; echo 3"
        );
    }

    #[test]
    fn a_read_carries_its_slot() {
        assert_eq!(
            text(&sh!("{} && :", Read::Path("/etc/motd".into()))),
            "path_state 7 /etc/motd && :"
        );
    }

    #[test]
    fn a_nul_is_refused() {
        assert!(
            sh!("echo {}", "a\0b")
                .render(&mut Vec::new(), &mut |_| 0)
                .is_err()
        );
    }

    #[test]
    fn a_secret_is_shown_as_stars() {
        let script = sh!("login {}", &Secret::new("hunter2"));
        assert!(!script.to_display().contains("hunter2"));
        assert!(!format!("{script:?}").contains("hunter2"));
        assert!(text(&script).contains("hunter2"));
    }
}
