//! What `%h`, `~/` and `${VARIABLE}` stand for.

use sha1::{Digest, Sha1};

use super::super::environment::Environment;

/// What the tokens of one host stand for (`ssh_config(5)`, TOKENS).
#[derive(Clone, Debug)]
pub(super) struct Tokens<'a> {
    pub(super) environment: &'a Environment,
    /// `%h`: the name connected to.
    pub(super) host: &'a str,
    /// `%n`: the name asked for.
    pub(super) original: &'a str,
    /// `%k`: what the host's key is known by.
    pub(super) key_alias: &'a str,
    /// `%p`: the port.
    pub(super) port: u16,
    /// `%r`: the user there.
    pub(super) user: &'a str,
    /// `%j`: what `ProxyJump` says.
    pub(super) jump: &'a str,
}

/// Those that most directives take.
pub(super) const ALL: &str = "CLdhijklnpru";

impl Tokens<'_> {
    /// Replaces those of the tokens `allowed`; an error says what is wrong.
    pub(super) fn percent(&self, text: &str, allowed: &str) -> Result<String, String> {
        let mut expanded = String::new();
        let mut rest = text.chars();
        while let Some(c) = rest.next() {
            if c != '%' {
                expanded.push(c);
                continue;
            }
            match rest.next() {
                Some('%') => expanded.push('%'),
                Some(token) if allowed.contains(token) => expanded.push_str(&self.value(token)?),
                Some(token) => return Err(format!("`%{token}` means nothing here")),
                None => return Err("a `%` stands for itself only when written `%%`".to_owned()),
            }
        }
        Ok(expanded)
    }

    /// A path: a home at the front, variables and tokens anywhere.
    pub(super) fn path(&self, text: &str) -> Result<String, String> {
        let text = home(text, self.environment)?;
        // Both in one go over the text: what a variable holds is not looked into again.
        let mut expanded = String::new();
        let mut rest = text.as_str();
        while let Some((before, behind)) = rest.split_once("${") {
            let (name, after) = behind.split_once('}').ok_or("`${` is not closed")?;
            expanded.push_str(&self.percent(before, ALL)?);
            expanded.push_str(
                self.environment
                    .variable(name)
                    .ok_or_else(|| format!("${name} is not set"))?,
            );
            rest = after;
        }
        expanded.push_str(&self.percent(rest, ALL)?);
        Ok(expanded)
    }

    fn value(&self, token: char) -> Result<String, String> {
        let hostname = || {
            self.environment
                .hostname
                .clone()
                .ok_or("this machine's name is not known")
        };
        Ok(match token {
            'h' => self.host.to_owned(),
            'n' => self.original.to_owned(),
            'k' => self.key_alias.to_owned(),
            'p' => self.port.to_string(),
            'r' => self.user.to_owned(),
            'j' => self.jump.to_owned(),
            'u' => self
                .environment
                .user
                .clone()
                .ok_or("the local user is not known")?,
            'd' => {
                let home = self.environment.home.as_ref().ok_or("there is no home folder")?;
                home.display().to_string()
            }
            'i' => self
                .environment
                .uid
                .ok_or("the local user is not known")?
                .to_string(),
            'l' => hostname()?,
            'L' => {
                let name = hostname()?;
                name.split('.').next().unwrap_or_default().to_owned()
            }
            'C' => {
                let text = format!("{}{}{}{}", hostname()?, self.host, self.port, self.user);
                data_encoding::HEXLOWER.encode(&Sha1::digest(text))
            }
            _ => return Err(format!("`%{token}` is not known")),
        })
    }
}

/// Replaces `~` and `~/` at the front.
pub(super) fn home(text: &str, environment: &Environment) -> Result<String, String> {
    let Some(rest) = text.strip_prefix('~') else {
        return Ok(text.to_owned());
    };
    if !rest.is_empty() && !rest.starts_with('/') {
        return Err("only `~/` is known, not other users' homes".to_owned());
    }
    let home = environment
        .home
        .as_ref()
        .ok_or("there is no home folder for `~/`")?;
    let home = home.display().to_string();
    Ok(format!(
        "{}/{}",
        home.trim_end_matches('/'),
        rest.trim_start_matches('/')
    ))
}
