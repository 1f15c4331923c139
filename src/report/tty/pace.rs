//! How fast hosts get done, and when the last will be.

use std::collections::VecDeque;
use std::time::Duration;

/// The rate is that of this long: fast enough to follow, slow enough not to jump.
const WINDOW: Duration = Duration::from_secs(30);

/// Points kept; between them enough is known.
const POINTS: usize = 256;

/// Before this nothing sensible can be said.
const EARLIEST: Duration = Duration::from_secs(2);

/// Hosts done, over time.
#[derive(Default)]
pub(super) struct Pace {
    points: VecDeque<(Duration, usize)>,
}

impl Pace {
    /// `done` hosts were done `at` this time.
    pub(super) fn add(&mut self, at: Duration, done: usize) {
        // Many at once are one point.
        let near = |(last, _): &(Duration, usize)| at.saturating_sub(*last) < WINDOW / 200;
        if self.points.len() > 1 && self.points.back().is_some_and(near) {
            if let Some(last) = self.points.back_mut() {
                last.1 = done;
            }
            return;
        }
        self.points.push_back((at, done));
        if self.points.len() > POINTS {
            self.points.pop_front();
        }
    }

    /// Hosts per second, and how long the other `left` will take; none while too little is known.
    pub(super) fn at(&self, now: Duration, done: usize, left: usize) -> Option<(f64, Duration)> {
        if now < EARLIEST || done == 0 || left == 0 {
            return None;
        }
        let since = now.saturating_sub(WINDOW);
        let before = self.points.iter().rev().find(|(at, _)| *at <= since);
        let (from, then) = before.copied().unwrap_or((Duration::ZERO, 0));
        let seconds = now.saturating_sub(from).as_secs_f64();
        let hosts = u32::try_from(done.checked_sub(then)?)
            .ok()
            .filter(|hosts| *hosts > 0)?;
        let rate = f64::from(hosts) / seconds.max(0.1);
        let left = f64::from(u32::try_from(left).ok()?);
        Some((rate, Duration::try_from_secs_f64(left / rate).ok()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(number: u64) -> Duration {
        Duration::from_secs(number)
    }

    #[test]
    fn the_rate_follows_the_last_half_minute() {
        let mut pace = Pace::default();
        assert_eq!(pace.at(seconds(10), 0, 5), None);
        for second in 1..=100 {
            pace.add(seconds(second), usize::try_from(second).unwrap());
        }
        let (rate, eta) = pace.at(seconds(100), 100, 50).unwrap();
        assert!(
            (rate - 1.0).abs() < 0.05 && (48..=52).contains(&eta.as_secs()),
            "{rate} {eta:?}"
        );
        // Ten times as fast from here on: soon the old pace is forgotten.
        for tenth in 1..=400_u64 {
            pace.add(
                seconds(100) + Duration::from_millis(tenth * 100),
                usize::try_from(100 + tenth).unwrap(),
            );
        }
        let (rate, _) = pace.at(seconds(140), 500, 50).unwrap();
        assert!((9.0..=11.0).contains(&rate), "{rate}");
        // And when nothing moves, nothing is promised.
        assert_eq!(pace.at(seconds(1000), 500, 50), None);
        assert!(pace.points.len() <= POINTS);
    }
}
