//! Inventories and selectors, as a command uses them.

mod ansible;
mod load;
mod routes;
mod selector;
mod ssh_config;
mod ssh_hosts;

use std::path::Path;

use provision::diagnostic::{Diagnostics, Source};
use provision::inventory::{Environment, Inventory};

/// Reads `text` as the file `/srv/inventory.toml` of the user `ada`.
fn parse(text: &str) -> Result<Inventory, Diagnostics> {
    let environment = Environment {
        home: Some("/home/ada".into()),
        user: Some("ada".to_owned()),
        ..Environment::default()
    };
    parse_with(text, &environment)
}

/// The same in another environment.
fn parse_with(text: &str, environment: &Environment) -> Result<Inventory, Diagnostics> {
    Inventory::parse(
        &Source::new("inventory.toml", text),
        Path::new("/srv"),
        environment,
    )
}
