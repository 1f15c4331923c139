//! A key file under a passphrase, which is asked for when a host takes the key: once per run, however many hosts do.

use std::path::PathBuf;
use std::sync::Arc;

use russh::keys::{PrivateKey, PublicKey, decode_secret_key};
use tokio::sync::OnceCell;

use super::Ask;

/// How often a passphrase may be mistyped. Nobody else counts these.
const TRIES: usize = 3;

/// The file, and the key once it is open.
pub(super) struct Locked {
    pub(super) public: PublicKey,
    path: PathBuf,
    text: String,
    open: OnceCell<Result<Arc<PrivateKey>, String>>,
}

impl Locked {
    pub(super) fn new(path: PathBuf, text: String, public: PublicKey) -> Self {
        Self {
            public,
            path,
            text,
            open: OnceCell::new(),
        }
    }

    /// The key; asks for its passphrase the first time, and remembers a refusal too.
    pub(super) async fn open(self: &Arc<Self>, ask: &Arc<dyn Ask>) -> Result<Arc<PrivateKey>, String> {
        let asking = || async {
            let (this, ask) = (Arc::clone(self), Arc::clone(ask));
            // A person types, and then bcrypt works for a while.
            let opened = tokio::task::spawn_blocking(move || this.ask(&*ask)).await;
            opened.unwrap_or_else(|panicked| Err(panicked.to_string()))
        };
        self.open.get_or_init(asking).await.clone()
    }

    fn ask(&self, ask: &dyn Ask) -> Result<Arc<PrivateKey>, String> {
        let question = format!("Passphrase for {}: ", self.path.display());
        for _ in 0..TRIES {
            let passphrase = ask.secret(&question).ok_or("nobody said its passphrase")?;
            if let Ok(key) = decode_secret_key(&self.text, Some(passphrase.expose())) {
                return Ok(Arc::new(key));
            }
        }
        Err("the passphrase is wrong".to_owned())
    }
}
