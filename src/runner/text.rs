//! The program of hosts that have the same steps: compiled once, by the first that needs it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};

use crate::plan::{self, CompileError, Planned, Wishes};

/// Both halves of a program, but for what tells hosts apart.
pub(super) struct Text {
    steps: Arc<[Planned]>,
    wishes: Wishes,
    exactly: bool,
    ask: OnceLock<Result<Arc<[u8]>, CompileError>>,
    /// Second halves that a host is being sent, by the first step they change.
    acts: Mutex<HashMap<usize, Weak<[u8]>>>,
}

impl Text {
    /// The program of `steps`; with `exactly` only what does not hold at first is changed.
    pub(super) fn new(steps: &Arc<[Planned]>, wishes: Wishes, exactly: bool) -> Self {
        Self {
            steps: Arc::clone(steps),
            wishes,
            exactly,
            ask: OnceLock::new(),
            acts: Mutex::default(),
        }
    }

    /// The half that asks.
    pub(super) fn ask(&self) -> Result<Arc<[u8]>, CompileError> {
        let compile = || plan::ask(&self.steps, self.wishes).map(Arc::from);
        self.ask.get_or_init(compile).clone()
    }

    /// The half that changes, from the step `first` on.
    pub(super) fn act(&self, first: usize) -> Result<Arc<[u8]>, CompileError> {
        let known = |acts: &HashMap<usize, Weak<[u8]>>| acts.get(&first).and_then(Weak::upgrade);
        if let Some(act) = known(&self.acts.lock().unwrap_or_else(PoisonError::into_inner)) {
            return Ok(act);
        }
        let act: Arc<[u8]> = plan::act(&self.steps, first, self.exactly, &self.ask()?)?.into();
        let mut acts = self.acts.lock().unwrap_or_else(PoisonError::into_inner);
        acts.insert(first, Arc::downgrade(&act));
        Ok(act)
    }
}
