//! The order events come in, checked.
//!
//! ```text
//! run  = RunStarted ( host | wave | Cancelling )* RunFinished   hosts interleave
//! wave = WaveStarted | GateStarted | GateFinished
//! host = HostStarted [ HostConnected [HostPredicted] step* ] HostFinished
//! step = ( StepStarted | StepOutput | StepProgress | StepDiff )* StepFinished   exactly one end per planned step once connected
//! ```

use std::collections::HashMap;

use super::{Event, HostStatus, Mode};
use crate::name::Name;

/// Reads events and says which one broke the grammar.
#[derive(Debug, Default)]
pub struct Checker {
    mode: Option<Mode>,
    finished: bool,
    hosts: HashMap<Name, Host>,
}

#[derive(Debug, Default)]
struct Host {
    started: bool,
    connected: bool,
    finished: bool,
    ended: Vec<bool>,
}

/// What broke the grammar.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}: {event}")]
pub struct Broken {
    what: &'static str,
    event: String,
}

impl Checker {
    /// Takes the next event.
    pub fn observe(&mut self, event: &Event) -> Result<(), Broken> {
        self.check(event).map_err(|what| Broken {
            what,
            event: format!("{event:?}"),
        })
    }

    fn check(&mut self, event: &Event) -> Result<(), &'static str> {
        if self.finished {
            return Err("an event after the end");
        }
        if self.mode.is_none() != matches!(event, Event::RunStarted { .. }) {
            return Err("the run starts once, and first");
        }
        match event {
            Event::RunStarted { mode, hosts, .. } => {
                self.mode = Some(*mode);
                for plan in hosts.iter() {
                    let host = Host {
                        ended: vec![false; plan.steps.len()],
                        ..Host::default()
                    };
                    if self.hosts.insert(plan.host.clone(), host).is_some() {
                        return Err("a host is planned twice");
                    }
                }
            }
            Event::Cancelling
            | Event::WaveStarted { .. }
            | Event::GateStarted { .. }
            | Event::GateFinished { .. } => {}
            Event::RunFinished { .. } => {
                self.finished = true;
                if self.hosts.values().any(|host| !host.finished) {
                    return Err("the run ended before a host did");
                }
            }
            Event::HostStarted { host } => {
                let host = self.host(host)?;
                if std::mem::replace(&mut host.started, true) {
                    return Err("the host started twice");
                }
            }
            Event::HostConnected { host } => {
                let host = self.host(host)?;
                if !host.started || std::mem::replace(&mut host.connected, true) {
                    return Err("the host connected twice, or before it started");
                }
            }
            Event::HostPredicted { host, .. }
            | Event::CommandOutput { host, .. }
            | Event::CommandFinished { host, .. } => {
                self.connected(host)?;
            }
            Event::StepStarted { host, step, .. }
            | Event::StepOutput { host, step, .. }
            | Event::StepProgress { host, step, .. }
            | Event::StepDiff { host, step, .. } => {
                if *self
                    .connected(host)?
                    .ended
                    .get(step.index)
                    .ok_or("a step that was not planned")?
                {
                    return Err("a step went on after its end");
                }
            }
            Event::StepFinished { host, step, .. } => {
                let ended = &mut self.connected(host)?.ended;
                if std::mem::replace(
                    ended.get_mut(step.index).ok_or("a step that was not planned")?,
                    true,
                ) {
                    return Err("a step ended twice");
                }
            }
            Event::HostFinished { host, status, .. } => {
                let host = self.host(host)?;
                if !host.started && !matches!(status, HostStatus::Cancelled | HostStatus::Withheld { .. }) {
                    return Err("the host ended before it started");
                }
                if host.connected && host.ended.contains(&false) {
                    return Err("the host ended before its steps did");
                }
                host.finished = true;
            }
        }
        Ok(())
    }

    fn host(&mut self, name: &Name) -> Result<&mut Host, &'static str> {
        let host = self.hosts.get_mut(name).ok_or("a host that was not planned")?;
        if host.finished {
            Err("a host went on after its end")
        } else {
            Ok(host)
        }
    }

    fn connected(&mut self, name: &Name) -> Result<&mut Host, &'static str> {
        let host = self.host(name)?;
        if host.connected {
            Ok(host)
        } else {
            Err("a host went on before it connected")
        }
    }
}
