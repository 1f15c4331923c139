//! The SSH agent: one connection for all hosts of a run, behind a task that asks one thing at a time.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use russh::keys::agent::AgentIdentity;
use russh::keys::agent::client::AgentClient;
use russh::keys::{Certificate, HashAlg, PublicKey};
use tokio::net::UnixStream;
use tokio::sync::{OnceCell, mpsc, oneshot};

/// How long one question may take. A person may have to touch a token, or confirm (`ssh-add -c`).
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);

type Client = AgentClient<UnixStream>;
type Keys = Arc<[Held]>;

/// A key the agent holds.
pub(super) struct Held {
    pub(super) key: PublicKey,
    pub(super) certificate: Option<Arc<Certificate>>,
    pub(super) comment: String,
    /// What the agent knows it by.
    pub(super) identity: AgentIdentity,
}

impl From<AgentIdentity> for Held {
    fn from(identity: AgentIdentity) -> Self {
        let (key, certificate, comment) = match &identity {
            AgentIdentity::PublicKey { key, comment } => (key.clone(), None, comment.clone()),
            AgentIdentity::Certificate { certificate, comment } => (
                certificate.public_key().clone().into(),
                Some(Arc::new(certificate.clone())),
                comment.clone(),
            ),
        };
        Self {
            key,
            certificate,
            comment,
            identity,
        }
    }
}

/// An agent behind its socket.
pub(super) struct Agent {
    socket: PathBuf,
    questions: Mutex<Option<mpsc::Sender<Question>>>,
    keys: OnceCell<Result<Keys, String>>,
}

enum Question {
    Keys {
        answer: oneshot::Sender<Result<Keys, String>>,
    },
    Sign {
        key: Box<AgentIdentity>,
        hash: Option<HashAlg>,
        data: Vec<u8>,
        answer: oneshot::Sender<Result<Vec<u8>, String>>,
    },
}

impl Agent {
    pub(super) fn new(socket: PathBuf) -> Self {
        Self {
            socket,
            questions: Mutex::default(),
            keys: OnceCell::new(),
        }
    }

    pub(super) fn socket(&self) -> &Path {
        &self.socket
    }

    /// Its keys, asked for once.
    pub(super) async fn keys(&self) -> Result<Keys, String> {
        let ask = || async {
            let (answer, keys) = oneshot::channel();
            self.ask(Question::Keys { answer }, keys).await
        };
        self.keys.get_or_init(ask).await.clone()
    }

    /// Has `data` signed; returns it with its signature, as russh wants it.
    pub(super) async fn sign(
        &self,
        key: Box<AgentIdentity>,
        hash: Option<HashAlg>,
        data: Vec<u8>,
    ) -> Result<Vec<u8>, String> {
        let (answer, signed) = oneshot::channel();
        let question = Question::Sign {
            key,
            hash,
            data,
            answer,
        };
        self.ask(question, signed).await
    }

    async fn ask<T>(
        &self,
        question: Question,
        answer: oneshot::Receiver<Result<T, String>>,
    ) -> Result<T, String> {
        let gone = || "it does not answer".to_owned();
        self.questions().send(question).await.map_err(|_| gone())?;
        answer.await.map_err(|_| gone())?
    }

    /// The way to the task, which starts with the first question and ends with this value.
    fn questions(&self) -> mpsc::Sender<Question> {
        let mut questions = self.questions.lock().unwrap_or_else(PoisonError::into_inner);
        questions
            .get_or_insert_with(|| {
                let (sender, receiver) = mpsc::channel(16);
                tokio::spawn(serve(self.socket.clone(), receiver));
                sender
            })
            .clone()
    }
}

async fn serve(socket: PathBuf, mut questions: mpsc::Receiver<Question>) {
    let mut client = None;
    while let Some(question) = questions.recv().await {
        match question {
            Question::Keys { answer } => {
                let keys = bounded(list(&mut client, &socket)).await;
                // Whoever asked may have given up; the next one has not.
                let _ = answer.send(keys);
            }
            Question::Sign {
                key,
                hash,
                data,
                answer,
            } => {
                if answer.is_closed() {
                    continue;
                }
                let signed = bounded(sign(&mut client, &socket, &key, hash, data)).await;
                if signed.is_err() {
                    // After a cut answer the next one could be taken for this one's.
                    client = None;
                }
                let _ = answer.send(signed);
            }
        }
    }
}

async fn bounded<T>(work: impl Future<Output = Result<T, String>>) -> Result<T, String> {
    let late = || format!("it did not answer within {} s", ANSWER_TIMEOUT.as_secs());
    tokio::time::timeout(ANSWER_TIMEOUT, work)
        .await
        .unwrap_or_else(|_| Err(late()))
}

async fn list(client: &mut Option<Client>, socket: &Path) -> Result<Keys, String> {
    let client = connected(client, socket).await?;
    let identities = client
        .request_identities()
        .await
        .map_err(|error| error.to_string())?;
    Ok(identities.into_iter().map(Held::from).collect())
}

async fn sign(
    client: &mut Option<Client>,
    socket: &Path,
    key: &AgentIdentity,
    hash: Option<HashAlg>,
    data: Vec<u8>,
) -> Result<Vec<u8>, String> {
    let client = connected(client, socket).await?;
    client
        .sign_request(key, hash, data)
        .await
        .map_err(|error| error.to_string())
}

async fn connected<'a>(client: &'a mut Option<Client>, socket: &Path) -> Result<&'a mut Client, String> {
    if client.is_none() {
        *client = Some(
            AgentClient::connect_uds(socket)
                .await
                .map_err(|error| error.to_string())?,
        );
    }
    client.as_mut().ok_or_else(|| "it does not answer".to_owned())
}
