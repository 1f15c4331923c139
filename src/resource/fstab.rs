//! Lines of `/etc/fstab`, which two kinds write.

use super::FileView;
use crate::script::Script;
use crate::sh;

/// An entry, known by one of its fields.
pub(super) struct Entry {
    /// The number of the field it is known by: 1 is the source, 2 the mount point.
    pub(super) field: u32,
    /// All six fields (fstab(5)).
    pub(super) fields: [String; 6],
}

/// A field as fstab and /proc/self/mounts write it (getmntent(3)).
pub(super) fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        match c {
            ' ' => escaped.push_str("\\040"),
            '\t' => escaped.push_str("\\011"),
            '\\' => escaped.push_str("\\134"),
            '#' => escaped.push_str("\\043"),
            c => escaped.push(c),
        }
    }
    escaped
}

impl Entry {
    fn key(&self) -> &str {
        &self.fields[self.field as usize - 1]
    }

    /// Whether it is there, alone and just so.
    pub(super) fn holds(&self) -> Script {
        sh!(
            "text_state /etc/fstab && fstab_find {} {} {} && [ \"$found\" = same ]",
            self.field,
            self.key(),
            self.fields.join(" ")
        )
    }

    /// Whether there is none of its kind.
    pub(super) fn is_gone(&self) -> Script {
        sh!(
            "text_state /etc/fstab && fstab_find {} {} '' && [ -z \"$found\" ]",
            self.field,
            self.key()
        )
    }

    /// The file for a diff, with the entry in it or, `gone`, without.
    pub(super) fn view(&self, gone: bool) -> FileView<'static> {
        let fields = if gone {
            String::new()
        } else {
            self.fields.join(" ")
        };
        let show = sh!(
            "show_edit /etc/fstab fstab_new {} {} {}",
            self.field,
            self.key(),
            fields
        );
        FileView::edited("/etc/fstab", show)
    }

    /// Puts it in the place of what is there.
    pub(super) fn place(&self) -> Script {
        sh!(
            "fstab_set {} {} {}",
            self.field,
            self.key(),
            self.fields.join(" ")
        )
    }

    /// Takes away what is there.
    pub(super) fn remove(&self) -> Script {
        sh!("fstab_set {} {} ''", self.field, self.key())
    }
}
