//! Between asking and changing: the controller has heard what a host would change, and decides whether it does.

use crate::event::Reason;
use crate::plan::Plan;
use crate::transport::BoxFuture;

/// What a host answered to the first half of a push.
#[derive(Clone, Copy, Debug)]
pub struct Answer<'a> {
    /// The host and all its steps.
    pub plan: &'a Plan,
    /// The steps that do not hold; there is at least one.
    pub wanted: &'a [usize],
}

/// Decides whether a host's changes are made.
///
/// A host that is refused was only asked: the text that changes it is never sent.
pub trait Gate: Send + Sync + 'static {
    /// Goes on, or says why nothing is changed on this host. It may take its time: only this host waits. Dropped when
    /// the run is cancelled.
    fn decide<'a>(&'a self, answer: Answer<'a>) -> BoxFuture<'a, Result<(), Reason>>;
}

/// The gate that lets everything through.
#[derive(Clone, Copy, Debug, Default)]
pub struct Open;

impl Gate for Open {
    fn decide<'a>(&'a self, _: Answer<'a>) -> BoxFuture<'a, Result<(), Reason>> {
        Box::pin(std::future::ready(Ok(())))
    }
}
