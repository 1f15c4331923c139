//! Settings of sshd that would keep out whoever makes them.

use crate::kit::binary::Folder;
use crate::kit::throwaway::{Image, Throwaway};

const STEP: &str = "sshd_config 10-own";

#[test]
fn settings_that_lock_out_who_makes_them_are_refused_before_anything_is_changed() {
    let Some(host) = Throwaway::start(Image::Systemd) else {
        return;
    };
    let folder = Folder::new();
    folder.inventory(&host.entry("host"));
    let set = |settings: &str| {
        let step =
            format!("[[step]]\nsshd_config = \"10-own\"\ncontent = \"{settings}\\n\"\nnotify = \"ssh\"\n");
        folder.profile(
            "p",
            "modules = [\"m\"]\n",
            &[(
                "m",
                &format!("{step}[[step]]\nservice = \"ssh\"\non_change = \"reload\"\n"),
            )],
        );
    };
    let configuration = || host.sh("ls -l --time-style=full-iso /etc/ssh /etc/ssh/sshd_config.d; sshd -T");
    let before = configuration();
    for settings in [
        "AllowUsers ada",
        "DenyUsers root",
        "AllowGroups ada",
        "PermitRootLogin no",
        "PubkeyAuthentication no",
        "NoSuchSetting yes",
    ] {
        set(settings);
        let told = folder.push("p").ndjson().exits(1);
        let refused = told.step("host", STEP);
        assert_eq!(refused["outcome"], "failed", "{settings}: {}", told.stdout);
        println!("{settings}: {}", refused["output"]);
        assert!(
            told.steps("host", "changed").is_empty(),
            "{settings}: {}",
            told.stdout
        );
        assert_eq!(configuration(), before, "{settings}");
    }

    // The door is still open, also for settings that keep it so.
    set("AllowUsers ada root");
    let told = folder.push("p").ndjson().exits(0);
    assert_eq!(told.step("host", STEP)["outcome"], "changed");
    let told = folder.push("p").ndjson().exits(0);
    assert!(told.steps("host", "changed").is_empty(), "{}", told.stdout);
}
