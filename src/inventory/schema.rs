//! What an inventory may hold, as editors are told.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde_json::Value;

use crate::config::schema;

/// A fleet: its hosts, the groups they are in, how they are reached.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "the shape that editors are told; it is read key by key")]
struct Inventory {
    /// Settings of every host.
    defaults: Option<Connection>,
    /// Settings and config of the hosts in a group.
    groups: Option<BTreeMap<String, Group>>,
    /// The hosts by name; a name may hold a range, such as `web[01-20].example.com`.
    hosts: BTreeMap<String, Host>,
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "the shape that editors are told; it is read key by key")]
struct Group {
    /// What the group is, in a person's words.
    description: Option<String>,
    /// Config of modules for the hosts of the group, by module name.
    config: Option<BTreeMap<String, BTreeMap<String, Value>>>,
    #[schemars(flatten)]
    connection: Connection,
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "the shape that editors are told; it is read key by key")]
struct Host {
    /// Host name or IP address to connect to; when not said, the host's name. For a range of hosts, a range.
    address: Option<String>,
    /// The groups it is in. Of two that say the same thing, the later one wins.
    groups: Option<Vec<String>>,
    /// Config of modules for this host, by module name.
    config: Option<BTreeMap<String, BTreeMap<String, Value>>>,
    #[schemars(flatten)]
    connection: Connection,
}

#[derive(JsonSchema)]
#[expect(dead_code, reason = "the shape that editors are told; it is read key by key")]
struct Connection {
    /// Values of one's own, for whoever reads the inventory.
    vars: Option<BTreeMap<String, Value>>,
    /// User to log in as.
    user: Option<String>,
    /// TCP port.
    #[schemars(range(min = 1, max = 65535))]
    port: Option<u16>,
    /// Hosts to go through, in order: hosts of this file, or `[user@]host[:port]`; `"none"` for no one.
    jump: Option<OneOrMany>,
    /// How the program becomes root.
    r#become: Option<Become>,
    /// Whom it becomes, where that is not root.
    become_user: Option<String>,
    /// Where the password comes from that becoming takes, such as `{ secret_env = "NAME" }`.
    become_password: Option<BTreeMap<String, OneOrMany>>,
    /// Private keys to try, in order; relative to the inventory's folder.
    identity_file: Option<OneOrMany>,
    /// Whether keys of the agent are left alone.
    identities_only: Option<bool>,
    /// Files of known host keys; the first is written to.
    known_hosts: Option<OneOrMany>,
    /// What happens with a host key that is in none of them.
    host_key_policy: Option<Policy>,
    /// Bound on each phase of connecting, such as `"10s"`.
    connect_timeout: Option<Duration>,
    /// How often an idle connection is probed, such as `"15s"`.
    keepalive: Option<Duration>,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "lowercase")]
#[expect(dead_code, reason = "the shape that editors are told; it is read key by key")]
enum Become {
    None,
    Sudo,
    Doas,
    Su,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case")]
#[expect(dead_code, reason = "the shape that editors are told; it is read key by key")]
enum Policy {
    Strict,
    AcceptNew,
    Ask,
}

#[derive(JsonSchema)]
#[schemars(untagged)]
#[expect(dead_code, reason = "the shape that editors are told; it is read key by key")]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

#[derive(JsonSchema)]
#[schemars(untagged)]
#[expect(dead_code, reason = "the shape that editors are told; it is read key by key")]
enum Duration {
    Seconds(u32),
    WithUnit(String),
}

/// The JSON schema of an inventory.
pub fn inventory_schema() -> Value {
    schema::of::<Inventory>().to_value()
}
