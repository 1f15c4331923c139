//! Patterns of `ssh_config(5)`: `*`, `?`, lists with `!`.

/// Whether all of `text` matches `pattern`, in which `*` stands for any characters and `?` for one.
///
/// Works in steps bounded by the product of both lengths, whatever the pattern.
pub(in crate::inventory) fn matches(text: &str, pattern: &str) -> bool {
    let (text, pattern) = (text.as_bytes(), pattern.as_bytes());
    let (mut t, mut p) = (0, 0);
    // Where to go on from when what follows the last `*` does not match here.
    let mut retry = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                retry = Some((t, p));
                p += 1;
            }
            Some(c) if *c == b'?' || *c == text[t] => {
                t += 1;
                p += 1;
            }
            _ => match retry {
                Some((from, star)) => {
                    retry = Some((from + 1, star));
                    (t, p) = (from + 1, star + 1);
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|c| *c == b'*')
}

/// Whether `text` matches one of the patterns of a list separated by commas, and none that begins with `!`.
pub(in crate::inventory) fn matches_list(text: &str, list: &str) -> bool {
    let mut found = false;
    for pattern in list.split(',') {
        match pattern.strip_prefix('!') {
            Some(pattern) if matches(text, pattern) => return false,
            Some(_) => {}
            None => found |= matches(text, pattern),
        }
    }
    found
}

/// The same for names of hosts, whose case does not count.
pub(super) fn matches_host_list(name: &str, list: &str) -> bool {
    matches_list(&name.to_ascii_lowercase(), &list.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_and_question_marks() {
        for (text, pattern) in [
            ("", ""),
            ("", "*"),
            ("db1", "db?"),
            ("db1.example.com", "*.example.com"),
            ("abcabc", "*abc"),
            ("a", "**a**"),
            ("axbxc", "a*b*c"),
        ] {
            assert!(matches(text, pattern), "{text} {pattern}");
        }
        for (text, pattern) in [
            ("", "?"),
            ("db", "db?"),
            ("db12", "db?"),
            ("DB1", "db?"),
            ("ab", "a*c"),
            ("a", ""),
        ] {
            assert!(!matches(text, pattern), "{text} {pattern}");
        }
    }

    #[test]
    fn a_hostile_pattern_takes_no_time() {
        assert!(!matches(
            &"a".repeat(5_000),
            &"*a".repeat(2_000).replace("**", "*").replacen('a', "ab", 1)
        ));
    }

    #[test]
    fn a_negated_pattern_wins_wherever_it_stands() {
        assert!(matches_list("db1", "web*,db*"));
        assert!(!matches_list("db1", "!db1,db*"));
        assert!(!matches_list("db1", "db*,!db1"));
        assert!(!matches_list("db1", "!web1"), "nothing is said for it");
        assert!(matches_host_list("DB1", "Db*"));
    }
}
