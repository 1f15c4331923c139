//! The manual: a page for every command, sound roff, and the same exit codes everywhere.

use std::fs;
use std::process::Command;

use super::called::Place;
use crate::kit::tools;

/// The commands `--help` lists, `help` itself left out.
fn commands(place: &Place) -> Vec<String> {
    let help = place.call(&["--help"]).success().stdout;
    let listed = help
        .split("\nCommands:\n")
        .nth(1)
        .unwrap()
        .split("\n\n")
        .next()
        .unwrap();
    let names = listed
        .lines()
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let names = names.filter_map(|line| line.split_whitespace().next().map(str::to_owned));
    names.filter(|name| name != "help").collect()
}

/// `(code, meaning)` of the lines of `text` that are a code and its meaning.
fn codes(text: &str, parse: impl Fn(&str) -> Option<(&str, &str)>) -> Vec<(u8, String)> {
    let rows = text.lines().filter_map(parse);
    rows.filter_map(|(code, meaning)| Some((code.trim().parse().ok()?, meaning.trim().to_owned())))
        .collect()
}

#[test]
fn every_command_has_a_page_of_sound_roff() {
    let place = Place::new(&[]);
    place.call(&["man", "pages/man1"]).success().golden("man");
    let page = |name: &str| fs::read_to_string(place.path(&format!("pages/man1/{name}.1"))).unwrap();
    for command in commands(&place) {
        let text = page(&format!("provision-{command}"));
        for section in [
            "NAME",
            "SYNOPSIS",
            "DESCRIPTION",
            "OPTIONS",
            "EXAMPLES",
            "\"EXIT STATUS\"",
            "\"SEE ALSO\"",
        ] {
            assert!(
                text.contains(&format!("\n.SH {section}\n")),
                "{command} lacks {section}\n{text}"
            );
        }
    }
    let root = page("provision");
    for word in [
        ".SH FILES\n",
        ".SH ENVIRONMENT\n",
        "PROVISION_HOSTS",
        "NO_COLOR",
        "known_hosts",
    ] {
        assert!(root.contains(word), "{word}\n{root}");
    }
    assert!(page("provision-push").contains("PROVISION_PROFILES"));
    assert!(page("provision-hosts-show").contains(".SH \"EXIT STATUS\""));
    // A second time over the first.
    place.call(&["man", "pages/man1"]).success();

    let Some(groff) = tools::find("groff", "pages of the manual were not formatted") else {
        return;
    };
    let mut pages = 0;
    for entry in fs::read_dir(place.path("pages/man1")).unwrap() {
        let path = entry.unwrap().path();
        let output = Command::new(&groff)
            .args(["-man", "-ww", "-z", "-Tutf8", "-Kutf8"])
            .arg(&path)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            output.status.success() && said.is_empty(),
            "{}: {said}",
            path.display()
        );
        pages += 1;
    }
    assert!(pages > 20, "{pages} pages");
}

#[test]
fn pages_are_not_written_where_no_folder_can_be() {
    let place = Place::new(&[("file", "mine")]);
    let said = place.call(&["man", "file"]).fails_with(2);
    assert!(
        said.stderr.contains("cannot write manual pages to file"),
        "{}",
        said.stderr
    );
    assert_eq!(fs::read_to_string(place.path("file")).unwrap(), "mine");
}

#[test]
fn every_command_shows_an_example() {
    let place = Place::new(&[]);
    let commands = commands(&place);
    assert!(commands.len() > 15, "{commands:?}");
    for command in commands {
        let help = place.call(&[&command, "--help"]).success().stdout;
        assert!(help.contains("Example"), "{command}\n{help}");
    }
}

/// One table: of the code, which `--help` prints, of the documentation, of every page of the manual.
#[test]
fn exit_codes_are_the_same_everywhere() {
    let place = Place::new(&[]);
    let help = place.call(&["--help"]).success().stdout;
    let own = help.split("\nExit codes:\n").nth(1).unwrap();
    // Lines that were wrapped do not begin with a code.
    let own = own.lines().fold(String::new(), |joined, line| {
        let line = line.trim();
        let between = if line.starts_with(|c: char| c.is_ascii_digit()) {
            "\n"
        } else {
            " "
        };
        joined + between + line
    });
    let own = codes(&own, |line| line.trim().split_once("  "));
    let numbers: Vec<u8> = own.iter().map(|(code, _)| *code).collect();
    assert_eq!(numbers, [0, 1, 2, 3, 4, 130], "{help}");

    let documented = fs::read_to_string("docs/cli.md").unwrap();
    let table = documented
        .split("## Exit codes\n")
        .nth(1)
        .unwrap()
        .split("\n## ")
        .next()
        .unwrap();
    let documented = codes(table, |line| {
        line.strip_prefix("| ")?.strip_suffix(" |")?.split_once(" | ")
    });
    assert_eq!(documented, own, "docs/cli.md");

    place.call(&["man", "."]).success();
    for name in ["provision", "provision-push", "provision-runs-show"] {
        let page = fs::read_to_string(place.path(&format!("{name}.1"))).unwrap();
        let section = page
            .split("\n.SH \"EXIT STATUS\"\n")
            .nth(1)
            .unwrap()
            .split("\n.SH ")
            .next()
            .unwrap();
        let plain = section
            .replace("\\fB", "")
            .replace("\\fR", "")
            .replace("\\-", "-");
        let entries: Vec<&str> = plain
            .split(".TP\n")
            .filter(|entry| !entry.trim().is_empty())
            .collect();
        let told: Vec<(u8, String)> = entries
            .iter()
            .map(|entry| {
                let (code, meaning) = entry.split_once('\n').unwrap();
                (code.trim().parse().unwrap(), meaning.trim().to_owned())
            })
            .collect();
        let expected: Vec<(u8, String)> = own
            .iter()
            .map(|(code, meaning)| (*code, meaning.replace('`', "")))
            .collect();
        assert_eq!(told, expected, "{name}");
    }
}
