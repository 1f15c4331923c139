//! `provision replay`: tells a recorded run again, in any form.

use std::time::{Duration, Instant};

use super::Outcome;
use super::completions::offer;
use super::recording::{about, file, read, warn};
use super::telling::TellingArgs;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  provision replay last -v\n  provision replay 20261125 --report run.html\n  provision replay last --output tty --speed 10"
)]
pub(super) struct Args {
    /// An id from `provision runs`, the beginning of one, `last`, or a file written by `--report FILE.ndjson`
    #[arg(value_name = "RUN", add = offer::runs())]
    run: String,
    /// Tell it in its own time, this many times as fast; without it, at once
    #[arg(long, value_name = "TIMES", value_parser = speed)]
    speed: Option<f64>,
    #[command(flatten)]
    telling: TellingArgs,
}

fn speed(text: &str) -> Result<f64, String> {
    let speed: f64 = text.parse().map_err(|_| "not a number".to_owned())?;
    if (0.001..=1_000_000.0).contains(&speed) {
        Ok(speed)
    } else {
        Err("it must be between 0.001 and 1000000".to_owned())
    }
}

pub(super) fn run(args: &Args) -> Outcome {
    let path = file(&args.run)?;
    let (events, teller) = args.telling.replay(args.speed.unwrap_or(1.0), &about(&path))?;
    let began = Instant::now();
    let read = read(&path, |stamped| {
        if let Some(speed) = args.speed {
            let due = Duration::try_from_secs_f64(stamped.at.as_secs_f64() / speed).unwrap_or_default();
            std::thread::sleep(due.saturating_sub(began.elapsed()));
        }
        // A reporter that went away ends the telling; what it has to say of that comes with its end.
        let _ = events.blocking_send(stamped);
    });
    drop(events);
    teller.end()?;
    if !read? {
        warn("the record ends before the run does: its controller was cut off, or is still at work");
    }
    Ok(0)
}
