//! Which hosts a command is for, and whose keys are believed.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::inventory::ssh_config::{Choice, SshConfig};
use crate::inventory::{Connection, Converted, Environment, Host, HostKeyPolicy, Inventory, Route};

use super::completions::offer;
use super::failed;

/// Which hosts.
#[derive(Debug, Args)]
pub(super) struct HostsArgs {
    /// The inventory: a file in TOML, one of Ansible's, or one of `ssh_config(5)` such as `~/.ssh/config`
    #[arg(
        long,
        value_name = "FILE",
        add = offer::files(),
        env = "PROVISION_HOSTS",
        global = true,
        default_value = "inventory.toml"
    )]
    hosts: PathBuf,
    /// Only these hosts: names, globs, @groups, combined by `,` (or), `&` (and), `!` (not), or `@failed:RUN` for those
    /// that did not end well in a recorded run; may be given several times
    #[arg(long, value_name = "SELECTOR", add = offer::selectors(), global = true)]
    limit: Vec<String>,
    /// Read this file in place of `~/.ssh/config` and `/etc/ssh/ssh_config`; `none` for none at all
    #[arg(
        long,
        value_name = "FILE",
        add = offer::files(),
        env = "PROVISION_SSH_CONFIG",
        global = true,
        hide_env_values = true
    )]
    ssh_config: Option<PathBuf>,
    /// Only the hosts that did not end well in this recorded run, such as `last`
    #[arg(
        long,
        value_name = "RUN",
        add = offer::runs(),
        global = true,
        conflicts_with = "limit"
    )]
    retry_failed: Option<String>,
}

impl HostsArgs {
    /// Every selector given, in whatever way.
    fn limit(&self) -> Vec<String> {
        let failed = self.retry_failed.iter().map(|run| failed::selector(run));
        self.limit.iter().cloned().chain(failed).collect()
    }

    /// The hosts with these names of the inventory in `file`, over what `ssh_config` says.
    pub(super) fn only(file: &Path, names: &[&str], ssh_config: Option<PathBuf>) -> Self {
        Self {
            hosts: file.to_owned(),
            limit: vec![names.join(",")],
            ssh_config,
            retry_failed: None,
        }
    }

    /// What is read in place of the user's own `ssh_config`; `none` is no file.
    pub(super) fn ssh_config(&self) -> Option<&Path> {
        self.ssh_config.as_deref()
    }

    /// The inventory's file, for messages.
    pub(super) fn file(&self) -> &Path {
        &self.hosts
    }

    /// Reads the whole inventory, over what `ssh_config` says.
    pub(super) fn inventory(&self) -> Result<Inventory, Diagnostics> {
        self.read(Inventory::load)
    }

    /// The inventory of another tool in tables, and what they leave out.
    pub(super) fn convert(&self) -> Result<Option<Converted>, Diagnostics> {
        self.read(Inventory::convert)
    }

    fn read<T>(
        &self,
        read: impl FnOnce(&Path, &Environment) -> Result<T, Diagnostics>,
    ) -> Result<T, Diagnostics> {
        let mut environment = Environment::of_process();
        let mut mistakes = Diagnostics::default();
        let choice = Choice::from(self.ssh_config.as_deref());
        environment.ssh_config = mistakes
            .take(SshConfig::load(&choice, &environment))
            .unwrap_or_else(|| SshConfig::unread(choice));
        match read(&self.hosts, &environment) {
            Ok(inventory) => mistakes.into_result(inventory),
            Err(more) => {
                // The same file may be both: how hosts are reached, and which there are.
                let known = |one: &Diagnostic| mistakes.0.iter().any(|other| is_same(one, other));
                let new = more.0.into_iter().filter(|one| !known(one));
                let new: Vec<Diagnostic> = new.collect();
                mistakes.0.extend(new);
                Err(mistakes)
            }
        }
    }

    /// The hosts selected, in the inventory's order.
    pub(super) fn select(&self, inventory: &Inventory) -> Result<Vec<Arc<Host>>, Diagnostics> {
        let limit = self.limit();
        let hosts: Vec<Host> = if limit.is_empty() {
            inventory.hosts.clone()
        } else {
            failed::select(&limit, inventory)?.into_iter().cloned().collect()
        };
        if hosts.is_empty() {
            let mistake = Diagnostic::new(format!("no host is selected in {}", self.hosts.display()));
            return Err(mistake.help("see `provision hosts`").into());
        }
        Ok(hosts.into_iter().map(Arc::new).collect())
    }
}

/// Whether two mistakes are one, in a file that was called by two names.
fn is_same(one: &Diagnostic, other: &Diagnostic) -> bool {
    let place = |mistake: &Diagnostic| {
        let origin = mistake.origin.as_ref();
        origin.map(|origin| (origin.source.text.clone(), origin.span.clone()))
    };
    one.message == other.message && place(one) == place(other)
}

/// Which hosts' keys are believed.
#[derive(Debug, Args)]
pub(super) struct TrustArgs {
    /// Record the key of a host of which nothing is known yet; changed and revoked keys are still refused
    #[arg(long)]
    accept_new: bool,
}

impl TrustArgs {
    /// `host`, with its key trusted as the command line says.
    pub(super) fn apply(&self, host: Arc<Host>) -> Arc<Host> {
        if !self.accept_new {
            return host;
        }
        let mut host = Arc::unwrap_or_clone(host);
        host.connection = accepting_new(&host.connection);
        Arc::new(host)
    }
}

/// The same way, on which every host new to us is believed; equal hops stay equal.
fn accepting_new(connection: &Connection) -> Arc<Connection> {
    let mut connection = connection.clone();
    if connection.host_key_policy != HostKeyPolicy::Off {
        connection.host_key_policy = HostKeyPolicy::AcceptNew;
    }
    if let Route::Jump(hop) = &connection.route {
        connection.route = Route::Jump(accepting_new(hop));
    }
    Arc::new(connection)
}

/// What `ssh_config` says of the inventory's hosts that is not followed, one line each.
pub(super) fn notes(inventory: &Inventory) -> String {
    let notes = inventory.ssh_notes.iter().map(|note| format!("note: {note}\n"));
    notes.collect()
}
