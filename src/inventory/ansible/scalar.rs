//! What a plain scalar is in YAML 1.1, by the patterns of `PyYAML`'s safe loader: `yes` is a boolean, `0644` is 420, `1e3` a text.

use super::node::Node;
use crate::config::{Data, Value};
use crate::diagnostic::Origin;

/// The scalar `text`, which is `plain` when it has no quotes, under its tag.
pub(super) fn scalar(text: &str, plain: bool, tag: Option<&str>, origin: &Origin) -> Node {
    let leaf = |data| {
        Node::Leaf(Value {
            data,
            origin: origin.clone(),
        })
    };
    match tag {
        Some("vault" | "vault-encrypted") => Node::Vault(origin.clone()),
        Some("str" | "unsafe") => leaf(Data::String(text.to_owned())),
        _ if !plain && tag.is_none() => leaf(Data::String(text.to_owned())),
        _ => match resolve(text) {
            Some(data) => leaf(data),
            None if matches!(text, "" | "~" | "null" | "Null" | "NULL") => Node::Null(origin.clone()),
            None => leaf(Data::String(text.to_owned())),
        },
    }
}

/// What a plain scalar is in YAML 1.1, by `PyYAML`'s patterns; nothing for texts, null and dates.
fn resolve(text: &str) -> Option<Data> {
    match text {
        "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            return Some(Data::Boolean(true));
        }
        "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            return Some(Data::Boolean(false));
        }
        _ => {}
    }
    let (negative, digits) = match text.strip_prefix(['-', '+']) {
        Some(digits) => (text.starts_with('-'), digits),
        None => (false, text),
    };
    if !digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return None;
    }
    let sign = |number: i64| {
        if negative {
            number.checked_neg()
        } else {
            Some(number)
        }
    };
    if let Some(number) = integer(digits) {
        return sign(number).map(Data::Integer);
    }
    match digits {
        ".inf" | ".Inf" | ".INF" => {
            return Some(Data::Float(if negative {
                f64::NEG_INFINITY
            } else {
                f64::INFINITY
            }));
        }
        ".nan" | ".NaN" | ".NAN" if digits == text => return Some(Data::Float(f64::NAN)),
        _ => {}
    }
    let (mantissa, exponent) = digits
        .split_once(['e', 'E'])
        .map_or((digits, None), |(m, e)| (m, Some(e)));
    let fits = mantissa.matches('.').count() == 1
        && mantissa
            .bytes()
            .all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'_'))
        && mantissa != "."
        && exponent.is_none_or(|exponent| {
            exponent
                .strip_prefix(['-', '+'])
                .is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()))
        });
    let number: f64 = fits.then(|| digits.replace('_', "").parse().ok()).flatten()?;
    Some(Data::Float(if negative { -number } else { number }))
}

fn integer(digits: &str) -> Option<i64> {
    let plain = digits.replace('_', "");
    let all = |text: &str, radix| !text.is_empty() && text.chars().all(|c| c.is_digit(radix));
    if let Some(hex) = plain.strip_prefix("0x") {
        return i64::from_str_radix(hex, 16).ok().filter(|_| all(hex, 16));
    }
    if let Some(binary) = plain.strip_prefix("0b") {
        return i64::from_str_radix(binary, 2).ok().filter(|_| all(binary, 2));
    }
    if plain.contains(':') {
        // Counted in sixties, as times and angles are.
        let mut parts = plain.split(':');
        let first = parts
            .next()
            .filter(|first| all(first, 10) && !first.starts_with('0'))?;
        return parts.try_fold(first.parse::<i64>().ok()?, |number, part| {
            let part: i64 = part.parse().ok().filter(|_| all(part, 10) && part.len() <= 2)?;
            (part < 60)
                .then(|| number.checked_mul(60)?.checked_add(part))
                .flatten()
        });
    }
    if !all(&plain, 10) {
        return None;
    }
    if plain.len() > 1 && plain.starts_with('0') {
        return i64::from_str_radix(&plain, 8).ok();
    }
    plain.parse().ok()
}
