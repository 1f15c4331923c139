//! What a step is given besides its table: what earlier steps have said, and bytes of files.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Archive, Assert, Content, Kind, Reboot, Resource, Sh};

impl Resource {
    /// For a reboot: the question whether the host has booted, and no other.
    pub fn as_boot(&self) -> Option<Self> {
        let Kind::Reboot(reboot) = &self.kind else {
            return None;
        };
        let mut boot = Reboot::clone(reboot);
        boot.needed = None;
        Some(boot.into())
    }

    /// The step with the outputs of earlier steps of its module, to which its own is added: by output, the driver's
    /// variable that holds it.
    #[must_use]
    pub fn with_outputs(self, module: &str, outputs: &mut BTreeMap<String, String>) -> Self {
        let kind = match &self.kind {
            Kind::Sh(step) => {
                let mut step = Sh::clone(step);
                step.outputs.clone_from(outputs);
                if let Some(name) = &step.output {
                    let held = Sh::held(module, name);
                    outputs.insert(name.clone(), held.clone());
                    step.held = Some(held);
                }
                Kind::Sh(Arc::new(step))
            }
            Kind::Assert(step) => {
                let mut step = Assert::clone(step);
                step.outputs.clone_from(outputs);
                Kind::Assert(Arc::new(step))
            }
            _ => return self,
        };
        Self { kind, ..self }
    }

    /// With the content of its `source`, for the loader that has read it.
    #[must_use]
    pub fn with_content(self, bytes: Vec<u8>) -> Self {
        match &self.kind {
            Kind::File(file) => {
                let file = Arc::clone(file);
                let mut file = Arc::unwrap_or_clone(file);
                file.content = Some(Content::from(bytes));
                Self {
                    kind: Kind::File(Arc::new(file)),
                    ..self
                }
            }
            Kind::Archive(archive) => {
                let mut archive = Archive::clone(archive);
                archive.content = Some(Content::from(bytes));
                Self {
                    kind: Kind::Archive(Arc::new(archive)),
                    ..self
                }
            }
            _ => self,
        }
    }
}
