//! Dry-run, push, second push of kinds that need root or a host's own programs, against stand-ins.

use std::fs;

use provision::event::{Event, Outcome, Reason};
use provision::resource::{
    File, Group, OnChange, Package, PostgresDatabase, PostgresRole, Presence, Resource, Service, Sh, User,
};
use provision::script::Secret;

use super::stand_ins::Host;
use crate::kit::program;
use crate::kit::shell::{DRY_RUN, Done, PUSH, SHELLS, plan, plan_with};

/// What the failed step said, and why it failed.
pub(super) fn failure(done: &Done) -> (usize, Option<Reason>, String) {
    let failed = done.events.iter().find_map(|event| match event {
        Event::StepFinished {
            step,
            outcome: Outcome::Failed,
            reason,
            output,
            ..
        } => Some((
            step.index,
            reason.clone(),
            String::from_utf8_lossy(output).into_owned(),
        )),
        _ => None,
    });
    failed.unwrap_or_else(|| panic!("nothing failed: {:#?}", done.events))
}

fn package(name: &str) -> Resource {
    Package::lean(name).into()
}

#[test]
fn packages_are_installed_in_one_transaction_and_removed() {
    for shell in SHELLS {
        let host = Host::new(shell, true);
        host.converges(vec![package("curl"), package("less"), package("zsh")]);
        let installs: Vec<_> = host
            .log("apt.log")
            .into_iter()
            .filter(|line| line.contains(" install "))
            .collect();
        assert_eq!(installs.len(), 1, "{installs:?}");
        assert!(
            installs[0].ends_with("--no-install-recommends install -- curl less zsh"),
            "{installs:?}"
        );
        host.converges(vec![Package::absent("less").into()]);
        assert!(!fs::exists(host.corner.path("packages/less")).unwrap());
    }
}

#[test]
fn a_package_that_is_there_is_not_given_to_apt() {
    for shell in SHELLS {
        let host = Host::new(shell, true);
        host.converges(vec![package("curl")]);
        let plan = plan(vec![package("aaa"), package("curl"), package("zzz")]);
        let done = host.run(&plan, PUSH);
        assert_eq!(done.outcomes(), [Outcome::Changed, Outcome::Ok, Outcome::Changed]);
        assert!(
            host.log("apt.log")
                .last()
                .unwrap()
                .ends_with(" install -- aaa zzz"),
            "{:?}",
            host.log("apt.log")
        );
    }
}

#[test]
fn files_a_package_brings_are_discarded_without_asking_apt_again() {
    for shell in SHELLS {
        let host = Host::new(shell, true);
        host.converges(vec![package("web")]);
        let example = host.corner.text("example");
        fs::write(&example, "").unwrap();
        let asked = host.log("apt.log").len();
        let web = Package {
            discard: vec![example.clone()],
            ..Package::lean("web")
        };
        host.converges(vec![web.into()]);
        assert!(!fs::exists(&example).unwrap());
        assert_eq!(host.log("apt.log").len(), asked, "nothing to install");
    }
}

#[test]
fn one_bad_package_does_not_keep_the_good_ones_out() {
    for shell in SHELLS {
        let host = Host::new(shell, true);
        let resources = vec![package("curl"), package("no-such-thing"), package("zsh")];
        let plan = plan_with(resources, &[3, 2, 3]);
        let done = host.run(&plan, PUSH);
        assert_eq!(
            done.outcomes(),
            [Outcome::Changed, Outcome::Failed, Outcome::Changed],
            "{shell:?}: {:#?}",
            done.events
        );
        let (step, reason, output) = failure(&done);
        assert_eq!((step, reason), (1, Some(Reason::ApplyExit { status: 100 })));
        assert!(
            output.contains("Unable to locate package no-such-thing"),
            "{output}"
        );
    }
}

#[test]
fn a_host_without_apt_says_so() {
    for shell in SHELLS {
        let host = Host::new(shell, true).without("dpkg-query").without("apt-get");
        let plan = plan(vec![package("curl"), package("zsh")]);
        assert_eq!(host.run(&plan, DRY_RUN).outcomes(), [Outcome::WouldChange; 2]);
        let (step, _, output) = failure(&host.run(&plan, PUSH));
        assert_eq!(step, 0);
        assert!(
            output.contains(
                "no known package manager on this host (looked for apt, apk, dnf, yum, zypper and pacman)"
            ),
            "{output}"
        );
    }
}

#[test]
fn users_and_groups_are_made_changed_and_removed() {
    for shell in SHELLS {
        let host = Host::new(shell, true);
        let group = |gid| Group {
            name: "people".into(),
            gid,
            system: false,
            state: Presence::Present,
        };
        let ada = |shell: &str| User {
            name: "ada".into(),
            uid: Some(1234),
            group: Some("people".into()),
            groups: vec!["adm".into(), "sudo".into()],
            home: Some("/srv/ada".into()),
            shell: Some(shell.into()),
            ..User::default()
        };
        host.converges(vec![group(Some(500)).into(), ada("/bin/bash").into()]);
        assert_eq!(host.log("passwd"), ["ada:x:1234:500::/srv/ada:/bin/bash"]);
        assert_eq!(
            host.log("group"),
            ["root:x:0:", "adm:x:4:ada", "sudo:x:27:root,ada", "people:x:500:"]
        );
        host.converges(vec![group(Some(501)).into()]);
        let shell_only = User {
            name: "ada".into(),
            shell: Some("/bin/zsh".into()),
            ..User::default()
        };
        host.converges(vec![shell_only.into()]);
        assert_eq!(host.log("passwd"), ["ada:x:1234:500::/srv/ada:/bin/zsh"]);
        let nobody = User {
            name: "eve".into(),
            groups: vec!["no-such-group".into()],
            ..User::default()
        };
        let (_, reason, output) = failure(&host.run(&plan(vec![nobody.into()]), PUSH));
        assert_eq!(reason, Some(Reason::ApplyExit { status: 6 }));
        assert!(
            output.contains("group 'no-such-group' does not exist"),
            "{output}"
        );
        let gone = User {
            name: "ada".into(),
            state: Presence::Absent,
            ..User::default()
        };
        let no_group = Group {
            name: "people".into(),
            gid: None,
            system: false,
            state: Presence::Absent,
        };
        host.converges(vec![gone.into(), no_group.into()]);
    }
}

#[test]
fn a_service_starts_and_pays_its_debts_once() {
    for shell in SHELLS {
        let host = Host::new(shell, true);
        let conf = |text: &str| Resource::from(File::new(host.corner.text("conf"), text)).notify("web");
        let web = || Resource::from(Service::new("web", OnChange::Reload));
        host.converges(vec![conf("one"), web()]);
        assert_eq!(
            host.log("systemctl.log"),
            ["enable web", "start web"],
            "what starts needs no reload"
        );
        let done = host.run(&plan(vec![conf("two"), web()]), PUSH);
        assert_eq!(done.outcomes(), [Outcome::Changed, Outcome::Changed]);
        assert_eq!(
            host.log("systemctl.log")[2..],
            ["enable web", "reload-or-restart web"]
        );
        assert_eq!(
            host.run(&plan(vec![conf("two"), web()]), PUSH).outcomes(),
            [Outcome::Ok, Outcome::Ok]
        );
        // A failure in between leaves the debt; the next push pays it though the file holds by then.
        let broken = || Resource::from(Sh::new("test -e \"$HOME/mended\"", "false"));
        let done = host.run(&plan(vec![conf("three"), broken(), web()]), PUSH);
        assert_eq!(
            done.outcomes(),
            [Outcome::Changed, Outcome::Failed, Outcome::Skipped]
        );
        fs::write(host.corner.path("mended"), "").unwrap();
        let done = host.run(&plan(vec![conf("three"), broken(), web()]), PUSH);
        assert_eq!(done.outcomes(), [Outcome::Ok, Outcome::Ok, Outcome::Changed]);
        assert_eq!(host.log("systemctl.log").last().unwrap(), "reload-or-restart web");
        let off = Service {
            running: Some(false),
            enabled: Some(false),
            ..Service::new("web", OnChange::Restart)
        };
        host.converges(vec![off.into()]);
    }
}

#[test]
fn a_masked_service_is_stopped_and_cannot_be_started() {
    for shell in SHELLS {
        let host = Host::new(shell, true);
        let web = |masked| {
            Resource::from(Service {
                masked: Some(masked),
                ..Service::new("web", OnChange::Restart)
            })
        };
        host.converges(vec![Service::new("web", OnChange::Restart).into()]);
        host.converges(vec![web(true)]);
        assert_eq!(host.log("systemctl.log")[2..], ["stop web", "mask web"]);
        host.converges(vec![web(false)]);
        assert_eq!(
            host.log("systemctl.log")[4..],
            ["unmask web", "enable web", "start web"]
        );
        let without = Host::new(shell, false).without("systemctl");
        let (_, _, output) = failure(&without.run(&plan(vec![web(true)]), PUSH));
        assert!(output.contains("has no systemd"), "{output}");
    }
}

#[test]
fn a_service_of_an_init_script_does_the_same() {
    let script = r#"#!/bin/dash
echo "$1" >>"$HOME/init.log"
case $1 in
status) [ -e "$HOME/runs" ] ;;
start) : >"$HOME/runs" ;;
stop) rm -f "$HOME/runs" ;;
reload) echo "cannot reload" >&2; exit 3 ;;
esac"#;
    let update_rc = r#"#!/bin/dash
mkdir -p "$HOME/rc2.d"
case $2 in
enable) : >"$HOME/rc2.d/S01$1" ;;
disable) rm -f "$HOME/rc2.d/S01$1" ;;
esac"#;
    for shell in SHELLS {
        let host = Host::new(shell, false).without("systemctl");
        fs::create_dir(host.corner.path("init.d")).unwrap();
        for (path, text) in [("init.d/web", script), ("bin/update-rc.d", update_rc)] {
            program::write(&host.corner.path(path), text);
        }
        let conf = |text: &str| Resource::from(File::new(host.corner.text("conf"), text)).notify("web");
        host.converges(vec![conf("one"), Service::new("web", OnChange::Restart).into()]);
        assert!(host.log("init.log").contains(&"start".to_owned()));
        let plan = plan(vec![conf("two"), Service::new("web", OnChange::Reload).into()]);
        let (step, reason, output) = failure(&host.run(&plan, PUSH));
        assert_eq!((step, reason), (1, Some(Reason::ApplyExit { status: 3 })));
        assert!(
            output.contains("cannot reload"),
            "the script's own words: {output}"
        );
        let off = Service {
            running: Some(false),
            enabled: Some(false),
            ..Service::new("web", OnChange::Restart)
        };
        host.converges(vec![off.into()]);
    }
}

#[test]
fn postgres_is_asked_over_stdin() {
    for shell in SHELLS {
        let host = Host::new(shell, true);
        let role = PostgresRole {
            name: "it's".into(),
            password: Some(Secret::new("hunter2")),
            login: true,
            createdb: false,
            port: 5433,
        };
        host.converges(vec![role.into()]);
        assert!(
            host.log("sql")[0].contains("ALTER ROLE \"it's\" WITH LOGIN NOCREATEDB PASSWORD 'SCRAM-SHA-256$")
        );
        fs::remove_file(host.corner.path("sql")).unwrap();
        host.converges(vec![
            PostgresDatabase {
                name: "app".into(),
                owner: Some("app".into()),
                port: 5432,
            }
            .into(),
        ]);
        assert!(host.log("sql")[0].contains("ALTER DATABASE \"app\" OWNER TO \"app\";"));
    }
}
