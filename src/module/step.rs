//! One `[[step]]` of a module in TOML, as it is written: its texts are not rendered yet.

use std::path::{Path, PathBuf};

use crate::config::{Data, Value, from_value};
use crate::diagnostic::{Diagnostic, Diagnostics, Origin, Source};
use crate::resource;

/// A step before it is a resource.
#[derive(Debug)]
pub(super) struct Step {
    /// Its kind.
    pub(super) key: &'static str,
    /// Its table, without the keys that every kind has.
    pub(super) value: Value,
    /// The services it notifies.
    pub(super) notify: Vec<String>,
    /// The bytes of the file it copies.
    pub(super) source: Option<Vec<u8>>,
}

impl Step {
    /// One `[[step]]`: what kind it is, its own keys taken out, the file it names read.
    pub(super) fn read(item: &Value, folder: &Path) -> Result<Self, Diagnostics> {
        let Data::Table(table) = &item.data else {
            return Err(Diagnostic::new("a step is a table").at(&item.origin).into());
        };
        let mut table = table.clone();
        let kinds = || {
            resource::KEYS
                .iter()
                .copied()
                .filter(|key| table.get(key).is_some())
        };
        // `group` is also a field of files, directories and users, so any other kind comes before it.
        let Some(key) = kinds().find(|key| *key != "group").or_else(|| kinds().next()) else {
            let given = table
                .iter()
                .next()
                .map(|(name, _)| name.to_owned())
                .unwrap_or_default();
            let mistake = Diagnostic::new("the step does not say of what kind it is").at(&item.origin);
            return Err(mistake.suggest(&given, resource::KEYS.iter().copied()).into());
        };
        let more = kinds().find(|other| *other != key && *other != "group");
        if let Some((other, origin)) = more.and_then(|other| Some((other, table.key(other)?.origin.clone())))
        {
            let mistake = Diagnostic::new(format!("a step is of one kind, `{key}` or `{other}`")).at(&origin);
            return Err(mistake.help("write two steps").into());
        }
        let notify = match table.remove("notify") {
            Some(notify) => match &notify.value.data {
                Data::String(one) => vec![one.clone()],
                Data::Array(_) => from_value::<Vec<String>>(&notify.value)?,
                other => {
                    let mistake = Diagnostic::new(format!(
                        "expected a service's name or a list of names, found {}",
                        other.kind()
                    ));
                    return Err(mistake.at(&notify.value.origin).into());
                }
            },
            None => Vec::new(),
        };
        let mut source = None;
        if key == "file" {
            let given: Vec<&str> = ["content", "source", "template"]
                .into_iter()
                .filter(|key| table.get(key).is_some())
                .collect();
            if let [one, two, ..] = given.as_slice() {
                let origin = &table.key(two).map_or(&item.origin, |key| &key.origin).clone();
                return Err(
                    Diagnostic::new(format!("a file takes `{one}` or `{two}`, not both"))
                        .at(origin)
                        .into(),
                );
            }
            if let Some(named) = table.remove("source") {
                source = Some(read_named(&named.value, folder)?.1);
            }
            if let Some(named) = table.remove("template") {
                let (path, bytes) = read_named(&named.value, folder)?;
                let Ok(text) = String::from_utf8(bytes) else {
                    let mistake = Diagnostic::new(format!("the template {} is not UTF-8", path.display()))
                        .at(&named.value.origin);
                    return Err(mistake.help("use `source` to copy a file as it is").into());
                };
                let origin = Origin::new(&Source::new(&path, text.clone()), 0..text.len());
                table.insert(
                    "content",
                    named.origin,
                    Value {
                        data: Data::String(text),
                        origin,
                    },
                );
            }
        }
        Ok(Self {
            key,
            value: Value {
                data: Data::Table(table),
                origin: item.origin.clone(),
            },
            notify,
            source,
        })
    }
}

/// The largest file a step may carry; it travels inside the program.
const MAX_SOURCE: usize = 1024 * 1024;

fn read_named(named: &Value, folder: &Path) -> Result<(PathBuf, Vec<u8>), Diagnostic> {
    let name: String = from_value(named)?;
    let path = folder.join(&name);
    let failed = |what: String| {
        Diagnostic::new(what)
            .at(&named.origin)
            .help(format!("looked for {}", path.display()))
    };
    let bytes = std::fs::read(&path).map_err(|error| failed(format!("cannot read {name:?}: {error}")))?;
    if bytes.len() > MAX_SOURCE {
        return Err(failed(format!(
            "{name:?} has {} bytes; at most {MAX_SOURCE} can be sent",
            bytes.len()
        )));
    }
    Ok((path, bytes))
}
