//! What tests of several floors need.

pub mod host;
pub mod shell;
