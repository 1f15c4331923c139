//! Text that others write, too: edited in place under every shell, all else in it left as it was.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

use provision::event::Outcome;
use provision::resource::Resource;

use super::resources::step;
use crate::kit::shell::{Corner, DIFF, SHELLS, plan};

/// A step of the file at `path`, from the rest of its text.
pub(super) fn of(path: &str, kind: &str, rest: &str) -> Resource {
    step(kind, &format!("{kind} = {path:?}\n{rest}"))
}

/// `before` becomes `after` by the step, under every shell; the dry-run has said so, and the second push says it holds.
fn edits(kind: &str, rest: &str, before: Option<&[u8]>, after: &[u8]) {
    for shell in SHELLS {
        let corner = Corner::new(shell);
        let path = corner.text("it's a text");
        if let Some(before) = before {
            fs::write(&path, before).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o604)).unwrap();
        }
        let plan = plan(vec![of(&path, kind, rest)]);
        let told = |what: &str| format!("{what} of {kind} under {shell:?}: {rest}");
        assert_eq!(
            corner.dry_run(&plan).outcomes(),
            [Outcome::WouldChange],
            "{}",
            told("dry-run")
        );
        let shown = corner.run(&plan, DIFF);
        let [diff] = shown.diffs()[..] else {
            panic!("{}: {:#?}", told("diff"), shown.events)
        };
        assert_eq!(
            (&diff.path, diff.before.as_deref(), diff.after.as_deref()),
            (&path, before, Some(after)),
            "{}",
            told("diff")
        );
        assert!(diff.part && !diff.large && !diff.secret);
        assert_eq!(fs::read(&path).ok().as_deref(), before, "{}", told("dry-run"));
        let done = corner.push(&plan);
        let found = String::from_utf8_lossy(&fs::read(&path).unwrap_or_default()).into_owned();
        assert_eq!(
            found,
            String::from_utf8_lossy(after),
            "{}: {:#?}",
            told("push"),
            done.events
        );
        assert_eq!(
            done.outcomes(),
            [Outcome::Changed],
            "{}: {:#?}",
            told("push"),
            done.events
        );
        assert_eq!(
            corner.push(&plan).outcomes(),
            [Outcome::Ok],
            "{}",
            told("second push")
        );
        let mode = fs::metadata(&path).unwrap().mode() & 0o7777;
        assert_eq!(
            mode,
            if before.is_some() { 0o604 } else { 0o644 },
            "{}",
            told("mode")
        );
    }
}

/// The step holds for this text already.
fn holds(kind: &str, rest: &str, text: Option<&[u8]>) {
    for shell in SHELLS {
        let corner = Corner::new(shell);
        let path = corner.text("text");
        if let Some(text) = text {
            fs::write(&path, text).unwrap();
        }
        let plan = plan(vec![of(&path, kind, rest)]);
        assert_eq!(
            corner.push(&plan).outcomes(),
            [Outcome::Ok],
            "{kind} under {shell:?}: {rest}"
        );
        assert_eq!(fs::read(&path).ok().as_deref(), text);
    }
}

#[test]
fn a_line_is_added_replaced_and_taken_out() {
    let line = |rest: &str, before: &str, after: &str| {
        edits("line", rest, Some(before.as_bytes()), after.as_bytes());
    };
    line("text = 'b'", "a\n", "a\nb\n");
    line("text = 'b'", "", "b\n");
    // A missing end of the last line stays missing; lines end as the file's first one does.
    line("text = 'b'", "a", "a\nb");
    line("text = 'b'", "a\r\nc\r\n", "a\r\nc\r\nb\r\n");
    line("text = 'b'", "a\r\nc", "a\r\nc\r\nb");
    // What only looks like it does not count: part of a line, a pattern, a backslash.
    line("text = 'a*'", "ab\na* \n", "ab\na* \na*\n");
    line(
        r"text = 'C:\new\0 $(id) `id`'",
        "C:\\new\n",
        "C:\\new\nC:\\new\\0 $(id) `id`\n",
    );
    line("text = '  indented\t'", "\n\n", "\n\n  indented\t\n");
    let port = "text = 'Port 22'\nmatch = '^#?Port[[:space:]]'\n";
    line(port, "a\n#Port 1\nb\nPort 2\nc", "a\nPort 22\nb\nc");
    line(port, "a\r\n#Port 1\r\nb\n", "a\r\nPort 22\r\nb\n");
    line(port, "Port 22\n#Port 1\n", "Port 22\n");
    line(port, "a\n", "a\nPort 22\n");
    line("text = 'new'\nafter = '^x'", "x1\nx2\ny\n", "x1\nx2\nnew\ny\n");
    line("text = 'new'\nbefore = '^x'", "w\nx1\nx2", "w\nnew\nx1\nx2");
    line("text = 'new'\nafter = '^z$'", "x\n", "x\nnew\n");
    line(
        "text = 'new'\nafter = 'b$'",
        "a\r\nb\r\nc\r\n",
        "a\r\nb\r\nnew\r\nc\r\n",
    );
    line("text = 'b'\nstate = 'absent'", "a\nb\nbb\nb", "a\nbb");
    line("match = '^b'\nstate = 'absent'", "a\r\nb1\r\nb2\r\n", "a\r\n");
    edits("line", "text = 'b'", None, b"b\n");
    holds("line", "text = 'b'", Some(b"a\r\nb\r\nc"));
    holds("line", "text = 'b'", Some(b"a\nb"));
    holds("line", "text = 'b'\nstate = 'absent'", None);
    holds("line", port, Some(b"Port 22\r\nPorts 3\r\n"));
    // Bytes that are no UTF-8 are somebody's text, too.
    edits(
        "line",
        "text = 'b'",
        Some(b"\xff\xfe\n\xe9"),
        b"\xff\xfe\n\xe9\nb",
    );
}

#[test]
fn a_block_is_added_replaced_and_taken_out() {
    let block = |rest: &str, before: &str, after: &str| {
        edits("block", rest, Some(before.as_bytes()), after.as_bytes());
    };
    let two = "content = \"one\\n\\n  two\\\\\\n\"\n";
    let text = "# BEGIN provision\none\n\n  two\\\n# END provision\n";
    block(two, "a\n", &format!("a\n{text}"));
    block(two, "a", &format!("a\n{}", text.trim_end()));
    block(two, "a\r\n", &format!("a\n{text}").replace('\n', "\r\n"));
    block(
        two,
        "a\n# BEGIN provision\nold\n# END provision\nb\n",
        &format!("a\n{text}b\n"),
    );
    // A second one goes; the end that the last line did not have is the empty line's now.
    block(
        two,
        "# BEGIN provision\nold\n# END provision\nb\n# BEGIN provision\n# END provision",
        &format!("{text}b"),
    );
    block(
        &format!("{two}before = '^b'"),
        "a\nb\nb\n",
        &format!("a\n{text}b\nb\n"),
    );
    block(
        &format!("{two}after = '^b'"),
        "a\nb\nb\nc",
        &format!("a\nb\nb\n{text}c"),
    );
    // A block that is there stays where it is, whatever is said of a new one.
    block(
        &format!("{two}before = '^a'"),
        "a\n# BEGIN provision\n# END provision\nb\n",
        &format!("a\n{text}b\n"),
    );
    block(
        "name = 'x'\nstate = 'absent'",
        "a\n# BEGIN x\nold\n# END x\nb",
        "a\nb",
    );
    block(
        "content = ''\ncomment = ';'",
        "a\n",
        "a\n; BEGIN provision\n; END provision\n",
    );
    edits("block", two, None, text.as_bytes());
    holds(
        "block",
        two,
        Some(format!("a\n{text}b").replace('\n', "\r\n").as_bytes()),
    );
    holds("block", "state = 'absent'", None);
}

#[test]
fn all_that_matches_is_replaced() {
    let replace = |rest: &str, before: &str, after: &str| {
        edits("replace", rest, Some(before.as_bytes()), after.as_bytes());
    };
    replace("match = 'a|b'\nwith = 'x'", "aab\nc\nb", "xxx\nc\nx");
    replace(
        "match = '^(k)=(.*)$'\nwith = '\\1 = <\\2> & /'",
        "k=1\r\nj=2\r\nk=3",
        "k = <1> & /\r\nj=2\r\nk = <3> & /",
    );
    replace("match = '[/|]'\nwith = '\\\\'", "a/b|c\n", "a\\b\\c\n");
    replace("match = ' +$'\nwith = ''", "a  \nb \n\n\n", "a\nb\n\n\n");
    holds("replace", "match = 'foo|bar'\nwith = 'foo'", Some(b"foo foo\n"));
}

#[test]
fn a_setting_is_added_changed_and_taken_out() {
    let ini =
        |rest: &str, before: &str, after: &str| edits("ini", rest, Some(before.as_bytes()), after.as_bytes());
    let key = "section = 's'\nkey = 'k'\nvalue = 'v w'\n";
    ini(key, "", "[s]\nk=v w\n");
    ini(key, "[s]\nk = old ; kept as the value\n", "[s]\nk = v w\n");
    ini(
        key,
        "; c\n[r]\nk=1\n[ s ]\n[s]\n  k\t=\t1  \nk=2\n#k=3\n[t]\nk=4",
        "; c\n[r]\nk=1\n[ s ]\n[s]\n  k\t=\tv w\n#k=3\n[t]\nk=4",
    );
    ini(
        key,
        "[s]\r\na=1\r\n\r\n[t]\r\nk=4\r\n",
        "[s]\r\na=1\r\nk=v w\r\n\r\n[t]\r\nk=4\r\n",
    );
    ini(key, "[s]\n[t]\n", "[s]\nk=v w\n\n[t]\n");
    ini(key, "[t]\nk=4", "[t]\nk=4\n\n[s]\nk=v w");
    ini(key, "[s]\n\n\n", "[s]\nk=v w\n\n\n");
    ini(
        "key = 'K'\nvalue = '\"a b\"'",
        "# c\nJ=1\n\n[s]\nK=2\n",
        "# c\nJ=1\nK=\"a b\"\n\n[s]\nK=2\n",
    );
    ini("key = 'K'\nvalue = ''\nseparator = ' = '", "J=1\n", "J=1\nK = \n");
    ini(
        "section = 's'\nkey = 'k'\nstate = 'absent'",
        "[s]\nk=1\nkk=2\nk = 3\n[t]\nk=1",
        "[s]\nkk=2\n[t]\nk=1",
    );
    edits("ini", key, None, b"[s]\nk=v w\n");
    holds("ini", key, Some(b"[r]\nk=1\n[s]\n k = v w \r\nk=v w\n"));
    holds("ini", "key = 'a[b]'\nvalue = '$(id)'", Some(b"a[b] = $(id)"));
    holds(
        "ini",
        "section = 's'\nkey = 'k'\nstate = 'absent'",
        Some(b"k=1\n;[s]\n"),
    );
}

/// One step of each kind that edits text.
const EDITS: &[(&str, &str)] = &[
    ("line", "text = 'new'"),
    ("line", "match = '.'\nstate = 'absent'"),
    ("block", "content = 'new'"),
    ("replace", "match = 'o'\nwith = 'p'"),
    ("ini", "key = 'k'\nvalue = 'v'"),
];

#[test]
fn what_is_no_text_is_neither_edited_nor_followed() {
    for shell in SHELLS {
        for (kind, rest) in EDITS {
            let corner = Corner::new(shell);
            fs::write(corner.path("target"), "one\n").unwrap();
            symlink("target", corner.path("link")).unwrap();
            fs::create_dir(corner.path("folder")).unwrap();
            fs::write(corner.path("binary"), b"one\0two\n").unwrap();
            for name in ["link", "folder", "binary"] {
                let plan = plan(vec![of(&corner.text(name), kind, rest)]);
                assert_eq!(
                    corner.dry_run(&plan).outcomes(),
                    [Outcome::WouldChange],
                    "{kind} of a {name} under {shell:?}"
                );
            }
            for name in ["link", "folder"] {
                let plan = plan(vec![of(&corner.text(name), kind, rest)]);
                assert_eq!(
                    corner.push(&plan).outcomes(),
                    [Outcome::Failed],
                    "{kind} of a {name} under {shell:?}"
                );
            }
            let binary = plan(vec![of(&corner.text("binary"), kind, rest)]);
            let done = corner.push(&binary);
            assert_eq!(
                done.outcomes(),
                [Outcome::Failed],
                "{kind} under {shell:?}: {:#?}",
                done.events
            );
            assert_eq!(fs::read(corner.path("binary")).unwrap(), b"one\0two\n");
            assert_eq!(fs::read(corner.path("target")).unwrap(), b"one\n");
            assert!(fs::symlink_metadata(corner.path("link")).unwrap().is_symlink());
        }
    }
}

#[test]
fn a_block_without_an_end_is_left_alone() {
    for shell in SHELLS {
        let corner = Corner::new(shell);
        let path = corner.text("text");
        let before = "# BEGIN provision\nold\nmine\n";
        fs::write(&path, before).unwrap();
        let done = corner.push(&plan(vec![of(&path, "block", "content = 'new'")]));
        assert_eq!(done.outcomes(), [Outcome::Failed]);
        assert_eq!(fs::read_to_string(&path).unwrap(), before);
    }
}

#[test]
fn a_replacement_that_grows_fails() {
    for shell in SHELLS {
        let corner = Corner::new(shell);
        fs::write(corner.path("text"), "a\n").unwrap();
        let grows = of(&corner.text("text"), "replace", "match = 'a'\nwith = 'aa'");
        assert_eq!(corner.push(&plan(vec![grows])).outcomes(), [Outcome::Failed]);
        let nowhere = of(&corner.text("none"), "replace", "match = 'a'\nwith = 'b'");
        let nowhere = plan(vec![nowhere]);
        assert_eq!(corner.dry_run(&nowhere).outcomes(), [Outcome::WouldChange]);
        assert_eq!(corner.push(&nowhere).outcomes(), [Outcome::Failed]);
    }
}

#[test]
fn several_steps_edit_one_file_and_a_long_one_stays_whole() {
    for shell in SHELLS {
        let corner = Corner::new(shell);
        let path = corner.text("long");
        let mut text: String = (0..3000)
            .map(|n| format!("key{n} = some value of number {n}\n"))
            .collect();
        fs::write(&path, &text).unwrap();
        let wanted = plan(vec![
            of(&path, "line", "text = 'one more'\nafter = '^key5 '"),
            of(&path, "ini", "key = 'key7'\nvalue = 'seven'"),
            of(&path, "replace", "match = 'number 9$'\nwith = 'nine'"),
            of(&path, "block", "content = 'last'"),
            of(&path, "line", "text = 'key2999 = some value of number 2999'"),
        ]);
        let changes = [
            Outcome::Changed,
            Outcome::Changed,
            Outcome::Changed,
            Outcome::Changed,
            Outcome::Ok,
        ];
        assert_eq!(corner.push(&wanted).outcomes(), changes, "{shell:?}");
        assert_eq!(corner.push(&wanted).outcomes(), [Outcome::Ok; 5]);
        text = text
            .replace(
                "key5 = some value of number 5\n",
                "key5 = some value of number 5\none more\n",
            )
            .replace("key7 = some value of number 7\n", "key7 = seven\n")
            .replace("number 9\n", "nine\n")
            + "# BEGIN provision\nlast\n# END provision\n";
        assert_eq!(fs::read_to_string(&path).unwrap(), text, "{shell:?}");
    }
}
