//! Why steps end as they do.

use serde::{Deserialize, Serialize};

use super::Unreachable;

/// Why a step has the outcome it has, where the outcome alone does not say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "reason")]
pub enum Reason {
    /// The apply ended with this exit status.
    ApplyExit {
        /// The status; above 128 it is a signal's number plus 128.
        status: u32,
    },
    /// The apply said it succeeded, the check still fails.
    NotVerified,
    /// It is a condition, which does not hold. Where it would stop the host, nothing was changed there.
    NotHeld,
    /// Its check or apply was not done in the time the step may take; everything it had started was ended.
    TimedOut {
        /// That time, in seconds.
        seconds: u32,
    },
    /// The host was to boot, and was not heard from another boot within this time.
    NotBack {
        /// That time.
        seconds: u32,
        /// Why it was not reached last; none when it was, and ran on as before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        last: Option<Box<Unreachable>>,
    },
    /// The content it needs could not be brought to the host.
    NoContent,
    /// The host has no directory that could take temporary files or the run's own state.
    NoRoom,
    /// Another run is changing the host at this moment.
    Locked {
        /// The other run's process on the host, 0 when unknown.
        pid: u32,
    },
    /// An earlier step of the host failed.
    AfterFailure {
        /// The failed step's index.
        of: usize,
    },
    /// The run was cancelled before the step began.
    Cancelled,
    /// The time of its host, or of the run, was over before the step began.
    Deadline,
    /// The connection was lost before the step's end was heard of; its state is not known.
    Lost,
    /// We left at the user's demand while the step was at work; it goes on to its end there.
    Left,
    /// An earlier step's apply brought this step's state about too.
    ByEarlierStep,
    /// The host was refused before anything was changed there; its status says why.
    Refused,
    /// An earlier step's apply made it necessary, which the kept plan that is carried out did not say.
    NotPlanned,
    /// A file was not copied.
    NotCopied {
        /// Why not.
        why: Uncopied,
    },
}

/// Why a file was not copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Uncopied {
    /// A directory is where the file should be.
    Directory,
    /// Something else is there, such as a device.
    Special,
    /// Something else is where the directory should be.
    NoFolder,
    /// The directory it should be in cannot be made, or written to.
    Folder,
    /// It could not be written, as on a full disk.
    Write,
    /// What arrived is not what was to be sent.
    Digest,
    /// Its mode or owner could not be set.
    Access,
    /// It could not be moved to its place.
    Place,
    /// There is no such file.
    Missing,
    /// It may not be read.
    Closed,
    /// It is not what it was when it was looked at.
    Changed,
    /// Another file is there already, at the controller.
    Exists,
    /// It is more than is taken.
    TooLarge,
    /// It could not be written at the controller.
    Here,
    /// The host said what makes no sense, or was not asked for.
    Untrusted,
}
