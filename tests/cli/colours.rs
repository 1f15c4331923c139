//! Colours are there when they are asked for, and never otherwise.

use super::called::Place;

/// An option, the environment, and whether there are colours.
type Case = (
    &'static [&'static str],
    &'static [(&'static str, &'static str)],
    bool,
);

#[test]
fn the_option_wins_over_the_environment_and_that_over_what_is_written_to() {
    let place = Place::new(&[]);
    let cases: [Case; 7] = [
        (&[], &[], false),
        (&["--color", "always"], &[], true),
        (&["--color", "always"], &[("NO_COLOR", "1")], true),
        (&["--color", "never"], &[("CLICOLOR_FORCE", "1")], false),
        (&[], &[("CLICOLOR_FORCE", "1")], true),
        (&[], &[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")], false),
        (&["--color=auto"], &[("TERM", "xterm")], false),
    ];
    for (option, environment, coloured) in cases {
        // stdout: a report of a run; stderr: a mistake.
        let record = format!("{}/tests/golden/report/push.ndjson", env!("CARGO_MANIFEST_DIR"));
        for (args, to_stdout) in [(["replay", &record], true), (["replay", "none.ndjson"], false)] {
            let mut command = place.command(&args);
            command.args(option).envs(environment.iter().copied());
            let output = command.output().unwrap();
            let said = if to_stdout { output.stdout } else { output.stderr };
            let said = String::from_utf8(said).unwrap();
            assert!(!said.is_empty());
            assert_eq!(
                said.contains("\u{1b}["),
                coloured,
                "{args:?} {option:?} {environment:?}: {said}"
            );
        }
    }
}
