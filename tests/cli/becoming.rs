//! The password to become another user, from where the inventory says it is: told before any contact when it is not.

use super::called::Place;

/// Hosts that would be told unreachable, for want of a key; one says itself where the password is, one by its group, and
/// one needs none.
fn place(reference: &str) -> Place {
    let inventory = format!(
        "[defaults]\nuser = \"ada\"\nbecome = \"sudo\"\nbecome_password = {{ secret_env = \"LOST\" }}\n\
         [groups.g]\nbecome_password = {reference}\n\
         [hosts.one]\naddress = \"127.0.0.1:1\"\nbecome_password = {reference}\n\
         [hosts.three]\naddress = \"127.0.0.1:1\"\ngroups = [\"g\"]\n[hosts.two]\naddress = \"127.0.0.1:1\"\nbecome = \"none\"\n"
    );
    Place::new(&[("inventory.toml", &inventory), ("word", "hush hush\n")])
}

fn run(place: &Place, words: &[&str]) -> (Option<i32>, String) {
    let output = place.command(words).env("WORD", "hush hush").output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(text).unwrap())
}

#[test]
fn it_is_fetched_before_any_contact() {
    let count = "[\"sh\", \"-c\", \"echo >>asked; cat word\"]";
    for reference in [
        "{ secret_env = \"WORD\" }",
        "{ secret_file = \"word\" }",
        &format!("{{ secret_command = {count} }}"),
    ] {
        let place = place(reference);
        for words in [&["run", "--", "true"][..], &["hosts", "test"], &["facts"]] {
            let (code, text) = run(&place, words);
            assert_eq!(code, Some(3), "{reference}, {words:?}: {text}");
            assert!(
                text.contains("cannot use the identity") && !text.contains("hush"),
                "{text}"
            );
        }
        // Once a run, however many hosts; and not where nobody becomes anybody.
        let (code, text) = run(&place, &["run", "--limit", "two", "--", "true"]);
        assert_eq!(code, Some(3), "{text}");
        if reference.contains("asked") {
            assert_eq!(std::fs::read_to_string(place.path("asked")).unwrap(), "\n\n\n");
        }
    }
}

#[test]
fn what_cannot_be_fetched_stops_before_any_contact() {
    for (reference, why) in [
        (
            "{ secret_env = \"NOWHERE\" }",
            "the environment has no variable `NOWHERE`",
        ),
        ("{ secret_file = \"gone\" }", "cannot read"),
        ("{ secret_command = [\"false\"] }", "`false` gave no secret"),
        (
            "{ secret_command = [\"printf\", \"a\\\\nb\"] }",
            "it is too long, or holds line ends",
        ),
    ] {
        let (code, text) = run(&place(reference), &["run", "--", "true"]);
        assert_eq!(code, Some(2), "{reference}: {text}");
        assert!(
            text.contains(why) && !text.contains("identity"),
            "{reference}: {text}"
        );
    }
    // It is not needed by who brings another, nor to look at the inventory.
    let place = place("{ secret_env = \"NOWHERE\" }");
    let file = place.path("word").display().to_string();
    let status = std::process::Command::new("chmod").args(["600", &file]).status();
    assert!(status.unwrap().success());
    let (code, text) = run(&place, &["run", "--become-password-file", &file, "--", "true"]);
    assert_eq!(code, Some(3), "{text}");
    assert_eq!(run(&place, &["hosts"]).0, Some(0));
}

#[test]
fn a_password_does_not_stand_in_an_inventory() {
    for (reference, why) in [
        ("\"hush hush\"", "a secret does not stand here itself"),
        ("{ env = \"WORD\" }", "a secret does not stand here itself"),
        ("{ secret_vault = \"x\" }", "does not come from `secret_vault`"),
    ] {
        let (code, text) = run(&place(reference), &["hosts"]);
        assert_eq!(code, Some(2), "{reference}: {text}");
        assert!(
            text.contains(why) && text.contains("secret_env"),
            "{reference}: {text}"
        );
    }
}

#[test]
fn a_test_of_hosts_takes_it_as_a_push_does() {
    let inventory = "[hosts.one]\naddress = \"127.0.0.1:1\"\nuser = \"ada\"\nbecome = \"sudo\"\n";
    let place = Place::new(&[("inventory.toml", inventory)]);
    let (code, text) = run(&place, &["hosts", "test", "--become-password-file", "nowhere"]);
    assert_ne!(code, Some(3), "there is no contact: {text}");
    assert!(text.contains("nowhere"), "{text}");
}
