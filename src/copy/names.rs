//! Names that hosts send, and paths that people write: what may be done with them here.

/// The longest name of one file or directory.
const MAX_PART: usize = 255;

/// The longest path below what was asked for.
pub(super) const MAX_PATH: usize = 4096;

/// What we keep unfinished files in, at both ends, begins so.
pub(super) const STAGE: &[u8] = b".provision-copy";

/// The parts of a path below what was asked for, if it is one: nothing absolute, no `.` or `..`, no NUL, nothing that
/// is ours.
pub(super) fn parts(path: &[u8]) -> Option<Vec<&[u8]>> {
    let parts: Vec<&[u8]> = path.split(|&byte| byte == b'/').collect();
    let fits = |part: &&[u8]| {
        !part.is_empty()
            && part.len() <= MAX_PART
            && *part != b"."
            && *part != b".."
            && !part.contains(&0)
            && !part.starts_with(STAGE)
    };
    (path.len() <= MAX_PATH && parts.iter().all(fits)).then_some(parts)
}

/// Whether `path` is one of a host: from its root, or from the home of the user (`~/`).
pub fn is_remote(path: &str) -> bool {
    (path.starts_with('/') || path.starts_with("~/")) && !path.contains('\0')
}

/// The name that what `path` leads to gets elsewhere: its last part, if it has one that is a name.
pub fn base_name(path: &str) -> Option<&str> {
    let path = path.strip_prefix("~/").unwrap_or(path);
    let name = path.trim_end_matches('/').rsplit('/').next()?;
    parts(name.as_bytes()).map(|_| name)
}

/// A name as it can stand in a list of lines: what is no letter in it is written out.
pub(super) fn listed(name: &[u8]) -> String {
    let text = String::from_utf8_lossy(name);
    text.chars()
        .map(|c| {
            if c.is_control() || c == '\\' {
                c.escape_default().to_string()
            } else {
                c.to_string()
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_names_below_what_was_asked_for_are_taken() {
        for good in [&b"a"[..], b"a/b c/d\n", b"..a/...", b"\xff", b"-rf", b"~"] {
            assert!(parts(good).is_some(), "{good:?}");
        }
        for bad in [
            &b""[..],
            b"/etc/passwd",
            b"../x",
            b"a/../../x",
            b"a/..",
            b".",
            b"./a",
            b"a//b",
            b"a/",
            b"a\0b",
            b".provision-copy/x",
            b"a/.provision-copy.0/x",
            &[b'x'; 256],
            &b"a/".repeat(3000),
        ] {
            assert!(parts(bad).is_none(), "{bad:?}");
        }
        assert_eq!(base_name("/var/log/"), Some("log"));
        assert_eq!(base_name("~/x"), Some("x"));
        for none in ["/", "~/", "/..", "/a/..", "/."] {
            assert_eq!(base_name(none), None, "{none}");
        }
        assert_eq!(listed(b"a\nb\\c"), "a\\nb\\\\c");
    }

    proptest! {
        #[test]
        fn whatever_is_taken_leads_nowhere_else(bytes in prop::collection::vec(
            prop::sample::select(b"ab./\0 \n".to_vec()), 0..12)) {
            if let Some(parts) = parts(&bytes) {
                let joined = parts.join(&b'/');
                prop_assert_eq!(&joined, &bytes);
                prop_assert!(parts.iter().all(|part| !matches!(*part, b"" | b"." | b"..") && !part.contains(&b'/')));
            }
        }
    }
}
