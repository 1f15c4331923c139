//! `mysql_database`: a database of the host's MySQL or MariaDB server.

use schemars::JsonSchema;
use serde::Deserialize;

use super::mysql::{check_name, identifier, literal};
use super::{Invalid, State};
use crate::script::Script;
use crate::sh;

/// A database and what its new tables are written in. It is never dropped.
///
/// The server is asked as root over its local socket.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MysqlDatabase {
    /// Its name.
    #[serde(rename = "mysql_database")]
    pub name: String,
    /// The character set of new tables, such as `utf8mb4`; when not said, that is left alone.
    pub character_set: Option<String>,
    /// The order of texts in new tables, such as `utf8mb4_unicode_ci`; when not said, that is left alone.
    pub collation: Option<String>,
}

impl State for MysqlDatabase {
    fn title(&self) -> String {
        format!("mysql_database {}", self.name)
    }

    fn check(&self) -> Script {
        let mut sql = format!(
            "SELECT count(*) FROM information_schema.schemata WHERE schema_name = {}",
            literal(&self.name)
        );
        if let Some(set) = &self.character_set {
            sql += &format!(" AND default_character_set_name = {}", literal(set));
        }
        if let Some(collation) = &self.collation {
            sql += &format!(" AND default_collation_name = {}", literal(collation));
        }
        sh!("[ \"$(mysql_ask {})\" = 1 ]", sql)
    }

    fn apply(&self) -> Script {
        let name = identifier(&self.name);
        let mut written = String::new();
        if let Some(set) = &self.character_set {
            written += &format!(" CHARACTER SET {set}");
        }
        if let Some(collation) = &self.collation {
            written += &format!(" COLLATE {collation}");
        }
        let mut sql = format!("CREATE DATABASE IF NOT EXISTS {name}{written};");
        if !written.is_empty() {
            sql += &format!("\nALTER DATABASE {name}{written};");
        }
        sh!("mysql_do {}", sql)
    }

    fn validate(&self) -> Result<(), Invalid> {
        check_name("mysql_database", "MySQL database", &self.name, 64)?;
        for (key, name) in [
            ("character_set", &self.character_set),
            ("collation", &self.collation),
        ] {
            if let Some(name) = name
                && (name.is_empty()
                    || !name
                        .bytes()
                        .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_'))
            {
                return Err(Invalid::of(key)(format!(
                    "{name:?} is no name of a {}; it takes small letters, digits and `_`",
                    key.replace('_', " ")
                )));
            }
        }
        Ok(())
    }

    fn asks_itself(&self) -> bool {
        true
    }
}
