//! What the real zypper is not let do: trust a key that nobody has named.

use crate::kit::binary::Folder;
use crate::kit::docker;
use crate::kit::throwaway::{Image, Throwaway};

/// The setup and the steps of the case that proves repositories.
const CASE: &str = include_str!("kinds/repository-zypper.toml");

#[test]
fn a_repository_signed_by_another_key_than_the_named_one_is_not_used() {
    if !docker::are_there() {
        return;
    }
    let case: toml::Table = CASE.parse().unwrap();
    let signed = case["step"]
        .as_array()
        .unwrap()
        .iter()
        .find(|step| step.get("repository").and_then(toml::Value::as_str) == Some("signed"));
    let mut step = signed.unwrap().clone();
    // Beside its lists lies the key that has signed them, as it does on the web.
    step["url"] = "file:///srv/other".into();
    let module = toml::to_string(&toml::Table::from_iter([("step".to_owned(), vec![step].into())])).unwrap();

    let host = Throwaway::start(Image::Plain).unwrap();
    host.sh(case["setup"].as_str().unwrap());
    let folder = Folder::new();
    folder.inventory(&host.entry("host"));
    folder.profile("p", "modules = [\"m\"]\n", &[("m", &module)]);
    let told = folder.push("p").ndjson().exits(1).stdout;
    assert!(
        told.contains("the lists of repository signed did not come, so it is not put in place"),
        "{told}"
    );
    let left = "ls /etc/zypp/repos.d /etc/pki/rpm-gpg; rpm -qa gpg-pubkey";
    let (_, left) = host.ask(left);
    assert!(!left.contains("signed"), "{left}");
    assert!(
        !left.contains("gpg-pubkey-"),
        "nothing more is trusted than before: {left}"
    );
}
