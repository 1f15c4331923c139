//! Fifty names for a few real hosts, and what is installed on those.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use provision::inventory::{Become, Environment, Host, Inventory};
use provision::transport::Transport;

use super::kit::sshd::Sshd;
use super::profile::Facts;
use super::{Outcome, Wishes, references};

/// The inventory `docker/up` writes.
const DOCKER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/inventory/docker.toml");

/// Real hosts, reached for as long as this lives.
pub(super) struct Hosts {
    /// One name each.
    pub(super) real: Vec<Arc<Host>>,
    /// What they are, for people.
    pub(super) description: String,
    _sshd: Option<Sshd>,
}

impl Hosts {
    /// The systemd hosts of `docker/up`, or an sshd of our own.
    pub(super) async fn find(wishes: &Wishes) -> Outcome<Self> {
        if !wishes.own_sshd && Path::new(DOCKER).exists() {
            let inventory = Inventory::load(Path::new(DOCKER), &Environment::of_process())?;
            let real: Vec<_> = inventory
                .hosts
                .iter()
                .filter(|host| host.connection.r#become == Become::None)
                .map(|host| Arc::new(host.clone()))
                .collect();
            let description = format!("{} containers of docker/up", real.len());
            return Ok(Self {
                real,
                description,
                _sshd: None,
            });
        }
        let sshd = Sshd::start("MaxStartups 200:30:400\nMaxSessions 100\n").await;
        let sshd = sshd.ok_or(
            "neither docker/up's hosts nor an sshd of our own: run docker/up, or install sshd and be root",
        )?;
        Ok(Self {
            real: vec![Arc::new(super::kit::host::host(sshd.connection()))],
            description: "an sshd of our own on loopback".to_owned(),
            _sshd: Some(sshd),
        })
    }

    /// Asks what is installed; hosts made of one image have the same.
    pub(super) async fn facts(&self, transport: &Arc<dyn Transport>) -> Outcome<Facts> {
        let ask = "dpkg-query -W -f 'package ${Package} ${db:Status-Abbrev}\\n' | grep ' ii ' | sort -u\n\
                   getent passwd | sed 's/^/user /'\ngetent group | sed 's/^/group /'\nexit\n";
        let answers = references::run(transport, &self.real[..1], ask.as_bytes(), 1).await?;
        Facts::read(&String::from_utf8_lossy(&answers[0]))
    }

    /// Takes away what the benchmark placed.
    pub(super) async fn clean(&self, transport: &Arc<dyn Transport>) -> Outcome<()> {
        let program = format!("rm -rf {}\nexit\n", super::profile::PLACE);
        references::run(transport, &self.real, program.as_bytes(), self.real.len()).await?;
        Ok(())
    }

    /// An inventory of `count` names spread over the real hosts.
    pub(super) fn inventory(&self, count: usize) -> String {
        let mut text = String::new();
        for (number, host) in (1..=count).zip(self.real.iter().cycle()) {
            let connection = &*host.connection;
            let _ = writeln!(
                text,
                "[hosts.host{number:02}]\naddress = {:?}\nport = {}\nuser = {:?}\nidentity_file = \"{}\"\nidentities_only = true\nknown_hosts = \"{}\"\n",
                connection.address,
                connection.port,
                connection.user,
                connection.identity_files[0].display(),
                connection.known_hosts[0].display(),
            );
        }
        text
    }
}
