//! Ctrl-C and its kin become requests to end: one between steps, two at once.

use tokio::signal::unix::{SignalKind, signal};

use crate::runner::Cancel;

use super::Failure;

/// Listens for the rest of the process's life.
pub(super) fn listen() -> Result<Cancel, Failure> {
    let cancel = Cancel::default();
    for kind in [
        SignalKind::interrupt(),
        SignalKind::terminate(),
        SignalKind::hangup(),
    ] {
        let mut signals = signal(kind).map_err(Failure::system("cannot listen for signals"))?;
        let cancel = cancel.clone();
        tokio::spawn(async move {
            while signals.recv().await.is_some() {
                cancel.request();
            }
        });
    }
    Ok(cancel)
}

/// The runtime all commands that contact hosts run in.
pub(super) fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(Failure::system("cannot start the runtime"))
}
