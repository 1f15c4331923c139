//! `provision hosts convert`: an inventory of Ansible, or a file of `ssh_config(5)`, as one in TOML.

use crate::diagnostic::Diagnostic;
use crate::document;
use crate::inventory::Converted;

use super::Outcome;
use super::outcome::print;
use super::whom::HostsArgs;

pub(super) fn run(hosts: &HostsArgs) -> Outcome {
    let shown = hosts.file().display();
    let Some(Converted { root, notes }) = hosts.convert()? else {
        let mistake = Diagnostic::new(format!("{shown} is an inventory in TOML already"));
        return Err(mistake
            .help("`convert` is for inventories of Ansible and for ssh_config")
            .into());
    };
    let mut text = format!("# Converted from {shown}.\n");
    for note in &notes {
        text += &format!("# Note: {note}\n");
    }
    print(&(text + "\n" + &document::write(&root)))
}
