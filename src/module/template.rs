//! Texts with `{{ names }}` in them. The one home of minijinja.
//!
//! Strict: an undefined name is a mistake, found before any contact. Values come from the controller's own files;
//! nothing a host says is ever rendered (law 7).

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, ErrorKind, UndefinedBehavior, Value as Jinja, escape_formatter};
use serde::Serialize;

use crate::config::{Data, Table, Value};
use crate::diagnostic::{Diagnostic, Diagnostics, Origin};

/// Steps one template may take; a loop without end is a mistake, not a hang.
const FUEL: u64 = 1_000_000;

/// Texts of one module, parsed once.
#[derive(Debug)]
pub(super) struct Templates {
    environment: Environment<'static>,
}

impl Templates {
    /// No texts yet.
    pub(super) fn new() -> Self {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        // A file's content is what its author wrote: no HTML escapes, no lost last newline.
        environment.set_auto_escape_callback(|_| AutoEscape::None);
        let mut syntax = SyntaxConfig::builder();
        if let Ok(syntax) = syntax
            .keep_trailing_newline(true)
            .trim_blocks(true)
            .lstrip_blocks(true)
            .build()
        {
            environment.set_syntax(syntax);
        }
        // Python's `True` and `None` are no use in configuration files.
        environment.set_formatter(|out, state, value| match value.kind() {
            minijinja::value::ValueKind::Bool => out
                .write_str(if value.is_true() { "true" } else { "false" })
                .map_err(Into::into),
            minijinja::value::ValueKind::None => Ok(()),
            _ => escape_formatter(out, state, value),
        });
        environment.set_debug(true);
        environment.set_fuel(Some(FUEL));
        Self { environment }
    }

    /// Parses every text in `value`, so that mistakes show before anything is rendered.
    pub(super) fn learn(&mut self, value: &Value, mistakes: &mut Diagnostics) {
        match &value.data {
            Data::String(text) if is_template(text) => {
                if let Err(error) = self.environment.add_template_owned(text.clone(), text.clone()) {
                    mistakes.push(diagnostic(&error, &value.origin));
                }
            }
            Data::Array(items) => items.iter().for_each(|item| self.learn(item, mistakes)),
            Data::Table(table) => table.iter().for_each(|(_, key)| self.learn(&key.value, mistakes)),
            _ => {}
        }
    }

    /// Renders every text in `value`.
    pub(super) fn render(&self, value: &Value, names: &impl Serialize) -> Result<Value, Diagnostics> {
        let mut mistakes = Diagnostics::default();
        let rendered = self.value(value, &Jinja::from(Serde(names)), &mut mistakes);
        mistakes.into_result(rendered)
    }

    fn value(&self, value: &Value, names: &Jinja, mistakes: &mut Diagnostics) -> Value {
        let data = match &value.data {
            Data::String(text) if is_template(text) => {
                Data::String(self.text(text, names, &value.origin, mistakes))
            }
            Data::Array(items) => Data::Array(
                items
                    .iter()
                    .map(|item| self.value(item, names, mistakes))
                    .collect(),
            ),
            Data::Table(table) => {
                let mut rendered = Table::default();
                rendered.origin.clone_from(&table.origin);
                for (name, key) in table.iter() {
                    rendered.insert(name, key.origin.clone(), self.value(&key.value, names, mistakes));
                }
                Data::Table(rendered)
            }
            other => other.clone(),
        };
        Value {
            data,
            origin: value.origin.clone(),
        }
    }

    fn text(&self, text: &str, names: &Jinja, origin: &Origin, mistakes: &mut Diagnostics) -> String {
        let rendered = self
            .environment
            .get_template(text)
            .and_then(|template| template.render(names.clone()));
        rendered.unwrap_or_else(|error| {
            mistakes.push(diagnostic(&error, origin));
            String::new()
        })
    }
}

fn is_template(text: &str) -> bool {
    text.contains("{{") || text.contains("{%") || text.contains("{#")
}

/// What minijinja says, at the text's own place; at the very name where the text was written on one line.
fn diagnostic(error: &minijinja::Error, origin: &Origin) -> Diagnostic {
    let said = match (error.kind(), error.detail()) {
        (ErrorKind::OutOfFuel, _) => {
            "rendering it takes too many steps; is there a loop without end?".to_owned()
        }
        (ErrorKind::SyntaxError, Some(detail)) => format!("syntax error: {detail}"),
        (_, Some(detail)) => detail.to_owned(),
        (kind, None) => kind.to_string(),
    };
    let mut message = format!("template: {said}");
    let mut place = origin.clone();
    let written = origin.source.text.get(origin.span.clone()).unwrap_or_default();
    if let Some(range) = error.range() {
        let name = error
            .template_source()
            .and_then(|source| source.get(range))
            .map(str::trim_end);
        if let Some(name) = name.filter(|name| !name.is_empty()) {
            if !said.contains(&format!("`{name}`")) {
                message += &format!(" in `{name}`");
            }
            if let Some(at) = written.find(name) {
                place.span = origin.span.start + at..origin.span.start + at + name.len();
            }
        }
    }
    Diagnostic::new(message).at(&place)
}
