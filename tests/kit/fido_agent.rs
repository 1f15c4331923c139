//! An agent that holds one key of a FIDO token, and the token too: made of software, by OpenSSH's PROTOCOL.u2f.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use data_encoding::BASE64;
use russh::keys::key::safe_rng;
use russh::keys::ssh_key::private::{KeypairData, SkEd25519};
use russh::keys::ssh_key::{LineEnding, public};
use russh::keys::{Algorithm, EcdsaCurve, PrivateKey};
use sha2::{Digest, Sha256};
use signature::Signer as _;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};

/// What such keys are for.
const APPLICATION: &str = "ssh:";

/// Somebody touched the token (`UP` of the FIDO specification).
pub const TOUCHED: u8 = 1;

/// A running agent.
pub struct FidoAgent {
    pub socket: PathBuf,
    token: Arc<Token>,
    _dir: TempDir,
}

struct Token {
    key: PrivateKey,
    /// What the token says of the person before it, with each signature.
    flags: u8,
    counter: AtomicU32,
}

/// Something as the wire has strings.
fn string(bytes: &[u8]) -> Vec<u8> {
    let length = u32::try_from(bytes.len()).unwrap().to_be_bytes();
    [&length[..], bytes].concat()
}

impl FidoAgent {
    /// With a key on `sk-ssh-ed25519@openssh.com`, or else `sk-ecdsa-sha2-nistp256@openssh.com`.
    pub fn start(ed25519: bool, flags: u8) -> Self {
        let algorithm = if ed25519 {
            Algorithm::Ed25519
        } else {
            Algorithm::Ecdsa {
                curve: EcdsaCurve::NistP256,
            }
        };
        let key = PrivateKey::random(&mut safe_rng(), algorithm).unwrap();
        let token = Arc::new(Token {
            key,
            flags,
            counter: AtomicU32::new(0),
        });
        let dir = TempDir::new().unwrap();
        let socket = dir.path().join("agent");
        let listener = UnixListener::bind(&socket).unwrap();
        let own = Arc::clone(&token);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(serve(client, Arc::clone(&own)));
            }
        });
        Self {
            socket,
            token,
            _dir: dir,
        }
    }

    /// The key as `authorized_keys` has it.
    pub fn line(&self) -> String {
        format!("{} {}", self.token.kind(), BASE64.encode(&self.token.blob()))
    }

    /// How often it signed.
    pub fn signed(&self) -> u32 {
        self.token.counter.load(Ordering::SeqCst)
    }

    /// The file that `ssh-keygen -t ed25519-sk` leaves: a handle for the token, and nothing to sign with.
    pub fn file(&self) -> String {
        let KeypairData::Ed25519(pair) = self.token.key.key_data() else {
            panic!("only for this kind of key");
        };
        let public = public::SkEd25519::new(pair.public, APPLICATION);
        let stub = SkEd25519::new(public, TOUCHED, vec![7; 64]).unwrap();
        let key = PrivateKey::new(KeypairData::SkEd25519(stub), "token").unwrap();
        key.to_openssh(LineEnding::LF).unwrap().to_string()
    }
}

impl Token {
    fn kind(&self) -> &'static str {
        match self.key.algorithm() {
            Algorithm::Ed25519 => "sk-ssh-ed25519@openssh.com",
            _ => "sk-ecdsa-sha2-nistp256@openssh.com",
        }
    }

    fn blob(&self) -> Vec<u8> {
        let own = self.key.public_key().to_bytes().unwrap();
        let own_kind = self.key.algorithm().as_str().len() + 4;
        // All that stands behind the type is the same, but for the application at the end.
        [
            string(self.kind().as_bytes()),
            own[own_kind..].to_vec(),
            string(APPLICATION.as_bytes()),
        ]
        .concat()
    }

    fn sign(&self, data: &[u8]) -> Vec<u8> {
        let count = self.counter.fetch_add(1, Ordering::SeqCst) + 1;
        let said = [&[self.flags][..], &count.to_be_bytes()].concat();
        let signed = [
            &Sha256::digest(APPLICATION.as_bytes())[..],
            &said,
            &Sha256::digest(data)[..],
        ]
        .concat();
        let signature = self.key.key_data().try_sign(&signed).unwrap();
        [string(self.kind().as_bytes()), string(signature.as_bytes()), said].concat()
    }
}

/// Answers by draft-miller-ssh-agent.
async fn serve(mut client: UnixStream, token: Arc<Token>) {
    while let Ok(length) = client.read_u32().await {
        let mut question = vec![0; length as usize];
        client.read_exact(&mut question).await.unwrap();
        let answer = match question.split_first() {
            Some((11, _)) => [&[12, 0, 0, 0, 1][..], &string(&token.blob()), &string(b"token")].concat(),
            Some((13, rest)) => {
                let (key, rest) = taken(rest);
                assert_eq!(key, token.blob());
                [&[14][..], &string(&token.sign(taken(rest).0))].concat()
            }
            _ => vec![5],
        };
        client.write_all(&string(&answer)).await.unwrap();
    }
}

/// A string of the wire, and what follows it.
fn taken(bytes: &[u8]) -> (&[u8], &[u8]) {
    let (length, rest) = bytes.split_first_chunk().unwrap();
    rest.split_at(u32::from_be_bytes(*length) as usize)
}
