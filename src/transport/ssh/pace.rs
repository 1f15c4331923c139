//! How many connections to one address may be on their way in at once: learned from those it turned away.
//!
//! sshd drops connections that have not logged in when there are too many (`MaxStartups`, 10 by default), and for a
//! while those of an address that annoyed it (`PerSourcePenalties`). It drops them before it has said who it is, so
//! trying again is harmless: nothing was asked of it, least of all a password.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use crate::event::Unreachable;

/// How often one host is tried when nobody of ours was ever let in at its address.
const TRIES: u32 = 3;

/// How often, when somebody was: there it is only a matter of time.
const TRIES_WHERE_LET_IN: u32 = 12;

/// The first wait; each next one is twice as long, up to the last.
const FIRST_WAIT: Duration = Duration::from_millis(100);
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// The first wait of an address that sshd says it will not serve for a while: some 15 seconds at least.
const PENALTY_WAIT: Duration = Duration::from_secs(1);

/// Whether the host turned us away for what came from our address before (OpenSSH since 9.8).
pub(super) fn is_penalty(cause: &Unreachable) -> bool {
    matches!(cause, Unreachable::TurnedAway { said } if said.starts_with("Not allowed at this time"))
}

/// The paces of a run, by address and port.
#[derive(Default)]
pub(super) struct Paces(Mutex<HashMap<(String, u16), Arc<Pace>>>);

/// One address.
#[derive(Default)]
pub(super) struct Pace {
    state: Mutex<State>,
    left: Notify,
}

#[derive(Default)]
struct State {
    /// None until somebody was turned away.
    limit: Option<usize>,
    coming_in: usize,
    let_in: bool,
}

/// A place among those on their way in; given up when dropped.
pub(super) struct Place {
    pace: Arc<Pace>,
}

impl Paces {
    pub(super) fn of(&self, address: &str, port: u16) -> Arc<Pace> {
        // Nothing panics while it is held.
        let mut paces = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(paces.entry((address.to_owned(), port)).or_default())
    }
}

impl Pace {
    /// Waits for a place.
    pub(super) async fn enter(self: &Arc<Self>) -> Place {
        loop {
            let left = self.left.notified();
            {
                let mut state = self.state();
                if state.limit.is_none_or(|limit| state.coming_in < limit) {
                    state.coming_in += 1;
                    return Place {
                        pace: Arc::clone(self),
                    };
                }
            }
            left.await;
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// The host let us in.
    pub(super) fn let_in(self) {
        self.pace.state().let_in = true;
    }

    /// The host turned this one away, the `tries`th time: how long to wait before the next try, if there is to be one.
    /// A penalty is over in time, too.
    pub(super) fn turned_away(self, tries: u32, penalty: bool) -> Option<Duration> {
        let mut state = self.pace.state();
        // Half of those that were too many, as congestion control does; none of them is given up for it.
        state.limit = Some((state.coming_in / 2).clamp(1, state.limit.unwrap_or(usize::MAX)));
        let others = state.let_in || state.coming_in > 1;
        let most = if others || penalty {
            TRIES_WHERE_LET_IN
        } else {
            TRIES
        };
        let first = if penalty { PENALTY_WAIT } else { FIRST_WAIT };
        (tries < most).then(|| wait(first, tries))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.pace.state().coming_in -= 1;
        self.pace.left.notify_waiters();
    }
}

/// The wait after the `tries`th try, with a part left to chance so that those turned away together do not come back
/// together.
fn wait(first: Duration, tries: u32) -> Duration {
    let whole = LONGEST_WAIT.min(first.saturating_mul(1 << (tries.saturating_sub(1)).min(10)));
    let mut random = [0];
    // Without chance they just meet more often.
    let _ = getrandom::fill(&mut random);
    whole / 2 + whole * u32::from(random[0]) / 512
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn those_turned_away_come_in_fewer_at_once() {
        let paces = Paces::default();
        let pace = paces.of("db1", 22);
        let mut places = Vec::new();
        for _ in 0..8 {
            places.push(pace.enter().await);
        }
        assert!(places.pop().unwrap().turned_away(1, false).is_some());
        assert_eq!(pace.state().limit, Some(4));
        assert_eq!(pace.state().coming_in, 7);
        for place in places {
            place.let_in();
        }
        let mut four = Vec::new();
        for _ in 0..4 {
            four.push(pace.enter().await);
        }
        let mut fifth = Box::pin(pace.enter());
        tokio::select! {
            biased;
            _ = &mut fifth => panic!("a fifth comes in"),
            () = std::future::ready(()) => {}
        }
        four.pop();
        drop(fifth.await);
    }

    #[tokio::test]
    async fn a_penalty_is_waited_out_and_not_hurried() {
        let pace = Paces::default().of("db1", 22);
        let mut all = Duration::ZERO;
        for tries in 1..12 {
            let wait = pace.enter().await.turned_away(tries, true).unwrap();
            assert!(wait >= PENALTY_WAIT / 2, "{wait:?}");
            all += wait;
        }
        assert!(
            all > Duration::from_secs(20),
            "the least penalty is 15 s: {all:?}"
        );
        assert_eq!(pace.enter().await.turned_away(12, true), None);
    }

    #[tokio::test]
    async fn a_host_nobody_was_let_in_at_is_soon_given_up() {
        let pace = Paces::default().of("db1", 22);
        let away = |tries| {
            let pace = Arc::clone(&pace);
            async move { pace.enter().await.turned_away(tries, false) }
        };
        assert!(away(1).await.is_some() && away(2).await.is_some());
        assert_eq!(away(3).await, None);
        pace.enter().await.let_in();
        let waited: Duration = {
            let mut all = Duration::ZERO;
            for tries in 1..12 {
                all += away(tries).await.unwrap();
            }
            all
        };
        assert!(
            waited > Duration::from_secs(15),
            "penalties last as long: {waited:?}"
        );
        assert_eq!(away(12).await, None);
    }
}
