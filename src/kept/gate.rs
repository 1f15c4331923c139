//! Who decides between asking and changing: a kept plan, or what a person has agreed to.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use super::digest::{self, Salt};
use crate::event::Refusal;
use crate::name::Name;
use crate::runner::{Answer, Gate};
use crate::transport::BoxFuture;

/// What one host answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    /// The steps that do not hold.
    pub wanted: Vec<usize>,
    /// The state it answered with, where it was asked for that.
    pub state: Option<String>,
}

/// Lets everything through, and notes what every host answered.
#[derive(Debug)]
pub struct Notes {
    salt: Salt,
    heard: Mutex<HashMap<Name, Heard>>,
}

impl Notes {
    /// Notes states salted with `salt`.
    pub fn new(salt: Salt) -> Self {
        Self {
            salt,
            heard: Mutex::default(),
        }
    }

    /// What has been noted, by host.
    pub fn take(&self) -> HashMap<Name, Heard> {
        std::mem::take(&mut *self.heard.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Gate for Notes {
    fn heard(&self, answer: Answer<'_>) {
        let state = answer
            .observed
            .and_then(|observed| digest::state(&self.salt, &answer.plan.steps, answer.wanted, observed));
        let heard = Heard {
            wanted: answer.wanted.to_vec(),
            state,
        };
        let mut all = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        all.insert(answer.plan.host.name.clone(), heard);
    }

    fn decide<'a>(&'a self, _: Answer<'a>) -> BoxFuture<'a, Result<(), Refusal>> {
        Box::pin(std::future::ready(Ok(())))
    }
}

/// Lets through exactly what a plan says: hosts that answer as they did when it was made.
#[derive(Debug)]
pub struct Exactly {
    salt: Salt,
    hosts: HashMap<Name, Heard>,
}

impl Exactly {
    /// Hosts as they were when the plan with this salt was made.
    pub fn new(salt: Salt, hosts: HashMap<Name, Heard>) -> Self {
        Self { salt, hosts }
    }

    fn compare(&self, answer: Answer<'_>) -> Result<(), Refusal> {
        let stale = |more: Vec<usize>, fewer: Vec<usize>, moved: Vec<usize>| {
            Err(Refusal::Stale { more, fewer, moved })
        };
        let Some(then) = self.hosts.get(&answer.plan.host.name) else {
            return stale(answer.wanted.to_vec(), vec![], vec![]);
        };
        let not_in = |steps: &[usize], others: &[usize]| -> Vec<usize> {
            steps
                .iter()
                .filter(|step| !others.contains(step))
                .copied()
                .collect()
        };
        let more = not_in(answer.wanted, &then.wanted);
        let fewer = not_in(&then.wanted, answer.wanted);
        let observed = answer.observed.unwrap_or_default();
        let now = digest::state(&self.salt, &answer.plan.steps, answer.wanted, observed);
        if more.is_empty() && fewer.is_empty() && now.is_some() && now == then.state {
            return Ok(());
        }
        let moved = digest::moved(
            then.state.as_deref().unwrap_or_default(),
            now.as_deref().unwrap_or_default(),
        );
        let moved = not_in(&not_in(&moved, &more), &fewer);
        stale(more, fewer, moved)
    }
}

impl Gate for Exactly {
    fn decide<'a>(&'a self, answer: Answer<'a>) -> BoxFuture<'a, Result<(), Refusal>> {
        Box::pin(std::future::ready(self.compare(answer)))
    }
}

/// Lets through what takes nothing away, and else only what was agreed to.
#[derive(Debug)]
pub enum Agreed {
    /// To everything.
    All,
    /// To these steps of these hosts.
    Steps(HashMap<Name, Vec<usize>>),
}

impl Gate for Agreed {
    fn decide<'a>(&'a self, answer: Answer<'a>) -> BoxFuture<'a, Result<(), Refusal>> {
        let Self::Steps(agreed) = self else {
            return Box::pin(std::future::ready(Ok(())));
        };
        let agreed = agreed.get(&answer.plan.host.name);
        let open: Vec<usize> = answer
            .destructive()
            .filter(|step| !agreed.is_some_and(|agreed| agreed.contains(step)))
            .collect();
        let decided = if open.is_empty() {
            Ok(())
        } else {
            Err(Refusal::NotAgreed { destructive: open })
        };
        Box::pin(std::future::ready(decided))
    }
}
