//! From a host name to a TCP connection: resolve, then try the addresses, several at once when they are slow.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::event::{ConnectPhase, Unreachable};
use crate::inventory::Connection;

/// How long an address is waited for before the next one is tried beside it (RFC 8305, section 8).
const HEAD_START: Duration = Duration::from_millis(250);

/// How many names are looked up at once. The system's resolver blocks a thread for each.
const LOOKUPS: usize = 32;

/// Names being looked up at this moment, over all hosts.
pub(super) struct Resolver(Semaphore);

impl Default for Resolver {
    fn default() -> Self {
        Self(Semaphore::new(LOOKUPS))
    }
}

impl Resolver {
    /// Resolves and connects, all within the connect timeout.
    pub(super) async fn connect(&self, connection: &Connection) -> Result<TcpStream, Unreachable> {
        let deadline = Instant::now() + connection.connect_timeout;
        let late = |phase| Unreachable::Timeout {
            phase,
            after: connection.connect_timeout,
        };
        let addresses = tokio::time::timeout_at(deadline, self.resolve(connection))
            .await
            .map_err(|_| late(ConnectPhase::Resolve))??;
        let stream = tokio::time::timeout_at(deadline, race(addresses, open))
            .await
            .map_err(|_| late(ConnectPhase::Connect))?;
        stream.map_err(|detail| Unreachable::Connect {
            address: format!("{}:{}", connection.address, connection.port),
            detail,
        })
    }

    async fn resolve(&self, connection: &Connection) -> Result<Vec<SocketAddr>, Unreachable> {
        let name = connection.address.trim_start_matches('[').trim_end_matches(']');
        if let Ok(address) = name.parse::<IpAddr>() {
            return Ok(vec![SocketAddr::new(address, connection.port)]);
        }
        let unresolved = |detail: String| Unreachable::Resolve {
            address: connection.address.clone(),
            detail,
        };
        let turn = self
            .0
            .acquire()
            .await
            .map_err(|error| unresolved(error.to_string()))?;
        let found = tokio::net::lookup_host((name, connection.port)).await;
        drop(turn);
        let addresses = found.map_err(|error| unresolved(error.to_string()))?;
        let addresses = interleave(addresses.collect());
        if addresses.is_empty() {
            return Err(unresolved("it has no address".to_owned()));
        }
        Ok(addresses)
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
    let mut failures: Vec<String> = Vec::new();
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
            Some(Ok(Err((address, error)))) => failures.push(format!("{address}: {}", words(&error))),
            Some(Err(panicked)) => failures.push(panicked.to_string()),
            None => return Err(failures.join("; ")),
        }
    }
}

async fn open(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(address).await?;
    // Small packets, each of which somebody waits for: Nagle's algorithm would hold them back.
    stream.set_nodelay(true)?;
    Ok(stream)
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

    /// Port 1 refuses, port 2 is silent, port 3 answers.
    async fn answer(address: SocketAddr) -> io::Result<SocketAddr> {
        match address.port() {
            1 => Err(io::ErrorKind::ConnectionRefused.into()),
            2 => std::future::pending().await,
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
        let told = race(parse(&["127.0.0.1:1", "[::1]:1"]), answer)
            .await
            .unwrap_err();
        assert_eq!(
            told,
            "127.0.0.1:1: connection refused; [::1]:1: connection refused"
        );
    }
}
