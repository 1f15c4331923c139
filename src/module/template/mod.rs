//! Texts with `{{ names }}` in them, and expressions. The one home of minijinja.
//!
//! Strict: an undefined name is a mistake, found before any contact. A text that is one `{{ expression }}` and no more
//! hands its value over with its type. Nothing a host says is ever rendered (law 7): it may be a value, never a text.

mod names;
mod scope;

use std::collections::HashSet;

use minijinja::syntax::SyntaxConfig;
use minijinja::{AutoEscape, Environment, ErrorKind, UndefinedBehavior, escape_formatter};

use crate::config::{Data, Table, Value};
use crate::diagnostic::{Diagnostic, Diagnostics, Origin};
use crate::resource::Known;
use crate::script::Secret;

pub(super) use names::Names;
pub(super) use scope::Scope;

/// Steps one template may take; a loop without end is a mistake, not a hang.
const FUEL: u64 = 1_000_000;

/// Texts of one module, parsed once.
#[derive(Debug)]
pub(super) struct Templates {
    environment: Environment<'static>,
    uses_facts: bool,
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
        Self {
            environment,
            uses_facts: false,
        }
    }

    /// Whether a text or expression that was learnt since this was last asked names a fact.
    pub(super) fn take_facts(&mut self) -> bool {
        std::mem::take(&mut self.uses_facts)
    }

    /// Parses every text in `value`, so that mistakes show before anything is rendered.
    pub(super) fn learn(&mut self, value: &Value, scope: &Scope, mistakes: &mut Diagnostics) {
        match &value.data {
            Data::String(text) if is_template(text) => {
                if let Err(error) = self.environment.add_template_owned(text.clone(), text.clone()) {
                    mistakes.push(diagnostic(&error, &value.origin));
                    return;
                }
                if let Ok(template) = self.environment.get_template(text) {
                    let used = template.undeclared_variables(true);
                    self.uses_facts |= names_a_fact(&used);
                    mistakes
                        .0
                        .extend(scope.check(self.unknown(used), text, &value.origin));
                }
            }
            Data::Array(items) => items.iter().for_each(|item| self.learn(item, scope, mistakes)),
            Data::Table(table) => {
                table
                    .iter()
                    .for_each(|(_, key)| self.learn(&key.value, scope, mistakes));
            }
            _ => {}
        }
    }

    /// Says what is wrong with the expression `text`, whatever its names come to.
    pub(super) fn learn_expression(
        &mut self,
        text: &str,
        origin: &Origin,
        scope: &Scope,
        mistakes: &mut Diagnostics,
    ) {
        match self.environment.compile_expression(text) {
            Ok(expression) => {
                let used = expression.undeclared_variables(true);
                self.uses_facts |= names_a_fact(&used);
                mistakes.0.extend(scope.check(self.unknown(used), text, origin));
            }
            Err(error) => mistakes.push(diagnostic(&error, origin)),
        }
    }

    /// Names that minijinja itself does not define.
    fn unknown(&self, used: HashSet<String>) -> HashSet<String> {
        let globals: Vec<&str> = self.environment.globals().map(|(name, _)| name).collect();
        used.into_iter()
            .filter(|name| !globals.contains(&name.as_str()))
            .collect()
    }

    /// What the expression `text` comes to; nothing for `none`.
    pub(super) fn evaluate(
        &self,
        text: &str,
        origin: &Origin,
        names: &Names<'_>,
    ) -> Result<Option<Value>, Diagnostic> {
        if let Some(value) = names.plain(text) {
            // A mistake is shown with its line, and a secret may have been written out in its own.
            let origin = match value.data {
                Data::Secret(_) => origin,
                _ => &value.origin,
            };
            return Ok(Some(Value {
                data: value.data.clone(),
                origin: origin.clone(),
            }));
        }
        let it = self
            .environment
            .compile_expression(text)
            .and_then(|expression| expression.eval(names.root()))
            .map_err(|error| told(&error, origin, names))?;
        names
            .value(&it, origin)
            .map_err(|what| Diagnostic::new(format!("template: {what} in `{text}`")).at(origin))
    }

    /// Renders every text in `value`; keys and items that come to `none` are left out.
    pub(super) fn render(&self, value: &Value, names: &Names<'_>) -> Result<Option<Value>, Diagnostics> {
        let mut mistakes = Diagnostics::default();
        let rendered = self.value(value, names, &mut mistakes);
        mistakes.into_result(rendered)
    }

    fn value(&self, value: &Value, names: &Names<'_>, mistakes: &mut Diagnostics) -> Option<Value> {
        let data = match &value.data {
            Data::String(text) if is_template(text) => match exact(text) {
                Some(expression) => {
                    let came_to = self.evaluate(expression, &value.origin, names);
                    return match came_to {
                        Ok(it) => it.map(typed),
                        Err(mistake) => {
                            mistakes.push(mistake);
                            None
                        }
                    };
                }
                None => self.text(text, names, &value.origin, mistakes),
            },
            Data::Array(items) => Data::Array(
                items
                    .iter()
                    .filter_map(|item| self.value(item, names, mistakes))
                    .collect(),
            ),
            Data::Table(table) => {
                let mut rendered = Table::default();
                rendered.origin.clone_from(&table.origin);
                for (name, key) in table.iter() {
                    if let Some(value) = self.value(&key.value, names, mistakes) {
                        rendered.insert(name, key.origin.clone(), value);
                    }
                }
                Data::Table(rendered)
            }
            other => other.clone(),
        };
        Some(Value {
            data,
            origin: value.origin.clone(),
        })
    }

    fn text(&self, text: &str, names: &Names<'_>, origin: &Origin, mistakes: &mut Diagnostics) -> Data {
        let rendered = self
            .environment
            .get_template(text)
            .and_then(|template| template.render(names.root()));
        match rendered {
            Ok(text) if names.is_touched() => Data::Secret(Secret::new(text)),
            Ok(text) => Data::String(text),
            Err(error) => {
                mistakes.push(told(&error, origin, names));
                Data::String(String::new())
            }
        }
    }
}

/// A mistake; what was made of a secret is not repeated in its message.
fn told(error: &minijinja::Error, origin: &Origin, names: &Names<'_>) -> Diagnostic {
    if names.is_touched() {
        return Diagnostic::new(format!("template: {}", error.kind())).at(origin);
    }
    diagnostic(error, origin)
}

fn names_a_fact(used: &HashSet<String>) -> bool {
    used.iter()
        .any(|name| name == "facts" || name.starts_with("facts."))
}

/// A number or boolean may also stand where a text is wanted.
fn typed(value: Value) -> Value {
    let text = match &value.data {
        Data::Boolean(it) => it.to_string(),
        Data::Integer(it) => it.to_string(),
        Data::Float(it) => it.to_string(),
        _ => return value,
    };
    Value {
        data: Data::Rendered(Box::new(value.data), text),
        origin: value.origin,
    }
}

fn is_template(text: &str) -> bool {
    text.contains("{{") || text.contains("{%") || text.contains("{#")
}

/// The expression of a text that is one `{{ expression }}` and no more.
pub(super) fn exact(text: &str) -> Option<&str> {
    let inner = text.strip_prefix("{{")?.strip_suffix("}}")?;
    let signs = ['-', '+'];
    let plain = !inner.starts_with(signs) && !inner.ends_with(signs);
    (plain && !inner.contains("{{") && !inner.contains("}}")).then(|| inner.trim())
}

/// How much of a text is known before it is rendered.
pub(super) fn known(text: &str) -> Known {
    match (is_template(text), exact(text)) {
        (false, _) => Known::All,
        (true, None) => Known::Text,
        (true, Some(_)) => Known::Nothing,
    }
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
    if let Some(range) = error.range() {
        let source = error.template_source().unwrap_or_default();
        let name = source.get(range.clone()).map(str::trim_end);
        if let Some(name) = name.filter(|name| !name.is_empty()) {
            if !said.contains(&format!("`{name}`")) {
                message += &format!(" in `{name}`");
            }
            let whole = place.part(source, range.start..range.start + name.len());
            place = if whole == *origin {
                place.part(name, 0..name.len())
            } else {
                whole
            };
        }
    }
    Diagnostic::new(message).at(&place)
}
