//! The second half: everything that changes a host.

use std::sync::LazyLock;

use super::ask::Reads;
use super::{CompileError, Text, number};
use crate::plan::Planned;
use crate::resource::{Conduct, REBOOT};
use crate::script::Script;
use crate::wire::{self, APPLY};

/// The fixed text as it is sent.
static APPLY_SENT: LazyLock<String> = LazyLock::new(|| wire::sent(APPLY));

/// The second half for hosts whose first step that does not hold is `first`; no earlier one is looked at again.
///
/// The shell has read `sent`, a first half of the same steps, and has the functions of it. Nothing else tells hosts
/// apart.
///
/// With `exactly` a step that holds at first, and not any more after an earlier one's apply, fails and is not applied.
pub fn act(steps: &[Planned], first: usize, exactly: bool, sent: &[u8]) -> Result<Vec<u8>, CompileError> {
    let reads = Reads::of(steps);
    let mut own = Text::default();
    let mut large = String::new();
    let mut next = String::new();
    let mut conduct = String::new();
    for (index, planned) in steps.iter().enumerate().skip(first) {
        let failed = CompileError::of(planned);
        own.function('a', index, &apply(steps, index), &reads)
            .map_err(&failed)?;
        if let Some(missing) = missing(steps, index) {
            own.function('m', index, &missing, &reads).map_err(&failed)?;
        }
        if planned.resource.large_content().is_some() {
            large += &format!(" {index} ");
        }
        next += &format!("next_{index}={} ", planned.next_on_failure.min(steps.len()));
        let Conduct {
            timeout,
            retries,
            delay,
            ..
        } = planned.resource.conduct;
        if let Some(timeout) = timeout {
            conduct += &format!("limit_{index}='bounded {timeout}'\n");
        }
        if retries > 0 {
            conduct += &format!("retries_{index}={retries} delay_{index}={delay}\n");
        }
    }
    let exactly = if exactly { "1" } else { "" };
    // What steps write may show what they were given: then it is told, starred out, and not kept.
    let journal = if steps[first..].iter().any(holds_secret) {
        "/dev/null"
    } else {
        "$state/journal"
    };
    own.line(&format!(
        "exactly={exactly}\nlarge='{large}'\njournal={journal}\n{conduct}{}",
        next.trim_end()
    ));
    // Stdin moves to 4 for the one who waits for its end; no step may read it.
    own.line("push 4<&0 </dev/null\nexit\n}");
    let driver = APPLY_SENT.as_bytes();
    let parts = wire::ACT.called_by([own.0.as_slice(), driver]);
    let edits = wire::EDIT.called_beyond(sent, [own.0.as_slice(), driver, parts.as_bytes()]);
    let callers = [own.0.as_slice(), driver, edits.as_bytes(), parts.as_bytes()];
    let asked = wire::ASK.called_beyond(sent, callers);
    let texts = [
        b"{\n",
        driver,
        asked.as_bytes(),
        edits.as_bytes(),
        parts.as_bytes(),
        &own.0,
    ];
    Ok(texts.concat())
}

fn holds_secret(planned: &Planned) -> bool {
    let resource = &planned.resource;
    let held = |script: &Script| script.secrets().next().is_some();
    !resource.secrets().is_empty() || held(&resource.check()) || held(&resource.apply())
}

/// The apply of a step: notes its debts first, and takes neighbours along where one transaction does for all.
fn apply(steps: &[Planned], index: usize) -> Script {
    let planned = &steps[index];
    let mut script = Script::default();
    for service in &planned.resource.notify {
        script.append(match service.as_str() {
            REBOOT => Script::raw("owe_reboot\n"),
            service => crate::sh!("owe {}\n", service),
        });
    }
    if joins(steps, index) {
        script.append(crate::sh!("missing=\nm{}\n", number(index)));
        script.append(planned.resource.joined());
    } else {
        script.append(planned.resource.apply());
    }
    script
}

fn joins(steps: &[Planned], index: usize) -> bool {
    let next = steps.get(index + 1);
    next.is_some_and(|next| steps[index].resource.joins(&next.resource))
}

/// What is missing of a step and its neighbours behind it. Each names itself and hands on to the next: were all written
/// out for each, the text would grow with the square of their number.
fn missing(steps: &[Planned], index: usize) -> Option<Script> {
    let on = joins(steps, index);
    let from = index > 0 && joins(steps, index - 1);
    if !on && !from {
        return None;
    }
    let mut script = steps[index].resource.missing();
    if on {
        script.append(crate::sh!("\nm{}", number(index + 1)));
    }
    Some(script)
}
