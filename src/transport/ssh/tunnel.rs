//! A way through a bastion: one channel of its connection.
//!
//! A bastion's connection carries the channels of all hosts behind it, and russh hands out what arrives in one loop: a
//! channel that is not read from stops all others. So a task of its own always reads, whatever the host's own
//! connection does. What may pile up is bounded by the flow control of that inner connection, as no host may send more
//! than the window it was given; one that does all the same is cut.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use russh::client::Msg;
use russh::{Channel, ChannelMsg, ChannelReadHalf, ChannelWriteHalf};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::mpsc;

use super::jump::Bastion;

/// The window a host behind a bastion is given for each of its channels.
pub(super) const INNER_WINDOW: u32 = 512 << 10;

/// How much may wait to be read: the windows of the few channels a host has, and what SSH adds.
const MAX_HELD: usize = 4 * (INNER_WINDOW as usize);

/// How long the closing of a channel may take.
const GOODBYE: Duration = Duration::from_secs(1);

type Piece = Result<Vec<u8>, &'static str>;

/// One channel to an address behind a bastion.
pub(super) struct Tunnel {
    received: mpsc::UnboundedReceiver<Piece>,
    /// What of the last piece was not read yet, and from where on.
    rest: (Vec<u8>, usize),
    /// How much was received and not read.
    held: Arc<AtomicUsize>,
    pub(super) writer: Pin<Box<dyn AsyncWrite + Send + Sync>>,
    /// Lives as long as somebody goes through it.
    _bastion: Arc<Bastion>,
}

impl Tunnel {
    pub(super) fn new(channel: Channel<Msg>, bastion: Arc<Bastion>) -> Self {
        let (reader, writer) = channel.split();
        let stream = Box::pin(writer.make_writer());
        let (sender, received) = mpsc::unbounded_channel();
        let held = Arc::new(AtomicUsize::new(0));
        tokio::spawn(pump(reader, writer, sender, Arc::clone(&held)));
        Self {
            received,
            rest: (Vec::new(), 0),
            held,
            writer: stream,
            _bastion: bastion,
        }
    }
}

/// Takes what arrives, at once, until either side has had enough.
async fn pump(
    mut reader: ChannelReadHalf,
    writer: ChannelWriteHalf<Msg>,
    sender: mpsc::UnboundedSender<Piece>,
    held: Arc<AtomicUsize>,
) {
    loop {
        let said = tokio::select! {
            said = reader.wait() => said,
            () = sender.closed() => break,
        };
        match said {
            Some(ChannelMsg::Data { data }) => {
                let now = held.fetch_add(data.len(), Ordering::Relaxed) + data.len();
                if now > MAX_HELD {
                    let _ = sender.send(Err("the host sends more than it was allowed to"));
                    break;
                }
                if sender.send(Ok(data.into())).is_err() {
                    break;
                }
            }
            Some(ChannelMsg::Eof | ChannelMsg::Close) | None => break,
            Some(_) => {}
        }
    }
    drop(sender);
    // Or the bastion would keep it open. Dropping the reader lets the connection's loop go on meanwhile.
    drop(reader);
    let _ = tokio::time::timeout(GOODBYE, writer.close()).await;
}

impl AsyncRead for Tunnel {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let (piece, from) = &mut this.rest;
        if *from == piece.len() {
            match ready!(this.received.poll_recv(cx)) {
                Some(Ok(next)) => (*piece, *from) = (next, 0),
                Some(Err(why)) => return Poll::Ready(Err(io::Error::other(why))),
                None => return Poll::Ready(Ok(())),
            }
        }
        let taken = (piece.len() - *from).min(buf.remaining());
        buf.put_slice(&piece[*from..*from + taken]);
        *from += taken;
        if *from == piece.len() {
            (*piece, *from) = (Vec::new(), 0);
        }
        this.held.fetch_sub(taken, Ordering::Relaxed);
        Poll::Ready(Ok(()))
    }
}
