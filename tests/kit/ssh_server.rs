//! SSH servers that misbehave in one chosen way.

use std::collections::HashMap;
use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use provision::inventory::Connection;
use provision::transport::BoxFuture;
use provision::transport::ssh::embedded::ClientKey;
use provision::transport::ssh::key::Key;
use russh::keys::key::safe_rng;
use russh::keys::{Algorithm, PrivateKey};
use russh::server::{Auth, Handle, Handler, Msg, PublicKeyOffer, Session, VerifiedPublicKey};
use russh::{Channel, ChannelId, ChannelMsg, Error};
use tempfile::TempDir;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::host::connection;

/// What an exec request leads to.
pub type Exec = Arc<dyn Fn(Channel<Msg>, Handle) -> BoxFuture<'static, ()> + Send + Sync>;

/// The way a server misbehaves.
#[derive(Clone)]
pub struct Manners {
    pub host_key: Algorithm,
    /// Changes russh's configuration.
    pub config: fn(&mut russh::server::Config),
    pub exec: Exec,
    /// Never answers an offered key.
    pub hangs_in_auth: bool,
    /// Takes no key.
    pub denies: bool,
    /// Takes this password, by this method and no other.
    pub password: Option<(russh::MethodKind, &'static str)>,
    /// Says this before anybody has logged in.
    pub banner: Option<String>,
    /// Never answers a channel's opening; or refuses it.
    pub open: Open,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Open {
    Accepted,
    Refused,
    Unanswered,
}

impl Manners {
    /// Well behaved, but for its programs.
    pub fn exec<F>(exec: impl Fn(Channel<Msg>, Handle) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        Self {
            host_key: Algorithm::Ed25519,
            config: |_| {},
            exec: Arc::new(move |channel, handle| Box::pin(exec(channel, handle))),
            hangs_in_auth: false,
            denies: false,
            password: None,
            banner: None,
            open: Open::Accepted,
        }
    }

    /// Well behaved; a command that it is sent begins, and ends well.
    pub fn obedient() -> Self {
        Self::exec(|mut channel, _| async move {
            let mut program = Vec::new();
            let word = loop {
                match channel.wait().await {
                    Some(ChannelMsg::Data { data }) => program.extend_from_slice(&data),
                    Some(_) => continue,
                    None => return,
                }
                let text = String::from_utf8_lossy(&program);
                let mut lines = text.split_inclusive('\n');
                let nonce = lines.find_map(|line| line.strip_prefix("nonce=")?.strip_suffix('\n'));
                if let Some(nonce) = nonce {
                    break format!("\n\x1e{nonce} ready\n");
                }
            };
            channel.data(word.as_bytes()).await.unwrap();
            channel.eof().await.unwrap();
            channel.exit_status(0).await.unwrap();
            channel.close().await.unwrap();
        })
    }

    /// Well behaved; its programs end at once.
    pub fn good() -> Self {
        Self::exec(|channel, _| async move {
            channel.eof().await.unwrap();
            channel.exit_status(0).await.unwrap();
            channel.close().await.unwrap();
        })
    }
}

/// A running server.
pub struct ScriptedServer {
    raw: RawServer,
    pub host_key: Key,
}

impl std::ops::Deref for ScriptedServer {
    type Target = RawServer;

    fn deref(&self) -> &RawServer {
        &self.raw
    }
}

/// What clients did.
#[derive(Default)]
pub struct Seen {
    /// Keys offered, whether taken or not; and these keys in base64.
    pub offers: AtomicUsize,
    pub keys: Mutex<Vec<String>>,
    /// Passwords heard.
    pub passwords: Mutex<Vec<String>>,
    /// Connections that were made, and that are still there.
    pub connections: AtomicUsize,
    pub open: AtomicUsize,
}

impl ScriptedServer {
    pub async fn start(manners: Manners) -> Self {
        let key = PrivateKey::random(&mut safe_rng(), manners.host_key.clone()).unwrap();
        let host_key = Key::from_blob(key.public_key().to_bytes().unwrap()).unwrap();
        let mut config = russh::server::Config {
            keys: vec![key],
            auth_rejection_time: Duration::ZERO,
            inactivity_timeout: None,
            nodelay: true,
            ..russh::server::Config::default()
        };
        (manners.config)(&mut config);
        let config = Arc::new(config);
        let raw = RawServer::start(move |stream, seen| {
            let visitor = Visitor {
                manners: manners.clone(),
                seen,
                channels: HashMap::new(),
            };
            let config = Arc::clone(&config);
            Box::pin(async move {
                if let Ok(session) = russh::server::run_stream(config, stream, visitor).await {
                    let _ = session.await;
                }
            })
        })
        .await;
        let line = host_key.line(&format!("[127.0.0.1]:{}", raw.port));
        std::fs::write(raw.dir.path().join("known_hosts"), line + "\n").unwrap();
        Self { raw, host_key }
    }
}

struct Visitor {
    manners: Manners,
    seen: Arc<Seen>,
    channels: HashMap<ChannelId, Channel<Msg>>,
}

impl Visitor {
    fn judge(&self, password: Option<&str>) -> Auth {
        let wanted = self.manners.password;
        if let Some(password) = password {
            self.seen.passwords.lock().unwrap().push(password.to_owned());
            if wanted.is_some_and(|(_, wanted)| wanted == password) {
                return Auth::Accept;
            }
        }
        let methods = match wanted {
            Some((method, _)) => [method].as_slice().into(),
            None => [russh::MethodKind::PublicKey].as_slice().into(),
        };
        Auth::Reject {
            proceed_with_methods: Some(methods),
            partial_success: false,
        }
    }
}

impl Handler for Visitor {
    type Error = Error;

    async fn authentication_banner(&mut self) -> Result<Option<String>, Error> {
        Ok(self.manners.banner.clone())
    }

    async fn auth_publickey_offered(&mut self, _: &str, offer: PublicKeyOffer<'_>) -> Result<Auth, Error> {
        self.seen.offers.fetch_add(1, Ordering::SeqCst);
        let line = offer.public_key.to_openssh().unwrap();
        let base64 = line.split(' ').nth(1).unwrap().to_owned();
        self.seen.keys.lock().unwrap().push(base64);
        if self.manners.hangs_in_auth {
            std::future::pending::<()>().await;
        }
        Ok(if self.manners.denies {
            Auth::reject()
        } else {
            Auth::Accept
        })
    }

    async fn auth_publickey(&mut self, _: &str, _: VerifiedPublicKey<'_>) -> Result<Auth, Error> {
        Ok(Auth::Accept)
    }

    async fn auth_none(&mut self, _: &str) -> Result<Auth, Error> {
        Ok(self.judge(None))
    }

    async fn auth_password(&mut self, _: &str, password: &str) -> Result<Auth, Error> {
        Ok(self.judge(Some(password)))
    }

    async fn auth_keyboard_interactive<'a>(
        &'a mut self,
        _: &str,
        _: &str,
        response: Option<russh::server::Response<'a>>,
    ) -> Result<Auth, Error> {
        let answers: Vec<_> = response.into_iter().flatten().collect();
        match answers.first() {
            None => Ok(Auth::Partial {
                name: "".into(),
                instructions: "".into(),
                prompts: vec![("Password: ".into(), false)].into(),
            }),
            Some(answer) => Ok(self.judge(Some(&String::from_utf8_lossy(answer)))),
        }
    }

    async fn channel_open_session(
        &mut self,
        channel: Channel<Msg>,
        reply: russh::server::ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), Error> {
        match self.manners.open {
            Open::Accepted => {
                self.channels.insert(channel.id(), channel);
                reply.accept().await;
            }
            Open::Refused => reply.reject(russh::ChannelOpenFailure::ResourceShortage).await,
            Open::Unanswered => std::mem::forget(reply),
        }
        Ok(())
    }

    async fn exec_request(&mut self, id: ChannelId, _: &[u8], session: &mut Session) -> Result<(), Error> {
        let channel = self.channels.remove(&id).unwrap();
        tokio::spawn((self.manners.exec)(channel, session.handle()));
        Ok(())
    }
}

/// A server that does with a connection what a closure says: for everything below SSH.
pub struct RawServer {
    pub port: u16,
    pub dir: TempDir,
    pub seen: Arc<Seen>,
    _stop: DropGuard,
}

impl RawServer {
    pub async fn start(
        serve: impl Fn(TcpStream, Arc<Seen>) -> BoxFuture<'static, ()> + Send + Sync + 'static,
    ) -> Self {
        let dir = TempDir::new().unwrap();
        ClientKey::generate()
            .unwrap()
            .write(&dir.path().join("id"))
            .unwrap();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let stop = CancellationToken::new();
        let seen = Arc::new(Seen::default());
        let count = Arc::clone(&seen);
        tokio::spawn(stop.clone().run_until_cancelled_owned(async move {
            while let Ok((stream, _)) = listener.accept().await {
                count.connections.fetch_add(1, Ordering::SeqCst);
                count.open.fetch_add(1, Ordering::SeqCst);
                let serving = serve(stream, Arc::clone(&count));
                let count = Arc::clone(&count);
                tokio::spawn(async move {
                    serving.await;
                    count.open.fetch_sub(1, Ordering::SeqCst);
                });
            }
        }));
        Self {
            port,
            dir,
            seen,
            _stop: stop.drop_guard(),
        }
    }

    /// Sends `bytes` over and over, until nobody takes them.
    pub async fn endless(bytes: &'static [u8]) -> Self {
        Self::start(move |mut stream, _| {
            Box::pin(async move { while stream.write_all(bytes).await.is_ok() {} })
        })
        .await
    }

    /// Says `bytes`, then nothing until the client goes.
    pub async fn says(bytes: &'static [u8]) -> Self {
        Self::start(move |mut stream, _| {
            Box::pin(async move {
                let _ = stream.write_all(bytes).await;
                let (mut read, _write) = stream.into_split();
                let _ = tokio::io::copy(&mut read, &mut tokio::io::sink()).await;
            })
        })
        .await
    }

    pub fn connection(&self) -> Connection {
        connection(self.port, self.dir.path())
    }
}
