//! The command from outside: what is typed, what is printed, how it ends.

mod becoming;
mod called;
mod colours;
mod completions;
mod copy;
mod copy_hostile;
mod demo;
mod descriptors;
mod files;
mod fleets;
mod help;
mod hosts_test;
mod init;
mod interrupted;
mod kept;
mod language;
mod lists;
mod man;
mod mistakes;
mod modules;
mod obstacles;
mod records;
mod run;
mod signals;
mod ssh_hosts;
