//! What a connection's bytes travel through: a TCP connection, a channel of a bastion, or a command.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use super::command::ProxyCommand;
use super::tunnel::Tunnel;

/// A way for bytes. The rarer ones are boxed, so that they cost the usual one nothing.
pub(super) enum Pipe {
    Tcp(TcpStream),
    Tunnel(Box<Tunnel>),
    Command(Box<ProxyCommand>),
}

impl AsyncRead for Pipe {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_read(cx, buf),
            Self::Tunnel(tunnel) => Pin::new(&mut **tunnel).poll_read(cx, buf),
            Self::Command(command) => Pin::new(&mut command.stdout).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Pipe {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_write(cx, buf),
            Self::Tunnel(tunnel) => Pin::new(&mut tunnel.writer).poll_write(cx, buf),
            Self::Command(command) => Pin::new(&mut command.stdin).poll_write(cx, buf),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_flush(cx),
            Self::Tunnel(tunnel) => Pin::new(&mut tunnel.writer).poll_flush(cx),
            Self::Command(command) => Pin::new(&mut command.stdin).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Tunnel(tunnel) => Pin::new(&mut tunnel.writer).poll_shutdown(cx),
            Self::Command(command) => Pin::new(&mut command.stdin).poll_shutdown(cx),
        }
    }
}
