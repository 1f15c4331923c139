//! Texts of a user's and of the system's that are edited: crontabs, keys and locales, each first told by a diff.

use std::fs;
use std::path::Path;

use provision::event::{Event, Outcome};
use provision::resource::Resource;

use super::read;
use super::stand_ins::Host;
use crate::kit::shell::{DIFF, PUSH, SHELLS, plan};

fn step(kind: &str, text: &str) -> Resource {
    read(kind, "step.toml", text).unwrap_or_else(|mistake| panic!("{text}: {mistake}"))
}

/// A diff tells of the text `name`, which lies at `path`, what a push makes of it, and nothing where that is nothing.
fn told_and_made(host: &Host, step: Resource, name: &str, path: &Path) -> Option<Vec<u8>> {
    let was = fs::read(path).ok();
    let plan = plan(vec![step]);
    let shown = host.run(&plan, DIFF);
    assert_eq!(fs::read(path).ok(), was, "a dry-run writes nothing");
    let outcome = host.run(&plan, PUSH).outcomes()[0];
    let is = fs::read(path).ok();
    let told: Vec<_> = shown
        .diffs()
        .iter()
        .map(|diff| (diff.path.as_str(), &diff.before, &diff.after))
        .collect();
    let shell = host.corner.shell;
    // Of a crontab nobody can tell whether it is empty or not there.
    let was = was.filter(|text| !text.is_empty());
    if outcome == Outcome::Changed {
        assert_eq!(told, [(name, &was, &is)], "under {shell:?}");
        assert_eq!(host.run(&plan, PUSH).outcomes(), [Outcome::Ok], "under {shell:?}");
    } else {
        assert!(
            told.is_empty() && is.filter(|text| !text.is_empty()) == was,
            "{told:?} under {shell:?}"
        );
        return None;
    }
    is
}

const CRONTAB: &str = r#"at=$HOME/crontab.$2
case $3 in
-l)
  [ ! -e "$at.broken" ] || { echo "you may not" >&2; exit 1; }
  cat "$at" 2>/dev/null || { echo "no crontab for $2" >&2; exit 1; } ;;
-) cat >"$at" ;;
esac"#;

#[test]
fn a_crontab_becomes_what_was_told() {
    let job = "cron = 'nightly'\ncrontab = 'ada'\n";
    let wanted = format!("{job}schedule = '0 3 * * *'\ncommand = 'true 100%'");
    let gone = format!("{job}state = 'absent'");
    let block = "# BEGIN provision nightly\n0 3 * * * true 100\\%\n# END provision nightly\n";
    let old = "# BEGIN provision nightly\nold\n# END provision nightly\n";
    for shell in SHELLS {
        let host = Host::new(shell, false).with("crontab", CRONTAB);
        let path = host.corner.path("crontab.ada");
        let made = |before: Option<&str>, text: &str| {
            match before {
                Some(before) => fs::write(&path, before).unwrap(),
                None => drop(fs::remove_file(&path)),
            }
            let after = told_and_made(&host, step("cron", text), "crontab of ada", &path);
            after.map(|after| String::from_utf8(after).unwrap())
        };
        assert_eq!(made(None, &wanted).as_deref(), Some(block));
        assert_eq!(made(Some(""), &wanted).as_deref(), Some(block));
        // Other lines stay, empty ones at the end too.
        let others = "MAILTO=ada\n* * * * * mine\n\n\n";
        assert_eq!(made(Some(others), &wanted), Some(format!("{others}{block}")));
        assert_eq!(
            made(Some(&format!("{old}{others}")), &wanted),
            Some(format!("{block}{others}"))
        );
        assert_eq!(
            made(Some(&format!("{others}{old}")), &gone).as_deref(),
            Some(others)
        );
        assert_eq!(made(Some(old), &gone).as_deref(), Some(""));
        assert_eq!(made(Some(others), &gone), None);
        assert_eq!(made(Some("# BEGIN provision nightly\n"), &wanted), None);
        fs::write(host.corner.path("crontab.ada.broken"), "").unwrap();
        assert_eq!(made(Some(others), &wanted), None);
    }
}

#[test]
fn keys_become_what_was_told() {
    let key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f";
    let present = format!("authorized_key = 'ada'\nkey = '{key} ada@laptop'\noptions = 'restrict'");
    let absent = format!("authorized_key = 'ada'\nkey = '{key}'\nstate = 'absent'");
    let line = format!("restrict {key} ada@laptop");
    for shell in SHELLS {
        let host = Host::new(shell, false)
            .with("id", "echo 1000")
            .with("sh", "exec /bin/dash \"$@\"");
        let home = host.corner.path("home");
        let path = home.join(".ssh/authorized_keys");
        let name = "~ada/.ssh/authorized_keys";
        // Before there is such a user, and then before there are keys.
        let shown = host.run(&plan(vec![step("authorized_key", &present)]), DIFF);
        let told: Vec<_> = shown
            .diffs()
            .iter()
            .map(|diff| (&*diff.path, diff.before.as_deref(), diff.after.as_deref()))
            .collect();
        assert_eq!(told, [(name, None, Some(format!("{line}\n").as_bytes()))]);
        fs::create_dir(&home).unwrap();
        fs::write(
            host.corner.path("passwd"),
            format!("ada:x:1000:1000::{}:/bin/sh\n", home.display()),
        )
        .unwrap();
        let made = |before: Option<String>, text: &str| {
            if let Some(before) = before {
                fs::write(&path, before).unwrap();
            }
            let after = told_and_made(&host, step("authorized_key", text), name, &path);
            after.map(|after| String::from_utf8(after).unwrap())
        };
        assert_eq!(made(None, &present), Some(format!("{line}\n")));
        let other = "ssh-ed25519 AAAA other";
        assert_eq!(
            made(Some(other.to_owned()), &present),
            Some(format!("{other}\n{line}"))
        );
        assert_eq!(
            made(Some(format!("{key}\r\n{other}\r\n{key} twice\r\n")), &present),
            Some(format!("{line}\r\n{other}\r\n"))
        );
        assert_eq!(
            made(Some(format!("{other}\n{line}\n")), &absent),
            Some(format!("{other}\n"))
        );
        assert_eq!(made(Some(other.to_owned()), &absent), None);
    }
}

#[test]
fn locales_become_what_was_told() {
    for shell in SHELLS {
        for debian in [true, false] {
            let host = Host::new(shell, false)
                .with("locale", "cat \"$HOME/locales\"")
                .with("locale-gen", "echo en_GB.utf8 >>\"$HOME/locales\"");
            let (path, other) = if debian {
                ("/etc/default/locale", "/etc/locale.conf")
            } else {
                ("/etc/locale.conf", "/etc/default/locale")
            };
            fs::write(host.corner.path("locales"), "C\n").unwrap();
            if debian {
                fs::write(host.moved("/etc/debian_version"), "12\n").unwrap();
            }
            fs::write(host.moved("/etc/locale.gen"), "# de_DE.UTF-8 UTF-8").unwrap();
            fs::write(host.moved(path), "LANG=C\nLC_TIME=C\n").unwrap();
            fs::write(host.moved(other), "LANG=C\n").unwrap();
            host.converges(vec![step("locale", "locale = 'en_GB.UTF-8'\ndefault = true")]);
            let text = |path: &str| fs::read_to_string(host.moved(path)).unwrap();
            assert_eq!(text("/etc/locale.gen"), "# de_DE.UTF-8 UTF-8\nen_GB.UTF-8 UTF-8");
            assert_eq!(
                (text(path), text(other)),
                ("LANG=en_GB.UTF-8\nLC_TIME=C\n".to_owned(), "LANG=C\n".to_owned())
            );
            // It is there; only the default is another.
            fs::write(host.moved(path), "LC_TIME=C\n").unwrap();
            host.converges(vec![step("locale", "locale = 'en_GB.UTF-8'\ndefault = true")]);
        }
    }
}

#[test]
fn what_holds_already_is_not_shown() {
    for shell in SHELLS {
        let host = Host::new(shell, false);
        let point = host.corner.text("a place");
        fs::write(host.moved("/proc/self/mounts"), "").unwrap();
        let entry = format!("tmpfs {} tmpfs defaults 0 0\n", point.replace(' ', "\\040"));
        fs::write(host.moved("/etc/fstab"), entry).unwrap();
        // It stands there, and is not mounted; a file has its content, and not its mode.
        let file = host.corner.text("file");
        fs::write(&file, "x").unwrap();
        let mount = format!("mount = \"{point}\"\nsource = 'tmpfs'\nfstype = 'tmpfs'");
        let done = host.run(
            &plan(vec![
                step("mount", &mount),
                step(
                    "file",
                    &format!("file = \"{file}\"\ncontent = 'x'\nmode = '0600'"),
                ),
            ]),
            DIFF,
        );
        assert_eq!(done.outcomes(), [Outcome::WouldChange; 2]);
        assert!(
            !done
                .events
                .iter()
                .any(|event| matches!(event, Event::StepDiff { .. }))
        );
    }
}
