//! Real hosts, through the real binary: what a push leaves behind is asked of the hosts themselves, past SSH.

mod apt;
mod become_root;
mod becoming;
mod behind;
mod builtins;
mod cancel;
mod command;
mod container;
mod copy;
mod cut;
mod databases;
mod deadline;
mod facts;
mod fleet;
mod kept;
mod kinds;
mod lockout;
mod long_way;
mod modules_page;
mod prove;
mod reboot;
mod rollout;
mod round_trips;
mod two_pushes;
mod web;
mod zypper;
