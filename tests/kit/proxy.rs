//! A TCP proxy on loopback that delays, counts and breaks what passes.

use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::{CancellationToken, DropGuard};

/// What happens to connections.
#[derive(Clone, Copy, Debug, Default)]
pub struct Fault {
    /// How long a byte travels, one way.
    pub delay: Duration,
    /// The connection is cut after this many bytes from the client.
    pub cut_up: Option<u64>,
    /// The connection is cut after this many bytes from the server.
    pub cut_down: Option<u64>,
    /// Nothing is passed on, in either direction, after this many bytes from the server; nobody is told.
    pub hole_after: Option<u64>,
    /// No more is taken from the client after this many bytes; what it writes piles up on its side.
    pub deaf_after: Option<u64>,
}

/// What passed, over all connections.
#[derive(Debug, Default)]
pub struct Passed {
    pub up: AtomicU64,
    pub down: AtomicU64,
    /// The longest chain of flights in which each was sent after the one before had arrived: round trips, without
    /// the one TCP takes to connect.
    pub round_trips: AtomicU64,
    pub connections: AtomicU64,
    /// Where each piece that was passed on ended, in bytes from the client and from the server.
    pub ends: [Mutex<Vec<u64>>; 2],
    /// Connections that are over on both sides.
    pub closed: AtomicU64,
}

/// A running proxy; it ends, and cuts its connections, when dropped.
pub struct Proxy {
    pub port: u16,
    pub passed: Arc<Passed>,
    _stop: DropGuard,
}

impl Proxy {
    pub async fn start(target: u16, fault: Fault) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let passed = Arc::new(Passed::default());
        let stop = CancellationToken::new();
        let shared = Arc::clone(&passed);
        let stopped = stop.clone();
        tokio::spawn(stop.clone().run_until_cancelled_owned(async move {
            while let Ok((client, _)) = listener.accept().await {
                shared.connections.fetch_add(1, Ordering::SeqCst);
                let line = Line::new(fault, Arc::clone(&shared));
                let stopped = stopped.clone();
                tokio::spawn(async move {
                    stopped
                        .run_until_cancelled_owned(line.carry(client, target))
                        .await;
                });
            }
        }));
        Self {
            port,
            passed,
            _stop: stop.drop_guard(),
        }
    }

    /// Round trips so far, the one of TCP included.
    pub fn round_trips(&self) -> u64 {
        1 + self.passed.round_trips.load(Ordering::SeqCst)
    }
}

/// One connection.
struct Line {
    fault: Fault,
    passed: Arc<Passed>,
    /// The latest flight that arrived at the server, and at the client.
    at_server: AtomicU64,
    at_client: AtomicU64,
    cut: CancellationToken,
    hole: CancellationToken,
}

struct Chunk {
    due: Instant,
    flight: u64,
    bytes: Vec<u8>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Up,
    Down,
}

impl Line {
    fn new(fault: Fault, passed: Arc<Passed>) -> Arc<Self> {
        Arc::new(Self {
            fault,
            passed,
            // What the server says first answers the client's connecting.
            at_server: AtomicU64::new(1),
            at_client: AtomicU64::new(0),
            cut: CancellationToken::new(),
            hole: CancellationToken::new(),
        })
    }

    async fn carry(self: Arc<Self>, client: TcpStream, target: u16) {
        client.set_nodelay(true).unwrap();
        let (client_read, client_write) = client.into_split();
        let (up, from_client) = mpsc::unbounded_channel();
        let (down, from_server) = mpsc::unbounded_channel();
        let rest = async {
            tokio::time::sleep(self.fault.delay).await;
            let server = TcpStream::connect((Ipv4Addr::LOCALHOST, target)).await.unwrap();
            server.set_nodelay(true).unwrap();
            let (server_read, server_write) = server.into_split();
            tokio::join!(
                self.deliver(Way::Up, server_write, from_client),
                self.take(Way::Down, server_read, down),
                self.deliver(Way::Down, client_write, from_server),
            );
        };
        let both = async { tokio::join!(self.take(Way::Up, client_read, up), rest) };
        self.cut.run_until_cancelled(both).await;
        self.passed.closed.fetch_add(1, Ordering::SeqCst);
    }

    async fn take(&self, way: Way, mut read: OwnedReadHalf, sender: mpsc::UnboundedSender<Chunk>) {
        let mut bytes = vec![0; 64 << 10];
        let mut taken = 0;
        while let Ok(length @ 1..) = read.read(&mut bytes).await {
            let flight = match way {
                Way::Up => self.at_client.load(Ordering::SeqCst) + 1,
                Way::Down => self.at_server.load(Ordering::SeqCst),
            };
            let chunk = Chunk {
                due: Instant::now() + self.fault.delay,
                flight,
                bytes: bytes[..length].to_vec(),
            };
            if sender.send(chunk).is_err() {
                return;
            }
            taken += length as u64;
            if way == Way::Up && self.fault.deaf_after.is_some_and(|after| taken > after) {
                std::future::pending::<()>().await;
            }
        }
    }

    async fn deliver(
        &self,
        way: Way,
        mut write: OwnedWriteHalf,
        mut receiver: mpsc::UnboundedReceiver<Chunk>,
    ) {
        let [up_ends, down_ends] = &self.passed.ends;
        let (count, ends, limit, arrived) = match way {
            Way::Up => (&self.passed.up, up_ends, self.fault.cut_up, &self.at_server),
            Way::Down => (&self.passed.down, down_ends, self.fault.cut_down, &self.at_client),
        };
        let mut total = 0;
        while let Some(mut chunk) = receiver.recv().await {
            tokio::time::sleep_until(chunk.due).await;
            if way == Way::Down
                && let Some(after) = self.fault.hole_after
                && total + chunk.bytes.len() as u64 > after
            {
                chunk.bytes.truncate(usize::try_from(after - total).unwrap());
                self.hole.cancel();
            }
            let left = limit.map(|limit| limit - total);
            let cut = left.is_some_and(|left| chunk.bytes.len() as u64 >= left);
            if cut {
                chunk.bytes.truncate(usize::try_from(left.unwrap()).unwrap());
            }
            if way == Way::Up && self.hole.is_cancelled() {
                chunk.bytes.clear();
            }
            total += chunk.bytes.len() as u64;
            ends.lock().unwrap().push(total);
            count.fetch_add(chunk.bytes.len() as u64, Ordering::SeqCst);
            // Before the bytes are there: who reads them may answer before this task runs again.
            arrived.fetch_max(chunk.flight, Ordering::SeqCst);
            if way == Way::Down && !chunk.bytes.is_empty() {
                self.passed.round_trips.fetch_max(chunk.flight, Ordering::SeqCst);
            }
            if write.write_all(&chunk.bytes).await.is_err() {
                return;
            }
            if cut {
                self.cut.cancel();
                return;
            }
            if self.hole.is_cancelled() && way == Way::Down {
                std::future::pending::<()>().await;
            }
        }
        let _ = write.shutdown().await;
    }
}
