//! The server's side of SSH packet by packet: an honest key exchange, and then whatever a test wants to say.

use provision::transport::ssh::key::Key;
use ring::aead::chacha20_poly1305_openssh as chacha;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use ring::agreement::{EphemeralPrivateKey, UnparsedPublicKey, X25519, agree_ephemeral};
use ring::digest::{SHA256, digest};
use ring::rand::SystemRandom;
use ring::signature::{Ed25519KeyPair, KeyPair};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::payload::{Payload, message, string};

/// How packets are kept from others, and what that hides of their length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cipher {
    /// With a length that is encrypted by itself.
    Chacha20,
    /// With a length that is not.
    Aes256Gcm,
}

impl Cipher {
    fn name(self) -> &'static str {
        match self {
            Self::Chacha20 => "chacha20-poly1305@openssh.com",
            Self::Aes256Gcm => "aes256-gcm@openssh.com",
        }
    }
}

enum Keys {
    Clear,
    Chacha(Box<(chacha::OpeningKey, chacha::SealingKey)>),
    Gcm {
        open: (Box<LessSafeKey>, [u8; 12]),
        seal: (Box<LessSafeKey>, [u8; 12]),
    },
}

/// The key a server shows.
pub struct HostKey(Ed25519KeyPair);

impl HostKey {
    pub fn generate() -> Self {
        let pair = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
        Self(Ed25519KeyPair::from_pkcs8(pair.as_ref()).unwrap())
    }

    pub fn public(&self) -> Key {
        Key::from_blob(self.blob()).unwrap()
    }

    fn blob(&self) -> Vec<u8> {
        let blob = Payload::default().string("ssh-ed25519");
        blob.string(self.0.public_key().as_ref()).0
    }
}

/// One connection; `None` anywhere means that the client has gone, or said what it should not.
pub struct Packets {
    stream: TcpStream,
    greeting: Vec<u8>,
    cipher: Cipher,
    keys: Keys,
    session: Vec<u8>,
    sent: u32,
    received: u32,
}

impl Packets {
    /// Greets, and exchanges keys.
    pub async fn accept(stream: TcpStream, key: &HostKey, cipher: Cipher) -> Option<Self> {
        stream.set_nodelay(true).ok()?;
        let mut this = Self {
            stream,
            greeting: Vec::new(),
            cipher,
            keys: Keys::Clear,
            session: Vec::new(),
            sent: 0,
            received: 0,
        };
        this.stream.write_all(b"SSH-2.0-packets\r\n").await.ok()?;
        while this.greeting.last() != Some(&b'\n') {
            this.greeting.push(this.stream.read_u8().await.ok()?);
        }
        let end = this
            .greeting
            .iter()
            .position(|byte| matches!(byte, b'\r' | b'\n'))?;
        this.greeting.truncate(end);
        this.exchange(key).await?;
        Some(this)
    }

    /// What a server says to begin an exchange of keys.
    pub fn kexinit(&self) -> Payload {
        let mut lists = Payload::new(message::KEXINIT);
        lists.0.extend([7; 16]);
        let cipher = self.cipher.name();
        let macs = "hmac-sha2-256-etm@openssh.com";
        for list in [
            "curve25519-sha256,kex-strict-s-v00@openssh.com",
            "ssh-ed25519",
            cipher,
            cipher,
            macs,
            macs,
            "none",
            "none",
            "",
            "",
        ] {
            lists = lists.string(list);
        }
        lists.byte(0).number(0)
    }

    /// Exchanges keys, for the first time or anew.
    pub async fn exchange(&mut self, key: &HostKey) -> Option<()> {
        let ours = self.kexinit().0;
        self.send(&ours).await?;
        let theirs = self.receive_only(message::KEXINIT).await?;
        let init = self.receive_only(message::KEX_ECDH_INIT).await?;
        let point = string(&mut &init[1..])?;
        let random = SystemRandom::new();
        let secret = EphemeralPrivateKey::generate(&X25519, &random).ok()?;
        let public = secret.compute_public_key().ok()?;
        let peer = UnparsedPublicKey::new(&X25519, &point);
        let shared = agree_ephemeral(secret, &peer, <[u8]>::to_vec).ok()?;
        let hashed = Payload::default()
            .string(&self.greeting)
            .string("SSH-2.0-packets")
            .string(&theirs)
            .string(&ours)
            .string(key.blob())
            .string(&point)
            .string(public.as_ref())
            .mpint(&shared);
        let hash = digest(&SHA256, &hashed.0).as_ref().to_vec();
        let signature = Payload::default()
            .string("ssh-ed25519")
            .string(key.0.sign(&hash).as_ref());
        let reply = Payload::new(message::KEX_ECDH_REPLY)
            .string(key.blob())
            .string(public.as_ref())
            .string(&signature.0);
        self.send(&reply.0).await?;
        self.send(&[message::NEWKEYS]).await?;
        self.receive_only(message::NEWKEYS).await?;
        if self.session.is_empty() {
            self.session.clone_from(&hash);
        }
        self.keys = self.derive(&shared, &hash);
        // Strict key exchange: numbers begin again.
        (self.sent, self.received) = (0, 0);
        Some(())
    }

    /// Makes keys (RFC 4253, section 7.2).
    fn derive(&self, shared: &[u8], hash: &[u8]) -> Keys {
        let base = [Payload::default().mpint(shared).0, hash.to_vec()].concat();
        let key = |letter: u8| {
            let first = digest(&SHA256, &[&base[..], &[letter], &self.session].concat());
            let second = digest(&SHA256, &[&base[..], first.as_ref()].concat());
            [first.as_ref(), second.as_ref()].concat()
        };
        match self.cipher {
            Cipher::Chacha20 => Keys::Chacha(Box::new((
                chacha::OpeningKey::new(key(b'C').first_chunk().unwrap()),
                chacha::SealingKey::new(key(b'D').first_chunk().unwrap()),
            ))),
            Cipher::Aes256Gcm => {
                let half = |iv: u8, letter: u8| {
                    let unbound = UnboundKey::new(&AES_256_GCM, &key(letter)[..32]).unwrap();
                    (
                        Box::new(LessSafeKey::new(unbound)),
                        *key(iv).first_chunk().unwrap(),
                    )
                };
                Keys::Gcm {
                    open: half(b'A', b'C'),
                    seal: half(b'B', b'D'),
                }
            }
        }
    }

    /// Seals a payload, with the length it has.
    fn seal(&mut self, payload: &[u8]) -> Vec<u8> {
        let length_counts = matches!(self.keys, Keys::Clear);
        let counted = 1 + payload.len() + if length_counts { 4 } else { 0 };
        let padding = 4 + (16 - (counted + 4) % 16) % 16;
        let length = u32::try_from(1 + payload.len() + padding).unwrap();
        let mut packet = length.to_be_bytes().to_vec();
        packet.push(u8::try_from(padding).unwrap());
        packet.extend(payload);
        packet.resize(packet.len() + padding, 0);
        match &mut self.keys {
            Keys::Clear => {}
            Keys::Chacha(keys) => {
                let mut tag = [0; chacha::TAG_LEN];
                keys.1.seal_in_place(self.sent, &mut packet, &mut tag);
                packet.extend(tag);
            }
            Keys::Gcm { seal: (key, iv), .. } => {
                let (length, rest) = packet.split_at_mut(4);
                let nonce = Nonce::assume_unique_for_key(*iv);
                let tag = key.seal_in_place_separate_tag(nonce, Aad::from(&*length), rest);
                let tag = tag.unwrap();
                packet.extend(tag.as_ref());
                next(iv);
            }
        }
        self.sent = self.sent.wrapping_add(1);
        packet
    }

    /// Sends one packet.
    pub async fn send(&mut self, payload: &[u8]) -> Option<()> {
        let packet = self.seal(payload);
        self.stream.write_all(&packet).await.ok()
    }

    /// Sends payloads that `next` makes, for as long as the client takes them.
    pub async fn flood(&mut self, mut next: impl FnMut(u32) -> Vec<u8>) {
        for number in 0.. {
            let mut packets = self.seal(&next(number));
            while packets.len() < 64 << 10 {
                packets.extend(self.seal(&next(number)));
            }
            if self.stream.write_all(&packets).await.is_err() {
                return;
            }
        }
    }

    /// Sends a length that nothing stands behind but noise, for as long as the client takes it.
    pub async fn claim(&mut self, length: u32) {
        let mut bytes = length.to_be_bytes().to_vec();
        bytes.resize(64, 0);
        if let Keys::Chacha(keys) = &mut self.keys {
            keys.1
                .seal_in_place(self.sent, &mut bytes, &mut [0; chacha::TAG_LEN]);
        }
        while self.stream.write_all(&bytes).await.is_ok() {}
    }

    /// The next packet of the client.
    pub async fn receive(&mut self) -> Option<Vec<u8>> {
        let mut packet = vec![0; 4];
        self.stream.read_exact(&mut packet).await.ok()?;
        let number = self.received;
        self.received = self.received.wrapping_add(1);
        let length = match &self.keys {
            Keys::Chacha(keys) => keys.0.decrypt_packet_length(number, *packet.first_chunk()?),
            _ => *packet.first_chunk()?,
        };
        let tag = if matches!(self.keys, Keys::Clear) { 0 } else { 16 };
        let length = u32::from_be_bytes(length) as usize;
        packet.resize(4 + length + tag, 0);
        self.stream.read_exact(&mut packet[4..]).await.ok()?;
        let plain = match &mut self.keys {
            Keys::Clear => packet[4..].to_vec(),
            Keys::Chacha(keys) => {
                let (packet, tag) = packet.split_at_mut(4 + length);
                let plain = keys.0.open_in_place(number, packet, (*tag).try_into().unwrap());
                plain.ok()?.to_vec()
            }
            Keys::Gcm { open: (key, iv), .. } => {
                let (length, rest) = packet.split_at_mut(4);
                let nonce = Nonce::assume_unique_for_key(*iv);
                next(iv);
                let plain = key.open_in_place(nonce, Aad::from(&*length), rest);
                plain.ok()?.to_vec()
            }
        };
        let padding = usize::from(*plain.first()?);
        plain
            .get(1..plain.len().checked_sub(padding)?)
            .map(<[u8]>::to_vec)
    }

    /// The next message of this number; others are passed over.
    pub async fn receive_only(&mut self, message: u8) -> Option<Vec<u8>> {
        loop {
            let packet = self.receive().await?;
            if packet.first() == Some(&message) {
                return Some(packet);
            }
        }
    }

    /// Grants the service, so that the client begins to prove who it is; returns its first request.
    pub async fn serve(&mut self) -> Option<Vec<u8>> {
        self.receive_only(message::SERVICE_REQUEST).await?;
        let accept = Payload::new(message::SERVICE_ACCEPT).string("ssh-userauth");
        self.send(&accept.0).await?;
        self.receive_only(message::USERAUTH_REQUEST).await
    }

    /// Lets anybody in.
    pub async fn let_in(&mut self) -> Option<()> {
        self.serve().await?;
        self.send(&[message::USERAUTH_SUCCESS]).await
    }

    /// Opens the session the client asks for, with this window, and waits for its command; returns the number of the
    /// client's channel.
    pub async fn open(&mut self, window: u32) -> Option<u32> {
        let open = self.receive_only(message::CHANNEL_OPEN).await?;
        let mut rest = &open[1..];
        string(&mut rest)?;
        let channel = u32::from_be_bytes(*rest.first_chunk()?);
        let confirmation = Payload::new(message::CHANNEL_OPEN_CONFIRMATION)
            .number(channel)
            .number(0)
            .number(window)
            .number(32 << 10);
        self.send(&confirmation.0).await?;
        self.receive_only(message::CHANNEL_REQUEST).await?;
        Some(channel)
    }

    /// Ends the program of a channel well.
    pub async fn finish(&mut self, channel: u32) -> Option<()> {
        let status = Payload::new(message::CHANNEL_REQUEST)
            .number(channel)
            .string("exit-status")
            .byte(0)
            .number(0);
        for payload in [
            Payload::new(message::CHANNEL_EOF).number(channel),
            status,
            Payload::new(message::CHANNEL_CLOSE).number(channel),
        ] {
            self.send(&payload.0).await?;
        }
        Some(())
    }

    /// Listens until the client goes.
    pub async fn listen(&mut self) {
        while self.receive().await.is_some() {}
    }
}

/// The next nonce of GCM (RFC 5647, section 7.1): the last eight bytes count.
fn next(iv: &mut [u8; 12]) {
    let count = u64::from_be_bytes(iv[4..].try_into().unwrap()).wrapping_add(1);
    iv[4..].copy_from_slice(&count.to_be_bytes());
}
