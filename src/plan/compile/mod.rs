//! From a plan to the one program its host is sent, in two halves.
//!
//! The first half asks: it is the whole of a dry-run, and holds no text that could change a host (law 3). The second,
//! which the same `sh` reads on, makes the changes; it is sent when the host has said that there are any, and only to
//! such a host. Each half is one brace group, of which `sh` runs nothing before it has read the last byte: a cut upload
//! does nothing.

mod act;
mod ask;
mod command;

use crate::script::{NulError, Script};
use crate::wire::{Nonce, Room};

use super::{Plan, Planned};

pub use act::act;
pub use ask::{Wishes, answers, ask};
pub use command::{Command, Shebang, ShebangError, command, ready};

/// What a program is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Whether it may change anything. Without, there is no second half.
    pub apply: bool,
    /// Whether it sends the present content of files it would change.
    pub diff: bool,
}

/// A step that no shell can carry out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("module `{module}`, {step}: {source}")]
pub struct CompileError {
    module: String,
    step: String,
    source: NulError,
}

impl CompileError {
    fn of(planned: &Planned) -> impl Fn(NulError) -> Self {
        |source| Self {
            module: planned.step.module.to_string(),
            step: planned.step.title.to_string(),
            source,
        }
    }
}

/// Compiles all that a host could be sent for `plan`, its halves one behind the other.
///
/// A run sends the second half later, and less of it, but a shell that is given both does the same.
pub fn compile(plan: &Plan, nonce: &Nonce, options: Options) -> Result<Vec<u8>, CompileError> {
    let mut program = head(nonce);
    let wishes = Wishes {
        diff: options.diff,
        observe: false,
    };
    program.extend(ask(&plan.steps, wishes)?);
    if options.apply {
        let second = act(&plan.steps, 0, false, &program)?;
        program.extend(second);
    }
    Ok(program)
}

/// The first lines of a program, all that tells it from others of the same steps.
pub fn head(nonce: &Nonce) -> Vec<u8> {
    format!("{{\nnonce={}\n", nonce.as_str()).into_bytes()
}

/// The last word of a program that has brought its content.
pub const DELIVERED: &str = "delivered";

/// A program that brings `content` to a step of another program that waits for it, as that one's own user.
pub fn deliver(content: &[u8], step: usize, room: Room, suffix: &str) -> Result<Vec<u8>, NulError> {
    let place = Script::raw(match room {
        Room::Tmp => "/tmp",
        Room::VarTmp => "/var/tmp",
        Room::Run => "/run",
        Room::Home => "\"${HOME:?}\"",
    });
    let script = crate::sh!(
        "{\nmain() {\nset -e\numask 077\ncd {}/{}\n{} >{}\nmv -f {} {}\necho {}\n}\nmain </dev/null\nexit\n}\n",
        place,
        format!("provision.{suffix}"),
        Script::produce(content),
        format!("part.{step}"),
        format!("part.{step}"),
        format!("content.{step}"),
        DELIVERED,
    );
    let mut out = Vec::new();
    script.render(&mut out, &mut |_| 0)?;
    Ok(out)
}

fn number(index: usize) -> String {
    index.to_string()
}

/// Shell text under construction.
#[derive(Default)]
struct Text(Vec<u8>);

impl Text {
    fn line(&mut self, line: &str) {
        self.0.extend_from_slice(line.as_bytes());
        self.0.push(b'\n');
    }

    /// The function of a step, known by a letter and the step's number.
    fn function(
        &mut self,
        letter: char,
        index: usize,
        body: &Script,
        reads: &ask::Reads,
    ) -> Result<(), NulError> {
        self.line(&format!("{letter}{index}() {{"));
        body.render(&mut self.0, &mut |read| reads.slot(read))?;
        self.line("\n}");
        Ok(())
    }
}
