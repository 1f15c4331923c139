//! One folder per case: the step as written, the check and the apply it becomes. `UPDATE_GOLDEN=1` writes them anew.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use provision::plan;
use provision::resource::{KEYS, Resource};
use provision::script::Script;

use super::read;
use crate::kit::golden::Goldens;
use crate::kit::shell::{DIFF, DRY_RUN, PUSH, SHELLS, nonce, plan};

/// Every case: its kind, its folder, its step.
pub(super) fn cases() -> Vec<(&'static str, PathBuf, Resource)> {
    let mut cases = Vec::new();
    for kind in KEYS {
        let mut folders: Vec<PathBuf> = fs::read_dir(format!("tests/golden/resource/{kind}"))
            .unwrap_or_else(|error| panic!("no golden folder for {kind}: {error}"))
            .map(|entry| entry.unwrap().path())
            .collect();
        folders.sort();
        assert!(folders.len() > 2, "a few cases of {kind}");
        for folder in folders {
            let text = fs::read_to_string(folder.join("step.toml")).unwrap();
            let step = read(kind, "step.toml", &text)
                .unwrap_or_else(|mistake| panic!("{}: {mistake}", folder.display()));
            cases.push((*kind, folder, step));
        }
    }
    cases
}

fn text(script: &Script) -> Vec<u8> {
    let mut text = Vec::new();
    script.render(&mut text, &mut |_| 0).unwrap();
    text.push(b'\n');
    text
}

#[test]
fn every_step_becomes_its_check_and_its_apply() {
    let mut goldens = Goldens::default();
    for (_, folder, step) in cases() {
        goldens.compare(&folder.join("check.sh"), &text(&step.check()));
        goldens.compare(&folder.join("apply.sh"), &text(&step.apply()));
    }
    goldens.finish();
}

#[test]
fn a_check_holds_no_apply() {
    for (kind, folder, step) in cases() {
        let check = String::from_utf8(text(&step.check())).unwrap();
        assert!(!check.is_empty(), "{kind}");
        for doing in [
            "place ",
            "install_packages",
            "chmod",
            "useradd",
            "service_do",
            "postgres_do",
            "user_apply",
            "line_set",
            "line_drop",
            "block_set",
            "replace_all",
            "ini_set",
            "ini_drop",
            "key_set",
            "sudoers_place",
            "sshd_copy",
            "units_reload",
            "timer_start",
            "timer_stop",
            "crontab_set",
            "kernel_set",
            "module_load",
            "fstab_set",
            "mount_now",
            "unmount ",
            "swap_make",
            "swap_remove",
            "hostname_set",
            "hosts_edit",
            "locale_make",
            "locale_set",
            "timezone_set",
        ] {
            assert!(!check.contains(doing), "{}: {doing}", folder.display());
        }
    }
}

#[test]
fn every_shell_reads_every_program() {
    let folder = tempfile::tempdir().unwrap();
    let mut programs = Vec::new();
    for (kind, case, step) in cases() {
        let plan = plan(vec![step]);
        for (what, options) in [("dry-run", DRY_RUN), ("push", PUSH), ("diff", DIFF)] {
            let name = format!("{kind}-{}-{what}", case.file_name().unwrap().to_str().unwrap());
            let path = folder.path().join(name);
            fs::write(&path, plan::compile(&plan, &nonce(), options).unwrap()).unwrap();
            programs.push(path);
        }
    }
    for shell in SHELLS {
        for program in &programs {
            let read = Command::new(shell[0])
                .args(&shell[1..])
                .arg("-n")
                .arg(program)
                .output()
                .unwrap();
            let said = String::from_utf8_lossy(&read.stderr);
            assert!(
                read.status.success() && said.is_empty(),
                "{shell:?} {}: {said}",
                program.display()
            );
        }
    }
}
