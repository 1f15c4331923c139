//! Ways to a host: connect, run one program with its text on stdin, read what comes back.
//!
//! A transport knows nothing of steps or frames. The promise every one keeps, checked by one shared contract test:
//! output arrives in order, [`Output::Exit`] or [`Output::Lost`] comes exactly once and last, and nothing waits for ever.

mod input;
pub mod local;
mod refusal;
pub mod replay;
pub mod ssh;

use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;

pub use self::input::Feed;
pub use self::refusal::refusal;
use crate::event::Unreachable;
use crate::inventory::Host;

/// A future that can be kept behind a trait object.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A way to hosts.
pub trait Transport: Send + Sync + 'static {
    /// Connects and authenticates. Ends within the host's timeouts.
    fn connect<'a>(&'a self, host: &'a Host) -> BoxFuture<'a, Result<Box<dyn Session>, Unreachable>>;
}

/// One authenticated connection to a host.
pub trait Session: Send {
    /// Starts `sh`, as the user the inventory says to become, and feeds it `program`.
    ///
    /// Stdin stays open behind the program until [`Running::close_input`]; its end tells the program that nobody
    /// listens any more. The first output may arrive before the whole program is sent.
    ///
    /// May be called again while a program runs. Then all of them have to be read: programs share a connection, and
    /// one that is not read from can hold up the others. They all end when the session is closed or dropped.
    fn run(&mut self, program: Vec<u8>) -> BoxFuture<'_, Result<Box<dyn Running>, Unreachable>>;

    /// Like [`Session::run`] of `head` and `body` together, where many hosts share one `body`: a transport that can does
    /// not copy it.
    fn run_shared(
        &mut self,
        mut head: Vec<u8>,
        body: Arc<[u8]>,
    ) -> BoxFuture<'_, Result<Box<dyn Running>, Unreachable>> {
        head.extend_from_slice(&body);
        self.run(head)
    }

    /// What is known of the connection; nothing where there is none.
    fn link(&self) -> Option<Link> {
        None
    }

    /// Says goodbye. Bounded in time, never fails.
    fn close(self: Box<Self>) -> BoxFuture<'static, ()>;
}

/// A connection that stands, for people to look at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Link {
    /// The address connected to from here; none where something else connected.
    pub address: Option<SocketAddr>,
    /// The host's key: its type, and its fingerprint as `ssh-keygen -l` prints it.
    pub host_key: (String, String),
    /// Whether the key was written down only now.
    pub learned: bool,
    /// What proved who we are.
    pub proof: String,
}

/// A program at work.
pub trait Running: Send {
    /// The next piece of output; `None` after the last. Nothing is lost when the future is dropped.
    fn next(&mut self) -> BoxFuture<'_, Option<Output>>;

    /// Feeds the program `more`, behind all it was fed before. Returns at once, never fails: that a program reads no more
    /// is told by its end.
    fn send(&mut self, more: Arc<[u8]>) -> BoxFuture<'_, ()>;

    /// Feeds the program beside whoever hears it, as fast as it takes it.
    fn feed(&self) -> Feed {
        Feed::nowhere()
    }

    /// Ends the program's stdin, be it in the middle of what it is being fed: it starts no further step. Bounded in time, never fails.
    fn close_input(&mut self) -> BoxFuture<'_, ()>;
}

/// Something a program did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Bytes on stdout.
    Stdout(Vec<u8>),
    /// Bytes on stderr.
    Stderr(Vec<u8>),
    /// It ended by itself.
    Exit(ExitStatus),
    /// The connection ended first; nobody knows how the program ended.
    Lost {
        /// What the transport knows of it.
        detail: String,
    },
}

/// How a program ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExitStatus {
    /// With this code.
    Code(u32),
    /// By this signal, such as `KILL`.
    Signal(String),
}

/// Names of RFC 4254, section 6.10; other signals go by number.
fn signal_name(signal: i32) -> String {
    let name = match signal {
        1 => "HUP",
        2 => "INT",
        3 => "QUIT",
        4 => "ILL",
        6 => "ABRT",
        8 => "FPE",
        9 => "KILL",
        11 => "SEGV",
        13 => "PIPE",
        14 => "ALRM",
        15 => "TERM",
        other => return other.to_string(),
    };
    name.to_owned()
}
