//! The one place modules are looked up by name.

use indexmap::IndexMap;

use super::Module;
use crate::diagnostic::Diagnostic;
use crate::name::Name;

/// All modules there are. Two of one name are an error, whoever brings them.
#[derive(Default)]
pub struct Registry {
    modules: IndexMap<Name, Box<dyn Module>>,
}

/// A second module of a name that is taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is already a module named `{0}`")]
pub struct Duplicate(pub Name);

impl Registry {
    /// A registry without modules.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds `module`.
    pub fn register(&mut self, module: Box<dyn Module>) -> Result<(), Duplicate> {
        let name = module.name().clone();
        if self.modules.contains_key(&name) {
            return Err(Duplicate(name));
        }
        self.modules.insert(name, module);
        Ok(())
    }

    /// The module `name`; otherwise what is wrong with the name, with a suggestion.
    pub fn get(&self, name: &str) -> Result<&dyn Module, Diagnostic> {
        match self.modules.get(name) {
            Some(module) => Ok(module.as_ref()),
            None => Err(Diagnostic::new(format!("unknown module `{name}`"))
                .suggest(name, self.modules.keys().map(Name::as_str))),
        }
    }

    /// The module `name`, to be changed.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut Box<dyn Module>> {
        self.modules.get_mut(name)
    }

    /// All modules, in the order they were registered.
    pub fn list(&self) -> impl Iterator<Item = &dyn Module> {
        self.modules.values().map(AsRef::as_ref)
    }
}
