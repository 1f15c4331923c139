//! Times as people write them: a number and a unit.

use core::time::Duration;

/// The longest that may be written.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Why a text is no time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoDuration {
    /// It is no whole number with one of the units behind it.
    #[error("this is no duration")]
    Malformed,
    /// It is no time at all.
    #[error("a duration may not be zero")]
    Zero,
    /// It is too much.
    #[error("this is longer than a day")]
    Long,
}

/// Reads `500ms`, `30s`, `5m` or `2h`: more than nothing, and at most a day.
pub fn duration(text: &str) -> Result<Duration, NoDuration> {
    let unit = text
        .find(|c: char| !c.is_ascii_digit())
        .ok_or(NoDuration::Malformed)?;
    let milliseconds = match &text[unit..] {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return Err(NoDuration::Malformed),
    };
    let number: u64 = text[..unit].parse().map_err(|_| NoDuration::Malformed)?;
    match number.checked_mul(milliseconds).map(Duration::from_millis) {
        Some(Duration::ZERO) => Err(NoDuration::Zero),
        Some(time) if time <= DAY => Ok(time),
        _ => Err(NoDuration::Long),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_a_number_and_a_unit() {
        let time = |text| duration(text).map(|time| time.as_millis());
        assert_eq!(time("500ms"), Ok(500));
        assert_eq!(time("30s"), Ok(30_000));
        assert_eq!(time("5m"), Ok(300_000));
        assert_eq!(time("24h"), Ok(86_400_000));
        for text in [
            "",
            "5",
            "s",
            "5 s",
            "-5s",
            "5d",
            "1.5s",
            "5sec",
            "99999999999999999999s",
        ] {
            assert_eq!(time(text), Err(NoDuration::Malformed), "{text}");
        }
        assert_eq!(time("0s"), Err(NoDuration::Zero));
        for text in ["25h", "18446744073709551615h"] {
            assert_eq!(time(text), Err(NoDuration::Long), "{text}");
        }
    }
}
