//! What a profile may hold, as editors are told.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde_json::Value;

use super::OnFailure;
use crate::config::schema;

/// An ordered list of modules.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "the shape that editors are told; it is read key by key")]
struct Profile {
    /// What it is for, in one line.
    description: Option<String>,
    /// Profiles that come first.
    include: Option<Vec<String>>,
    /// The modules, in the order they run.
    modules: Option<Vec<Mention>>,
    /// How a push goes through the fleet: in waves, with gates, up to a number of failures.
    rollout: Option<BTreeMap<String, Value>>,
    /// Config of the modules, by module name.
    config: Option<BTreeMap<String, BTreeMap<String, Value>>>,
}

#[derive(JsonSchema)]
#[schemars(untagged)]
#[expect(dead_code, reason = "the shape that editors are told; it is read key by key")]
enum Mention {
    Name(String),
    Table(Module),
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "the shape that editors are told; it is read key by key")]
struct Module {
    /// The module's name.
    name: String,
    /// What its failure means for the modules after it.
    on_failure: Option<OnFailure>,
}

/// The JSON schema of a profile.
pub fn profile_schema() -> Value {
    schema::of::<Profile>().to_value()
}
