//! `mysql_user`: a user of the host's MySQL or MariaDB server, and what was granted.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use sha1::{Digest, Sha1};

use super::mysql::{check_name, identifier, literal};
use super::{Invalid, Presence, State};
use crate::script::{Script, Secret};
use crate::sh;

/// A user who may log in from one host, or from those that a pattern stands for.
///
/// The password never reaches the host: the server is given, and compared with, the hash that `mysql_native_password`
/// makes of it. The server is asked as root over its local socket.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MysqlUser {
    /// Their name.
    #[serde(rename = "mysql_user")]
    pub name: String,
    /// Where they log in from: a name, an address, or a pattern with `%`.
    #[serde(default = "localhost")]
    pub host: String,
    /// Their password; when not said, a new user of `localhost` logs in as the Unix user of the same name, and any other
    /// keeps what there is.
    pub password: Option<Secret>,
    /// All that is granted: what is not listed is revoked. When not said, that is left alone.
    pub grants: Option<Vec<Grant>>,
    /// Whether they should be there.
    #[serde(default)]
    pub state: Presence,
}

/// Privileges on something.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    /// What they are about: `DATABASE.*`, `DATABASE.TABLE` or `*.*`.
    pub on: String,
    /// Such as `["SELECT", "INSERT"]`.
    #[serde(default = "all")]
    pub privileges: Vec<String>,
}

fn localhost() -> String {
    "localhost".to_owned()
}

fn all() -> Vec<String> {
    vec!["ALL".to_owned()]
}

/// What `mysql_native_password` keeps of a password: SHA-1 twice, in capital hex digits (MySQL manual, `PASSWORD()`).
fn hash(password: &Secret) -> String {
    let twice = Sha1::digest(Sha1::digest(password.expose().as_bytes()));
    twice
        .iter()
        .fold("*".to_owned(), |hash, byte| hash + &format!("{byte:02X}"))
}

impl Grant {
    /// What it is on, as SQL. The name of a database is a pattern there, in which `_` and `%` have to be escaped.
    fn object(&self) -> String {
        match self.on.split_once('.') {
            Some(("*", _)) | None => "*.*".to_owned(),
            Some((database, "*")) => {
                format!(
                    "{}.*",
                    identifier(&database.replace('_', "\\_").replace('%', "\\%"))
                )
            }
            Some((database, table)) => format!("{}.{}", identifier(database), identifier(table)),
        }
    }

    /// The privileges in the server's words, in order.
    fn words(&self) -> Vec<String> {
        let mut words: Vec<String> = self.privileges.iter().map(|it| it.to_ascii_uppercase()).collect();
        if words.iter().any(|it| it == "ALL" || it == "ALL PRIVILEGES") {
            words = vec!["ALL PRIVILEGES".to_owned()];
        }
        words.sort_unstable();
        words.dedup();
        words
    }

    fn validate(&self) -> Result<(), Invalid> {
        let wrong = Invalid::of("grants");
        match self.on.split_once('.') {
            Some(("*", "*")) => {}
            Some((database, table)) if database != "*" && !table.is_empty() => {
                check_name("grants", "MySQL database", database, 64)?;
                if table != "*" {
                    check_name("grants", "MySQL table", table, 64)?;
                }
            }
            _ => {
                return Err(wrong(format!(
                    "{:?} cannot be granted on; write \"DATABASE.*\", \"DATABASE.TABLE\" or \"*.*\"",
                    self.on
                )));
            }
        }
        let privilege =
            |it: &String| !it.is_empty() && it.bytes().all(|b| b.is_ascii_alphabetic() || b == b' ');
        match self.privileges.iter().find(|it| !privilege(it)) {
            Some(bad) => Err(wrong(format!(
                "{bad:?} is no privilege; they are words such as SELECT"
            ))),
            None if self.privileges.is_empty() => {
                Err(wrong(format!("no privilege is granted on {:?}", self.on)))
            }
            None => Ok(()),
        }
    }
}

impl MysqlUser {
    fn who(&self) -> String {
        format!("{}@{}", literal(&self.name), literal(&self.host))
    }
}

/// What `mysql_grants` says when all is as wanted.
fn granted(grants: &[Grant]) -> String {
    let mut all: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for grant in grants {
        all.entry(grant.object()).or_default().extend(grant.words());
    }
    let mut lines: Vec<String> = all
        .into_iter()
        .map(|(object, mut words)| {
            words.sort_unstable();
            words.dedup();
            format!("{object}: {},", words.join(","))
        })
        .collect();
    lines.sort_unstable();
    lines.join("\n")
}

impl State for MysqlUser {
    fn title(&self) -> String {
        format!("mysql_user {}@{}", self.name, self.host)
    }

    fn check(&self) -> Script {
        let mut sql = format!(
            "SELECT count(*) FROM mysql.user WHERE user = {} AND host = {}",
            literal(&self.name),
            literal(&self.host)
        );
        if self.state.is_absent() {
            // Where there is no client at all, there is no server with users.
            return sh!("! mysql_is_there || [ \"$(mysql_ask {})\" = 0 ]", sql);
        }
        if let Some(password) = &self.password {
            sql += &format!(
                " AND plugin = 'mysql_native_password' AND authentication_string = {}",
                literal(&hash(password))
            );
        }
        let mut script = sh!("[ \"$(mysql_ask {})\" = 1 ]", &Secret::new(sql));
        if let Some(grants) = &self.grants {
            script.append(sh!(
                " && [ \"$(mysql_grants {})\" = {} ]",
                self.who(),
                granted(grants)
            ));
        }
        script
    }

    fn apply(&self) -> Script {
        let who = self.who();
        if self.state.is_absent() {
            return sh!("mysql_do {}", format!("DROP USER IF EXISTS {who};"));
        }
        let mut sql = match &self.password {
            Some(password) => {
                let way = format!(
                    "IDENTIFIED WITH mysql_native_password AS {}",
                    literal(&hash(password))
                );
                format!("CREATE USER IF NOT EXISTS {who} {way};\nALTER USER {who} {way};\n")
            }
            // Without any way in, a server would let everybody in who knows the name. MariaDB runs what is in a comment
            // of its own, MySQL takes it for one.
            None => format!(
                "CREATE USER IF NOT EXISTS {who} IDENTIFIED WITH /*M! unix_socket */ /*!80000 auth_socket */;\n"
            ),
        };
        if let Some(grants) = &self.grants {
            sql += &format!("REVOKE ALL PRIVILEGES, GRANT OPTION FROM {who};\n");
            for grant in grants {
                sql += &format!(
                    "GRANT {} ON {} TO {who};\n",
                    grant.words().join(", "),
                    grant.object()
                );
            }
        }
        sh!("mysql_do {}", &Secret::new(sql))
    }

    fn destroys(&self) -> bool {
        self.state.is_absent()
    }

    fn validate(&self) -> Result<(), Invalid> {
        check_name("mysql_user", "MySQL user", &self.name, 32)?;
        check_name("host", "host", &self.host, 60)?;
        let said = [
            ("password", self.password.is_some()),
            ("grants", self.grants.is_some()),
        ];
        if let Some((key, _)) = said.iter().find(|(_, said)| *said && self.state.is_absent()) {
            return Err(Invalid::of(key)(format!("a user who is absent has no {key}")));
        }
        if self.password.as_ref().is_some_and(|it| it.expose().is_empty()) {
            return Err(Invalid::of("password")(format!(
                "the password of MySQL user {} is empty",
                self.name
            )));
        }
        self.grants.iter().flatten().try_for_each(Grant::validate)
    }

    fn asks_itself(&self) -> bool {
        true
    }

    fn secrets(&self) -> Vec<Secret> {
        self.password
            .iter()
            .flat_map(|password| [password.clone(), Secret::new(hash(password))])
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_the_servers_and_the_password_stays_here() {
        // What MariaDB 10.11 answers to SELECT PASSWORD('password').
        assert_eq!(
            hash(&Secret::new("password")),
            "*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E19"
        );
        let user = MysqlUser {
            name: "app".into(),
            host: localhost(),
            password: Some(Secret::new("hunter2!")),
            grants: None,
            state: Presence::Present,
        };
        let mut text = Vec::new();
        user.check().render(&mut text, &mut |_| 0).unwrap();
        user.apply().render(&mut text, &mut |_| 0).unwrap();
        let text = String::from_utf8(text).unwrap();
        assert!(!text.contains("hunter2!") && text.contains(&hash(&Secret::new("hunter2!"))));
        assert!(
            !user.apply().to_display().contains('*')
                || !user
                    .apply()
                    .to_display()
                    .contains(&hash(&Secret::new("hunter2!")))
        );
    }

    #[test]
    fn a_databases_name_is_no_pattern() {
        let on = |on: &str| {
            Grant {
                on: on.into(),
                privileges: all(),
            }
            .object()
        };
        assert_eq!(on("my_app.*"), "`my\\_app`.*");
        assert_eq!(on("my_app.a_table"), "`my_app`.`a_table`");
        assert_eq!(on("a`; DROP.*"), "`a``; DROP`.*");
    }
}
