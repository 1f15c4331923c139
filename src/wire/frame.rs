//! The words a program may say, one variant each.

use std::fmt;

/// Proof that a frame comes from our program: 128 random bits in hex, new in every run of every host.
#[derive(Clone, PartialEq, Eq)]
pub struct Nonce(String);

impl Nonce {
    /// Makes a nonce of 16 random bytes, which the caller draws from the system.
    pub fn new(random: [u8; 16]) -> Self {
        Self(random.iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// The 32 hex digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Nonce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Nonce(…)")
    }
}

/// What a program says. Numbers are step indices unless said otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    /// First of all: the version of this language.
    Hello {
        /// [`super::VERSION`] of the program.
        version: usize,
    },
    /// A check begins that asks more than the snapshot.
    Check(usize),
    /// A check was ended that took longer than its step may, before anything was changed.
    Late(usize),
    /// All checks are done: of `steps` steps these do not hold.
    Plan {
        /// How many steps were asked.
        steps: usize,
        /// Those that do not hold, ascending.
        wanted: Vec<usize>,
    },
    /// What follows, up to `Stated`, is every answer of the snapshot, each with a US (0x1f) behind it.
    State,
    /// The answers ended.
    Stated,
    /// What follows, up to `Shown`, is the content of the step's file.
    Content {
        /// The step.
        step: usize,
        /// Whether there is a file at all.
        exists: bool,
    },
    /// The content ended, and what follows, up to `Shown`, is what an edit makes of it.
    Becomes(usize),
    /// The content ended. Of a file to be edited nothing more comes where it is too large or no text.
    Shown(usize),
    /// The apply begins.
    Apply(usize),
    /// The step waits for content that was too large for the program.
    Need {
        /// The step.
        step: usize,
        /// Where the program keeps its own files.
        room: Room,
        /// The end of that directory's name: letters and digits.
        suffix: String,
    },
    /// The check after the apply begins.
    Verify(usize),
    /// The step holds and held before.
    Ok(usize),
    /// The step holds now, and did not when the run began.
    Changed {
        /// The step.
        step: usize,
        /// Whether an earlier step's apply did it.
        earlier: bool,
    },
    /// The step failed.
    Failed {
        /// The step.
        step: usize,
        /// How.
        why: Failure,
    },
    /// The host reboots for this step as soon as the program has ended.
    Reboot(usize),
    /// These steps are not tried.
    Skip {
        /// The first of them.
        from: usize,
        /// The last of them.
        to: usize,
        /// Why.
        why: Skip,
    },
    /// Last of all: the half that was sent ran to its end.
    End,
}

/// The places a program may keep its own files in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Room {
    /// `/tmp`
    Tmp,
    /// `/var/tmp`
    VarTmp,
    /// `/run`
    Run,
    /// The home of the user the program runs as.
    Home,
}

/// How a step failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// Its apply ended with this status.
    Apply(u32),
    /// Its check fails after its apply.
    Verify,
    /// No directory for temporary files or for the state.
    Room,
    /// The content it needs did not arrive.
    Content,
    /// Another push, this process on the host, is at work.
    Locked(u32),
    /// Its apply or check was ended after this many seconds.
    Late(u32),
    /// It was not to be done.
    Unplanned,
}

/// Why steps are not tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Skip {
    /// This step failed.
    After(usize),
    /// The controller went away, or asked for an end.
    Cancelled,
}

/// The words of a frame make no sense.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a frame: {0:?}")]
pub struct FrameError(pub String);

impl Frame {
    /// Reads the words behind the nonce.
    pub fn parse(words: &str) -> Result<Self, FrameError> {
        Self::read(words).ok_or_else(|| FrameError(words.chars().take(80).collect()))
    }

    fn read(words: &str) -> Option<Self> {
        let words: Vec<&str> = words.split(' ').collect();
        let number = |word: &str| word.parse::<usize>().ok();
        Some(match *words.as_slice() {
            ["hello", version] => Self::Hello {
                version: number(version)?,
            },
            ["check", step] => Self::Check(number(step)?),
            ["late", step] => Self::Late(number(step)?),
            ["plan", steps, ref wanted @ ..] => {
                let steps = number(steps)?;
                let wanted: Vec<usize> = wanted.iter().map(|word| number(word)).collect::<Option<_>>()?;
                if wanted.windows(2).any(|pair| pair[0] >= pair[1])
                    || wanted.last().is_some_and(|&last| last >= steps)
                {
                    return None;
                }
                Self::Plan { steps, wanted }
            }
            ["content", step, "file"] => Self::Content {
                step: number(step)?,
                exists: true,
            },
            ["content", step, "none"] => Self::Content {
                step: number(step)?,
                exists: false,
            },
            ["state"] => Self::State,
            ["stated"] => Self::Stated,
            ["becomes", step] => Self::Becomes(number(step)?),
            ["shown", step] => Self::Shown(number(step)?),
            ["apply", step] => Self::Apply(number(step)?),
            ["need", step, room, suffix] => {
                let room = match room {
                    "tmp" => Room::Tmp,
                    "vartmp" => Room::VarTmp,
                    "run" => Room::Run,
                    "home" => Room::Home,
                    _ => return None,
                };
                // It becomes part of a path: what mktemp makes, and nothing else.
                let made = suffix.len() == 10 && suffix.bytes().all(|byte| byte.is_ascii_alphanumeric());
                made.then(|| Self::Need {
                    step: number(step).unwrap_or(usize::MAX),
                    room,
                    suffix: suffix.to_owned(),
                })?
            }
            ["verify", step] => Self::Verify(number(step)?),
            ["reboot", step] => Self::Reboot(number(step)?),
            ["ok", step] => Self::Ok(number(step)?),
            ["changed", step] => Self::Changed {
                step: number(step)?,
                earlier: false,
            },
            ["changed", step, "earlier"] => Self::Changed {
                step: number(step)?,
                earlier: true,
            },
            ["failed", step, why, detail] => {
                let detail = detail.parse().ok()?;
                let why = match why {
                    "apply" => Failure::Apply(detail),
                    "verify" => Failure::Verify,
                    "room" => Failure::Room,
                    "content" => Failure::Content,
                    "locked" => Failure::Locked(detail),
                    "late" => Failure::Late(detail),
                    "unplanned" => Failure::Unplanned,
                    _ => return None,
                };
                Self::Failed {
                    step: number(step)?,
                    why,
                }
            }
            ["skip", from, to, "after", step] => Self::Skip {
                from: number(from)?,
                to: number(to)?,
                why: Skip::After(number(step)?),
            },
            ["skip", from, to, "cancelled"] => Self::Skip {
                from: number(from)?,
                to: number(to)?,
                why: Skip::Cancelled,
            },
            ["end"] => Self::End,
            _ => return None,
        })
    }
}
