//! Bash, which takes words apart at `@`, `=`, `:` and `&` as well: the whole line is taken apart here instead.

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::Path;

use clap::Command;
use clap_complete::engine;
use clap_complete::env::EnvCompleter;

use crate::script;

/// The line up to the cursor, and the part of its last word that bash replaces.
const LINE: &str = "_PROVISION_LINE";
const PART: &str = "_PROVISION_PART";

pub(super) struct Bash;

/// A command as far as it is typed.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Typed {
    /// Its words, quotes and escapes taken off; the last is the one being completed, and may be empty.
    pub(super) words: Vec<String>,
    /// Whether the last word is within quotes.
    quoted: bool,
}

/// The line that bash asks about, if it is bash that asks.
pub(super) fn line() -> Option<Typed> {
    std::env::var(LINE).ok().map(|line| parse(&line))
}

impl EnvCompleter for Bash {
    fn name(&self) -> &'static str {
        "bash"
    }

    fn is(&self, name: &str) -> bool {
        name == "bash"
    }

    fn write_registration(
        &self,
        var: &str,
        name: &str,
        bin: &str,
        completer: &str,
        buf: &mut dyn Write,
    ) -> Result<(), io::Error> {
        let mut quoted = Vec::new();
        script::quote(completer.as_bytes(), &mut quoted).map_err(io::Error::other)?;
        let quoted = String::from_utf8_lossy(&quoted);
        // Without process substitution, which a shell in POSIX mode lacks.
        write!(
            buf,
            r#"_{name}_complete() {{
    local candidates
    candidates=$({var}=bash {LINE}="${{COMP_LINE:0:COMP_POINT}}" {PART}="$2" {quoted} -- "$1" 2>/dev/null)
    COMPREPLY=()
    [ -n "$candidates" ] || return 0
    while IFS= read -r candidate; do
        COMPREPLY+=("$candidate")
    done <<<"$candidates"
    unset candidate
    case ${{COMPREPLY[0]}} in
        */ | *= | *.) [ "${{#COMPREPLY[@]}}" != 1 ] || compopt -o nospace 2>/dev/null ;;
    esac
    return 0
}}
complete -o bashdefault -o nosort -F _{name}_complete {bin} 2>/dev/null ||
    complete -o bashdefault -F _{name}_complete {bin}
"#
        )
    }

    fn write_complete(
        &self,
        cmd: &mut Command,
        _: Vec<OsString>,
        current_dir: Option<&Path>,
        buf: &mut dyn Write,
    ) -> Result<(), io::Error> {
        let Some(typed) = line() else { return Ok(()) };
        let part = parse(&std::env::var(PART).unwrap_or_default());
        let part = part.words.last().map_or(0, String::len);
        let last = typed.words.len() - 1;
        // What stands before the part that bash replaces stays.
        let stays = typed.words[last].len().saturating_sub(part);
        let words = typed.words.iter().map(OsString::from).collect();
        for candidate in engine::complete(cmd, words, last, current_dir)? {
            let value = candidate.get_value().to_string_lossy();
            let Some(rest) = value.get(stays..) else {
                continue;
            };
            let text = if typed.quoted {
                rest.to_owned()
            } else {
                escaped(rest)
            };
            writeln!(buf, "{text}")?;
        }
        Ok(())
    }
}

/// With a backslash before what the shell would not take as it is.
fn escaped(text: &str) -> String {
    let special = |c: char| " \t\"'\\$`&|;<>()*?[]{}!#".contains(c);
    let mut out = String::new();
    for c in text.chars().filter(|c| !c.is_control()) {
        out.extend(special(c).then_some('\\'));
        out.push(c);
    }
    out
}

/// Takes `line` apart as the shell does.
fn parse(line: &str) -> Typed {
    let mut words = vec![String::new()];
    let mut quote = None;
    let mut begun = false;
    let mut rest = line.chars();
    while let Some(c) = rest.next() {
        let word = words.last_mut();
        let Some(word) = word else { break };
        match (c, quote) {
            (' ' | '\t' | '\n', None) => {
                if begun {
                    words.push(String::new());
                }
                begun = false;
                continue;
            }
            ('\'' | '"', None) => quote = Some(c),
            (c, Some(open)) if c == open => quote = None,
            ('\\', None | Some('"')) => word.extend(rest.next()),
            (c, _) => word.push(c),
        }
        begun = true;
    }
    Typed {
        words,
        quoted: quote.is_some(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_taken_apart_as_the_shell_does() {
        for (line, words, quoted) in [
            ("", vec![""], false),
            ("provision ", vec!["provision", ""], false),
            ("provision  push", vec!["provision", "push"], false),
            ("p '@web&!w", vec!["p", "@web&!w"], true),
            ("p 'a b' \"c'd\\\"", vec!["p", "a b", "c'd\""], true),
            ("p my\\ dir/", vec!["p", "my dir/"], false),
            ("p '' ", vec!["p", "", ""], false),
        ] {
            let words = words.into_iter().map(str::to_owned).collect();
            assert_eq!(parse(line), Typed { words, quoted }, "{line:?}");
        }
    }

    #[test]
    fn what_is_offered_stays_one_word() {
        assert_eq!(escaped("my dir/$x"), "my\\ dir/\\$x");
        assert_eq!(escaped("web[1]\u{1b}"), "web\\[1\\]");
    }
}
