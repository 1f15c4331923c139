//! The names a text may use, and what they stand for on one host.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use indexmap::IndexMap;
use minijinja::Value as Jinja;
use minijinja::value::{Enumerator, Object, ObjectRepr, Serde, ValueKind};

use crate::config::{Data, HostView, Table, Value};
use crate::diagnostic::Origin;
use crate::script::Secret;

/// What the names of a module's texts stand for on one host.
pub(crate) struct Names<'a> {
    values: IndexMap<&'a str, &'a Value>,
    root: IndexMap<&'a str, Jinja>,
    touched: Arc<AtomicBool>,
}

impl<'a> Names<'a> {
    /// `host`, its `facts` where they are known, and each parameter; one without a value is `none`.
    pub(crate) fn of(
        host: &HostView,
        facts: Option<&'a Value>,
        params: IndexMap<&'a str, Option<&'a Value>>,
    ) -> Self {
        let touched = Arc::new(AtomicBool::new(false));
        let mut root = IndexMap::from([("host", Jinja::from(Serde(host)))]);
        let mut values = IndexMap::new();
        if let Some(facts) = facts {
            root.insert("facts", jinja(facts, &touched));
            values.insert("facts", facts);
        }
        for (name, value) in params {
            root.insert(
                name,
                value.map_or(Jinja::from(()), |value| jinja(value, &touched)),
            );
            values.extend(value.map(|value| (name, value)));
        }
        Self {
            values,
            root,
            touched,
        }
    }

    /// The same, and `name` for `value`.
    pub(crate) fn with<'b>(&'b self, name: &'b str, value: &'b Value) -> Names<'b>
    where
        'a: 'b,
    {
        let mut values: IndexMap<&'b str, &'b Value> = self.values.clone();
        let mut root: IndexMap<&'b str, Jinja> = self.root.clone();
        values.insert(name, value);
        root.insert(name, jinja(value, &self.touched));
        Names {
            values,
            root,
            touched: Arc::clone(&self.touched),
        }
    }

    /// The value at a path such as `user.name`, as it was written, when `text` is no more than that.
    pub(super) fn plain(&self, text: &str) -> Option<&'a Value> {
        let mut parts = text.split('.');
        let first: &Value = self.values.get(parts.next()?).copied()?;
        parts.try_fold(first, |value, part| match &value.data {
            Data::Table(table) => table.get(part),
            _ => None,
        })
    }

    /// All of it, for one rendering.
    pub(super) fn root(&self) -> Jinja {
        self.touched.store(false, Ordering::Relaxed);
        Jinja::from_pairs(self.root.iter().map(|(name, value)| (*name, value.clone())))
    }

    /// Whether a secret went into what was rendered last.
    pub(super) fn is_touched(&self) -> bool {
        self.touched.load(Ordering::Relaxed)
    }

    /// What an expression came to, as a value; nothing for `none`. Everything a secret went into is one.
    pub(super) fn value(&self, it: &Jinja, origin: &Origin) -> Result<Option<Value>, String> {
        let data = match it.kind() {
            ValueKind::None => return Ok(None),
            ValueKind::Undefined => return Err("undefined value".to_owned()),
            ValueKind::Bool => Data::Boolean(it.is_true()),
            ValueKind::Number => match i64::try_from(it.clone()) {
                Ok(number) if it.is_integer() => Data::Integer(number),
                _ => Data::Float(
                    f64::try_from(it.clone()).map_err(|_| "this number does not fit 64 bits".to_owned())?,
                ),
            },
            ValueKind::String => {
                let text = it.as_str().unwrap_or_default().to_owned();
                if self.is_touched() {
                    Data::Secret(Secret::new(text))
                } else {
                    Data::String(text)
                }
            }
            ValueKind::Seq | ValueKind::Iterable => {
                let mut items = Vec::new();
                for item in it.try_iter().map_err(|error| error.to_string())? {
                    items.extend(self.value(&item, origin)?);
                }
                Data::Array(items)
            }
            ValueKind::Map => {
                let mut table = Table::at(origin.clone());
                for key in it.try_iter().map_err(|error| error.to_string())? {
                    let value = it.get_item(&key).map_err(|error| error.to_string())?;
                    if let Some(value) = self.value(&value, origin)? {
                        table.insert(key.to_string(), origin.clone(), value);
                    }
                }
                Data::Table(table)
            }
            other => match it.downcast_object_ref::<Hidden>() {
                Some(hidden) => Data::Secret(hidden.secret.clone()),
                None => return Err(format!("this comes to no value but to a {other}")),
            },
        };
        Ok(Some(Value {
            data,
            origin: origin.clone(),
        }))
    }
}

/// A secret among the names. Whatever reads its text leaves a mark, so that what is made of it is secret, too.
struct Hidden {
    secret: Secret,
    touched: Arc<AtomicBool>,
}

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.secret.fmt(f)
    }
}

impl Object for Hidden {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::NonEnumerable
    }

    fn is_true(self: &Arc<Self>) -> bool {
        !self.secret.expose().is_empty()
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.touched.store(true, Ordering::Relaxed);
        f.write_str(self.secret.expose())
    }
}

fn jinja(value: &Value, touched: &Arc<AtomicBool>) -> Jinja {
    fn of(data: &Data, touched: &Arc<AtomicBool>) -> Jinja {
        match data {
            Data::Boolean(it) => Jinja::from(*it),
            Data::Integer(it) => Jinja::from(*it),
            Data::Float(it) => Jinja::from(*it),
            Data::String(it) => Jinja::from(it.as_str()),
            Data::Array(items) => items.iter().map(|item| jinja(item, touched)).collect(),
            Data::Table(table) => {
                let pairs = table
                    .iter()
                    .map(|(name, key)| (name.to_owned(), jinja(&key.value, touched)));
                Jinja::from_pairs(pairs)
            }
            Data::Secret(secret) => Jinja::from_object(Hidden {
                secret: secret.clone(),
                touched: Arc::clone(touched),
            }),
            Data::Rendered(data, _) => of(data, touched),
        }
    }
    of(&value.data, touched)
}
