//! `postgres_extension`: an extension of one database of the host's PostgreSQL server.

use schemars::JsonSchema;
use serde::Deserialize;

use super::postgres_role::{check_identifier, identifier, literal, port};
use super::{Invalid, Presence, State};
use crate::script::Script;
use crate::sh;

/// An extension in a database, such as `pg_trgm`. The packages that bring it must be installed already.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PostgresExtension {
    /// Its name.
    #[serde(rename = "postgres_extension")]
    pub name: String,
    /// The database it is in.
    pub database: String,
    /// The schema its objects are in, which must be there already; when not said, that is left alone.
    pub schema: Option<String>,
    /// The server's port on the host.
    #[serde(default = "port")]
    pub port: u16,
    /// Whether it should be there; it is not dropped while other objects need it.
    #[serde(default)]
    pub state: Presence,
}

impl State for PostgresExtension {
    fn title(&self) -> String {
        format!("postgres_extension {} in {}", self.name, self.database)
    }

    fn check(&self) -> Script {
        let mut sql = format!(
            "SELECT count(*) FROM pg_extension WHERE extname = {}",
            literal(&self.name)
        );
        if let Some(schema) = &self.schema {
            sql += &format!(
                " AND extnamespace::regnamespace::text = quote_ident({})",
                literal(schema)
            );
        }
        let wanted = if self.state.is_absent() { "0" } else { "1" };
        sh!(
            "[ \"$(postgres_ask {} {} {})\" = {} ]",
            u32::from(self.port),
            sql,
            &self.database,
            wanted
        )
    }

    fn apply(&self) -> Script {
        let name = identifier(&self.name);
        let sql = match (self.state, &self.schema) {
            (Presence::Absent, _) => format!("DROP EXTENSION IF EXISTS {name};"),
            (Presence::Present, None) => format!("CREATE EXTENSION IF NOT EXISTS {name};"),
            (Presence::Present, Some(schema)) => {
                let schema = identifier(schema);
                format!(
                    "CREATE EXTENSION IF NOT EXISTS {name} WITH SCHEMA {schema};\nALTER EXTENSION {name} SET SCHEMA {schema};"
                )
            }
        };
        sh!("postgres_do {} {} {}", u32::from(self.port), sql, &self.database)
    }

    fn destroys(&self) -> bool {
        self.state.is_absent()
    }

    fn validate(&self) -> Result<(), Invalid> {
        check_identifier("postgres_extension", "PostgreSQL extension", &self.name)?;
        check_identifier("database", "PostgreSQL database", &self.database)?;
        let schema = self.schema.as_deref();
        if schema.is_some() && self.state.is_absent() {
            return Err(Invalid::of("schema")(
                "an extension that is absent has no schema".to_owned(),
            ));
        }
        schema.map_or(Ok(()), |schema| {
            check_identifier("schema", "PostgreSQL schema", schema)
        })
    }

    fn asks_itself(&self) -> bool {
        true
    }
}
