//! Ansible's host patterns: `web[01:20:2].example.com:2222`.

use super::super::range::MAX_NAMES;

/// The letters a range of letters counts in, in Python's order.
const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

/// The names `pattern` stands for, and the port behind it.
pub(super) fn expand(pattern: &str) -> Result<(Vec<String>, Option<u16>), String> {
    let (host, port) = split_port(pattern);
    let mut names = Vec::new();
    ranges(host, String::new(), &mut names)?;
    Ok((names, port))
}

/// `HOST:PORT`, where the colons of ranges and of IPv6 addresses are none of ports.
fn split_port(pattern: &str) -> (&str, Option<u16>) {
    let Some((host, digits)) = pattern.rsplit_once(':') else {
        return (pattern, None);
    };
    let Ok(port) = digits.parse::<u16>() else {
        return (pattern, None);
    };
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return (pattern, None);
    }
    // `[2001:db8::1]:22` is an address in brackets, and no range.
    if let Some(address) = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return if address.parse::<std::net::Ipv6Addr>().is_ok() {
            (address, Some(port))
        } else {
            (host, Some(port))
        };
    }
    let mut inside = false;
    for byte in host.bytes() {
        match byte {
            b'[' => inside = true,
            b']' => inside = false,
            b':' if !inside => return (pattern, None),
            _ => {}
        }
    }
    if inside {
        (pattern, None)
    } else {
        (host, Some(port))
    }
}

fn ranges(rest: &str, done: String, names: &mut Vec<String>) -> Result<(), String> {
    let Some((head, behind)) = rest.split_once('[') else {
        if names.len() == MAX_NAMES {
            return Err("an inventory has at most 100,000 hosts".to_owned());
        }
        names.push(done + rest);
        return Ok(());
    };
    let Some((range, tail)) = behind.split_once(']') else {
        return Err("this bracket has no partner".to_owned());
    };
    for text in texts(range)? {
        ranges(tail, format!("{done}{head}{text}"), names)?;
    }
    Ok(())
}

/// What `low:high[:step]` stands for.
fn texts(range: &str) -> Result<Vec<String>, String> {
    let bounds: Vec<&str> = range.split(':').collect();
    let (low, high, step) = match *bounds.as_slice() {
        [low, high] => (low, high, "1"),
        [low, high, step] => (low, high, step),
        _ => return Err(format!("`[{range}]` is no range; write it as `[1:20]`")),
    };
    let low = if low.is_empty() { "0" } else { low };
    let step: usize = match step.parse() {
        Ok(step) if step > 0 => step,
        _ => return Err(format!("`[{range}]` counts in steps of {step:?}")),
    };
    let letter = |text: &str| match text.as_bytes() {
        [byte] => LETTERS.iter().position(|letter| letter == byte),
        _ => None,
    };
    if let (Some(low), Some(high)) = (letter(low), letter(high)) {
        if low > high {
            return Err(format!("`[{range}]` runs backwards"));
        }
        return Ok((low..=high)
            .step_by(step)
            .map(|index| char::from(LETTERS[index]).to_string())
            .collect());
    }
    let (Ok(first), Ok(last)) = (low.parse::<u64>(), high.parse::<u64>()) else {
        return Err(format!(
            "`[{range}]` is no range between two numbers, or between two letters"
        ));
    };
    let padded = low.len() > 1 && low.starts_with('0');
    if padded && low.len() != high.len() {
        return Err(format!("the numbers of `[{range}]` have unequal width"));
    }
    let width = if padded { low.len() } else { 0 };
    if last.saturating_sub(first) / step as u64 > MAX_NAMES as u64 {
        return Err("an inventory has at most 100,000 hosts".to_owned());
    }
    Ok((first..=last)
        .step_by(step)
        .map(|number| format!("{number:0width$}"))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_count_as_ansible_counts() {
        let names = |text| expand(text).unwrap().0;
        assert_eq!(names("web[08:11]"), ["web08", "web09", "web10", "web11"]);
        assert_eq!(names("w[1:7:3].x"), ["w1.x", "w4.x", "w7.x"]);
        assert_eq!(
            names("r[a:c]-[:1]"),
            ["ra-0", "ra-1", "rb-0", "rb-1", "rc-0", "rc-1"]
        );
        assert_eq!(names("w[y:B]"), ["wy", "wz", "wA", "wB"]);
        assert_eq!(names("w[3:1]"), Vec::<String>::new());
    }

    #[test]
    fn ports_are_told_from_ranges_and_addresses() {
        assert_eq!(
            expand("web1:2222").unwrap(),
            (vec!["web1".to_owned()], Some(2222))
        );
        assert_eq!(expand("w[1:2]:22").unwrap().1, Some(22));
        assert_eq!(
            expand("2001:db8::1").unwrap(),
            (vec!["2001:db8::1".to_owned()], None)
        );
        assert_eq!(
            expand("[2001:db8::1]:22").unwrap(),
            (vec!["2001:db8::1".to_owned()], Some(22))
        );
        assert_eq!(expand("web:http").unwrap(), (vec!["web:http".to_owned()], None));
    }

    #[test]
    fn hostile_patterns_are_refused_and_bounded() {
        for text in [
            "w[1:2", "w[]", "w[1]", "w[z:a]", "w[01:9]", "w[a:9]", "w[1:9:0]", "w[1:x]",
        ] {
            assert!(expand(text).is_err(), "{text}");
        }
        assert!(expand("w[0:99999999999]").is_err());
        assert!(expand("w[0:999][0:999]").is_err());
    }
}
