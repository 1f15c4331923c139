//! The shell on this machine.
