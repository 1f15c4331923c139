//! A dry-run of many hosts as few blocks: one per distinct set of changes, each change and each diff shown once.

use std::collections::HashMap;
use std::sync::Arc;

use indexmap::IndexMap;

use super::diff;
use super::fleet::Fleet;
use super::paint::{Paint, Tone};
use super::words;
use crate::event::{FileDiff, HostStatus, Step};
use crate::name::Name;

/// Distinct diffs kept per step; further ones are counted. Bounds memory and the screen.
const MAX_VARIANTS: usize = 10;

/// What each host would change, gathered by equality.
#[derive(Default)]
pub(super) struct Review {
    open: HashMap<Name, Changes>,
    classes: IndexMap<Vec<Change>, Class>,
    unchanged: Vec<Name>,
}

#[derive(Default)]
struct Changes {
    steps: Vec<Arc<Step>>,
    diffs: Vec<(usize, Vec<String>)>,
    destructive: Vec<usize>,
}

/// A step that would change, and whether it takes something away.
type Change = (Arc<Step>, bool);

/// Hosts with the same changes, and per change the distinct diffs.
#[derive(Default)]
struct Class {
    hosts: Vec<Name>,
    diffs: HashMap<usize, Variants>,
}

#[derive(Default)]
struct Variants {
    kept: IndexMap<Vec<String>, Vec<Name>>,
    more: Vec<Name>,
}

impl Review {
    /// A file's difference on a host.
    pub(super) fn diff(&mut self, host: &Name, step: &Step, file: &FileDiff, verbose: bool, paint: Paint) {
        let lines = diff::lines(file, verbose, paint);
        self.open
            .entry(host.clone())
            .or_default()
            .diffs
            .push((step.index, lines));
    }

    /// What a step lists, under it.
    pub(super) fn listing(&mut self, host: &Name, step: &Step, lines: Vec<String>) {
        let open = self.open.entry(host.clone()).or_default();
        open.diffs.push((step.index, lines));
    }

    /// The steps of a host that would take something away.
    pub(super) fn destructive(&mut self, host: &Name, steps: &[usize]) {
        if !steps.is_empty() {
            self.open.entry(host.clone()).or_default().destructive = steps.to_vec();
        }
    }

    /// A step that a push would change.
    pub(super) fn change(&mut self, host: &Name, step: &Arc<Step>) {
        self.open
            .entry(host.clone())
            .or_default()
            .steps
            .push(Arc::clone(step));
    }

    /// The host is done: it joins those that are like it.
    pub(super) fn host(&mut self, host: &Name, status: &HostStatus) {
        let changes = self.open.remove(host).unwrap_or_default();
        if changes.steps.is_empty() {
            if *status == HostStatus::Ok {
                self.unchanged.push(host.clone());
            }
            return;
        }
        // Equal changes may stand at different places of two hosts' plans: the key counts from 0.
        let place = |step: usize| changes.steps.iter().position(|change| change.index == step);
        let mut diffs: HashMap<usize, Vec<String>> = HashMap::new();
        for (step, lines) in changes.diffs {
            if let Some(place) = place(step) {
                diffs.entry(place).or_default().extend(lines);
            }
        }
        let renumbered = changes.steps.iter().enumerate().map(|(index, step)| {
            let destroys = changes.destructive.contains(&step.index);
            let step = Step {
                index,
                ..(**step).clone()
            };
            (Arc::new(step), destroys)
        });
        let class = self.classes.entry(renumbered.collect()).or_default();
        class.hosts.push(host.clone());
        for (place, lines) in diffs {
            let variants = class.diffs.entry(place).or_default();
            if variants.kept.len() < MAX_VARIANTS || variants.kept.contains_key(&lines) {
                variants.kept.entry(lines).or_default().push(host.clone());
            } else {
                variants.more.push(host.clone());
            }
        }
    }

    /// All blocks; the largest class first, so that the odd hosts stand near the end.
    pub(super) fn lines(&self, fleet: &Fleet, verbose: bool, paint: Paint) -> Vec<String> {
        let mut classes: Vec<_> = self.classes.iter().collect();
        classes.sort_by_key(|(_, class)| fleet.largest_first(&class.hosts));
        let mut lines = destruction(&classes, paint);
        let first = classes.first().copied();
        for (steps, class) in classes {
            lines.push(String::new());
            lines.push(heading(steps, &class.hosts, fleet, verbose, paint));
            if let Some(apart) = first.and_then(|first| apart(first, (steps, class), fleet, verbose)) {
                lines.push(format!("  {}", paint.tone(Tone::Faint, &apart)));
            }
            let width = steps
                .iter()
                .map(|(step, _)| step.module.as_str().len())
                .max()
                .unwrap_or(0);
            let mut last = None;
            for (place, (step, destroys)) in steps.iter().enumerate() {
                let module = if last == Some(&step.module) {
                    ""
                } else {
                    step.module.as_str()
                };
                last = Some(&step.module);
                let title = paint.tone(Tone::Changed, &words::title(step));
                let mark = if *destroys {
                    paint.tone(Tone::Failed, "  destructive")
                } else {
                    String::new()
                };
                lines.push(format!("  {module:width$}  {title}{mark}"));
                if let Some(variants) = class.diffs.get(&place) {
                    let indent = " ".repeat(width + 6);
                    let shown = variants.lines(class.hosts.len(), fleet, verbose, paint);
                    lines.extend(shown.into_iter().map(|line| format!("{indent}{line}")));
                }
            }
        }
        if !self.unchanged.is_empty() {
            lines.push(String::new());
            let hosts = fleet.fold(&self.unchanged, verbose);
            lines.push(format!("{}: {hosts}", paint.tone(Tone::Ok, "no changes")));
        }
        lines
    }
}

impl Variants {
    fn lines(&self, of: usize, fleet: &Fleet, verbose: bool, paint: Paint) -> Vec<String> {
        let mut lines = Vec::new();
        let mut kept: Vec<_> = self.kept.iter().collect();
        kept.sort_by_key(|(_, hosts)| fleet.largest_first(hosts));
        for (diff, hosts) in kept {
            if hosts.len() < of {
                lines.push(format!("on {}:", fleet.fold(hosts, verbose)));
            }
            lines.extend(diff.iter().cloned());
        }
        if !self.more.is_empty() {
            let more = words::count(self.more.len(), "more host");
            lines.push(format!("{} and other differences on {more}", paint.ellipsis()));
        }
        lines
    }
}

/// How many changes take something away, before all else.
fn destruction(classes: &[(&Vec<Change>, &Class)], paint: Paint) -> Vec<String> {
    let each = |(steps, class): &(&Vec<Change>, &Class)| {
        let destructive = steps.iter().filter(|(_, destroys)| *destroys).count();
        (
            destructive * class.hosts.len(),
            if destructive > 0 { class.hosts.len() } else { 0 },
        )
    };
    let (changes, hosts) = classes
        .iter()
        .map(each)
        .fold((0, 0), |all, one| (all.0 + one.0, all.1 + one.1));
    if changes == 0 {
        return Vec::new();
    }
    let text = format!(
        "{} on {}",
        words::count(changes, "destructive change"),
        words::count(hosts, "host")
    );
    vec![String::new(), paint.tone(Tone::Failed, &text)]
}

/// What sets hosts apart from the largest class, where they have most in common with it.
fn apart(
    (most, largest): (&Vec<Change>, &Class),
    (steps, class): (&Vec<Change>, &Class),
    fleet: &Fleet,
    verbose: bool,
) -> Option<String> {
    let same =
        |(one, _): &Change, (other, _): &Change| one.module == other.module && one.title == other.title;
    let not_in = |steps: &[Change], others: &[Change]| -> Vec<String> {
        let alone = steps
            .iter()
            .filter(|step| !others.iter().any(|other| same(step, other)));
        alone.map(|(step, _)| words::title(step).into_owned()).collect()
    };
    if std::ptr::eq(largest, class) || class.hosts.len() == largest.hosts.len() {
        return None;
    }
    let (more, fewer) = (not_in(steps, most), not_in(most, steps));
    let common = steps.len() - more.len();
    if common == 0 || more.len() + fewer.len() > common || more.len() + fewer.len() == 0 {
        return None;
    }
    let names = fleet.fold(&largest.hosts, verbose);
    // Many ranges say less than that it is the block at the top.
    let names = if names.len() > 40 { "the first" } else { &names };
    let mut text = format!("as {names}");
    if !more.is_empty() {
        text += &format!(", and {}", more.join(", "));
    }
    if !fewer.is_empty() {
        text += &format!(", but not {}", fewer.join(", "));
    }
    Some(text)
}

fn heading(steps: &[Change], hosts: &[Name], fleet: &Fleet, verbose: bool, paint: Paint) -> String {
    let names = paint.tone(Tone::Strong, &fleet.fold(hosts, verbose));
    let each = match hosts.len() {
        0..=10 => String::new(),
        many => format!(" on each of {many} hosts"),
    };
    format!("{names}: {}{each}", words::count(steps.len(), "change"))
}
