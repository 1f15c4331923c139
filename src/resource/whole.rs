//! A whole file that a kind writes for root, under a name of its own.

use super::fields::digest;
use super::{FileView, Mode, Wanted};
use crate::script::{Read, Script};
use crate::sh;

/// A file of the system's configuration that belongs to one step alone; its owner is root.
pub(super) struct Whole {
    path: String,
    text: String,
    mode: Mode,
}

impl Whole {
    /// The file at `path` with `text` in it, readable for all.
    pub(super) fn new(path: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            text: text.into(),
            mode: Mode::new(0o644),
        }
    }

    /// The same with other permission bits.
    pub(super) fn mode(mut self, bits: u16) -> Self {
        self.mode = Mode::new(bits);
        self
    }

    /// Whether it is there and as it should be; what it asks is asked in bulk.
    pub(super) fn holds(&self) -> Script {
        sh!(
            "{} && [ \"$path_type$path_mode,$path_uid\" = {} ] && {} && [ \"$digest\" = {} ]",
            Read::Path(self.path.clone()),
            format!("8{},0", self.mode.hex()),
            Read::Digest(self.path.clone()),
            digest(self.text.as_bytes())
        )
    }

    /// Whether nothing is there.
    pub(super) fn is_gone(&self) -> Script {
        sh!("{} && [ -z \"$path_type\" ]", Read::Path(self.path.clone()))
    }

    /// Puts it there.
    pub(super) fn place(&self) -> Script {
        sh!(
            "{} | place {} {} root root",
            self.produce(),
            &self.path,
            self.mode.octal()
        )
    }

    /// Writes its text to stdout.
    pub(super) fn produce(&self) -> Script {
        Script::produce(self.text.as_bytes())
    }

    /// It for a diff, as it should be when it is there or, `gone`, when it is not.
    pub(super) fn view(self, gone: bool) -> FileView<'static> {
        FileView {
            path: self.path.into(),
            wanted: if gone {
                Wanted::Gone
            } else {
                Wanted::Content(self.text.into_bytes().into())
            },
            secret: false,
        }
    }

    /// Takes it away.
    pub(super) fn remove(&self) -> Script {
        sh!("rm -f -- {}", &self.path)
    }
}
