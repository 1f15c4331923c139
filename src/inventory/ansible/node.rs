//! YAML as `PyYAML`'s safe loader reads it: merge keys, the last of two equal keys. The one home of saphyr-parser.

use std::collections::HashMap;
use std::sync::Arc;

use saphyr_parser::{Event, Parser, ScalarStyle, Span};

use super::scalar::scalar;
use crate::config::{Data, Table, Value};
use crate::diagnostic::{Diagnostic, Diagnostics, Origin, Source};

/// How deep mappings and sequences may be nested.
const MAX_DEPTH: usize = 64;
/// How many things one document may hold, those that aliases repeat counted each time.
const MAX_NODES: usize = 2_000_000;

/// A thing of a YAML document.
#[derive(Clone, Debug)]
pub(super) enum Node {
    Null(Origin),
    Leaf(Value),
    /// A value that only `ansible-vault` can read.
    Vault(Origin),
    List(Vec<Node>, Origin),
    Map(Vec<(String, Origin, Node)>, Origin),
}

impl Node {
    pub(super) fn origin(&self) -> &Origin {
        match self {
            Self::Leaf(value) => &value.origin,
            Self::Null(origin) | Self::Vault(origin) | Self::List(_, origin) | Self::Map(_, origin) => origin,
        }
    }

    /// The entries of a mapping; none where there is nothing, and a mistake where there is something else.
    pub(super) fn entries(&self, what: &str) -> Result<&[(String, Origin, Node)], Diagnostic> {
        match self {
            Self::Null(_) => Ok(&[]),
            Self::Map(entries, _) => Ok(entries),
            _ => Err(Diagnostic::new(format!("{what} is a mapping")).at(self.origin())),
        }
    }

    /// The value, without what is null; `vault` hears of what is locked.
    pub(super) fn value(self, vault: &mut dyn FnMut(&Origin)) -> Option<Value> {
        match self {
            Self::Null(_) => None,
            Self::Leaf(value) => Some(value),
            Self::Vault(origin) => {
                vault(&origin);
                None
            }
            Self::List(items, origin) => {
                let items = items.into_iter().filter_map(|item| item.value(vault)).collect();
                Some(Value {
                    data: Data::Array(items),
                    origin,
                })
            }
            Self::Map(entries, origin) => {
                let mut table = Table::at(origin.clone());
                for (name, key, node) in entries {
                    if let Some(value) = node.value(vault) {
                        table.insert(name, key, value);
                    }
                }
                Some(Value {
                    data: Data::Table(table),
                    origin,
                })
            }
        }
    }
}

/// Reads one document.
pub(super) fn parse(source: &Arc<Source>) -> Result<Node, Diagnostics> {
    let mut builder = Builder::new(source);
    let mut documents = 0;
    for event in Parser::new_from_str(&source.text) {
        let (event, span) = event.map_err(|error| {
            let at = builder.place(error.marker().index());
            let origin = Origin::new(source, at..at);
            Diagnostics::from(Diagnostic::new(format!("YAML: {}", error.info())).at(&origin))
        })?;
        if matches!(event, Event::DocumentStart(_)) {
            documents += 1;
            if documents > 1 {
                let at = builder.place(span.start.index());
                let mistake = Diagnostic::new("the file holds a second YAML document");
                return Err(mistake.at(&Origin::new(source, at..at)).into());
            }
        }
        builder.event(event, span).map_err(Diagnostics::from)?;
    }
    Ok(builder
        .root
        .unwrap_or_else(|| Node::Null(Origin::new(source, 0..0))))
}

/// A collection that is not complete yet.
enum Open {
    List(Vec<Node>),
    Map(Vec<(String, Origin, Node)>, Option<Node>),
}

struct Builder<'a> {
    source: &'a Arc<Source>,
    /// The byte each character starts at, and the text's end; the parser counts characters.
    places: Vec<usize>,
    open: Vec<(Open, usize, Origin)>,
    anchors: HashMap<usize, (Node, usize)>,
    nodes: usize,
    root: Option<Node>,
}

impl<'a> Builder<'a> {
    fn new(source: &'a Arc<Source>) -> Self {
        let text = &source.text;
        let places = if text.is_ascii() {
            Vec::new()
        } else {
            text.char_indices()
                .map(|(at, _)| at)
                .chain([text.len()])
                .collect()
        };
        Self {
            source,
            places,
            open: Vec::new(),
            anchors: HashMap::new(),
            nodes: 0,
            root: None,
        }
    }

    fn place(&self, character: usize) -> usize {
        let end = self.source.text.len();
        if self.places.is_empty() {
            character.min(end)
        } else {
            self.places.get(character).copied().unwrap_or(end)
        }
    }

    fn origin(&self, span: Span) -> Origin {
        Origin::new(
            self.source,
            self.place(span.start.index())..self.place(span.end.index()),
        )
    }

    fn event(&mut self, event: Event<'_>, span: Span) -> Result<(), Diagnostic> {
        let origin = self.origin(span);
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let tag = tag.as_ref().map(|tag| tag.suffix.as_str());
                let node = scalar(&text, style == ScalarStyle::Plain, tag, &origin);
                self.add(node, anchor, 1)
            }
            Event::Alias(anchor) => match self.anchors.get(&anchor).cloned() {
                Some((node, size)) => self.add(node, 0, size),
                None => Err(Diagnostic::new("an alias of something that contains it").at(&origin)),
            },
            Event::SequenceStart(anchor, _) => self.begin(Open::List(Vec::new()), anchor, origin),
            Event::MappingStart(anchor, _) => self.begin(Open::Map(Vec::new(), None), anchor, origin),
            Event::SequenceEnd | Event::MappingEnd => self.end(&origin),
            _ => Ok(()),
        }
    }

    fn begin(&mut self, open: Open, anchor: usize, origin: Origin) -> Result<(), Diagnostic> {
        if self.open.len() == MAX_DEPTH {
            return Err(Diagnostic::new(format!("nested more than {MAX_DEPTH} deep")).at(&origin));
        }
        self.open.push((open, anchor, origin));
        Ok(())
    }

    fn end(&mut self, end: &Origin) -> Result<(), Diagnostic> {
        let Some((open, anchor, mut origin)) = self.open.pop() else {
            return Ok(());
        };
        origin.span.end = end.span.end.max(origin.span.start);
        let node = match open {
            Open::List(items) => Node::List(items, origin),
            Open::Map(entries, _) => Node::Map(merged(entries)?, origin),
        };
        let size = 1 + size(&node);
        self.add(node, anchor, if anchor == 0 { 1 } else { size })
    }

    fn add(&mut self, node: Node, anchor: usize, size: usize) -> Result<(), Diagnostic> {
        self.nodes += size;
        if self.nodes > MAX_NODES {
            return Err(Diagnostic::new("aliases make this document too large").at(node.origin()));
        }
        if anchor > 0 {
            self.anchors.insert(anchor, (node.clone(), size));
        }
        match self.open.last_mut() {
            None => self.root = Some(node),
            Some((Open::List(items), ..)) => items.push(node),
            Some((Open::Map(entries, key), ..)) => match key.take() {
                None => *key = Some(node),
                Some(key) => {
                    let origin = key.origin().clone();
                    let name = key_text(&key)?;
                    entries.push((name, origin, node));
                }
            },
        }
        Ok(())
    }
}

fn size(node: &Node) -> usize {
    match node {
        Node::List(items, _) => items.iter().map(|item| 1 + size(item)).sum(),
        Node::Map(entries, _) => entries.iter().map(|(.., item)| 1 + size(item)).sum(),
        _ => 0,
    }
}

/// Keys as JSON would have them.
fn key_text(key: &Node) -> Result<String, Diagnostic> {
    match key {
        Node::Null(_) => Ok("null".to_owned()),
        Node::Leaf(value) => Ok(match &value.data {
            Data::String(text) | Data::Rendered(_, text) => text.clone(),
            Data::Integer(number) => number.to_string(),
            Data::Float(number) => number.to_string(),
            Data::Boolean(truth) => truth.to_string(),
            Data::Array(_) | Data::Table(_) | Data::Secret(_) => String::new(),
        }),
        other => Err(Diagnostic::new("a key is a text").at(other.origin())),
    }
}

/// Takes what `<<` names into the mapping, under what it says itself; of equal keys the last one stays.
fn merged(entries: Vec<(String, Origin, Node)>) -> Result<Vec<(String, Origin, Node)>, Diagnostic> {
    fn put(all: &mut Vec<(String, Origin, Node)>, entry: (String, Origin, Node)) {
        match all.iter_mut().find(|known| known.0 == entry.0) {
            Some(known) => *known = entry,
            None => all.push(entry),
        }
    }
    let mut all = Vec::with_capacity(entries.len());
    let (merges, own): (Vec<_>, Vec<_>) = entries.into_iter().partition(|(name, ..)| name == "<<");
    for (_, origin, node) in merges {
        let maps = match node {
            // The first of several wins.
            Node::List(items, _) => items.into_iter().rev().collect(),
            node => vec![node],
        };
        for map in maps {
            let Node::Map(entries, _) = map else {
                return Err(Diagnostic::new("`<<` takes a mapping, or several").at(&origin));
            };
            for entry in entries {
                put(&mut all, entry);
            }
        }
    }
    for entry in own {
        put(&mut all, entry);
    }
    Ok(all)
}
