//! Reboots that are owed, on hosts that only say they go down.

use std::fs;

use provision::event::Outcome;
use provision::plan::Plan;
use provision::resource::Resource;

use super::read;
use super::stand_ins::Host;
use crate::kit::docker::eventually;
use crate::kit::shell::{DRY_RUN, PUSH, SHELLS, plan};

const DEBT: &str = "state/debts/reboot";

fn owing(host: &Host, needed: &str) -> std::sync::Arc<Plan> {
    let file = format!("file = \"{}\"\ncontent = \"1\\n\"", host.corner.text("settings"));
    let file: Resource = read("file", "step.toml", &file).unwrap();
    let reboot = format!("reboot = 'for the settings'\n{needed}");
    plan(vec![
        file.notify("reboot"),
        read("reboot", "step.toml", &reboot).unwrap(),
    ])
}

#[test]
fn a_reboot_is_owed_until_the_host_has_booted_whoever_did_it() {
    use Outcome::{Changed, Failed, Ok, WouldChange};
    for shell in SHELLS {
        let host = Host::new(shell, true).with("systemctl", r#"echo "$*" >>"$HOME/reboot.log""#);
        let plan = owing(&host, "");
        assert_eq!(host.run(&plan, DRY_RUN).outcomes(), [WouldChange, WouldChange]);
        // Nobody waits for the host to come back here, so the step's end is not known.
        assert_eq!(host.run(&plan, PUSH).outcomes(), [Changed, Failed], "{shell:?}");
        eventually("it is told to reboot", || !host.log("reboot.log").is_empty());
        assert_eq!(host.log("reboot.log"), ["--no-block reboot"]);
        assert_eq!(host.run(&plan, DRY_RUN).outcomes(), [Ok, WouldChange]);
        let debt = fs::read_to_string(host.corner.path(DEBT)).unwrap();
        let (boot, began) = debt.trim_end().split_once(':').unwrap();
        let kernels = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap();
        assert_eq!(boot, kernels.trim_end());
        assert!(began.parse::<u64>().is_ok(), "{debt:?}");
        // Another boot of the kernel, or another one of the same kernel's containers.
        for other in [format!("x{debt}"), debt.replace(':', ":1")] {
            fs::write(host.corner.path(DEBT), other).unwrap();
            assert_eq!(host.run(&plan, DRY_RUN).outcomes(), [Ok, Ok]);
        }
    }
}

#[test]
fn a_reboot_that_the_host_needs_is_made_and_one_that_it_does_not_need_is_not() {
    use Outcome::{Ok, WouldChange};
    for shell in SHELLS {
        let host = Host::new(shell, true);
        fs::write(host.corner.path("settings"), "1\n").unwrap();
        let plan = owing(&host, "needed = 'test -e required'");
        assert_eq!(host.run(&plan, DRY_RUN).outcomes(), [Ok, Ok]);
        fs::write(host.corner.path("required"), "").unwrap();
        assert_eq!(host.run(&plan, DRY_RUN).outcomes(), [Ok, WouldChange]);
    }
}
