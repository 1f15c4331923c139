//! SQL as MySQL and MariaDB read it.

use super::Invalid;

/// Quotes a string: what a backslash means depends on the server's mode, so [`check_name`] refuses it.
pub(super) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// Quotes an identifier (MySQL manual, 11.2).
pub(super) fn identifier(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

/// Refuses, as the value of `key`, what the server would cut or refuse itself, and backslashes.
pub(super) fn check_name(key: &'static str, kind: &str, name: &str, longest: usize) -> Result<(), Invalid> {
    if name.is_empty()
        || name.chars().count() > longest
        || name.ends_with(' ')
        || name
            .chars()
            .any(|c| c.is_control() || c == '\\' || u32::from(c) > 0xffff)
    {
        return Err(Invalid::of(key)(format!(
            "{name:?} cannot be a {kind}'s name: it takes 1 to {longest} characters without control characters and backslashes"
        )));
    }
    Ok(())
}
