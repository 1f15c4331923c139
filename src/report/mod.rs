//! Words for people and machines.

pub mod diagnostic;
