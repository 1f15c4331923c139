//! Inventories and selectors, as a command uses them.

mod ansible;
mod load;
mod selector;

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
    Inventory::parse(
        &Source::new("inventory.toml", text),
        Path::new("/srv"),
        &environment,
    )
}
