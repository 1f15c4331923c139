//! What is folded for people is understood by the inventory.

use std::collections::HashSet;
use std::path::Path;

use proptest::prelude::*;
use provision::diagnostic::Source;
use provision::inventory::{Environment, Inventory};
use provision::report::fold::segments;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn the_inventory_reads_folded_names_as_the_same_hosts(names in prop::collection::hash_set(
        prop_oneof!["(web|db|n-)[0-9]{1,3}", "[a-c][0-9]{1,2}-[0-9]{1,2}(\\.example\\.com)?", "[a-z][a-z0-9]{0,8}"], 1..40)) {
        let tables = segments(names.iter().map(String::as_str)).into_iter().map(|names| format!("[hosts.\"{names}\"]\n"));
        let source = Source::new("inventory.toml", tables.collect::<Vec<_>>().concat());
        let environment = Environment { user: Some("ana".into()), ..Environment::default() };
        let inventory = Inventory::parse(&source, Path::new("/"), &environment).unwrap();
        prop_assert_eq!(inventory.hosts.len(), names.len());
        let read: HashSet<String> = inventory.hosts.iter().map(|host| host.name.to_string()).collect();
        prop_assert_eq!(read, names);
    }
}
