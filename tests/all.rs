//! One integration binary.

mod inventory;
