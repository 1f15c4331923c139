//! Every command says what it takes.

use super::called::Place;

#[test]
fn every_command_has_help() {
    let place = Place::new(&[]);
    place.call(&["--help"]).success().golden("help");
    for command in [
        "init",
        "push",
        "plan",
        "apply",
        "drift",
        "run",
        "copy",
        "runs",
        "replay",
        "validate",
        "hosts",
        "profiles",
        "modules",
        "completions",
        "demo",
    ] {
        let said = place.call(&[command, "--help"]).success();
        said.golden(&format!("help-{command}"));
        if command == "copy" {
            for way in ["up", "down"] {
                let said = place.call(&[command, way, "--help"]).success();
                said.golden(&format!("help-{command}-{way}"));
            }
        }
        let line = place.call(&["--help"]).success().stdout;
        assert!(line.contains(&format!("\n  {command}")), "{command} is listed");
    }
}

#[test]
fn usage_mistakes_end_with_2() {
    let place = Place::new(&[]);
    place.call(&[]).fails_with(2).golden("usage-nothing");
    place
        .call(&["psuh"])
        .fails_with(2)
        .golden("usage-unknown-command");
    place.call(&["push"]).fails_with(2).golden("usage-no-profile");
    place
        .call(&["push", "--profile", "x", "--paralel", "3"])
        .fails_with(2)
        .golden("usage-unknown-option");
    place
        .call(&["push", "--profile", "x", "--parallel", "0"])
        .fails_with(2)
        .golden("usage-parallel-zero");
    place
        .call(&["push", "--profile", "x", "--detailed-exitcode"])
        .fails_with(2)
        .golden("usage-needs-dry-run");
    place
        .call(&["push", "--profile", "x", "--output", "xml"])
        .fails_with(2)
        .golden("usage-output");
    place.call(&["run"]).fails_with(2).golden("usage-run-nothing");
    place
        .call(&["demo", "--hosts", "301"])
        .fails_with(2)
        .golden("usage-demo-hosts");
}
