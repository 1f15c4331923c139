//! The stdin of a running program, as the task that feeds it sees it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// How far a program is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stage {
    /// Its input is open.
    Open,
    /// Its input is to be closed.
    Closed,
    /// It has ended.
    Over,
}

/// The reader's end. Dropping it before the program is over means that nobody cares for it any more.
pub(super) struct Input(Arc<Shared>);

/// Feeds a running program with more than fits into memory, beside whoever hears it. Outlives it without harm.
#[derive(Clone)]
pub struct Feed(Arc<Shared>);

/// The feeding task's end.
#[derive(Clone)]
pub(super) struct Changes(Arc<Shared>);

/// Small on purpose: there is one for every host at work.
struct Shared {
    state: Mutex<State>,
    changed: Notify,
}

struct State {
    stage: Stage,
    gone: bool,
    /// The input ends behind `more`.
    ending: bool,
    more: VecDeque<Arc<[u8]>>,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state());
        self.changed.notify_waiters();
    }

    /// Waits until `what` makes something of the state.
    async fn when<T>(&self, what: impl Fn(&mut State) -> Option<T>) -> T {
        loop {
            // Made before looking, so that no change in between is missed.
            let changed = self.changed.notified();
            if let Some(made) = what(&mut self.state()) {
                return made;
            }
            changed.await;
        }
    }
}

impl Input {
    pub(super) fn open() -> (Self, Changes) {
        let shared = Arc::new(Shared {
            state: Mutex::new(State {
                stage: Stage::Open,
                gone: false,
                ending: false,
                more: VecDeque::new(),
            }),
            changed: Notify::new(),
        });
        (Self(Arc::clone(&shared)), Changes(shared))
    }

    /// Adds `bytes` behind what was fed before.
    pub(super) fn send(&self, bytes: Arc<[u8]>) {
        self.change(|state| state.more.push_back(bytes));
    }

    /// Asks for the input's end. A task stuck in writing hears it too.
    pub(super) fn close(&self) {
        self.change(|state| state.stage = state.stage.max(Stage::Closed));
    }

    /// A handle to feed it by.
    pub(super) fn feed(&self) -> Feed {
        Feed(Arc::clone(&self.0))
    }

    /// Says that the program has ended.
    pub(super) fn over(&self) {
        self.change(|state| state.stage = Stage::Over);
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        self.0.change(change);
    }
}

impl Drop for Input {
    fn drop(&mut self) {
        self.change(|state| state.gone = true);
    }
}

impl Feed {
    /// A feed of a program that takes nothing.
    pub(super) fn nowhere() -> Self {
        let (input, _) = Input::open();
        input.over();
        input.feed()
    }

    /// Feeds the program `bytes` once it has taken what it was fed before; false when it takes no more, which its end
    /// explains.
    pub async fn push(&self, bytes: Arc<[u8]>) -> bool {
        let open = self
            .0
            .when(|state| {
                let open = !state.gone && !state.ending && state.stage == Stage::Open;
                (!open || state.more.is_empty()).then_some(open)
            })
            .await;
        if open {
            self.0.change(|state| state.more.push_back(bytes));
        }
        open
    }

    /// Ends the program's stdin behind all that it was fed.
    pub fn end(&self) {
        self.0.change(|state| state.ending = true);
    }
}

impl Changes {
    /// Waits for `stage`; false when the [`Input`] was dropped before.
    pub(super) async fn reached(&self, stage: Stage) -> bool {
        self.0
            .when(|state| {
                if state.stage >= stage {
                    Some(true)
                } else {
                    state.gone.then_some(false)
                }
            })
            .await
    }

    /// The next bytes to feed; `None` when there will be no more.
    pub(super) async fn more(&self) -> Option<Arc<[u8]>> {
        let more = self.0.when(|state| {
            let over = state.gone || state.stage > Stage::Open;
            match state.more.pop_front() {
                Some(bytes) if !over => Some(Some(bytes)),
                _ => (over || state.ending).then_some(None),
            }
        });
        let more = more.await;
        // Whoever waits for room may add more.
        self.0.changed.notify_waiters();
        more
    }
}
