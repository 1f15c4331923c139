//! Between asking and changing: the controller has heard what a host would change, and decides whether it does.

use crate::event::Refusal;
use crate::plan::Plan;
use crate::transport::BoxFuture;

/// What a host answered to the first half of its program.
#[derive(Clone, Copy, Debug)]
pub struct Answer<'a> {
    /// The host and all its steps.
    pub plan: &'a Plan,
    /// The steps that do not hold.
    pub wanted: &'a [usize],
    /// All that the checks rest on, where it was asked for; [`crate::plan::answers`] reads it.
    pub observed: Option<&'a [u8]>,
}

impl<'a> Answer<'a> {
    /// Those of the steps that do not hold whose applies take something away.
    pub fn destructive(self) -> impl Iterator<Item = usize> + 'a {
        let destroys = move |step: &usize| self.plan.steps[*step].resource.destroys();
        self.wanted.iter().copied().filter(destroys)
    }
}

/// Decides whether a host's changes are made.
///
/// A host that is refused was only asked: the text that changes it is never sent.
pub trait Gate: Send + Sync + 'static {
    /// Is told what every host answers, be it pushed or only looked at, and be there something to change or not.
    fn heard(&self, _: Answer<'_>) {}

    /// Goes on, or says why nothing is changed on this host, of which at least one step does not hold. It may take its time: only this host waits. Dropped when
    /// the run is cancelled.
    fn decide<'a>(&'a self, answer: Answer<'a>) -> BoxFuture<'a, Result<(), Refusal>>;
}

/// The gate that lets everything through.
#[derive(Clone, Copy, Debug, Default)]
pub struct Open;

impl Gate for Open {
    fn decide<'a>(&'a self, _: Answer<'a>) -> BoxFuture<'a, Result<(), Refusal>> {
        Box::pin(std::future::ready(Ok(())))
    }
}
