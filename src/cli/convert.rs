//! `provision hosts convert`: an inventory of Ansible as one in TOML.

use crate::diagnostic::Diagnostic;
use crate::document;

use super::Outcome;
use super::outcome::print;
use super::project::HostsArgs;

pub(super) fn run(hosts: &HostsArgs) -> Outcome {
    let inventory = hosts.inventory()?;
    let shown = hosts.file().display();
    let Some(root) = &inventory.imported else {
        let mistake = Diagnostic::new(format!("{shown} is an inventory in TOML already"));
        return Err(mistake.help("`convert` is for inventories of Ansible").into());
    };
    let mut text = format!("# Converted from {shown}.\n");
    for note in &inventory.notes {
        text += &format!("# Note: {note}\n");
    }
    print(&(text + "\n" + &document::write(root)))
}
