//! What a step says of itself before it is done: the files it decides, and whether it takes something away.

use std::fs;

use provision::event::Event;
use provision::resource::Wanted;

use super::golden::cases;
use super::read;
use crate::kit::shell::{Corner, DIFF, SHELLS, plan};

/// Kinds whose `absent` takes a text out of a file that stays, and what is no state of a host.
const NOT_COUNTED: &[&str] = &["block", "hosts_entry", "ini", "line", "wait_for"];

#[test]
fn what_takes_away_is_counted_as_destructive() {
    let mut counted = 0;
    for (kind, folder, step) in cases() {
        let text = fs::read_to_string(folder.join("step.toml")).unwrap();
        let says = |line: &str| text.lines().any(|it| it == line);
        let away = says("state = \"absent\"") && !NOT_COUNTED.contains(&kind)
            || kind == "service"
                && ["running = false", "enabled = false", "masked = true"]
                    .iter()
                    .any(|it| says(it))
            || kind == "reboot";
        assert_eq!(step.destroys(), away, "{}", folder.display());
        counted += usize::from(away);
    }
    assert!(counted > 25, "{counted}");
}

#[test]
fn whole_files_are_shown_and_secret_ones_are_not() {
    let shown = |kind: &str, text: &str| -> Vec<(String, Option<String>)> {
        let step = read(kind, "step.toml", text).unwrap_or_else(|mistake| panic!("{text}: {mistake}"));
        let views = step.files().into_iter().filter(|file| !file.secret);
        views
            .map(|file| {
                let content = match file.wanted {
                    Wanted::Content(it) => Some(String::from_utf8(it.into_owned()).unwrap()),
                    Wanted::Gone => None,
                    Wanted::Edited(show) => Some(show.to_display()),
                };
                (file.path.into_owned(), content)
            })
            .collect()
    };
    let one = |path: &str, text: &str| vec![(path.to_owned(), Some(text.to_owned()))];
    let gone = |path: &str| vec![(path.to_owned(), None)];
    let absent = "\nstate = 'absent'";
    let rules = "sudoers = 'ops'";
    assert_eq!(
        shown("sudoers", &format!("{rules}\ncontent = '%ops ALL=(ALL) ALL'")),
        one("/etc/sudoers.d/ops", "%ops ALL=(ALL) ALL\n")
    );
    assert_eq!(
        shown("sudoers", &format!("{rules}{absent}")),
        gone("/etc/sudoers.d/ops")
    );
    assert_eq!(
        shown("sshd_config", "sshd_config = '10-x'\ncontent = \"UseDNS no\\n\""),
        one("/etc/ssh/sshd_config.d/10-x.conf", "UseDNS no\n")
    );
    assert_eq!(
        shown("sysctl", "sysctl = 'vm.swappiness'\nvalue = 10"),
        one(
            "/etc/sysctl.d/90-provision-vm.swappiness.conf",
            "vm.swappiness = 10\n"
        )
    );
    assert_eq!(
        shown("cron", &format!("cron = 'nightly'{absent}")),
        gone("/etc/cron.d/nightly")
    );
    assert_eq!(
        shown("cron", &format!("cron = 'nightly'\ncrontab = 'ada'{absent}")),
        one(
            "crontab of ada",
            "show_edit '' crontab_new ada '' '# BEGIN provision nightly' '# END provision nightly'"
        ),
        "a crontab is not its own alone"
    );
    assert_eq!(
        shown(
            "unit_file",
            "unit_file = 'a.service'\ndrop_in = 'limits'\ncontent = '[Service]'"
        ),
        one("/etc/systemd/system/a.service.d/limits.conf", "[Service]")
    );
    assert_eq!(
        shown("unit_file", "unit_file = 'a.service'\nstate = 'masked'"),
        []
    );
    assert_eq!(
        shown("hostname", "hostname = 'db1'"),
        one("/etc/hostname", "db1\n")
    );
    let timer = shown("timer", "timer = 'note'\ncalendar = 'daily'\ncommand = 'true'");
    let paths: Vec<&str> = timer.iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(
        paths,
        [
            "/etc/systemd/system/note.service",
            "/etc/systemd/system/note.timer"
        ]
    );
    assert_eq!(shown("file", "file = '/etc/x'\ncontent = 'x'\nsecret = true"), []);
}

#[test]
fn each_file_of_a_step_is_shown_beside_what_it_should_be() {
    let timer = "timer = 'provision-no-such'\ncalendar = 'daily'\ncommand = 'true'";
    for shell in SHELLS {
        let done = Corner::new(shell).run(&plan(vec![read("timer", "step.toml", timer).unwrap()]), DIFF);
        let told: Vec<(String, bool)> = done
            .events
            .iter()
            .filter_map(|event| match event {
                Event::StepDiff { diff, .. } => {
                    assert_eq!(diff.before, None);
                    let after = String::from_utf8(diff.after.clone().unwrap()).unwrap();
                    Some((diff.path.clone(), after.contains("OnCalendar=daily")))
                }
                _ => None,
            })
            .collect();
        let folder = "/etc/systemd/system/provision-no-such";
        assert_eq!(
            told,
            [
                (format!("{folder}.service"), false),
                (format!("{folder}.timer"), true)
            ],
            "{shell:?}"
        );
    }
}
