//! Values of INI inventories: Python literals where they are some, and texts otherwise, as `ast.literal_eval` reads them.

use crate::config::{Data, Table, Value};
use crate::diagnostic::Origin;

/// How deep lists and dicts may be nested.
const MAX_DEPTH: usize = 32;

/// What `text` stands for; nothing for `None`.
pub(super) fn value(text: &str, origin: &Origin) -> Option<Value> {
    let mut reader = Reader { text, at: 0, origin };
    let whole = |mut reader: Reader<'_>| {
        let read = reader.top()?;
        reader.end().then_some(read)
    };
    reader.blanks();
    match whole(reader) {
        Some(Literal::None) => None,
        Some(literal) => Some(literal.value(origin)),
        None => Some(Literal::Text(text.to_owned()).value(origin)),
    }
}

enum Literal {
    None,
    Data(Data),
    Text(String),
}

impl Literal {
    fn value(self, origin: &Origin) -> Value {
        let data = match self {
            Self::None => Data::String(String::new()),
            Self::Data(data) => data,
            Self::Text(text) => Data::String(text),
        };
        Value {
            data,
            origin: origin.clone(),
        }
    }
}

#[derive(Clone, Copy)]
struct Reader<'a> {
    text: &'a str,
    at: usize,
    origin: &'a Origin,
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn blanks(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start_matches([' ', '\t']).len();
    }

    fn takes(&mut self, token: &str) -> bool {
        let is_next = self.rest().starts_with(token);
        if is_next {
            self.at += token.len();
            self.blanks();
        }
        is_next
    }

    /// Whether nothing but a comment follows.
    fn end(&mut self) -> bool {
        self.blanks();
        self.rest().is_empty() || self.rest().starts_with('#')
    }

    /// One literal, or several with commas between them, which are a tuple without its parentheses.
    fn top(&mut self) -> Option<Literal> {
        let first = self.literal(0)?;
        self.blanks();
        if !self.rest().starts_with(',') {
            return Some(first);
        }
        let mut items = vec![first.value(self.origin)];
        while self.takes(",") {
            if self.end() {
                break;
            }
            items.push(self.literal(0)?.value(self.origin));
            self.blanks();
        }
        Some(Literal::Data(Data::Array(items)))
    }

    fn literal(&mut self, depth: usize) -> Option<Literal> {
        if depth > MAX_DEPTH {
            return None;
        }
        self.blanks();
        let read = match self.rest().chars().next()? {
            '[' => self.list('[', ']', depth)?,
            '(' => self.list('(', ')', depth)?,
            '{' => self.dict(depth)?,
            '\'' | '"' => {
                let mut text = self.string()?;
                self.blanks();
                // Strings that stand side by side are one.
                while self.rest().starts_with(['\'', '"']) {
                    text += &self.string()?;
                    self.blanks();
                }
                Literal::Text(text)
            }
            '0'..='9' | '.' | '+' | '-' => Literal::Data(self.number()?),
            _ => self.word()?,
        };
        self.blanks();
        Some(read)
    }

    fn word(&mut self) -> Option<Literal> {
        let name = |c: char| c.is_alphanumeric() || c == '_';
        let end = self.rest().find(|c| !name(c)).unwrap_or(self.rest().len());
        let read = match &self.rest()[..end] {
            "True" => Literal::Data(Data::Boolean(true)),
            "False" => Literal::Data(Data::Boolean(false)),
            "None" => Literal::None,
            _ => return None,
        };
        self.at += end;
        Some(read)
    }

    fn list(&mut self, open: char, close: char, depth: usize) -> Option<Literal> {
        self.takes(open.encode_utf8(&mut [0; 4]));
        let close = close.to_string();
        let mut items = Vec::new();
        let mut commas = 0;
        while !self.takes(&close) {
            if !items.is_empty() && commas < items.len() {
                return None;
            }
            items.push(self.literal(depth + 1)?);
            if self.takes(",") {
                commas += 1;
            }
        }
        if open == '(' && items.len() == 1 && commas == 0 {
            // Parentheses around one thing are no tuple.
            return items.pop();
        }
        let origin = self.origin;
        let items = items.into_iter().filter(|item| !matches!(item, Literal::None));
        Some(Literal::Data(Data::Array(
            items.map(|item| item.value(origin)).collect(),
        )))
    }

    fn dict(&mut self, depth: usize) -> Option<Literal> {
        self.takes("{");
        let mut table = Table::at(self.origin.clone());
        let mut comma = true;
        while !self.takes("}") {
            if !comma {
                return None;
            }
            let name = match self.literal(depth + 1)? {
                Literal::Text(text) => text,
                Literal::Data(Data::Integer(number)) => number.to_string(),
                _ => return None,
            };
            if !self.takes(":") {
                return None;
            }
            match self.literal(depth + 1)? {
                Literal::None => {}
                item => table.insert(name, self.origin.clone(), item.value(self.origin)),
            }
            comma = self.takes(",");
        }
        Some(Literal::Data(Data::Table(table)))
    }

    fn number(&mut self) -> Option<Data> {
        let sign = self
            .rest()
            .bytes()
            .next()
            .filter(|byte| matches!(byte, b'+' | b'-'));
        if sign.is_some() {
            self.at += 1;
            self.blanks();
        }
        let negative = sign == Some(b'-');
        let rest = self.rest();
        let part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_');
        let mut end = rest.find(|c| !part(c)).unwrap_or(rest.len());
        let hex = rest.starts_with("0x") || rest.starts_with("0X");
        if !hex && rest[..end].ends_with(['e', 'E']) && rest[end..].starts_with(['+', '-']) {
            let more = &rest[end + 1..];
            end += 1 + more.find(|c: char| !c.is_ascii_digit()).unwrap_or(more.len());
        }
        let text = &rest[..end];
        if text.starts_with('_') || text.ends_with('_') || text.contains("__") {
            return None;
        }
        let digits = text.replace('_', "");
        self.at += end;
        let radix = |prefix: &str, radix| {
            let lower = digits.to_ascii_lowercase();
            lower
                .strip_prefix(prefix)
                .and_then(|digits| i64::from_str_radix(digits, radix).ok())
        };
        let integer = radix("0x", 16)
            .or_else(|| radix("0o", 8))
            .or_else(|| radix("0b", 2))
            .or_else(|| {
                digits
                    .parse()
                    .ok()
                    .filter(|&number: &i64| number == 0 || !digits.starts_with('0'))
            });
        if let Some(number) = integer {
            return Some(Data::Integer(if negative {
                number.checked_neg()?
            } else {
                number
            }));
        }
        if !digits.contains(['.', 'e', 'E']) {
            return None;
        }
        let number: f64 = digits.parse().ok()?;
        Some(Data::Float(if negative { -number } else { number }))
    }

    fn string(&mut self) -> Option<String> {
        let mut chars = self.rest().char_indices();
        let (_, quote) = chars.next()?;
        let mut text = String::new();
        while let Some((index, c)) = chars.next() {
            if c == quote {
                self.at += index + 1;
                return Some(text);
            }
            if c != '\\' {
                text.push(c);
                continue;
            }
            match chars.next()?.1 {
                'n' => text.push('\n'),
                't' => text.push('\t'),
                'r' => text.push('\r'),
                same @ ('\\' | '\'' | '"') => text.push(same),
                code @ ('x' | 'u' | 'U') => {
                    let digits = match code {
                        'x' => 2,
                        'u' => 4,
                        _ => 8,
                    };
                    let mut number = 0;
                    for _ in 0..digits {
                        number = number * 16 + chars.next()?.1.to_digit(16)?;
                    }
                    text.push(char::from_u32(number)?);
                }
                other => text.extend(['\\', other]),
            }
        }
        None
    }
}
