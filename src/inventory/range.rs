//! Ranges in host names: `web[01-20]`, `rack[a-c]-[1-4]`.
//!
//! Numbers count up and keep their leading zeros; letters are single. The last range turns fastest.

use std::ops::Range;

/// The most names one inventory may hold.
pub(super) const MAX_NAMES: usize = 100_000;

/// A name with ranges in it.
#[derive(Debug)]
pub(super) struct Pattern {
    parts: Vec<Part>,
}

#[derive(Debug)]
enum Part {
    Text(String),
    Numbers { low: u64, high: u64, width: usize },
    Letters { low: u8, high: u8 },
}

/// What is wrong with a range, and where in the text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct RangeError {
    pub(super) span: Range<usize>,
    pub(super) message: String,
    pub(super) help: String,
}

impl Pattern {
    /// Reads a name of the inventory, where every bracket opens a range.
    pub(super) fn parse(text: &str) -> Result<Self, RangeError> {
        let pattern = Self::read(text, true)?;
        match pattern.len() {
            Some(_) => Ok(pattern),
            None => Err(RangeError {
                span: 0..text.len(),
                message: format!("`{text}` stands for more than 100,000 names"),
                help: "split the fleet into several inventories".to_owned(),
            }),
        }
    }

    /// Reads an operand of a selector, where a bracket that is no range is left to the glob.
    pub(super) fn parse_glob(text: &str) -> Option<Self> {
        Self::read(text, false)
            .ok()
            .filter(|pattern| pattern.len().is_some())
    }

    fn read(text: &str, strict: bool) -> Result<Self, RangeError> {
        let mut parts = Vec::new();
        let mut at = 0;
        while let Some(open) = text[at..].find(['[', ']']).map(|index| at + index) {
            let end = text[open..].find(']').map(|index| open + index);
            let (true, Some(close)) = (text[open..].starts_with('['), end) else {
                if !strict {
                    break;
                }
                return Err(RangeError {
                    span: open..open + 1,
                    message: "this bracket has no partner".to_owned(),
                    help: "write a range as `[01-20]` or `[a-c]`".to_owned(),
                });
            };
            parts.push(Part::Text(text[at..open].to_owned()));
            match read_range(&text[open + 1..close]) {
                Ok(range) => parts.push(range),
                Err(_) if !strict => parts.push(Part::Text(text[open..=close].to_owned())),
                Err((message, help)) => {
                    let span = open..close + 1;
                    return Err(RangeError { span, message, help });
                }
            }
            at = close + 1;
        }
        parts.push(Part::Text(text[at..].to_owned()));
        Ok(Self { parts })
    }

    /// How many names there are, unless they are too many.
    pub(super) fn len(&self) -> Option<usize> {
        self.parts
            .iter()
            .try_fold(1_u64, |product, part| product.checked_mul(part.len()))
            .and_then(|len| usize::try_from(len).ok())
            .filter(|len| *len <= MAX_NAMES)
    }

    /// All names, in order.
    pub(super) fn names(&self) -> Vec<String> {
        let mut names = vec![String::new()];
        for part in &self.parts {
            names = names
                .iter()
                .flat_map(|name| part.texts().map(move |text| format!("{name}{text}")))
                .collect();
        }
        names
    }
}

impl Part {
    fn len(&self) -> u64 {
        match self {
            Self::Text(_) => 1,
            Self::Numbers { low, high, .. } => (high - low).saturating_add(1),
            Self::Letters { low, high } => u64::from(high - low) + 1,
        }
    }

    fn texts(&self) -> Box<dyn Iterator<Item = String> + '_> {
        match *self {
            Self::Text(ref text) => Box::new(std::iter::once(text.clone())),
            Self::Numbers { low, high, width } => {
                Box::new((low..=high).map(move |number| format!("{number:0width$}")))
            }
            Self::Letters { low, high } => {
                Box::new((low..=high).map(|letter| char::from(letter).to_string()))
            }
        }
    }
}

/// Reads what stands between brackets; otherwise says what is wrong and what to do.
fn read_range(text: &str) -> Result<Part, (String, String)> {
    let example = || "write a range as `[01-20]` or `[a-c]`".to_owned();
    if text.is_empty() {
        return Err(("this range is empty".to_owned(), example()));
    }
    let Some((low, high)) = text.split_once('-') else {
        return Err(("this is no range".to_owned(), example()));
    };
    let reversed = || {
        let message = format!("this range runs backwards, from {low} to {high}");
        Err((message, format!("write it as `[{high}-{low}]`")))
    };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if digits(low) && digits(high) {
        let padded = |text: &str| text.len() > 1 && text.starts_with('0');
        if low.len() != high.len() && (padded(low) || padded(high)) {
            let width = low.len().max(high.len());
            return Err((
                format!(
                    "`{low}` and `{high}` have unequal width, so it is unclear how to pad the numbers between"
                ),
                format!("write it as `[{low:0>width$}-{high:0>width$}]`"),
            ));
        }
        let (Ok(first), Ok(last)) = (low.parse(), high.parse()) else {
            return Err(("this range has numbers beyond 64 bits".to_owned(), example()));
        };
        let width = if padded(low) || padded(high) { low.len() } else { 0 };
        if first > last {
            return reversed();
        }
        return Ok(Part::Numbers {
            low: first,
            high: last,
            width,
        });
    }
    match (low.as_bytes(), high.as_bytes()) {
        (&[first], &[last])
            if first.is_ascii_lowercase() && last.is_ascii_lowercase()
                || first.is_ascii_uppercase() && last.is_ascii_uppercase() =>
        {
            if first > last {
                return reversed();
            }
            Ok(Part::Letters {
                low: first,
                high: last,
            })
        }
        _ => Err((
            "a range runs between two numbers, or between two letters of one case".to_owned(),
            example(),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ranges_count_up_and_keep_their_zeros() {
        let names = |text| Pattern::parse(text).unwrap().names();
        assert_eq!(names("db1"), ["db1"]);
        assert_eq!(names("w[08-11].x"), ["w08.x", "w09.x", "w10.x", "w11.x"]);
        assert_eq!(names("w[9-11]"), ["w9", "w10", "w11"]);
        assert_eq!(names("r[a-b]-[1-2]"), ["ra-1", "ra-2", "rb-1", "rb-2"]);
        assert_eq!(names("w[00-00]"), ["w00"]);
        assert_eq!(names("w[0-2]"), ["w0", "w1", "w2"]);
    }

    #[test]
    fn bad_ranges_are_refused_where_they_stand() {
        let span = |text| Pattern::parse(text).unwrap_err().span;
        assert_eq!(span("w[3-1]x"), 1..6);
        assert_eq!(span("w[1-020]x"), 1..8);
        assert_eq!(span("w[]"), 1..3);
        assert_eq!(span("w[1-2"), 1..2);
        assert_eq!(span("w1-2]"), 4..5);
        assert_eq!(span("w[a-C]"), 1..6);
        assert_eq!(span("w[1-9,11]"), 1..9);
        assert_eq!(span("w[1-2]-[c-a]"), 7..12);
        assert_eq!(span("[0-999][0-999]"), 0..14);
        assert_eq!(span("[0-18446744073709551615]"), 0..24);
    }

    proptest! {
        #[test]
        fn any_text_is_expanded_or_refused(text in r"([a-z0-9é]|\[|\]|-|\[0-9\]){0,40}") {
            if let Ok(pattern) = Pattern::parse(&text) {
                prop_assert_eq!(Some(pattern.names().len()), pattern.len());
            }
            Pattern::parse_glob(&text);
        }
    }
}
