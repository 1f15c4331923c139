//! `container` with a real engine: this machine's own, lent to a throwaway host through its socket.

use std::process::Command;

use crate::kit::binary::{Folder, steps};
use crate::kit::docker;
use crate::kit::throwaway::{Image, Throwaway};

/// Nothing else looks like this.
const PASSWORD: &str = "Canary/9zT's $(id)";

/// What this test makes on the engine; it goes with the value, also in the middle of a panic.
struct Made(String);

impl Drop for Made {
    fn drop(&mut self) {
        for end in ["", ".new", ".old"] {
            let _ = Command::new("docker")
                .args(["rm", "-f", &format!("{}{end}", self.0)])
                .output();
        }
        let _ = Command::new("docker")
            .args(["rmi", &format!("{}:1", self.0)])
            .output();
    }
}

fn engine(args: &[&str]) -> String {
    let output = Command::new("docker").args(args).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "docker {args:?}: {said}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[test]
fn a_container_is_made_mended_and_made_anew() {
    let Some(project) = docker::project() else { return };
    let name = format!("{project}-app");
    let made = Made(name.clone());
    let found = String::from_utf8(
        Command::new("sh")
            .args(["-c", "command -v docker"])
            .output()
            .unwrap()
            .stdout,
    )
    .unwrap();
    let program = format!("{}:/usr/local/bin/docker:ro", found.trim());
    let lent = ["-v", "/var/run/docker.sock:/var/run/docker.sock", "-v", &program];
    let host = Throwaway::start_with(Image::Systemd, &lent).unwrap();
    engine(&["tag", &docker::image("plain"), &format!("{name}:1")]);

    let folder = Folder::new();
    folder.inventory(&host.entry("host"));
    let settings = |more: &str| {
        let step = format!(
            "[[step]]\ncontainer = \"{name}\"\nimage = \"{name}:1\"\ncommand = [\"1000\"]\nports = [\"127.0.0.1::8080\"]\nenv = {{ MODE = \"it's\" }}\nsecret_env = {{ PASSWORD = \"{PASSWORD}\" }}\n{more}"
        );
        folder.profile("p", "modules = [\"m\"]\n", &[("m", &step)]);
    };
    let entrypoint = "options = [\"--entrypoint=/bin/sleep\", \"--init\"]\n";
    settings(entrypoint);
    let push = || folder.push("p").ndjson();
    let title = format!("m: container {name}");
    let once = || {
        let dry_run = folder.push("p").arg("--dry-run").ndjson().exits(0);
        assert_eq!(dry_run.steps("host", "would-change"), steps(&[&title]));
        let told = push().exits(0);
        assert_eq!(told.steps("host", "changed"), steps(&[&title]));
        assert!(!told.stdout.contains("Canary"), "{}", told.stdout);
        assert_eq!(push().exits(0).steps("host", "changed"), steps(&[]));
        assert_eq!(engine(&["inspect", "-f", "{{.State.Running}}", &name]), "true");
        engine(&["inspect", "-f", "{{.Id}}", &name])
    };
    let first = once();
    let environment = engine(&["exec", &name, "printenv", "MODE", "PASSWORD"]);
    assert_eq!(environment, format!("it's\n{PASSWORD}"));
    assert!(host.holds("! ls -d /tmp/provision.* /var/tmp/provision.*"));

    engine(&["stop", "-t", "1", &name]);
    let second = once();
    assert_ne!(first, second);
    engine(&["rm", "-f", &name]);
    once();
    engine(&["tag", &docker::image("busybox"), &format!("{name}:1")]);
    let other = once();
    assert_eq!(
        engine(&["inspect", "-f", "{{.Image}}", &name]),
        engine(&["image", "inspect", "-f", "{{.Id}}", &docker::image("busybox")])
    );

    // One that does not start leaves the old one at work; one that cannot be made does not touch it.
    for bad in [
        "options = [\"--entrypoint=/no/such\"]\n",
        "options = [\"--no-such-option\"]\n",
    ] {
        settings(bad);
        let told = push().exits(1);
        assert_eq!(told.steps("host", "failed"), steps(&[&title]));
        assert_eq!(
            engine(&["inspect", "-f", "{{.Id}} {{.State.Running}}", &name]),
            format!("{other} true")
        );
    }
    folder.profile(
        "p",
        "modules = [\"m\"]\n",
        &[(
            "m",
            &format!("[[step]]\ncontainer = \"{name}\"\nstate = \"absent\"\n"),
        )],
    );
    push().exits(0);
    let all = engine(&["ps", "-a", "--format", "{{.Names}}"]);
    assert!(!all.contains(&name), "{all}");
    drop(made);
}
