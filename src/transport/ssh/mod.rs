//! SSH, on russh: the only home of that crate.
