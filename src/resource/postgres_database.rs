//! `postgres_database`: a database of the host's PostgreSQL server.

use schemars::JsonSchema;
use serde::Deserialize;

use super::postgres_role::{check_identifier, identifier, literal, port};
use super::{Invalid, State};
use crate::script::Script;
use crate::sh;

/// A database and who owns it. It is never dropped.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PostgresDatabase {
    /// Its name.
    #[serde(rename = "postgres_database")]
    pub name: String,
    /// The role that owns it; when not said, that is left alone.
    pub owner: Option<String>,
    /// The server's port on the host.
    #[serde(default = "port")]
    pub port: u16,
}

impl State for PostgresDatabase {
    fn title(&self) -> String {
        format!("postgres_database {}", self.name)
    }

    fn check(&self) -> Script {
        let mut sql = format!(
            "SELECT count(*) FROM pg_database WHERE datname = {}",
            literal(&self.name)
        );
        if let Some(owner) = &self.owner {
            sql += &format!(" AND pg_get_userbyid(datdba) = {}", literal(owner));
        }
        sh!("[ \"$(postgres_ask {} {})\" = 1 ]", u32::from(self.port), sql)
    }

    fn apply(&self) -> Script {
        let name = identifier(&self.name);
        let mut sql = format!(
            "SELECT {} WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = {})\\gexec\n",
            literal(&format!("CREATE DATABASE {name}")),
            literal(&self.name)
        );
        if let Some(owner) = &self.owner {
            sql += &format!("ALTER DATABASE {name} OWNER TO {};\n", identifier(owner));
        }
        sh!("postgres_do {} {}", u32::from(self.port), sql)
    }

    fn validate(&self) -> Result<(), Invalid> {
        check_identifier("postgres_database", "PostgreSQL database", &self.name)?;
        self.owner.as_deref().map_or(Ok(()), |owner| {
            check_identifier("owner", "PostgreSQL role", owner)
        })
    }

    fn asks_itself(&self) -> bool {
        true
    }
}
