//! A small SSH server inside this process: a throwaway host that runs `sh` in a directory of its own.
//!
//! For `provision demo` and for tests. It listens on loopback, takes one client key, and keeps its programs' `HOME`
//! apart; it is no sandbox: programs run as the user who started it.

mod exec;

use std::collections::HashMap;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::net::Ipv4Addr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use russh::keys::key::safe_rng;
use russh::keys::ssh_key::LineEnding;
use russh::keys::ssh_key::public::KeyData;
use russh::keys::{Algorithm, PrivateKey};
use russh::server::{
    Auth, ChannelOpenHandle, Config, Handler, Msg, PublicKeyOffer, Session, VerifiedPublicKey,
};
use russh::{Channel, ChannelId, Error, MethodKind, MethodSet};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

use super::key::Key;
use super::known_hosts::lookup_name;

/// A key pair made for one run.
pub struct ClientKey(PrivateKey);

impl ClientKey {
    /// Makes a fresh Ed25519 key.
    pub fn generate() -> io::Result<Self> {
        generate().map(Self)
    }

    /// Writes the private key for its owner alone; fails when the file is there already.
    pub fn write(&self, path: &Path) -> io::Result<()> {
        let text = self.0.to_openssh(LineEnding::LF).map_err(io::Error::other)?;
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)?;
        file.write_all(text.as_bytes())
    }

    /// The public half, as an `authorized_keys` line.
    pub fn public_line(&self) -> io::Result<String> {
        self.0.public_key().to_openssh().map_err(io::Error::other)
    }
}

fn generate() -> io::Result<PrivateKey> {
    PrivateKey::random(&mut safe_rng(), Algorithm::Ed25519).map_err(io::Error::other)
}

/// A running server. Dropping it does what [`Embedded::stop`] does, without waiting for it.
pub struct Embedded {
    port: u16,
    host_key: Key,
    stop: DropGuard,
    tasks: TaskTracker,
}

/// What all connections share.
struct Place {
    home: PathBuf,
    client: KeyData,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl Embedded {
    /// Listens on a free port of 127.0.0.1, for any user name with the key `client`. Programs run in `home`, which
    /// must be there.
    pub async fn start(home: &Path, client: &ClientKey) -> io::Result<Self> {
        let key = generate()?;
        let blob = key.public_key().to_bytes().map_err(io::Error::other)?;
        let host_key = Key::from_blob(blob).ok_or_else(|| io::Error::other("the key has no type"))?;
        let config = Config {
            methods: MethodSet::from(&[MethodKind::PublicKey][..]),
            keys: vec![key],
            // Guessing is no danger here, and waiting costs whoever has several keys.
            auth_rejection_time: Duration::ZERO,
            inactivity_timeout: None,
            nodelay: true,
            ..Config::default()
        };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let port = listener.local_addr()?.port();
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        let place = Arc::new(Place {
            home: home.canonicalize()?,
            client: client.0.public_key().key_data().clone(),
            stop: stop.clone(),
            tasks: tasks.clone(),
        });
        tasks.spawn(listen(listener, Arc::new(config), place));
        Ok(Self {
            port,
            host_key,
            stop: stop.drop_guard(),
            tasks,
        })
    }

    /// The port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The `known_hosts` line for it, without its end.
    pub fn known_hosts_line(&self) -> String {
        self.host_key
            .line(&lookup_name("127.0.0.1", self.port).unwrap_or_default())
    }

    /// The fingerprint of its host key, as `ssh-keygen -l` prints it.
    pub fn fingerprint(&self) -> String {
        self.host_key.fingerprint()
    }

    /// Closes all connections, kills the programs that still run, and waits until all of it is gone.
    pub async fn stop(self) {
        let Self { stop, tasks, .. } = self;
        drop(stop);
        tasks.close();
        tasks.wait().await;
    }
}

async fn listen(listener: TcpListener, config: Arc<Config>, place: Arc<Place>) {
    loop {
        let accepted = tokio::select! {
            () = place.stop.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, _)) => {
                let (config, place) = (Arc::clone(&config), Arc::clone(&place));
                let tasks = place.tasks.clone();
                tasks.spawn(serve(stream, config, place));
            }
            // Out of file descriptors, say: give connections time to end.
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
}

async fn serve(stream: TcpStream, config: Arc<Config>, place: Arc<Place>) {
    // Not set by russh, which gets a stream it knows nothing of.
    if stream.set_nodelay(true).is_err() {
        return;
    }
    let visitor = Visitor {
        place: Arc::clone(&place),
        user: String::new(),
        channels: HashMap::new(),
    };
    let work = async {
        if let Ok(mut session) = russh::server::run_stream(config, stream, visitor).await {
            let handle = session.handle();
            tokio::select! {
                _ = &mut session => {}
                () = place.stop.cancelled() => {
                    let reason = russh::Disconnect::ByApplication;
                    let _ = handle.disconnect(reason, "the host stops".to_owned(), String::new()).await;
                    let _ = session.await;
                }
            }
        }
    };
    tokio::select! {
        () = work => {}
        () = async { place.stop.cancelled().await; tokio::time::sleep(Duration::from_secs(1)).await; } => {}
    }
}

/// One client.
struct Visitor {
    place: Arc<Place>,
    user: String,
    channels: HashMap<ChannelId, Channel<Msg>>,
}

impl Visitor {
    fn knows(&self, key: &KeyData) -> Auth {
        if *key == self.place.client {
            Auth::Accept
        } else {
            Auth::reject()
        }
    }
}

impl Handler for Visitor {
    type Error = Error;

    async fn auth_publickey_offered(&mut self, _: &str, offer: PublicKeyOffer<'_>) -> Result<Auth, Error> {
        Ok(self.knows(offer.public_key.key_data()))
    }

    async fn auth_publickey(&mut self, user: &str, key: VerifiedPublicKey<'_>) -> Result<Auth, Error> {
        user.clone_into(&mut self.user);
        Ok(self.knows(key.public_key.key_data()))
    }

    async fn channel_open_session(
        &mut self,
        channel: Channel<Msg>,
        reply: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), Error> {
        self.channels.insert(channel.id(), channel);
        reply.accept().await;
        Ok(())
    }

    async fn exec_request(&mut self, id: ChannelId, line: &[u8], session: &mut Session) -> Result<(), Error> {
        let Some(channel) = self.channels.remove(&id) else {
            return session.channel_failure(id);
        };
        session.channel_success(id)?;
        let exec = exec::Exec {
            line: String::from_utf8_lossy(line).into_owned(),
            home: self.place.home.clone(),
            user: self.user.clone(),
            stop: self.place.stop.clone(),
        };
        self.place.tasks.spawn(exec.run(channel, session.handle()));
        Ok(())
    }

    async fn channel_close(&mut self, id: ChannelId, _: &mut Session) -> Result<(), Error> {
        self.channels.remove(&id);
        Ok(())
    }
}
