//! Which files `--diff` shows of a plan's steps.

use std::collections::BTreeSet;

use super::Planned;
use crate::resource::FileView;

/// Knows the files of one plan that are not shown.
///
/// A file that any step writes a secret into is not shown by any other: what lies beside its own lines may be that
/// secret, or an older one that nobody here knows. Files are told apart by their paths as they are written.
#[derive(Clone, Debug, Default)]
pub struct Views {
    hidden: BTreeSet<String>,
}

impl Views {
    /// Those of a plan of `steps`.
    pub fn of(steps: &[Planned]) -> Self {
        let files = steps.iter().flat_map(|planned| planned.resource.files());
        let secret = files.filter(|file| file.secret);
        Self {
            hidden: secret.map(|file| file.path.into_owned()).collect(),
        }
    }

    /// The files of a step that are shown, in the order the host tells them in.
    pub fn shown<'a>(&self, planned: &'a Planned) -> impl Iterator<Item = FileView<'a>> {
        let files = planned.resource.files().into_iter();
        files.filter(|file| !self.hidden.contains(file.path.as_ref()))
    }
}
