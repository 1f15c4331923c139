//! Facts of real hosts in a module: asked on the same connection, taken as data.

use crate::kit::binary::Folder;
use crate::kit::throwaway::{Image, Throwaway};

const MODULE: &str = r#"
[[step]]
file = "/etc/facts"
content = "{{ facts.os.family }} {{ facts.os.version }} {{ facts.hostname }} {{ facts.cpus }}\n"

[[step]]
file = "/etc/is-debian"
when = "facts.os.family == 'debian'"

[[step]]
file = "/etc/is-alpine"
when = "facts.os.family == 'alpine'"

[[step]]
file = "/etc/address-{{ item }}"
for_each = "facts.addresses"
"#;

#[test]
fn a_module_is_planned_with_what_its_host_is() {
    for image in [Image::Systemd, Image::Busybox] {
        let Some(host) = Throwaway::start(image) else {
            return;
        };
        let folder = Folder::new();
        folder.inventory(&host.entry("host"));
        folder.profile("p", "modules = [\"m\"]\n", &[("m", MODULE)]);
        // What a host says of itself is data, whatever it looks like.
        host.sh("printf 'ID=debian\\nVERSION_ID=\"{{ 7*7 }} $(id)\"\\n' >/etc/os-release.new; mv -f /etc/os-release.new /etc/os-release");
        let predicted = folder
            .push("p")
            .arg("--dry-run")
            .ndjson()
            .exits(0)
            .steps("host", "would-change");
        let told = folder.push("p").ndjson().exits(0);
        assert_eq!(told.steps("host", "changed"), predicted);
        let expected = format!(
            "debian {{{{ 7*7 }}}} $(id) {} {}\n",
            host.sh("uname -n").trim(),
            host.sh("nproc").trim()
        );
        assert_eq!(host.sh("cat /etc/facts"), expected);
        assert!(host.holds("test -e /etc/is-debian && test ! -e /etc/is-alpine"));
        assert!(
            predicted
                .iter()
                .any(|step| step.starts_with("m: file /etc/address-")),
            "{predicted:?}"
        );
        assert_eq!(
            folder.push("p").ndjson().exits(0).host("host")["steps"]["changed"],
            0
        );
    }
}
