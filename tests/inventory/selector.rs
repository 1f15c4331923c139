//! Which hosts a selector means.

use proptest::prelude::*;
use provision::diagnostic::Diagnostics;
use provision::inventory::{Inventory, Selector};

use super::parse;

fn fleet() -> Inventory {
    parse(
        r#"
        [groups.empty]
        [hosts."web[01-12]"]
        groups = ["web", "eu"]
        [hosts."db[1-3]"]
        groups = ["db", "us"]
        [hosts."db4.example.com"]
        groups = ["db", "eu"]
        "#,
    )
    .unwrap()
}

fn select(limits: &[&str]) -> Result<String, Diagnostics> {
    let fleet = fleet();
    let hosts = Selector::parse_all(limits)?.select(&fleet)?;
    Ok(hosts
        .iter()
        .map(|host| host.name.as_str())
        .collect::<Vec<_>>()
        .join(" "))
}

#[test]
fn operands_and_operators() {
    for (limits, expected) in [
        (&["db1"][..], "db1"),
        (&["db?"], "db1 db2 db3"),
        (&["db*"], "db1 db2 db3 db4.example.com"),
        (&["db[13]"], "db1 db3"),
        (&["db[!13]"], "db2"),
        (&["db[1-2]"], "db1 db2"),
        (&["web[09-11]"], "web09 web10 web11"),
        (&["db[3-4]*"], "db3 db4.example.com"),
        (&["@db"], "db1 db2 db3 db4.example.com"),
        (&["@d*&@us"], "db1 db2 db3"),
        (&["@[d]b & @eu"], "db4.example.com"),
        (&["db3,db1"], "db1 db3"),
        (&["@db&!db2"], "db1 db3 db4.example.com"),
        (&["!@web"], "db1 db2 db3 db4.example.com"),
        (&["!!db1"], "db1"),
        (&["! @web & !db1"], "db2 db3 db4.example.com"),
        (&["web01,@db&@eu"], "web01 db4.example.com"),
        (&["(web01,@db)&@eu"], "web01 db4.example.com"),
        (&["@db&!(db1,db2)"], "db3 db4.example.com"),
        (&["db1", "web01"], "web01 db1"),
        (&["*&db1"], "db1"),
    ] {
        assert_eq!(select(limits).unwrap(), expected, "{limits:?}");
    }
    assert_eq!(select(&[]).unwrap().split(' ').count(), 16, "no limit, no bounds");
}

#[test]
fn what_would_reach_the_wrong_hosts_is_refused() {
    for (limits, message, help) in [
        (&["db9x"][..], "no host matches `db9x`", "known: web01"),
        (&["wbe01"], "no host matches `wbe01`", "did you mean `web01`?"),
        (&["db"], "no host matches `db`", "`db` is a group: write `@db`"),
        (
            &["@db1"],
            "no group with hosts matches `db1`",
            "`db1` is a host: write it without `@`",
        ),
        (
            &["@dbs"],
            "no group with hosts matches `dbs`",
            "did you mean `db`?",
        ),
        (
            &["@empty"],
            "no group with hosts matches `empty`",
            "the group is there, but no host is in it",
        ),
        (&["all"], "no host matches `all`", "`*` is every host"),
        (&["db1&db2"], "no host matches all of this", "`&` keeps"),
        (&["web*,!web03"], "beside another choice", "`web*&!web3`"),
        (&["@db", "!db3"], "beside another choice", "`web*&!web3`"),
    ] {
        let mistakes = select(limits).unwrap_err();
        let first = &mistakes.0[0];
        assert!(first.message.starts_with(message), "{limits:?}: {mistakes}");
        assert!(
            first.help.as_deref().unwrap().contains(help),
            "{limits:?}: {mistakes}"
        );
    }
    assert_eq!(
        select(&["nope1,nope2&db1", "nope3"]).unwrap_err().0.len(),
        3,
        "all at once"
    );
}

#[test]
fn malformed_selectors_are_refused_where_they_stand() {
    for (text, at) in [
        ("", 0),
        ("a,", 2),
        (",a", 0),
        ("a,,b", 2),
        ("a&&b", 2),
        ("a b", 2),
        ("(a", 2),
        ("a)", 1),
        ("!", 1),
        ("@", 1),
        ("a;b", 1),
        ("$(id)", 0),
        ("a\nb", 2),
        ("{a,b}", 0),
        ("w[a", 0),
        ("w[z-a]", 0),
        ("é", 0),
    ] {
        let mistakes = Selector::parse(text).unwrap_err();
        assert_eq!(
            mistakes.0[0].origin.as_ref().unwrap().span.start,
            at,
            "{text:?}: {mistakes}"
        );
    }
}

#[test]
fn hostile_selectors_end_soon() {
    let fleet = fleet();
    for text in [
        "(".repeat(60_000),
        "!".repeat(60_000),
        format!("{}db1{}", "(".repeat(30_000), ")".repeat(30_000)),
        vec!["db1"; 10_000].join(","),
        "*?".repeat(1_000),
        "[0-9]".repeat(1_000),
        "db[1-99999],db[1-99999]".to_owned(),
        "db[1-5000]*".to_owned(),
        "a".repeat(70_000),
    ] {
        let _ = Selector::parse(&text).and_then(|selector| selector.select(&fleet).map(|hosts| hosts.len()));
    }
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in r"([a-z0-9@!&,()*?\[\]^-]|db[1-4]|@db|\PC){0,40}") {
        let _ = Selector::parse(&text).and_then(|selector| selector.select(&fleet()).map(|hosts| hosts.len()));
    }

    #[test]
    fn not_not_changes_nothing(text in r"(db[1-4]|@db|@eu|web\*)((&|&!)(db[1-4]|@db|@eu|\*)){0,3}") {
        prop_assert_eq!(select(&[&text]).ok(), select(&[&format!("!!({text})")]).ok());
    }
}
