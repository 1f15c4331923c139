//! One integration binary.

#![allow(unreachable_pub, reason = "modules of one binary")]

mod kit;
mod transport;
mod inventory;
