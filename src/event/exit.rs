//! Exit codes: what a run or a command came to, for whoever called.

/// All well.
pub const WELL: u8 = 0;

/// A step or a command failed, or a host was lost in mid-run.
pub const FAILED: u8 = 1;

/// Usage or configuration is wrong, and nobody was contacted.
pub const WRONG: u8 = 2;

/// A host was not reached, and no step failed.
pub const UNREACHED: u8 = 3;

/// There are changes, where they were asked for.
pub const CHANGES: u8 = 4;

/// The run was cancelled.
pub const CANCELLED: u8 = 130;
