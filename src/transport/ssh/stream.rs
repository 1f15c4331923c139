//! The stream under a connection, with the two powers russh lacks: it can be cut from outside, and a write that
//! makes no progress ends.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, BufReader, ReadBuf};
use tokio::time::Sleep;
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

use super::pipe::Pipe;

/// Reads ahead by this much: a packet costs russh two reads, its length and the rest.
const READ_AHEAD: usize = 2048;

/// How much is kept of what a host says first.
const FIRST: usize = 255;

/// How a greeting begins (RFC 4253, section 4.2).
const GREETING: &str = "SSH-";

/// The first bytes of a host, for the case that it closes the connection without a greeting: sshd then says why.
#[derive(Clone, Default)]
pub(super) struct FirstWords(Arc<Mutex<Vec<u8>>>);

impl FirstWords {
    fn hear(&self, bytes: &[u8]) {
        let mut heard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let room = FIRST - heard.len();
        heard.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }

    /// The line said instead of a greeting, if that is what was said.
    pub(super) fn instead_of_greeting(&self) -> Option<String> {
        let heard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let text = String::from_utf8_lossy(&heard);
        let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        // A greeting that breaks off is one, too.
        let begins = |line: &str| line.starts_with(GREETING) || GREETING.starts_with(line);
        let greeted = lines.clone().any(begins);
        lines.next().filter(|_| !greeted).map(str::to_owned)
    }
}

/// A stream that ends when its token is cancelled.
///
/// During a key exchange russh's loop listens to nothing but the stream, so dropping its handle then would leave the
/// task and the socket behind for as long as the host keeps silent.
pub(super) struct Stream {
    inner: BufReader<Pipe>,
    cut: Pin<Box<WaitForCancellationFutureOwned>>,
    stalled: Option<Pin<Box<Sleep>>>,
    patience: Duration,
    first: FirstWords,
}

impl Stream {
    /// Wraps `inner`; `patience` bounds how long one write may make no progress.
    pub(super) fn new(inner: Pipe, cut: &CancellationToken, patience: Duration, first: FirstWords) -> Self {
        Self {
            inner: BufReader::with_capacity(READ_AHEAD, inner),
            cut: Box::pin(cut.clone().cancelled_owned()),
            stalled: None,
            patience,
            first,
        }
    }

    fn check(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        match self.cut.as_mut().poll(cx) {
            Poll::Ready(()) => Err(io::Error::new(io::ErrorKind::ConnectionAborted, "given up")),
            Poll::Pending => Ok(()),
        }
    }

    /// While russh writes it does not look at its keepalive timer, so a host that takes no bytes would hold it for
    /// as long as TCP does.
    fn progress<T>(&mut self, cx: &mut Context<'_>, poll: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if poll.is_ready() {
            self.stalled = None;
            return poll;
        }
        let patience = self.patience;
        let stalled = self
            .stalled
            .get_or_insert_with(|| Box::pin(tokio::time::sleep(patience)));
        match stalled.as_mut().poll(cx) {
            Poll::Ready(()) => Poll::Ready(Err(io::Error::new(
                io::ErrorKind::TimedOut,
                format!("the host took no data for {} s", patience.as_secs()),
            ))),
            Poll::Pending => Poll::Pending,
        }
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.check(cx)?;
        let before = buf.filled().len();
        let read = Pin::new(&mut self.inner).poll_read(cx, buf);
        self.first.hear(&buf.filled()[before..]);
        read
    }
}

impl AsyncWrite for Stream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.check(cx)?;
        let poll = Pin::new(&mut self.inner).poll_write(cx, buf);
        self.progress(cx, poll)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.check(cx)?;
        let poll = Pin::new(&mut self.inner).poll_flush(cx);
        self.progress(cx, poll)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_instead_of_a_greeting_is_no_part_of_one() {
        let instead = |bytes: &[u8]| {
            let first = FirstWords::default();
            first.hear(bytes);
            first.instead_of_greeting()
        };
        for greeting in [
            "",
            "S",
            "SSH",
            "SSH-2.0-x\r\n",
            "Welcome\r\nSSH-2.0-x\r\n",
            "Welcome\r\nSS",
        ] {
            assert_eq!(instead(greeting.as_bytes()), None, "{greeting:?}");
        }
        assert_eq!(
            instead(b"\r\nNot allowed at this time\r\n").as_deref(),
            Some("Not allowed at this time")
        );
        assert_eq!(instead(b"SSL\n").as_deref(), Some("SSL"));
    }
}
