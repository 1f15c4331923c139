//! Points in time, as UTC: milliseconds since 1970, and the calendar's words for them.

use std::fmt;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A point in time, to the millisecond.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(u64);

const SECOND: u64 = 1000;
const DAY: u64 = 86_400 * SECOND;

impl Moment {
    /// The system's time.
    pub fn now() -> Self {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        Self(u64::try_from(since.unwrap_or_default().as_millis()).unwrap_or(0))
    }

    /// How long ago `earlier` was; nothing when it is yet to come.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }

    /// `20261125-225936`: sorts as time does.
    pub fn compact(self) -> String {
        let (year, month, day) = civil(self.0 / DAY);
        let (hours, minutes, seconds) = self.clock();
        format!("{year:04}{month:02}{day:02}-{hours:02}{minutes:02}{seconds:02}")
    }

    /// Reads what [`Moment::compact`] wrote at the beginning of `text`.
    pub fn from_compact(text: &str) -> Option<Self> {
        let digit = |at: usize| at == 8 || text.as_bytes().get(at).is_some_and(u8::is_ascii_digit);
        if !(0..15).all(digit) || text.as_bytes()[8] != b'-' {
            return None;
        }
        let number = |range: std::ops::Range<usize>| text[range].parse().ok();
        Self::of(
            [number(0..4)?, number(4..6)?, number(6..8)?],
            [number(9..11)?, number(11..13)?, number(13..15)?],
            0,
        )
    }

    /// Milliseconds of the second.
    pub fn milliseconds(self) -> u64 {
        self.0 % SECOND
    }

    fn clock(self) -> (u64, u64, u64) {
        let seconds = self.0 % DAY / SECOND;
        (seconds / 3600, seconds / 60 % 60, seconds % 60)
    }

    fn of(
        [year, month, day]: [u64; 3],
        [hours, minutes, seconds]: [u64; 3],
        milliseconds: u64,
    ) -> Option<Self> {
        let days = days(year, month, day)?;
        if hours > 23 || minutes > 59 || seconds > 60 {
            return None;
        }
        Some(Self(
            days * DAY + ((hours * 60 + minutes) * 60 + seconds) * SECOND + milliseconds,
        ))
    }

    fn parse(text: &str) -> Option<Self> {
        let text = text.strip_suffix('Z')?;
        let (date, time) = text.split_once('T')?;
        let (time, fraction) = time.split_once('.').unwrap_or((time, "0"));
        let three = |text: &str, sign: char| -> Option<[u64; 3]> {
            let parts: Option<Vec<u64>> = text.split(sign).map(|part| part.parse().ok()).collect();
            parts?.try_into().ok()
        };
        let fraction = fraction.get(..3).unwrap_or(fraction).parse().ok()?;
        Self::of(three(date, '-')?, three(time, ':')?, fraction)
    }
}

/// As RFC 3339 has it: `2026-11-25T22:59:36.123Z`.
impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = civil(self.0 / DAY);
        let (hours, minutes, seconds) = self.clock();
        let milliseconds = self.milliseconds();
        write!(
            f,
            "{year:04}-{month:02}-{day:02}T{hours:02}:{minutes:02}:{seconds:02}.{milliseconds:03}Z"
        )
    }
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| de::Error::custom(format!("{text:?} is no point in time")))
    }
}

fn is_leap(year: u64) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

fn month_length(year: u64, month: u64) -> u64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days of the years from 1970 up to the beginning of `year`.
fn days_before(year: u64) -> u64 {
    let leaps = |year: u64| year / 4 - year / 100 + year / 400;
    (year - 1970) * 365 + leaps(year - 1) - leaps(1969)
}

/// The date of a day counted from 1970-01-01, in the Gregorian calendar.
fn civil(day: u64) -> (u64, u64, u64) {
    let mut year = 1970 + day / 366;
    while days_before(year + 1) <= day {
        year += 1;
    }
    let mut left = day - days_before(year);
    let mut month = 1;
    while left >= month_length(year, month) {
        left -= month_length(year, month);
        month += 1;
    }
    (year, month, left + 1)
}

fn days(year: u64, month: u64, day: u64) -> Option<u64> {
    if !(1970..=9999).contains(&year) || !(1..=12).contains(&month) {
        return None;
    }
    if day < 1 || day > month_length(year, month) {
        return None;
    }
    let months: u64 = (1..month).map(|month| month_length(year, month)).sum();
    Some(days_before(year) + months + day - 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn known_dates() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_400, "2000-02-29T00:00:00.000Z"),
            (1_709_164_800, "2024-02-29T00:00:00.000Z"),
            (1_798_761_599, "2026-12-31T23:59:59.000Z"),
            (4_107_542_400, "2100-03-01T00:00:00.000Z"),
        ] {
            assert_eq!(Moment(seconds * SECOND).to_string(), text);
        }
        for bad in [
            "",
            "2026-02-29T00:00:00Z",
            "2026-13-01T00:00:00Z",
            "x",
            "2026-01-01",
        ] {
            assert_eq!(Moment::parse(bad), None, "{bad}");
        }
        assert_eq!(Moment::from_compact("20261125-2259é"), None);
    }

    proptest! {
        #[test]
        fn written_and_read(milliseconds in 0_u64..253_402_300_800_000) {
            let moment = Moment(milliseconds);
            prop_assert_eq!(Moment::parse(&moment.to_string()), Some(moment));
            let whole = Moment(milliseconds / SECOND * SECOND);
            prop_assert_eq!(Moment::from_compact(&moment.compact()), Some(whole));
        }

        #[test]
        fn any_text_is_read_or_refused(text: String) {
            let _ = (Moment::parse(&text), Moment::from_compact(&text));
        }
    }
}
