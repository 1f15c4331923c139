//! The runner over scripted hosts: what it makes of every answer a host may give.

mod boot;
mod cancelled;
mod fleet;
mod host_run;
mod library;
mod modules;
mod rollout;
mod stops;
