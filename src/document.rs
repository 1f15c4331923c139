//! Texts in TOML, read into tables that know where everything was written. The one home of the `toml` crate.
//!
//! Dates become strings. Refused: what does not fit (integers beyond 64 bits), what no shell can carry (NUL), and
//! what nobody writes by hand (files over [`MAX_BYTES`], nesting over [`MAX_DEPTH`]).

mod write;

use std::fs::File;
use std::io::{self, Read};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeInteger, DeTable, DeValue};

use crate::config::{Data, Table, Value};
use crate::diagnostic::{Diagnostic, Diagnostics, Origin, Source};

pub use write::write;

/// The largest file that is read: room for 100,000 hosts with settings of their own.
pub const MAX_BYTES: u64 = 16 * 1024 * 1024;

/// How deep tables and arrays may be nested.
pub const MAX_DEPTH: usize = 64;

/// Syntax errors shown of one text; those after the first few mostly follow from them.
const SYNTAX_ERRORS: usize = 3;

/// Reads the file at `path`.
pub fn read(path: &Path) -> Result<Table, Diagnostics> {
    parse(&read_source(path)?)
}

/// Reads the file at `path` without looking into it.
pub fn read_source(path: &Path) -> Result<Arc<Source>, Diagnostic> {
    let shown = path.display();
    let failed = |error: &io::Error| match error.kind() {
        io::ErrorKind::NotFound => Diagnostic::new(format!("there is no file {shown}")),
        io::ErrorKind::IsADirectory => Diagnostic::new(format!("{shown} is a folder, not a file")),
        io::ErrorKind::PermissionDenied => Diagnostic::new(format!("{shown} may not be read by this user")),
        _ => Diagnostic::new(format!("cannot read {shown}: {error}")),
    };
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(MAX_BYTES + 1).read_to_end(&mut bytes))
        .map_err(|error| failed(&error))?;
    if bytes.len() as u64 > MAX_BYTES {
        let limit = MAX_BYTES / (1024 * 1024);
        return Err(
            Diagnostic::new(format!("{shown} has more than {limit} MiB")).help("is it the right file?")
        );
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Source::new(path, text)),
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            let source = Source::new(path, String::from_utf8_lossy(error.as_bytes()));
            let origin = Origin::new(&source, at..at + char::REPLACEMENT_CHARACTER.len_utf8());
            Err(Diagnostic::new("the file is not UTF-8")
                .at(&origin)
                .label("not a character")
                .help("save it as UTF-8, which TOML asks for"))
        }
    }
}

/// Reads `source`; of several syntax errors the first ones are given.
pub fn parse(source: &Arc<Source>) -> Result<Table, Diagnostics> {
    let (root, errors) = DeTable::parse_recoverable(&source.text);
    if !errors.is_empty() {
        return Err(syntax_errors(source, 0, &errors));
    }
    let mut reader = Reader::new(source, 0);
    let table = reader.table(root.get_ref(), Origin::new(source, 0..source.text.len()), 0);
    reader.mistakes.into_result(table)
}

/// Reads the `module.key=value` of a `--set` into a table by module name.
///
/// The value is taken as TOML where it is TOML, and as a string otherwise: `port=80` sets a number, `name=web` a text.
pub fn set_argument(argument: &str) -> Result<Table, Diagnostics> {
    let source = Source::new("--set", argument);
    let whole = Origin::new(&source, 0..argument.len());
    let malformed = |message: &str| {
        Diagnostics::from(
            Diagnostic::new(message)
                .at(&whole)
                .help("write it as `module.key=value`, such as `nginx.port=8080`"),
        )
    };
    let Some((path, text)) = argument.split_once('=') else {
        return Err(malformed("`--set` needs a value"));
    };
    let keys = keys_of(path).ok_or_else(|| malformed("`--set` needs the names of a module and a key"))?;
    let mut value = set_value(&source, path.len() + 1, text)?;
    for (name, span) in keys.into_iter().rev() {
        let origin = Origin::new(&source, span);
        let mut table = Table::at(origin.clone());
        table.insert(name, origin.clone(), value);
        value = Value {
            data: Data::Table(table),
            origin,
        };
    }
    match value.data {
        Data::Table(table) => Ok(table),
        _ => Err(malformed("`--set` needs the names of a module and a key")),
    }
}

/// The keys of a dotted path with their places; nothing when it is no path of two keys or more.
fn keys_of(path: &str) -> Option<Vec<(String, Range<usize>)>> {
    let document = format!("{path}=0");
    let root = DeTable::parse(&document).ok()?;
    let mut keys = Vec::new();
    let mut table = root.get_ref();
    while let Some((key, value)) = table.iter().next() {
        // A line break in the path could smuggle in a second key.
        if table.len() != 1 || key.get_ref().contains(|c: char| c.is_control()) || keys.len() == MAX_DEPTH {
            return None;
        }
        keys.push((key.get_ref().to_string(), key.span()));
        match value.get_ref() {
            DeValue::Table(inner) => table = inner,
            _ => break,
        }
    }
    (keys.len() >= 2 && !path.contains('\n')).then_some(keys)
}

fn set_value(source: &Arc<Source>, offset: usize, text: &str) -> Result<Value, Diagnostics> {
    match DeValue::parse(text) {
        Ok(value) => {
            let mut reader = Reader::new(source, offset);
            let value = reader.value(&value, 0);
            reader.mistakes.into_result(value)
        }
        // What starts like TOML was meant as TOML.
        Err(error) if text.starts_with(['[', '{', '"', '\'']) => {
            let mut mistakes = syntax_errors(source, offset, &[error]);
            for one in &mut mistakes.0 {
                one.help = Some("quote the whole value to set it as a text".to_owned());
            }
            Err(mistakes)
        }
        Err(_) => Ok(Value {
            data: Data::String(text.to_owned()),
            origin: Origin::new(source, offset..source.text.len()),
        }),
    }
}

fn syntax_errors(source: &Arc<Source>, offset: usize, errors: &[toml::de::Error]) -> Diagnostics {
    let mut mistakes = Diagnostics::default();
    let mut table_twice = None;
    for error in errors {
        let span = error.span().unwrap_or(0..0);
        let span = span.start + offset..span.end + offset;
        let origin = Origin::new(source, span.clone());
        if mistakes.0.iter().any(|one| one.origin.as_ref() == Some(&origin)) {
            continue;
        }
        if error.message() != "duplicate key" {
            mistakes.push(Diagnostic::new(error.message()).at(&origin));
            continue;
        }
        // The keys of a table that is written twice are not worth a word each.
        let since = table_twice.and_then(|header: usize| source.text.get(header..span.start));
        if since.is_some_and(|text| !text.contains("\n[")) {
            continue;
        }
        mistakes.push(match same_header_above(&source.text, span.start) {
            Some(line) => {
                table_twice = Some(span.start);
                let mistake = Diagnostic::new("this table is written twice").at(&origin);
                mistake.help(format!("it is also written in line {line}; make it one table"))
            }
            None => Diagnostic::new("this key is written twice")
                .at(&origin)
                .help("take one of them out"),
        });
    }
    mistakes.sort();
    mistakes.0.truncate(SYNTAX_ERRORS);
    mistakes
}

/// The number of the first line that is the same table header as the line around `at`.
fn same_header_above(text: &str, at: usize) -> Option<usize> {
    let start = text.get(..at)?.rfind('\n').map_or(0, |newline| newline + 1);
    let header = text[start..].lines().next()?.trim();
    let above = text[..start].lines().position(|line| line.trim() == header)?;
    header.starts_with('[').then_some(above + 1)
}

/// Turns the parser's tree into ours.
struct Reader<'a> {
    source: &'a Arc<Source>,
    offset: usize,
    mistakes: Diagnostics,
}

impl<'a> Reader<'a> {
    fn new(source: &'a Arc<Source>, offset: usize) -> Self {
        Self {
            source,
            offset,
            mistakes: Diagnostics::default(),
        }
    }

    fn origin(&self, span: &Range<usize>) -> Origin {
        Origin::new(self.source, span.start + self.offset..span.end + self.offset)
    }

    fn table(&mut self, table: &DeTable<'_>, origin: Origin, depth: usize) -> Table {
        // The parser sorts keys by name; people expect the order they wrote.
        let mut entries: Vec<_> = table.iter().collect();
        entries.sort_by_key(|(key, _)| key.span().start);
        let mut read = Table::at(origin);
        for (key, value) in entries {
            let origin = self.origin(&key.span());
            self.refuse_nul(key.get_ref(), &origin);
            let value = self.value(value, depth + 1);
            read.insert(key.get_ref().to_string(), origin, value);
        }
        read
    }

    fn value(&mut self, value: &Spanned<DeValue<'_>>, depth: usize) -> Value {
        let origin = self.origin(&value.span());
        if depth > MAX_DEPTH {
            let message = format!("values are nested more than {MAX_DEPTH} deep");
            self.mistakes.push(Diagnostic::new(message).at(&origin));
            let data = Data::Boolean(false);
            return Value { data, origin };
        }
        let data = match value.get_ref() {
            DeValue::String(text) => {
                self.refuse_nul(text, &origin);
                Data::String(text.to_string())
            }
            DeValue::Integer(it) => Data::Integer(self.integer(it, &origin)),
            DeValue::Float(it) => Data::Float(self.float(it.as_str(), &origin)),
            DeValue::Boolean(it) => Data::Boolean(*it),
            DeValue::Datetime(it) => Data::String(it.to_string()),
            DeValue::Array(items) => {
                Data::Array(items.iter().map(|item| self.value(item, depth + 1)).collect())
            }
            DeValue::Table(table) => Data::Table(self.table(table, origin.clone(), depth)),
        };
        Value { data, origin }
    }

    fn integer(&mut self, it: &DeInteger<'_>, origin: &Origin) -> i64 {
        i64::from_str_radix(it.as_str(), it.radix()).unwrap_or_else(|_| {
            let mistake = Diagnostic::new("this integer does not fit 64 bits").at(origin);
            self.mistakes
                .push(mistake.help("write it as a string, in quotes"));
            0
        })
    }

    fn float(&mut self, text: &str, origin: &Origin) -> f64 {
        match text.parse::<f64>() {
            Ok(it) if it.is_finite() || text.contains("inf") || text.contains("nan") => it,
            _ => {
                let mistake = Diagnostic::new("this number does not fit 64 bits").at(origin);
                self.mistakes
                    .push(mistake.help("write it as a string, in quotes"));
                0.0
            }
        }
    }

    fn refuse_nul(&mut self, text: &str, origin: &Origin) {
        if text.contains('\0') {
            self.mistakes.push(
                Diagnostic::new("a text may not hold the NUL character")
                    .at(origin)
                    .help("no file name, argument or shell word can carry it"),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn json(table: &Table) -> String {
        serde_json::to_string(table).unwrap()
    }

    #[test]
    fn keys_stay_in_the_order_they_were_written() {
        let table = parse(&Source::new(
            "x",
            "z = 1\n[b]\ny = 2020-01-01\nx = 0x10\n[a]\nk = [1.5, 'q']",
        ))
        .unwrap();
        assert_eq!(
            json(&table),
            r#"{"z":1,"b":{"y":"2020-01-01","x":16},"a":{"k":[1.5,"q"]}}"#
        );
    }

    #[test]
    fn a_byte_order_mark_and_windows_line_ends_are_taken() {
        let source = Source::new("x", "\u{feff}[a]\r\nport = 'x'\r\n");
        let table = parse(&source).unwrap();
        let port = table.get("a").unwrap().as_table().unwrap().key("port").unwrap();
        assert_eq!(&source.text[port.origin.span.clone()], "port");
        assert_eq!(port.value.origin.line_column(), (2, 8));
    }

    #[test]
    fn a_value_set_on_the_command_line_is_toml_or_else_a_string() {
        for (argument, expected) in [
            ("a.b=1", r#"{"a":{"b":1}}"#),
            ("a.b=true", r#"{"a":{"b":true}}"#),
            ("a.b=web", r#"{"a":{"b":"web"}}"#),
            ("a.b=", r#"{"a":{"b":""}}"#),
            ("a.b=x=y", r#"{"a":{"b":"x=y"}}"#),
            ("a.b=1\nc.d=2", r#"{"a":{"b":"1\nc.d=2"}}"#),
            ("a.b=\"1\"", r#"{"a":{"b":"1"}}"#),
            ("a.b.\"c.d\"=[1, 2]", r#"{"a":{"b":{"c.d":[1,2]}}}"#),
            ("a.b={ c = 1 }", r#"{"a":{"b":{"c":1}}}"#),
        ] {
            assert_eq!(json(&set_argument(argument).unwrap()), expected, "{argument}");
        }
        let table = set_argument("nginx.port=80").unwrap();
        let port = table
            .get("nginx")
            .unwrap()
            .as_table()
            .unwrap()
            .key("port")
            .unwrap();
        assert_eq!(port.origin.span, 6..10);
        assert_eq!(port.value.origin.span, 11..13);
    }

    #[test]
    fn a_malformed_set_is_refused() {
        for bad in [
            "",
            "a",
            "a=1",
            "=1",
            "a.=1",
            "a..b=1",
            "a b.c=1",
            "a.b\nc=1",
            "[a]\nb.c=1",
            "a.b=[1",
            "a.b='x",
        ] {
            assert!(set_argument(bad).is_err(), "{bad:?} was taken");
        }
    }

    #[test]
    fn deep_nesting_is_refused_and_does_not_overflow() {
        let dotted = vec!["a"; 79].join(".");
        let mut text = format!("{dotted} = 1");
        for _ in 0..70 {
            text = format!("{dotted} = {{ {text} }}");
        }
        assert!(parse(&Source::new("x", text)).is_err());
        assert!(parse(&Source::new("x", format!("a = {}", "[".repeat(100_000)))).is_err());
    }

    #[test]
    fn a_huge_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("huge.toml");
        File::create(&path).unwrap().set_len(MAX_BYTES + 1).unwrap();
        let mistakes = read(&path).unwrap_err();
        assert!(mistakes.0[0].message.contains("more than 16 MiB"));
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in r#"([a-c.=\[\]{}"'\\#,0-9e_ \n\u{0}é-]|true|inf|"""|\[\[){0,60}"#) {
            let _ = parse(&Source::new("x", text.clone()));
            let _ = set_argument(&text);
        }
    }
}
