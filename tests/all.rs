//! One integration binary.

mod inventory;
mod profile;
