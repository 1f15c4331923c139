//! From a host name to a TCP connection: resolve, then try the addresses, several at once when they are slow.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::event::{ConnectPhase, Unreachable};
use crate::inventory::{AddressFamily, Connection};

/// How long an address is waited for before the next one is tried beside it (RFC 8305, section 8).
const HEAD_START: Duration = Duration::from_millis(250);

/// How many names are looked up at once. The system's resolver blocks a thread for each.
const LOOKUPS: usize = 32;

/// How long is waited between attempts, as ssh does.
const BETWEEN_ATTEMPTS: Duration = Duration::from_secs(1);

/// `EMFILE`: this process has no descriptor left.
const NO_DESCRIPTORS: i32 = 24;

/// How soon a descriptor is asked for again.
const RETRY: Duration = Duration::from_millis(20);

/// Names being looked up at this moment, over all hosts.
pub(super) struct Resolver(Semaphore);

impl Default for Resolver {
    fn default() -> Self {
        Self(Semaphore::new(LOOKUPS))
    }
}

impl Resolver {
    /// Resolves and connects, each attempt within the connect timeout.
    pub(super) async fn connect(&self, connection: &Connection) -> Result<TcpStream, Unreachable> {
        let mut attempt = 1;
        loop {
            match self.attempt(connection).await {
                Err(_) if attempt < connection.connection_attempts => {
                    attempt += 1;
                    tokio::time::sleep(BETWEEN_ATTEMPTS).await;
                }
                settled => return settled,
            }
        }
    }

    async fn attempt(&self, connection: &Connection) -> Result<TcpStream, Unreachable> {
        let deadline = Instant::now() + connection.connect_timeout;
        let late = |phase| Unreachable::Timeout {
            phase,
            after: connection.connect_timeout,
        };
        let looking = async {
            let addresses = self.resolve(&connection.address, connection.port).await?;
            let addresses = allowed(connection.address_family, addresses);
            let own = match &connection.bind_address {
                Some(name) => self.resolve(name, 0).await?,
                None => Vec::new(),
            };
            Ok::<_, Unreachable>((addresses, own))
        };
        let (addresses, own) = tokio::time::timeout_at(deadline, looking)
            .await
            .map_err(|_| late(ConnectPhase::Resolve))??;
        if addresses.is_empty() {
            return Err(Unreachable::Resolve {
                address: connection.address.clone(),
                detail: "it has no address of the family that may be used".to_owned(),
            });
        }
        let tried = tried(connection, &addresses);
        let open = |address: SocketAddr| {
            open(
                address,
                own.iter().find(|one| one.is_ipv6() == address.is_ipv6()).copied(),
            )
        };
        let stream = tokio::time::timeout_at(deadline, race(addresses, open))
            .await
            .map_err(|_| late(ConnectPhase::Connect))?;
        stream.map_err(|detail| Unreachable::Connect {
            address: tried,
            detail,
        })
    }

    async fn resolve(&self, name: &str, port: u16) -> Result<Vec<SocketAddr>, Unreachable> {
        let bare = name.trim_start_matches('[').trim_end_matches(']');
        if let Ok(address) = bare.parse::<IpAddr>() {
            return Ok(vec![SocketAddr::new(address, port)]);
        }
        let unresolved = |detail: String| Unreachable::Resolve {
            address: name.to_owned(),
            detail,
        };
        let turn = self
            .0
            .acquire()
            .await
            .map_err(|error| unresolved(error.to_string()))?;
        let found = tokio::net::lookup_host((bare, port)).await;
        drop(turn);
        let addresses = found.map_err(|error| unresolved(error.to_string()))?;
        let addresses = interleave(addresses.collect());
        if addresses.is_empty() {
            return Err(unresolved("it has no address".to_owned()));
        }
        Ok(addresses)
    }
}

/// Those of a family.
fn allowed(family: AddressFamily, mut addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    addresses.retain(|address| match family {
        AddressFamily::Any => true,
        AddressFamily::Inet => address.is_ipv4(),
        AddressFamily::Inet6 => address.is_ipv6(),
    });
    addresses
}

/// What a person would recognise: the address as the inventory has it, and what the resolver made of it.
fn tried(connection: &Connection, addresses: &[SocketAddr]) -> String {
    let (name, port) = (&connection.address, connection.port);
    let found: Vec<String> = addresses.iter().map(|address| address.ip().to_string()).collect();
    match found.as_slice() {
        [one] if one == name.trim_start_matches('[').trim_end_matches(']') => addresses[0].to_string(),
        _ => format!("{name}:{port} ({})", found.join(", ")),
    }
}

/// Addresses that failed alike are not told apart: hosts in equal trouble are then told of together.
fn told(failures: &[(Option<SocketAddr>, String)]) -> String {
    match failures {
        [(_, first), rest @ ..] if rest.iter().all(|(_, words)| words == first) => first.clone(),
        several => {
            let each = several.iter().map(|(address, words)| match address {
                Some(address) => format!("{}: {words}", address.ip()),
                None => words.clone(),
            });
            each.collect::<Vec<_>>().join("; ")
        }
    }
}

/// Lets the address families take turns, beginning with the resolver's first choice (RFC 8305, section 4).
fn interleave(addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let first = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (one, other): (Vec<_>, Vec<_>) = addresses
        .into_iter()
        .partition(|address| address.is_ipv6() == first);
    let (mut one, mut other) = (one.into_iter(), other.into_iter());
    let mut mixed = Vec::new();
    loop {
        let pair = [one.next(), other.next()];
        if pair == [None, None] {
            return mixed;
        }
        mixed.extend(pair.into_iter().flatten());
    }
}

/// The first address that answers. Each next one is tried when the one before failed, or has been silent for long.
async fn race<T, F>(addresses: Vec<SocketAddr>, open: impl Fn(SocketAddr) -> F) -> Result<T, String>
where
    T: Send + 'static,
    F: Future<Output = io::Result<T>> + Send + 'static,
{
    let mut waiting = addresses.into_iter().peekable();
    let mut trying = JoinSet::new();
    let mut failures = Vec::new();
    loop {
        if let Some(address) = waiting.next() {
            let opening = open(address);
            trying.spawn(async move { opening.await.map_err(|error| (address, error)) });
        }
        let ended = tokio::select! {
            ended = trying.join_next() => ended,
            () = tokio::time::sleep(HEAD_START), if waiting.peek().is_some() => continue,
        };
        match ended {
            Some(Ok(Ok(stream))) => return Ok(stream),
            Some(Ok(Err((address, error)))) => failures.push((Some(address), words(&error))),
            Some(Err(panicked)) => failures.push((None, panicked.to_string())),
            None => return Err(told(&failures)),
        }
    }
}

async fn open(address: SocketAddr, own: Option<SocketAddr>) -> io::Result<TcpStream> {
    loop {
        match dial(address, own).await {
            // Others give theirs back; whoever waits for us gives up in time.
            Err(error) if error.raw_os_error() == Some(NO_DESCRIPTORS) => tokio::time::sleep(RETRY).await,
            settled => return settled,
        }
    }
}

async fn dial(address: SocketAddr, own: Option<SocketAddr>) -> io::Result<TcpStream> {
    let socket = if address.is_ipv6() {
        TcpSocket::new_v6()?
    } else {
        TcpSocket::new_v4()?
    };
    if let Some(own) = own {
        socket.bind(own)?;
    }
    // Small packets, each of which somebody waits for: Nagle's algorithm would hold them back.
    socket.set_nodelay(true)?;
    socket.connect(address).await
}

/// The system's words without the error number.
fn words(error: &io::Error) -> String {
    let text = error.to_string();
    match text.split_once(" (os error") {
        Some((words, _)) => words.to_owned(),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(list: &[&str]) -> Vec<SocketAddr> {
        list.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn address_families_take_turns() {
        assert_eq!(
            interleave(parse(&[
                "[::1]:1",
                "[::2]:1",
                "127.0.0.1:1",
                "127.0.0.2:1",
                "127.0.0.3:1"
            ])),
            parse(&["[::1]:1", "127.0.0.1:1", "[::2]:1", "127.0.0.2:1", "127.0.0.3:1"])
        );
        assert_eq!(interleave(Vec::new()), Vec::new());
    }

    /// Port 1 refuses, port 2 is silent, port 3 answers, port 4 has no way to it.
    async fn answer(address: SocketAddr) -> io::Result<SocketAddr> {
        match address.port() {
            1 => Err(io::ErrorKind::ConnectionRefused.into()),
            2 => std::future::pending().await,
            4 => Err(io::ErrorKind::HostUnreachable.into()),
            _ => Ok(address),
        }
    }

    #[tokio::test]
    async fn a_dead_address_costs_little() {
        let start = Instant::now();
        let addresses = parse(&["127.0.0.1:1", "[::1]:2", "127.0.0.2:2", "[::1]:3"]);
        let answered = race(addresses, answer).await.unwrap();
        assert_eq!(answered, "[::1]:3".parse().unwrap());
        assert!(start.elapsed() < HEAD_START * 4, "took {:?}", start.elapsed());
    }

    #[tokio::test]
    async fn every_failure_is_told() {
        let failed = |addresses: &'static [&str]| async { race(parse(addresses), answer).await.unwrap_err() };
        assert_eq!(failed(&["127.0.0.1:1", "[::1]:1"]).await, "connection refused");
        assert_eq!(
            failed(&["127.0.0.1:1", "[::1]:4"]).await,
            "127.0.0.1: connection refused; ::1: host unreachable"
        );
    }
}
