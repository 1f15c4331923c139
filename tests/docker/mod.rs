//! Real hosts, through the real binary: what a push leaves behind is asked of the hosts themselves, past SSH.

mod cancel;
mod databases;
mod web;
