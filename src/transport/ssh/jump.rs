//! Bastions: hosts others are reached through, each by one connection that all of them share.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use russh::{ChannelOpenFailure, Error};
use tokio::sync::OnceCell;

use super::client::words;
use super::pipe::Pipe;
use super::tunnel::Tunnel;
use super::{Greeted, Ssh, bounded};
use crate::event::{ConnectPhase, Unreachable};
use crate::inventory::Connection;

/// The bastions of a run, by how they are reached.
#[derive(Default)]
pub(super) struct Bastions(Mutex<HashMap<Arc<Connection>, Arc<Entry>>>);

/// A bastion, or why there is none: those that wait for it all hear the same, once.
type Entry = OnceCell<Result<Arc<Bastion>, Unreachable>>;

/// An authenticated connection that channels go through.
pub(super) struct Bastion {
    greeted: Greeted,
}

impl Bastions {
    /// The bastion reached by `connection`, connected to when nobody has yet.
    async fn get(&self, ssh: &Ssh, connection: &Arc<Connection>) -> Result<Arc<Bastion>, Unreachable> {
        let connect = || async {
            let greeted = ssh.login(connection).await?;
            Ok(Arc::new(Bastion { greeted }))
        };
        self.entry(connection).get_or_init(connect).await.clone()
    }

    /// The entry to wait at; a new one where a connection has ended.
    fn entry(&self, connection: &Arc<Connection>) -> Arc<Entry> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = all.entry(Arc::clone(connection)).or_default();
        let ended = |bastion: &Arc<Bastion>| bastion.greeted.handle.is_closed();
        if matches!(entry.get(), Some(Ok(bastion)) if ended(bastion)) {
            *entry = Arc::default();
        }
        Arc::clone(entry)
    }

    /// A way to `target` through the bastion that `connection` leads to, which looks up the name and connects.
    pub(super) async fn tunnel(
        &self,
        ssh: &Ssh,
        connection: &Arc<Connection>,
        target: &Connection,
    ) -> Result<Pipe, Unreachable> {
        let hop = place(connection);
        let bastion = self.get(ssh, connection).await.map_err(|why| match why {
            // The hop that failed is named, not those behind it.
            already @ Unreachable::Hop { .. } => already,
            why => Unreachable::Hop {
                hop: hop.clone(),
                why: Box::new(why),
            },
        })?;
        let greeted = &bastion.greeted;
        let failed = |error: &Error| match error {
            Error::ChannelOpenFailure(reason) => Unreachable::Connect {
                address: format!("{}:{} from {hop}", target.address, target.port),
                detail: match reason {
                    ChannelOpenFailure::AdministrativelyProhibited => "it may not forward there".to_owned(),
                    ChannelOpenFailure::ConnectFailed => "it does not get there".to_owned(),
                    other => other.description().to_owned(),
                },
            },
            other => Unreachable::Hop {
                hop: hop.clone(),
                why: Box::new(Unreachable::Protocol {
                    phase: ConnectPhase::Connect,
                    detail: greeted.notes.ended().unwrap_or_else(|| words(other)),
                }),
            },
        };
        let open = async {
            let port = u32::from(target.port);
            let opened =
                greeted
                    .handle
                    .channel_open_direct_tcpip(target.address.as_str(), port, "127.0.0.1", 0);
            opened.await.map_err(|error| failed(&error))
        };
        let channel = bounded(target, ConnectPhase::Connect, open).await?;
        Ok(Pipe::Tunnel(Box::new(Tunnel::new(channel, bastion))))
    }
}

/// A hop, as people write it.
fn place(connection: &Connection) -> String {
    let address = &connection.address;
    let address = if address.contains(':') {
        format!("[{address}]")
    } else {
        address.clone()
    };
    format!("{}@{address}:{}", connection.user, connection.port)
}
