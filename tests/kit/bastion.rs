//! A host that others are reached through: it opens channels to addresses, by names that only it knows.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use provision::inventory::{Connection, Route};
use provision::transport::ssh::key::Key;
use russh::keys::key::safe_rng;
use russh::keys::{Algorithm, PrivateKey};
use russh::server::{Auth, ChannelOpenHandle, Handler, Msg, PublicKeyOffer, Session, VerifiedPublicKey};
use russh::{Channel, ChannelOpenFailure, Error};
use tokio::net::TcpStream;

use super::ssh_server::RawServer;

/// A running bastion.
pub struct TestBastion {
    raw: RawServer,
}

impl std::ops::Deref for TestBastion {
    type Target = RawServer;

    fn deref(&self) -> &RawServer {
        &self.raw
    }
}

struct Gate {
    names: Arc<HashMap<String, u16>>,
}

impl TestBastion {
    /// One that knows these names, each for a port of this machine's loopback.
    pub async fn start(names: &[(&str, u16)]) -> Self {
        let key = PrivateKey::random(&mut safe_rng(), Algorithm::Ed25519).unwrap();
        let host_key = Key::from_blob(key.public_key().to_bytes().unwrap()).unwrap();
        let config = Arc::new(russh::server::Config {
            keys: vec![key],
            auth_rejection_time: Duration::ZERO,
            inactivity_timeout: None,
            nodelay: true,
            ..russh::server::Config::default()
        });
        let names = names.iter().map(|(name, port)| ((*name).to_owned(), *port));
        let names = Arc::new(names.collect::<HashMap<_, _>>());
        let raw = RawServer::start(move |stream, _| {
            let gate = Gate {
                names: Arc::clone(&names),
            };
            let config = Arc::clone(&config);
            Box::pin(async move {
                if let Ok(session) = russh::server::run_stream(config, stream, gate).await {
                    let _ = session.await;
                }
            })
        })
        .await;
        let line = host_key.line(&format!("[127.0.0.1]:{}", raw.port));
        std::fs::write(raw.dir.path().join("known_hosts"), line + "\n").unwrap();
        Self { raw }
    }

    /// The way to what `connection` reaches, under `name`, through this one.
    pub fn before(&self, name: &str, mut connection: Connection) -> Connection {
        connection.host_key_alias = Some(format!("[{}]:{}", connection.address, connection.port));
        name.clone_into(&mut connection.address);
        connection.route = Route::Jump(Arc::new(self.connection()));
        connection
    }

    /// How many connections were ever made to it.
    pub fn connections(&self) -> usize {
        self.seen.connections.load(Ordering::SeqCst)
    }
}

impl Handler for Gate {
    type Error = Error;

    async fn auth_publickey_offered(&mut self, _: &str, _: PublicKeyOffer<'_>) -> Result<Auth, Error> {
        Ok(Auth::Accept)
    }

    async fn auth_publickey(&mut self, _: &str, _: VerifiedPublicKey<'_>) -> Result<Auth, Error> {
        Ok(Auth::Accept)
    }

    async fn channel_open_direct_tcpip(
        &mut self,
        channel: Channel<Msg>,
        host: &str,
        _: u32,
        _: &str,
        _: u32,
        reply: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), Error> {
        let Some(port) = self.names.get(host).copied() else {
            reply.reject(ChannelOpenFailure::ConnectFailed).await;
            return Ok(());
        };
        reply.accept().await;
        tokio::spawn(async move {
            let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
            let mut channel = channel.into_stream();
            let _ = tokio::io::copy_bidirectional(&mut channel, &mut stream).await;
        });
        Ok(())
    }
}
