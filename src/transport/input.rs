//! The stdin of a running program, as the task that feeds it sees it.

use tokio::sync::watch;

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
pub(super) struct Input(watch::Sender<Stage>);

/// The feeding task's end.
#[derive(Clone)]
pub(super) struct Changes(watch::Receiver<Stage>);

impl Input {
    pub(super) fn open() -> (Self, Changes) {
        let (sender, receiver) = watch::channel(Stage::Open);
        (Self(sender), Changes(receiver))
    }

    /// Asks for the input's end. A task stuck in writing hears it too.
    pub(super) fn close(&self) {
        self.advance(Stage::Closed);
    }

    /// Says that the program has ended.
    pub(super) fn over(&self) {
        self.advance(Stage::Over);
    }

    fn advance(&self, stage: Stage) {
        self.0.send_if_modified(|now| {
            let further = stage > *now;
            if further {
                *now = stage;
            }
            further
        });
    }
}

impl Changes {
    /// Waits for `stage`; false when the [`Input`] was dropped before.
    pub(super) async fn reached(&mut self, stage: Stage) -> bool {
        self.0.wait_for(|now| *now >= stage).await.is_ok()
    }
}
