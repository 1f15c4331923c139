//! Words for copies: how far they are, and why a file was not copied.

use crate::event::Uncopied;

/// How far `done` is of `of`, in thousandths.
pub(in crate::report) fn share(done: u64, of: u64) -> usize {
    let share = (u128::from(done) * 1000).checked_div(u128::from(of));
    share.map_or(1000, |share| usize::try_from(share).unwrap_or(1000).min(1000))
}

/// `34 % of 64.0 MB`.
pub(in crate::report) fn progress(done: u64, of: u64) -> String {
    let tenths = of / 100_000;
    format!("{} % of {}.{} MB", share(done, of) / 10, tenths / 10, tenths % 10)
}

/// Why a file was not copied, and what may help.
pub(super) fn uncopied(why: Uncopied) -> &'static str {
    match why {
        Uncopied::Directory => "a directory stands in its place; end the target in `/` to copy into it",
        Uncopied::Special => "it is neither a file nor a directory there",
        Uncopied::NoFolder => "something else than a directory stands in its place",
        Uncopied::Folder => "the directory it belongs in cannot be made or written to",
        Uncopied::Write => "it could not be written there; look for a full disk",
        Uncopied::Digest => "what arrived had another digest; it may have changed here meanwhile",
        Uncopied::Access => "its mode or owner could not be set; --become may help",
        Uncopied::Place => "it could not be moved to its place; what was there still is",
        Uncopied::Missing => "there is no such file there",
        Uncopied::Closed => "it may not be read there; --become may help",
        Uncopied::Changed => "it changed there while it was copied; try again",
        Uncopied::Exists => "another one is here already; --force replaces it",
        Uncopied::TooLarge => "it is more than is taken; see --max-size",
        Uncopied::Untrusted => "the host did not answer as it should; nothing more of it was taken",
        Uncopied::Here => "it could not be written here",
    }
}
