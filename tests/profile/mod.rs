//! Profiles in a folder, as a command uses them.

use std::fmt::Write as _;

use proptest::prelude::*;
use provision::profile::{OnFailure, Profile, Profiles};
use tempfile::TempDir;

/// A folder with these files.
fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    folder
}

fn load(files: &[(&str, &str)]) -> Profiles {
    Profiles::load(folder(files).path()).unwrap()
}

fn modules(profile: &Profile) -> Vec<&str> {
    profile
        .modules
        .iter()
        .map(|module| module.name.as_str())
        .collect()
}

#[test]
fn profiles_are_listed_and_retrieved_by_name() {
    let profiles = load(&[
        ("web.toml", "description = 'A web server'\nmodules = ['nginx']"),
        ("db.toml", "modules = ['postgresql']"),
        ("modules/motd.toml", "[[step]]"),
        (".#db.toml", "half written"),
        ("README.md", "# not a profile"),
    ]);
    let listed: Vec<_> = profiles
        .list_profiles()
        .iter()
        .map(|listed| (listed.name, listed.description, listed.mistakes.is_none()))
        .collect();
    assert_eq!(listed, [("db", None, true), ("web", Some("A web server"), true)]);
    let web = profiles.get_profile("web").unwrap();
    assert_eq!(web.name.as_str(), "web");
    assert_eq!(web.description.as_deref(), Some("A web server"));
    assert_eq!(modules(&web), ["nginx"]);
    assert_eq!(web.modules[0].on_failure, OnFailure::Stop);
    assert_eq!(web.modules[0].origin.as_ref().unwrap().line_column(), (2, 12));
}

#[test]
fn an_unknown_profile_is_refused_with_a_suggestion() {
    let profiles = load(&[
        ("web.toml", "modules = ['nginx']"),
        ("db.toml", "modules = ['x']"),
    ]);
    for (name, help) in [
        ("wbe", "did you mean `web`?"),
        ("profiles/db.toml", "a profile is given by its name: `db`"),
        ("postgres", "known: db, web"),
        ("../etc/passwd\n", "known: db, web"),
    ] {
        let mistakes = profiles.get_profile(name).unwrap_err();
        assert_eq!(mistakes.0[0].help.as_deref(), Some(help));
    }
}

#[test]
fn included_profiles_come_first_and_once() {
    let profiles = load(&[
        (
            "base.toml",
            "modules = ['ssh', 'ntp']\n[config.ntp]\nserver = 'a'\npool = 1",
        ),
        (
            "left.toml",
            "include = ['base']\nmodules = ['left']\n[config.ntp]\nserver = 'b'",
        ),
        ("right.toml", "include = ['base']\nmodules = ['ssh', 'right']"),
        (
            "top.toml",
            "include = ['left', 'right']\nmodules = ['top', { name = 'ntp', on_failure = 'continue' }]\n[config.ntp]\npool = 2",
        ),
    ]);
    let top = profiles.get_profile("top").unwrap();
    assert_eq!(modules(&top), ["ssh", "ntp", "left", "right", "top"]);
    assert_eq!(
        top.modules[1].on_failure,
        OnFailure::Continue,
        "the last word wins"
    );
    assert_eq!(
        top.modules[1]
            .origin
            .as_ref()
            .unwrap()
            .source
            .name
            .file_name()
            .unwrap(),
        "base.toml"
    );
    assert_eq!(
        serde_json::to_string(&top.config).unwrap(),
        r#"{"ntp":{"server":"b","pool":2}}"#
    );
    assert_eq!(
        profiles.get_profile("base").unwrap().modules[1].on_failure,
        OnFailure::Stop
    );
}

#[test]
fn a_broken_file_spoils_only_the_profiles_that_use_it() {
    let profiles = load(&[
        ("good.toml", "modules = ['a']"),
        ("broken.toml", "modules = ["),
        ("user.toml", "include = ['good', 'broken']"),
        ("bad name.toml", "modules = ['a']"),
    ]);
    assert!(profiles.get_profile("good").is_ok());
    assert!(profiles.get_profile("broken").is_err());
    assert!(profiles.get_profile("user").is_err());
    let broken: Vec<&str> = profiles
        .list_profiles()
        .iter()
        .filter(|listed| listed.mistakes.is_some())
        .map(|listed| listed.name)
        .collect();
    assert_eq!(broken, ["bad name", "broken"]);
}

#[test]
fn a_folder_that_cannot_be_read_is_said() {
    let folder = folder(&[("file", "")]);
    let missing = Profiles::load(&folder.path().join("missing")).unwrap_err();
    assert!(missing.to_string().starts_with("there is no folder"), "{missing}");
    let file = Profiles::load(&folder.path().join("file")).unwrap_err();
    assert!(file.to_string().contains("is a file, not a folder"), "{file}");
}

#[test]
fn many_includes_end_soon() {
    // Without taking each profile once, 40 layers of diamonds would be 2^40 visits.
    let mut files = vec![("l0a.toml".to_owned(), "modules = ['a']".to_owned())];
    files.push(("l0b.toml".to_owned(), "modules = ['b']".to_owned()));
    for layer in 1..40 {
        for side in ["a", "b"] {
            let below = layer - 1;
            files.push((
                format!("l{layer}{side}.toml"),
                format!("include = ['l{below}a', 'l{below}b']"),
            ));
        }
    }
    let mut chain = String::new();
    for index in 0..100 {
        write!(chain, "include = ['c{}']", index + 1).unwrap();
        files.push((format!("c{index}.toml"), std::mem::take(&mut chain)));
    }
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_str()))
        .collect();
    let profiles = load(&files);
    assert_eq!(modules(&profiles.get_profile("l39a").unwrap()), ["a", "b"]);
    let mistakes = profiles.get_profile("c0").unwrap_err();
    assert!(mistakes.to_string().contains("more than 64 deep"), "{mistakes}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_includes_resolve_or_are_refused(
        includes in proptest::collection::vec(proptest::collection::btree_set(0..6_usize, 0..4), 6)
    ) {
        let files: Vec<(String, String)> = includes
            .iter()
            .enumerate()
            .map(|(index, included)| {
                let included: Vec<String> = included.iter().map(|it| format!("'p{it}'")).collect();
                (format!("p{index}.toml"), format!("include = [{}]\nmodules = ['m{index}']", included.join(", ")))
            })
            .collect();
        let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        let profiles = load(&files);
        for (index, included) in includes.iter().enumerate() {
            if let Ok(profile) = profiles.get_profile(&format!("p{index}")) {
                let order = modules(&profile);
                let own = format!("m{index}");
                prop_assert_eq!(order.last(), Some(&own.as_str()));
                for it in included {
                    let module = format!("m{it}");
                    prop_assert!(order.contains(&module.as_str()));
                }
            }
        }
    }
}
