//! The first half: reads all state in bulk, asks every step, and says which do not hold.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use super::{CompileError, Text, number};
use crate::plan::{Planned, Views};
use crate::resource::{REBOOT, Wanted};
use crate::script::{Read, Script};
use crate::wire::{self, PRELUDE, VERSION};

/// The fixed text as it is sent.
static PRELUDE_SENT: LazyLock<String> = LazyLock::new(|| wire::sent(PRELUDE));

/// Arguments per bulk question, well below the 128 KiB that Linux takes for one and the 2 MiB for all.
const CHUNK: usize = 500;

/// What a first half sends besides which steps do not hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wishes {
    /// The present content of files whose steps do not hold.
    pub diff: bool,
    /// All that was asked in bulk, as it was answered; [`answers`] tells which step it concerns.
    pub observe: bool,
}

/// The first half but for its head: the same for every host that has these steps, pushed or only looked at.
pub fn ask(steps: &[Planned], wishes: Wishes) -> Result<Vec<u8>, CompileError> {
    let reads = Reads::of(steps);
    let mut own = Text::default();
    let mut slow = String::new();
    let mut shown = String::new();
    let views = wishes.diff.then(|| Views::of(steps));
    for (index, planned) in steps.iter().enumerate() {
        let failed = CompileError::of(planned);
        let look = planned.resource.check();
        let check = match limited(planned) {
            Some(limited) => {
                own.function('k', index, &look, &reads).map_err(&failed)?;
                limited
            }
            None => look,
        };
        own.function('c', index, &indebted(steps, index, check), &reads)
            .map_err(&failed)?;
        if planned.resource.asks_itself() {
            slow += &format!(" {index} ");
        }
        let mut show = Script::default();
        for file in views.iter().flat_map(|views| views.shown(planned)) {
            show.append(match file.wanted {
                Wanted::Content(_) | Wanted::Gone => {
                    crate::sh!("show_file {} {}\n", number(index), Script::path(&file.path))
                }
                Wanted::Edited(edit) => crate::sh!("{}\n", edit),
            });
        }
        if !show.is_empty() {
            own.function('d', index, &show, &reads).map_err(&failed)?;
            shown += &format!(" {index} ");
        }
    }
    own.line(&format!("steps={}\nslow='{slow}'\nshown='{shown}'", steps.len()));
    reads.snapshot(&mut own);
    own.line(&format!("main() {{\nframe hello {VERSION}\nsnapshot"));
    if wishes.observe {
        own.line(&format!("observed{}", reads.counts()));
    }
    own.line("predict");
    if !shown.is_empty() {
        own.line(
            "for step_now in $wanted; do\ncase $shown in *\" $step_now \"*) \"d$step_now\" ;; esac\ndone",
        );
    }
    // No step may read stdin, where the second half comes from. Where there is nothing to change nobody waits for it.
    own.line("frame end\n}\nmain </dev/null\n[ -n \"$wanted\" ] || exit 0\n}");
    let edits = wire::EDIT.called_by([own.0.as_slice()]);
    let parts = wire::ASK.called_by([own.0.as_slice(), PRELUDE_SENT.as_bytes(), edits.as_bytes()]);
    let texts = [
        PRELUDE_SENT.as_bytes(),
        parts.as_bytes(),
        edits.as_bytes(),
        &own.0,
    ];
    Ok(texts.concat())
}

/// Parts what a host has `observed`, step by step: the answers each check reads. None when they are not those of
/// `steps`.
pub fn answers<'a>(steps: &[Planned], observed: &'a [u8]) -> Option<Vec<Vec<&'a [u8]>>> {
    let reads = Reads::of(steps);
    let mut all = observed.split(|&byte| byte == 0x1f);
    let mut answered: Vec<Vec<&[u8]>> = Vec::new();
    for (_, of_kind) in &reads.kinds {
        answered.push(of_kind.iter().map(|_| all.next()).collect::<Option<_>>()?);
    }
    // One stands behind each answer, so nothing is behind the last.
    if all.next().is_none_or(|rest| !rest.is_empty()) || all.next().is_some() {
        return None;
    }
    let of_step = |planned: &Planned| {
        let answer = |read| answered[kind(read)][reads.slot(read)];
        planned.resource.check().reads().map(answer).collect()
    };
    Some(steps.iter().map(of_step).collect())
}

/// The check of a step with a time, as that is kept; the check itself is a function of its own.
fn limited(planned: &Planned) -> Option<Script> {
    let timeout = planned.resource.conduct.timeout?;
    let mut script = crate::sh!("bounded_check {} {}", timeout, number(planned.step.index));
    if let Some(held) = planned.resource.hands_on() {
        script.append(crate::sh!(" {}", held));
    }
    Some(script)
}

/// The check of a step, which does not hold either while it has debts to pay.
fn indebted(steps: &[Planned], index: usize, check: Script) -> Script {
    match steps[index].resource.pays_for() {
        Some(REBOOT) => crate::sh!(
            "no_reboot_debt{} && {\n{}\n}",
            debtors(steps, index, REBOOT),
            check
        ),
        Some(service) => crate::sh!(
            "no_debt {}{} && {\n{}\n}",
            service,
            debtors(steps, index, service),
            check
        ),
        None => check,
    }
}

/// The steps before `index` that may come to owe `service` something.
fn debtors(steps: &[Planned], index: usize, service: &str) -> Script {
    let mut words = Script::default();
    for debtor in steps[..index]
        .iter()
        .filter(|planned| planned.resource.notify.iter().any(|name| name == service))
    {
        words.append(crate::sh!(" {}", number(debtor.step.index)));
    }
    words
}

/// Everything the checks want to know, once each; a read's slot is its place among its kind.
pub(super) struct Reads {
    kinds: [(&'static str, Vec<Read>); 7],
}

impl Reads {
    pub(super) fn of(steps: &[Planned]) -> Self {
        let checks: Vec<Script> = steps.iter().map(|planned| planned.resource.check()).collect();
        // Sorted, because dpkg answers in that order whatever the order of the question.
        let all: BTreeSet<&Read> = checks.iter().flat_map(Script::reads).collect();
        let mut kinds = [
            ("snapshot_paths", Vec::new()),
            ("snapshot_digests", Vec::new()),
            ("snapshot_packages", Vec::new()),
            ("snapshot_names user", Vec::new()),
            ("snapshot_names group", Vec::new()),
            ("snapshot_units", Vec::new()),
            ("snapshot_upgrades", Vec::new()),
        ];
        for read in all {
            kinds[kind(read)].1.push(read.clone());
        }
        Self { kinds }
    }

    pub(super) fn slot(&self, read: &Read) -> usize {
        // Applies may ask for what no check asks for; their reads never come from the snapshot's slots then.
        let of_kind = &self.kinds[kind(read)].1;
        of_kind.binary_search(read).unwrap_or(of_kind.len())
    }

    /// The names answers are kept under, and how many there are of each.
    fn counts(&self) -> String {
        let names = ["path", "digest", "package", "user", "group", "unit"];
        let counts = names.iter().zip(&self.kinds);
        counts
            .map(|(name, (_, of_kind))| format!(" {name} {}", of_kind.len()))
            .collect()
    }

    fn snapshot(&self, own: &mut Text) {
        own.line("snapshot() {\nfresh=1");
        for (question, of_kind) in &self.kinds {
            for (chunk, first) in of_kind.chunks(CHUNK).zip((0..).step_by(CHUNK)) {
                own.0.extend_from_slice(format!("{question} {first}").as_bytes());
                for read in chunk {
                    own.0.push(b' ');
                    // A NUL in a name was refused with its step.
                    let _ = read.quote(&mut own.0);
                }
                own.0.push(b'\n');
            }
        }
        own.line("}");
    }
}

fn kind(read: &Read) -> usize {
    match read {
        Read::Path(_) => 0,
        Read::Digest(_) => 1,
        Read::Package(_) => 2,
        Read::User(_) => 3,
        Read::Group(_) => 4,
        Read::Unit(_) => 5,
        Read::Upgrade(_) => 6,
    }
}
