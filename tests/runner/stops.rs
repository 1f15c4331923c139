//! What ends a rollout by itself: a wave without a good host, and the run's time; and what is left of a gate then.

use std::time::Duration;

use provision::event::{ConnectPhase, HostStatus, Unreachable, Withheld};
use provision::profile::Rollout;
use provision::runner::{Cancel, Limits};
use provision::transport::replay::Script;

use super::fleet::{push_with, two_steps};
use super::rollout::{failing, five, push, rollout};

#[tokio::test]
async fn what_fails_on_a_whole_wave_is_not_tried_on_the_next() {
    let canaries = || {
        let mut hosts = five();
        hosts[0].1 = failing();
        hosts[1].1 = Script::Unreachable(Unreachable::Timeout {
            phase: ConnectPhase::Connect,
            after: Duration::from_secs(1),
        });
        hosts
    };
    let told = push(canaries(), |fleet| fleet.rollout(rollout(&["2"], &[]))).await;
    for host in ["c", "d", "e"] {
        let why = Withheld::Wave;
        assert_eq!(told.status(host), &HostStatus::Withheld { why });
    }
    assert_eq!(told.summary.exit_code(), 1);
    // One that ended well is enough, and so is whoever says how many may fail.
    let told = push(canaries(), |fleet| fleet.rollout(rollout(&["3"], &[]))).await;
    assert_eq!((told.summary.hosts.ok, told.summary.hosts.withheld), (3, 0));
    let allowed = Rollout {
        max_fail: Some("100%".parse().unwrap()),
        ..rollout(&["2"], &[])
    };
    let told = push(canaries(), |fleet| fleet.rollout(allowed)).await;
    assert_eq!((told.summary.hosts.ok, told.summary.hosts.withheld), (3, 0));
}

#[tokio::test]
async fn a_gate_does_not_outlast_the_runs_time() {
    let limits = Limits {
        run: Some(Duration::from_millis(500)),
        ..Limits::default()
    };
    let began = std::time::Instant::now();
    let rollout = rollout(&["1"], &["pause=1h"]);
    let told = push(five(), |fleet| fleet.rollout(rollout).limits(limits)).await;
    assert!(began.elapsed() < Duration::from_secs(60), "{:?}", began.elapsed());
    let why = Withheld::Deadline;
    assert_eq!(told.status("e"), &HostStatus::Withheld { why });
    assert_eq!(told.status("a"), &HostStatus::Ok);
}

#[tokio::test]
async fn what_a_gate_has_started_ends_with_a_cancelled_run() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("started");
    // Not the shell itself, but what it waits for.
    let gate = format!(
        "command=sleep 3600 & echo $! >{0}.new; mv {0}.new {0}; wait",
        file.display()
    );
    let rollout = rollout(&["1"], &[&gate]);
    let hosts = five();
    let plans = hosts.iter().map(|(name, _)| two_steps(name)).collect();
    let cancel = Cancel::default();
    let asking = async {
        while !file.exists() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        cancel.request();
    };
    let (told, ()) = tokio::join!(
        push_with(hosts, plans, &cancel, |fleet| fleet.rollout(rollout)),
        asking
    );
    assert_eq!(told.summary.exit_code(), 130);
    let process = std::fs::read_to_string(&file).unwrap();
    let stat = format!("/proc/{}/stat", process.trim());
    let deadline = std::time::Instant::now() + Duration::from_secs(10);
    // Nobody may have taken note of its death yet.
    while std::fs::read_to_string(&stat).is_ok_and(|stat| !stat.contains(") Z ")) {
        assert!(std::time::Instant::now() < deadline, "it is still there");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
