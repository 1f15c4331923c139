//! `postgres_role`: a role of the host's PostgreSQL server.

use data_encoding::BASE64;
use hmac::{Hmac, KeyInit, Mac};
use schemars::JsonSchema;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::{Invalid, State};
use crate::script::{Script, Secret};
use crate::sh;

/// Rounds of PBKDF2; PostgreSQL's own default (`scram_iterations`).
const ITERATIONS: u32 = 4096;

/// A role that may log in.
///
/// The password never reaches the host: PostgreSQL is given, and compared with, the SCRAM-SHA-256 verifier made of it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PostgresRole {
    /// Its name.
    #[serde(rename = "postgres_role")]
    pub name: String,
    /// Its password; when not said, that is left alone.
    pub password: Option<Secret>,
    /// Whether it may log in.
    #[serde(default = "yes")]
    pub login: bool,
    /// Whether it may create databases.
    #[serde(default)]
    pub createdb: bool,
    /// The server's port on the host.
    #[serde(default = "port")]
    pub port: u16,
}

fn yes() -> bool {
    true
}

pub(super) fn port() -> u16 {
    5432
}

/// Quotes an SQL identifier (PostgreSQL manual, 4.1.1).
pub(super) fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Quotes an SQL string constant (PostgreSQL manual, 4.1.2.1); the sessions keep `standard_conforming_strings` on.
pub(super) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// Refuses names PostgreSQL would cut or refuse itself.
pub(super) fn check_identifier(key: &'static str, kind: &str, name: &str) -> Result<(), Invalid> {
    if name.is_empty() || name.len() > 63 || name.chars().any(char::is_control) {
        return Err(Invalid::of(key)(format!(
            "{name:?} cannot be a {kind}'s name: it takes 1 to 63 bytes without control characters"
        )));
    }
    Ok(())
}

/// The verifier PostgreSQL keeps for `password` (RFC 5803, RFC 7677).
///
/// The salt comes from the password and the role, so the same settings always give the same verifier: that is what
/// lets a check compare it, and a plan be a pure function.
fn verifier(role: &str, password: &Secret) -> String {
    let password = password.expose().as_bytes();
    let salt = &mac(password, format!("provision postgresql role {role}").as_bytes())[..16];
    let mut salted = [0_u8; 32];
    pbkdf2::pbkdf2_hmac::<Sha256>(password, salt, ITERATIONS, &mut salted);
    let stored = Sha256::digest(mac(&salted, b"Client Key"));
    let server = mac(&salted, b"Server Key");
    format!(
        "SCRAM-SHA-256${ITERATIONS}:{}${}:{}",
        BASE64.encode(salt),
        BASE64.encode(&stored),
        BASE64.encode(&server)
    )
}

fn mac(key: &[u8], message: &[u8]) -> [u8; 32] {
    // HMAC takes keys of every length (RFC 2104, section 2), so this is never an error.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else {
        return [0; 32];
    };
    mac.update(message);
    mac.finalize().into_bytes().into()
}

impl State for PostgresRole {
    fn title(&self) -> String {
        format!("postgres_role {}", self.name)
    }

    fn check(&self) -> Script {
        let mut sql = format!(
            "SELECT count(*) FROM pg_authid WHERE rolname = {} AND rolcanlogin = {} AND rolcreatedb = {}",
            literal(&self.name),
            self.login,
            self.createdb
        );
        if let Some(password) = &self.password {
            sql += &format!(" AND rolpassword = {}", literal(&verifier(&self.name, password)));
        }
        sh!(
            "[ \"$(postgres_ask {} {})\" = 1 ]",
            u32::from(self.port),
            &Secret::new(sql)
        )
    }

    fn apply(&self) -> Script {
        let name = identifier(&self.name);
        let mut sql = format!(
            "SELECT {} WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = {})\\gexec\n",
            literal(&format!("CREATE ROLE {name}")),
            literal(&self.name)
        );
        let login = if self.login { "LOGIN" } else { "NOLOGIN" };
        let createdb = if self.createdb { "CREATEDB" } else { "NOCREATEDB" };
        sql += &format!("ALTER ROLE {name} WITH {login} {createdb}");
        if let Some(password) = &self.password {
            sql += &format!(" PASSWORD {}", literal(&verifier(&self.name, password)));
        }
        sh!(
            "postgres_do {} {}",
            u32::from(self.port),
            &Secret::new(sql + ";\n")
        )
    }

    fn validate(&self) -> Result<(), Invalid> {
        check_identifier("postgres_role", "PostgreSQL role", &self.name)?;
        match &self.password {
            // Beyond ASCII the password would have to go through SASLprep (RFC 4013) to be the one a client sends.
            Some(password) if !password.expose().is_ascii() => Err(Invalid::of("password")(format!(
                "the password of PostgreSQL role {} has characters beyond ASCII",
                self.name
            ))),
            Some(password) if password.expose().is_empty() => Err(Invalid::of("password")(format!(
                "the password of PostgreSQL role {} is empty",
                self.name
            ))),
            _ => Ok(()),
        }
    }

    fn asks_itself(&self) -> bool {
        true
    }

    fn secrets(&self) -> Vec<Secret> {
        self.password
            .iter()
            .flat_map(|password| [password.clone(), Secret::new(verifier(&self.name, password))])
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_password_is_not_in_the_scripts() {
        let role = PostgresRole {
            name: "app".into(),
            password: Some(Secret::new("hunter2!")),
            login: true,
            createdb: false,
            port: 5432,
        };
        let mut text = Vec::new();
        role.check().render(&mut text, &mut |_| 0).unwrap();
        role.apply().render(&mut text, &mut |_| 0).unwrap();
        let text = String::from_utf8(text).unwrap();
        assert!(!text.contains("hunter2!"));
        assert!(text.contains("SCRAM-SHA-256$4096:"));
        assert!(!role.apply().to_display().contains("SCRAM"));
    }

    /// The example of RFC 7677, section 3: user `user`, password `pencil`. Only the salt is ours there, so the parts
    /// are checked against the RFC's through its salt.
    #[test]
    fn the_keys_are_those_of_the_rfc() {
        let salt = BASE64.decode(b"W22ZaJ0SNY7soEsUEjb6gQ==").unwrap();
        let mut salted = [0_u8; 32];
        pbkdf2::pbkdf2_hmac::<Sha256>(b"pencil", &salt, ITERATIONS, &mut salted);
        let message = b"n=user,r=rOprNGfwEbeRWgbNEkqO,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
        let signature = mac(&mac(&salted, b"Server Key"), message);
        assert_eq!(
            BASE64.encode(&signature),
            "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="
        );
    }

    #[test]
    fn hostile_names_stay_names() {
        assert_eq!(identifier("a\"; DROP ROLE b; --"), "\"a\"\"; DROP ROLE b; --\"");
        assert_eq!(literal("a'; DROP ROLE b; --"), "'a''; DROP ROLE b; --'");
        assert!(check_identifier("owner", "role", "a\nb").is_err());
    }
}
