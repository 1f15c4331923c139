//! Ansible's INI form: sections of hosts, of child groups, of variables.

use std::sync::Arc;

use super::fleet::{ALL, Fleet, UNGROUPED};
use super::{literal, pattern};
use crate::diagnostic::{Diagnostic, Diagnostics, Origin, Source};

/// What the lines of a section are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Hosts,
    Children,
    Vars,
}

/// Reads `source` into `fleet`.
pub(super) fn read(source: &Arc<Source>, fleet: &mut Fleet) -> Result<(), Diagnostics> {
    let mut mistakes = Diagnostics::default();
    let mut group = UNGROUPED.to_owned();
    let mut kind = Kind::Hosts;
    let mut at = 0;
    for whole in source.text.split_inclusive('\n') {
        let line = whole.trim();
        let start = at + (whole.len() - whole.trim_start().len());
        at += whole.len();
        let origin = Origin::new(source, start..start + line.len());
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        if line.starts_with('[')
            && let Some(head) = section(line)
        {
            match head {
                Ok((name, of)) => {
                    fleet.group(&name, &origin);
                    (group, kind) = (name, of);
                }
                Err(mistake) => mistakes.push(mistake.at(&origin)),
            }
            continue;
        }
        let read = match kind {
            Kind::Hosts => host(line, &group, &origin, fleet),
            Kind::Children => child(line, &group, &origin, fleet),
            Kind::Vars => var(line, &group, &origin, fleet),
        };
        if let Err(mistake) = read {
            mistakes.push(mistake);
        }
    }
    mistakes.into_result(())
}

/// The name and kind of a `[section]`; nothing when the line is a host that starts with a range.
fn section(line: &str) -> Option<Result<(String, Kind), Diagnostic>> {
    let (head, behind) = line[1..].split_once(']')?;
    let behind = behind.trim();
    if !behind.is_empty() && !behind.starts_with('#') {
        return None;
    }
    let (name, kind) = head.split_once(':').unwrap_or((head, "hosts"));
    if name.is_empty() || name.contains(char::is_whitespace) {
        return None;
    }
    let kind = match kind {
        "hosts" => Kind::Hosts,
        "children" => Kind::Children,
        "vars" => Kind::Vars,
        other => {
            let mistake = Diagnostic::new(format!("a section of kind `{other}`"));
            return Some(Err(mistake.suggest(other, ["children", "vars"])));
        }
    };
    Some(Ok((name.to_owned(), kind)))
}

fn host(line: &str, group: &str, origin: &Origin, fleet: &mut Fleet) -> Result<(), Diagnostic> {
    let mut words = split(line)
        .map_err(|message| Diagnostic::new(message).at(origin))?
        .into_iter();
    let Some(first) = words.next() else {
        return Ok(());
    };
    let refused = |message: String| Diagnostic::new(message).at(&origin.part(&first, 0..first.len()));
    let (names, port) = pattern::expand(&first).map_err(refused)?;
    let mut vars = Vec::new();
    if let Some(port) = port {
        vars.push((
            "ansible_port".to_owned(),
            literal::value(&port.to_string(), origin),
        ));
    }
    for word in words {
        let Some((name, value)) = word.split_once('=') else {
            let mistake = Diagnostic::new(format!("{word:?} is no `key=value`"));
            return Err(mistake
                .at(&origin.part(&word, 0..word.len()))
                .help("a host's variables follow its name in one line"));
        };
        vars.push((
            name.to_owned(),
            literal::value(value, &origin.part(&word, 0..word.len())),
        ));
    }
    for name in names {
        fleet.group(group, origin).hosts.insert(name.clone());
        let host = fleet.host(&name, origin);
        for (key, value) in &vars {
            match value {
                Some(value) => host.vars.insert(key, value.origin.clone(), value.clone()),
                None => drop(host.vars.remove(key)),
            }
        }
    }
    Ok(())
}

fn child(line: &str, group: &str, origin: &Origin, fleet: &mut Fleet) -> Result<(), Diagnostic> {
    let name = line.split('#').next().unwrap_or_default().trim();
    if name.is_empty() || name.contains(|c: char| c.is_whitespace() || matches!(c, ':' | '[' | ']')) {
        let mistake = Diagnostic::new(format!("{line:?} is no group's name")).at(origin);
        return Err(mistake.help(format!("`[{group}:children]` lists groups, one in each line")));
    }
    fleet.group(name, origin);
    if name != ALL {
        fleet.group(group, origin).children.insert(name.to_owned());
    }
    Ok(())
}

fn var(line: &str, group: &str, origin: &Origin, fleet: &mut Fleet) -> Result<(), Diagnostic> {
    let Some((name, value)) = line.split_once('=') else {
        let mistake = Diagnostic::new(format!("{line:?} is no `key=value`")).at(origin);
        return Err(mistake.help(format!("`[{group}:vars]` has one variable in each line")));
    };
    let (name, value) = (name.trim(), value.trim());
    let vars = &mut fleet.group(group, origin).vars;
    match literal::value(value, origin) {
        Some(value) => vars.insert(name, origin.clone(), value),
        None => drop(vars.remove(name)),
    }
    Ok(())
}

/// Splits a line as Python's `shlex.split(comments=True)` does: quotes as in sh, and a `#` outside of them ends it.
pub(super) fn split(line: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match c {
            '#' => break,
            '\'' => {
                let word = word.get_or_insert_default();
                loop {
                    match chars.next() {
                        Some('\'') => break,
                        Some(c) => word.push(c),
                        None => return Err("a quote is not closed".to_owned()),
                    }
                }
            }
            '"' => {
                let word = word.get_or_insert_default();
                loop {
                    match chars.next() {
                        Some('"') => break,
                        Some('\\') => match chars.next() {
                            Some(c @ ('"' | '\\')) => word.push(c),
                            Some(c) => word.extend(['\\', c]),
                            None => return Err("a quote is not closed".to_owned()),
                        },
                        Some(c) => word.push(c),
                        None => return Err("a quote is not closed".to_owned()),
                    }
                }
            }
            '\\' => match chars.next() {
                Some(c) => word.get_or_insert_default().push(c),
                None => return Err("nothing follows the backslash".to_owned()),
            },
            c if c.is_whitespace() => words.extend(word.take()),
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_split_as_python_splits_them() {
        let words = |line| split(line).unwrap();
        assert_eq!(words("a b='c d' e=\"f\\\" g\" # h"), ["a", "b=c d", "e=f\" g"]);
        assert_eq!(words("a#b c"), ["a"]);
        assert_eq!(words(r"a\ b ''"), ["a b", ""]);
        assert!(split("a 'b").is_err());
        assert!(split("a \\").is_err());
    }
}
