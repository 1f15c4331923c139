//! A program heard out, until we leave.

use super::cancel::Cancel;
use crate::transport::{Output, Running};

/// Hears a program out, and tells it to end between steps as soon as that is asked for.
pub(super) struct Listener<'a> {
    pub(super) running: &'a mut dyn Running,
    cancel: &'a Cancel,
    input_closed: bool,
}

impl<'a> Listener<'a> {
    /// Listens to `running` until `cancel` says otherwise.
    pub(super) fn new(running: &'a mut dyn Running, cancel: &'a Cancel) -> Self {
        Self {
            running,
            cancel,
            input_closed: false,
        }
    }

    /// Tells the program that nobody listens any more.
    pub(super) async fn close_input(&mut self) {
        if !std::mem::replace(&mut self.input_closed, true) {
            self.running.close_input().await;
        }
    }

    /// What comes next.
    pub(super) async fn heard(&mut self) -> Heard {
        let cancel = self.cancel;
        if !self.input_closed {
            tokio::select! {
                output = self.running.next() => return Heard::from(output),
                () = cancel.requested() => {}
            }
            self.close_input().await;
        }
        self.heard_to_the_end().await
    }

    /// The same of a program whose input is not to end early: only a second request leaves it.
    pub(super) async fn heard_to_the_end(&mut self) -> Heard {
        tokio::select! {
            output = self.running.next() => Heard::from(output),
            () = self.cancel.demanded() => Heard::Left,
        }
    }
}

/// What a program said, or that we do not listen any longer.
pub(super) enum Heard {
    Output(Output),
    Left,
}

impl From<Option<Output>> for Heard {
    fn from(output: Option<Output>) -> Self {
        let lost = || Output::Lost {
            detail: "the connection ended without a word".to_owned(),
        };
        Self::Output(output.unwrap_or_else(lost))
    }
}
