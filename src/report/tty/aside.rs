//! Lets somebody else have the terminal for a question: the lines at the bottom go, and nothing is drawn meanwhile.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long is waited for the display to step aside; there may be none.
const PATIENCE: Duration = Duration::from_millis(500);

/// The process's one terminal.
static STAND: Stand = Stand {
    state: Mutex::new(State {
        wanted: false,
        aside: false,
    }),
    changed: Condvar::new(),
};

struct Stand {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    wanted: bool,
    aside: bool,
}

impl Stand {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Asks while the display, if there is one, stands aside. One at a time.
pub fn aside<T>(ask: impl FnOnce() -> T) -> T {
    let mut state = STAND.state();
    state.wanted = true;
    let waiting = STAND
        .changed
        .wait_timeout_while(state, PATIENCE, |state| !state.aside);
    drop(waiting.unwrap_or_else(PoisonError::into_inner));
    let answer = ask();
    STAND.state().wanted = false;
    STAND.changed.notify_all();
    answer
}

/// Whether somebody wants the terminal.
pub(super) fn is_wanted() -> bool {
    STAND.state().wanted
}

/// Stands aside until it is free again.
pub(super) fn wait() {
    let mut state = STAND.state();
    state.aside = true;
    STAND.changed.notify_all();
    let waited = STAND.changed.wait_while(state, |state| state.wanted);
    waited.unwrap_or_else(PoisonError::into_inner).aside = false;
}
