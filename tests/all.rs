//! One integration binary.

#![allow(unreachable_pub, reason = "modules of one binary")]

mod inventory;
mod kit;
mod report;
mod transport;
