//! Where package managers keep what a `repository` is made of.

/// A package manager with files of its own for each repository.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Manager {
    Apt,
    Dnf,
    Zypper,
}

/// All of them.
pub(super) const MANAGERS: [Manager; 3] = [Manager::Apt, Manager::Dnf, Manager::Zypper];

impl Manager {
    /// What the host calls it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Apt => "apt",
            Self::Dnf => "dnf",
            Self::Zypper => "zypper",
        }
    }

    /// The file of a repository.
    pub(super) fn file(self, name: &str) -> String {
        match self {
            Self::Apt => format!("/etc/apt/sources.list.d/{name}.sources"),
            Self::Dnf => format!("/etc/yum.repos.d/{name}.repo"),
            Self::Zypper => format!("/etc/zypp/repos.d/{name}.repo"),
        }
    }

    /// The file of its key.
    pub(super) fn key(self, name: &str) -> String {
        match self {
            Self::Apt => format!("/etc/apt/keyrings/{name}.asc"),
            Self::Dnf | Self::Zypper => format!("/etc/pki/rpm-gpg/{name}.asc"),
        }
    }
}
