//! Ways to hosts: what `ssh_config` says about one, and jumps through others, settled once all hosts are known.
//!
//! A jump the inventory wants may name one of its hosts, which is then reached as the inventory says. Any other hop is
//! reached as ssh would reach it.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::connection::{Connection, Route};
use super::environment::Environment;
use super::host::Become;
use super::settings::Settings;
use super::ssh_config::{Hop, Layer, Target, Way};
use super::{Host, Inventory};
use crate::diagnostic::{Diagnostic, Diagnostics, Origin};
use crate::name::Name;

/// How many hops may stand between us and a host.
const MAX_HOPS: usize = 16;

/// A jump somebody wants.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    hops: Vec<Hop>,
    /// Whether the inventory says so, so that hops may be its hosts.
    ours: bool,
    origin: Option<Origin>,
}

/// What was found out about a host.
pub(super) struct Found {
    pub(super) layer: Layer,
    pub(super) wanted: Option<Wanted>,
    pub(super) notes: Vec<Diagnostic>,
}

/// Asks `ssh_config` about `address`, as `ssh` with the user and port of `settings` would.
pub(super) fn look_up(
    address: &str,
    settings: &Settings,
    environment: &Environment,
) -> Result<Found, Diagnostics> {
    let target = Target {
        host: address,
        user: settings.user.as_deref(),
        port: settings.port,
    };
    let resolved = environment.ssh_config.resolve(&target, environment)?;
    let layer = resolved.layer(environment)?;
    let wanted = match (&settings.jump, &layer.way) {
        (Some((hops, origin)), _) => Some(Wanted {
            hops: hops.clone(),
            ours: true,
            origin: Some(origin.clone()),
        }),
        (None, Some(Way::Jump(hops))) => Some(Wanted {
            hops: hops.clone(),
            ours: false,
            origin: resolved.origin("proxyjump"),
        }),
        (None, _) => None,
    };
    let wanted = wanted.filter(|wanted| !wanted.hops.is_empty());
    Ok(Found {
        layer,
        wanted,
        notes: resolved.notes,
    })
}

/// Gives every host its route.
pub(super) fn settle(
    inventory: &mut Inventory,
    wanted: Vec<Option<Wanted>>,
    environment: &Environment,
    mistakes: &mut Diagnostics,
) {
    if wanted.iter().all(Option::is_none) {
        return;
    }
    let names = inventory.hosts.iter().enumerate();
    let mut routes = Routes {
        names: names.map(|(index, host)| (host.name.clone(), index)).collect(),
        states: vec![State::Open; inventory.hosts.len()],
        hosts: &mut inventory.hosts,
        wanted,
        chains: HashMap::new(),
        shared: HashSet::new(),
        environment,
        mistakes,
    };
    for index in 0..routes.hosts.len() {
        routes.host(index, 0);
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    /// Its own hops are being looked for.
    Busy,
    Settled,
}

struct Routes<'a> {
    names: HashMap<Name, usize>,
    states: Vec<State>,
    hosts: &'a mut Vec<Host>,
    wanted: Vec<Option<Wanted>>,
    /// Chains by who wants them and their hops; nothing for those that cannot be.
    chains: HashMap<(bool, Vec<Hop>), Option<Arc<Connection>>>,
    /// One value for equal hops.
    shared: HashSet<Arc<Connection>>,
    environment: &'a Environment,
    mistakes: &'a mut Diagnostics,
}

impl Routes<'_> {
    fn host(&mut self, index: usize, depth: usize) {
        match self.states[index] {
            State::Settled => return,
            State::Busy => {
                let name = self.hosts[index].name.clone();
                let origin = self.wanted[index]
                    .as_ref()
                    .and_then(|wanted| wanted.origin.clone());
                self.refuse(
                    format!("the way to `{name}` leads through `{name}` itself"),
                    origin.as_ref(),
                );
                return;
            }
            State::Open => self.states[index] = State::Busy,
        }
        if let Some(wanted) = self.wanted[index].clone() {
            let mut hops = wanted.hops.as_slice();
            if wanted.ours {
                // A host that is one of the hops is reached through those before it.
                let name = self.hosts[index].name.as_str();
                let itself = |hop: &Hop| hop.host == name && hop.user.is_none() && hop.port.is_none();
                hops = &hops[..hops.iter().position(itself).unwrap_or(hops.len())];
            }
            if let Some(last) = self.chain(hops, wanted.ours, wanted.origin.as_ref(), depth) {
                self.reject_loops(index, &last, wanted.origin.as_ref());
                Arc::make_mut(&mut self.hosts[index].connection).route = Route::Jump(last);
            }
        }
        self.states[index] = State::Settled;
    }

    /// The last of `hops`, reached through those before it.
    fn chain(
        &mut self,
        hops: &[Hop],
        ours: bool,
        origin: Option<&Origin>,
        depth: usize,
    ) -> Option<Arc<Connection>> {
        if hops.is_empty() {
            return None;
        }
        if depth + hops.len() > MAX_HOPS {
            self.refuse(
                format!("there are more than {MAX_HOPS} hosts to go through"),
                origin,
            );
            return None;
        }
        let key = (ours, hops.to_vec());
        if let Some(known) = self.chains.get(&key) {
            return known.clone();
        }
        let mut before: Option<Arc<Connection>> = None;
        for hop in hops {
            let first = before.is_none();
            let named = (ours && hop.user.is_none() && hop.port.is_none())
                .then(|| Name::parse(&hop.host).ok())
                .flatten();
            let mut connection = match named.and_then(|name| self.names.get(&name).copied()) {
                Some(index) => {
                    if first {
                        self.host(index, depth + 1);
                    }
                    (*self.hosts[index].connection).clone()
                }
                None => match self.outside(hop, first, origin, depth) {
                    Some(connection) => connection,
                    None => {
                        self.chains.insert(key, None);
                        return None;
                    }
                },
            };
            if let Some(before) = before {
                connection.route = Route::Jump(before);
            }
            // Nothing runs there.
            connection.r#become = Become::None;
            connection.environment.clear();
            before = Some(self.share(connection));
        }
        self.chains.insert(key, before.clone());
        before
    }

    /// A hop as ssh would reach it; its own jump counts when it is the first.
    fn outside(
        &mut self,
        hop: &Hop,
        first: bool,
        origin: Option<&Origin>,
        depth: usize,
    ) -> Option<Connection> {
        let mut settings = Settings::default();
        settings.user.clone_from(&hop.user);
        settings.port = hop.port;
        let found = match look_up(&hop.host, &settings, self.environment) {
            Ok(found) => found,
            Err(mistakes) => {
                for mistake in mistakes.0 {
                    self.keep(mistake);
                }
                return None;
            }
        };
        let Some(mut connection) = settings.connection(found.layer, self.environment) else {
            self.refuse(
                format!("it is not said which user logs in to {}", hop.host),
                origin,
            );
            return None;
        };
        if !first {
            return Some(connection);
        }
        if let Some(wanted) = found.wanted {
            let origin = wanted.origin.as_ref().or(origin);
            connection.route = Route::Jump(self.chain(&wanted.hops, false, origin, depth + 1)?);
        }
        Some(connection)
    }

    /// A host that is reached through itself is reached by nobody.
    fn reject_loops(&mut self, index: usize, last: &Arc<Connection>, origin: Option<&Origin>) {
        let host = Arc::clone(&self.hosts[index].connection);
        let place = |connection: &Connection| {
            (
                connection.address.clone(),
                connection.port,
                connection.user.clone(),
            )
        };
        let mut next = Some(last);
        while let Some(hop) = next {
            if place(hop) == place(&host) {
                let name = self.hosts[index].name.clone();
                self.refuse(
                    format!("the way to `{name}` leads through {} itself", host.address),
                    origin,
                );
                return;
            }
            next = match &hop.route {
                Route::Jump(before) => Some(before),
                _ => None,
            };
        }
    }

    fn share(&mut self, connection: Connection) -> Arc<Connection> {
        if let Some(known) = self.shared.get(&connection) {
            return Arc::clone(known);
        }
        let connection = Arc::new(connection);
        self.shared.insert(Arc::clone(&connection));
        connection
    }

    fn refuse(&mut self, message: String, origin: Option<&Origin>) {
        let mistake = Diagnostic::new(message);
        let mistake = match origin {
            Some(origin) => mistake.at(origin),
            None => mistake,
        };
        self.keep(mistake.help("`jump = \"none\"` takes a host's jump away"));
    }

    fn keep(&mut self, mistake: Diagnostic) {
        if !self.mistakes.0.contains(&mistake) {
            self.mistakes.push(mistake);
        }
    }
}
