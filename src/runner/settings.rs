//! Secrets put where settings say where they come from.

use std::collections::HashMap;
use std::sync::Arc;

use crate::config::Table;
use crate::diagnostic::Diagnostics;
use crate::inventory::Host;
use crate::module::Registry;
use crate::profile::Profile;
use crate::secret::Secrets;

/// Everything that may hold a secret's place.
pub struct Settings<'a> {
    /// Their config.
    pub hosts: &'a mut [Arc<Host>],
    /// Its config, and which modules are used.
    pub profile: &'a mut Profile,
    /// Defaults that modules say.
    pub registry: &'a mut Registry,
    /// What lies over all of it.
    pub overrides: &'a mut Table,
}

impl Settings<'_> {
    /// Puts secrets where tables say where they come from, as far as the profile's modules are given them.
    pub fn resolve(self, secrets: &mut Secrets) -> Result<(), Diagnostics> {
        let mut mistakes = Diagnostics::default();
        let modules: Vec<&str> = self
            .profile
            .modules
            .iter()
            .map(|used| used.name.as_str())
            .collect();
        for name in &modules {
            let module = self.registry.get_mut(name).into_iter();
            for value in module.flat_map(|module| module.defaults_mut()) {
                secrets.resolve(value, &mut mistakes);
            }
        }
        for layer in [&mut self.profile.config, self.overrides] {
            for name in &modules {
                if let Some(value) = layer.get_mut(name) {
                    secrets.resolve(value, &mut mistakes);
                }
            }
        }
        // A group's config is shared by its hosts, and stays so.
        let mut done: HashMap<*const Table, (Arc<Table>, Arc<Table>)> = HashMap::new();
        for host in self.hosts {
            let resolve = |layer: &Arc<Table>| {
                let fresh = || {
                    let mut resolved = Arc::clone(layer);
                    secrets.resolve_layer(&mut resolved, &modules, &mut mistakes);
                    (Arc::clone(layer), resolved)
                };
                // The first of the pair is kept, so that its address stays its own.
                let (_, resolved) = done.entry(Arc::as_ptr(layer)).or_insert_with(fresh);
                Arc::clone(resolved)
            };
            let layers: Vec<Arc<Table>> = host.config.iter().map(resolve).collect();
            let changed = |(old, new): (&Arc<Table>, &Arc<Table>)| !Arc::ptr_eq(old, new);
            if host.config.iter().zip(&layers).any(changed) {
                Arc::make_mut(host).config = layers;
            }
        }
        mistakes.into_result(())
    }
}
