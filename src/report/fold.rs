//! Folds many host names into few words: `web[01-20].example.com, db1`.
//!
//! The one promise: expanded by the inventory's range rules, the text gives exactly the names that went in.
//! A range counts with the width of its start when that is padded with zeros, and as people do otherwise.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::Write as _;

/// Longer runs of digits are left alone: they are ids, not counts, and would not fit a number.
const MAX_DIGITS: usize = 15;

/// Folds `names` into ranges, in order of each range's first name. Doubles count once.
pub fn fold<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    segments(names).join(", ")
}

/// As [`fold`], one text per range or single name.
pub fn segments<'a>(names: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut seen = HashSet::new();
    let names: Vec<&str> = names.into_iter().filter(|name| seen.insert(*name)).collect();

    let mut sharing: HashMap<(&str, &str), usize> = HashMap::new();
    for name in &names {
        for (start, end) in digit_runs(name) {
            *sharing.entry((&name[..start], &name[end..])).or_default() += 1;
        }
    }

    // Of a name's numbers, the one that most others differ in is counted; of equals, the last.
    let mut singles = Vec::new();
    let mut families: HashMap<(&str, &str), Members> = HashMap::new();
    for (order, name) in names.iter().enumerate() {
        let best = digit_runs(name).max_by_key(|(start, end)| sharing[&(&name[..*start], &name[*end..])]);
        match best {
            Some((start, end)) => {
                let (width, number) = read(&name[start..end]);
                families
                    .entry((&name[..start], &name[end..]))
                    .or_default()
                    .insert((width, number), order);
            }
            None => singles.push((order, (*name).to_owned())),
        }
    }

    let mut all = singles;
    for ((prefix, suffix), members) in families {
        for run in runs(&members) {
            let mut text = prefix.to_owned();
            // Writing to a String cannot fail.
            let _ = if run.last == run.first {
                write!(text, "{}", run.width.write(run.first))
            } else {
                write!(
                    text,
                    "[{}-{}]",
                    run.width.write(run.first),
                    run.width.write(run.last)
                )
            };
            text.push_str(suffix);
            all.push((run.order, text));
        }
    }
    all.sort();
    all.into_iter().map(|(_, text)| text).collect()
}

/// The numbers of names that are otherwise equal, and each name's place among all.
type Members = BTreeMap<(Width, u64), usize>;

/// How a number is written: as it is, or padded with zeros to a width.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Width {
    Natural,
    Padded(usize),
}

impl Width {
    fn write(self, number: u64) -> String {
        match self {
            Self::Natural => number.to_string(),
            Self::Padded(width) => format!("{number:0width$}"),
        }
    }
}

struct Run {
    width: Width,
    first: u64,
    last: u64,
    order: usize,
}

fn runs(members: &Members) -> Vec<Run> {
    // `10` follows `09` as well as `9`: it belongs to the padded run that reaches it, else to the natural one.
    let mut left = members.clone();
    let mut runs = Vec::new();
    let padded: Vec<_> = members
        .keys()
        .filter(|(width, _)| *width != Width::Natural)
        .copied()
        .collect();
    for start in padded.into_iter().chain(members.keys().copied()) {
        let Some(mut order) = left.remove(&start) else {
            continue;
        };
        let (width, first) = start;
        let mut last = first;
        while let Some(member) = read_back(width, last + 1)
            && let Some(next) = left.remove(&member)
        {
            order = order.min(next);
            last += 1;
        }
        runs.push(Run {
            width,
            first,
            last,
            order,
        });
    }
    runs
}

/// The key under which `number`, written to `width`, stands among the members; none when it does not fit.
fn read_back(width: Width, number: u64) -> Option<(Width, u64)> {
    let text = width.write(number);
    match width {
        Width::Padded(width) if text.len() > width => None,
        _ => Some(read(&text)),
    }
}

fn read(digits: &str) -> (Width, u64) {
    let width = if digits.len() > 1 && digits.starts_with('0') {
        Width::Padded(digits.len())
    } else {
        Width::Natural
    };
    (width, digits.parse().unwrap_or(u64::MAX))
}

/// The byte ranges of the numbers in `name`.
fn digit_runs(name: &str) -> impl Iterator<Item = (usize, usize)> + '_ {
    let bytes = name.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            let start = at + bytes[at..].iter().position(u8::is_ascii_digit)?;
            at = bytes[start..]
                .iter()
                .position(|byte| !byte.is_ascii_digit())
                .map_or(bytes.len(), |length| start + length);
            if at - start <= MAX_DIGITS {
                return Some((start, at));
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn folded(names: &str) -> String {
        fold(names.split_whitespace())
    }

    /// The inventory's rule, written down a second time.
    fn expand(text: &str) -> Vec<String> {
        let mut names = Vec::new();
        for segment in text.split(", ").filter(|segment| !segment.is_empty()) {
            let Some((prefix, rest)) = segment.split_once('[') else {
                names.push(segment.to_owned());
                continue;
            };
            let (range, suffix) = rest.split_once(']').unwrap();
            let (first, last) = range.split_once('-').unwrap();
            let padded = first.len() > 1 && first.starts_with('0');
            assert!(!padded || first.len() == last.len(), "uneven range in {segment}");
            let width = if padded { first.len() } else { 0 };
            for number in first.parse::<u64>().unwrap()..=last.parse().unwrap() {
                names.push(format!("{prefix}{number:0width$}{suffix}"));
            }
        }
        names
    }

    #[test]
    fn ranges_are_found() {
        assert_eq!(folded("db1 db2 db3"), "db[1-3]");
        assert_eq!(
            folded("web02.x.org db1 web01.x.org web04.x.org"),
            "web[01-02].x.org, db1, web04.x.org"
        );
        assert_eq!(folded("web08 web09 web10 web11"), "web[08-11]");
        assert_eq!(folded("web8 web9 web10"), "web[8-10]");
        assert_eq!(folded("web99 web100"), "web[99-100]");
        assert_eq!(folded("web09 web9 web10"), "web[09-10], web9");
        assert_eq!(folded("bastion db1 db1"), "bastion, db1");
        assert_eq!(folded(""), "");
    }

    #[test]
    fn the_number_that_differs_is_counted() {
        assert_eq!(folded("ip-10-0-3-17 ip-10-0-3-18"), "ip-10-0-3-[17-18]");
        assert_eq!(folded("n1.dc2 n2.dc2 n3.dc2"), "n[1-3].dc2");
        assert_eq!(
            folded("i0123456789abcdef0 i99999999999999999999"),
            "i0123456789abcdef0, i99999999999999999999"
        );
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_nothing_added(names in prop::collection::vec(
            prop_oneof!["(web|db|n-)[0-9]{1,3}", "[a-c][0-9]{0,2}(-[0-9]{1,2})?(\\.x)?", "[a-z0-9]{1,22}"], 0..60)) {
            let expanded = expand(&fold(names.iter().map(String::as_str)));
            let wanted: HashSet<&str> = names.iter().map(String::as_str).collect();
            prop_assert_eq!(expanded.len(), wanted.len());
            prop_assert_eq!(expanded.iter().map(String::as_str).collect::<HashSet<_>>(), wanted);
        }
    }
}
