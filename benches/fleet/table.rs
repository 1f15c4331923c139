//! The table at the end.

use super::measure::Spread;

/// What a number should be at most.
#[derive(Clone, Copy)]
pub(super) enum Target {
    /// At most this; the second is what we aim at.
    AtMost(f64, f64),
    /// It is only told.
    None,
}

/// Prints one line: what was measured, in which unit, and whether the target is met.
pub(super) fn line(what: &str, unit: &str, spread: Spread, target: Target) {
    let (verdict, wanted) = match target {
        Target::AtMost(most, aim) => {
            let verdict = if spread.median <= aim {
                "PASS, aim reached"
            } else if spread.median <= most {
                "PASS"
            } else {
                "MISS"
            };
            (verdict, format!("<= {most} (aim {aim})"))
        }
        Target::None => ("", String::new()),
    };
    let Spread { median, least, most } = spread;
    let range = format!("{least:.2} - {most:.2}");
    println!("{what:<58} {median:>9.2} {unit:<5} {range:>18}  {wanted:<18} {verdict}");
}

/// Prints a heading.
pub(super) fn heading(text: &str) {
    println!("\n{text}");
    println!(
        "{:<58} {:>9} {:<5} {:>18}  target",
        "", "median", "", "least - most"
    );
}
