//! One integration binary.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on ends there")]

mod diagnostics;
mod inventory;
mod profile;
