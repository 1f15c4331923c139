//! `provision` brings fleets of Linux hosts into a wanted state over SSH.
//!
//! The house, in reading order; a floor imports only from the floors below it, and a test keeps it so.
//!
//! | floor | folder | holds |
//! |---|---|---|
//! | 0 words | [`name`], [`diagnostic`], [`config`], [`document`], [`script`], [`event`] | names; mistakes with their place; settings; TOML texts; `sh` as a value; what happens in a run |
//! | 1 nouns | [`inventory`], [`profile`], [`resource`], [`wire`], [`secret`] | hosts and selectors; ordered module lists; kinds of state; both ends of the line; where secrets come from |
//! | 2 modules | [`module`], [`builtin`] | the trait, the registry, modules in TOML; modules in Rust |
//! | 3 plan | [`plan`] | what each host needs, and the one program it becomes: a half that asks and a half that changes |
//! | 4 doing, telling | [`transport`], [`runner`], [`copy`]; [`report`], [`record`], [`kept`] | ways to a host; all hosts at once; files to and fro; words for people and machines; runs written down; plans kept, and what was left |
//! | 5 asking | [`cli`] | the commands; the only place where parts are put together |
//!
//! The path of a push: argv → `cli::push` → hosts and modules → [`plan::build`] for all hosts → [`plan::compile`] →
//! [`runner`] → [`transport`] → bytes → [`wire::Decoder`] → events → [`report`] and summary → exit code.

//!
//! # As a library
//!
//! What the command does, a program of your own can do: load an inventory and profiles, register modules, run a profile and
//! read what happens. `examples/push.rs` is the whole of it; a module may also be any type with the trait
//! [`module::Module`].
//!
//! ```no_run
//! use std::path::Path;
//! use std::sync::Arc;
//!
//! use provision::event::Event;
//! use provision::inventory::{Environment, Inventory, Selector};
//! use provision::profile::Profiles;
//! use provision::runner::Runner;
//! use provision::transport::ssh::Ssh;
//!
//! # async fn push() -> Result<(), Box<dyn std::error::Error>> {
//! let inventory = Inventory::load(Path::new("inventory.toml"), &Environment::of_process())?;
//! let hosts = Selector::parse("@db")?.select(&inventory)?;
//! let hosts: Vec<_> = hosts.into_iter().cloned().map(Arc::new).collect();
//! let profile = Profiles::load(Path::new("profiles"))?.get_profile("db")?;
//!
//! let mut runner = Runner::new(Arc::new(Ssh::new()));
//! runner.register_builtins()?;
//! runner.register_folder(Path::new("profiles/modules"))?;
//!
//! let (sender, mut events) = tokio::sync::mpsc::channel(256);
//! let run = runner.run_profile(&hosts, &profile, false, sender);
//! let listen = async move {
//!     let mut changed = 0;
//!     while let Some(stamped) = events.recv().await {
//!         if let Event::StepFinished { outcome, .. } = stamped.event {
//!             changed += usize::from(outcome == provision::event::Outcome::Changed);
//!         }
//!     }
//!     changed
//! };
//! let (summary, changed) = tokio::join!(run, listen);
//! assert_eq!(summary?.steps.changed, changed);
//! # Ok(())
//! # }
//! ```

pub mod builtin;
pub mod cli;
pub mod config;
pub mod copy;
pub mod diagnostic;
pub mod document;
pub mod event;
pub mod inventory;
pub mod kept;
pub mod module;
pub mod name;
pub mod plan;
pub mod profile;
pub mod record;
pub mod report;
pub mod resource;
pub mod runner;
pub mod script;
pub mod secret;
pub mod transport;
pub mod wire;
