//! Which keys and signatures count: the same configuration, and the same sshd, before a real `ssh` and before us.

use std::process::{Command, Stdio};

use super::within;
use crate::kit::binary::{Folder, Provision};
use crate::kit::ssh_agent::keygen;
use crate::kit::sshd::Sshd;

/// What both are told, and whether it lets them in; `DIR` is where the keys are.
const CASES: &[(&str, bool)] = &[
    ("IdentityFile DIR/ed", true),
    ("IdentityFile DIR/rsa", true),
    (
        "IdentityFile DIR/rsa\nPubkeyAcceptedAlgorithms ssh-ed25519",
        false,
    ),
    ("IdentityFile DIR/ed\nPubkeyAcceptedAlgorithms ssh-ed25519", true),
    (
        "IdentityFile DIR/ed\nPubkeyAcceptedAlgorithms -ssh-ed25519",
        false,
    ),
    ("IdentityFile DIR/ed\nPubkeyAcceptedAlgorithms -ssh-*", false),
    ("IdentityFile DIR/rsa\nPubkeyAcceptedAlgorithms -ssh-*", true),
    (
        "IdentityFile DIR/ec\nPubkeyAcceptedAlgorithms ecdsa-sha2-nistp384,rsa-sha2-512",
        false,
    ),
    (
        "IdentityFile DIR/ec\nPubkeyAcceptedAlgorithms ecdsa-sha2-nistp256,*rsa*",
        true,
    ),
    (
        "IdentityFile DIR/rsa\nPubkeyAcceptedAlgorithms ecdsa-sha2-nistp384,rsa-sha2-512",
        true,
    ),
    (
        "IdentityFile DIR/rsa\nPubkeyAcceptedAlgorithms rsa-sha2-256",
        true,
    ),
    ("IdentityFile DIR/rsa\nPubkeyAcceptedAlgorithms ssh-rsa", false),
    ("IdentityFile DIR/rsa\nPubkeyAcceptedAlgorithms +ssh-rsa", true),
    // This user's keys may sign with SHA-256 only, which sshd does not say before it knows who comes.
    ("User nobody\nIdentityFile DIR/rsa", false),
    (
        "User nobody\nIdentityFile DIR/rsa\nPubkeyAcceptedAlgorithms ^rsa-sha2-256",
        true,
    ),
    (
        "User nobody\nIdentityFile DIR/rsa\nPubkeyAcceptedAlgorithms -rsa-sha2-512",
        true,
    ),
    // A key and its certificate are told apart.
    ("IdentityFile DIR/certified", true),
    (
        "IdentityFile DIR/certified\nPubkeyAcceptedAlgorithms ssh-ed25519-cert-v01@openssh.com",
        true,
    ),
    (
        "IdentityFile DIR/certified\nPubkeyAcceptedAlgorithms ssh-ed25519",
        false,
    ),
    (
        "IdentityFile DIR/ed\nPubkeyAcceptedAlgorithms *-cert-v01@openssh.com",
        false,
    ),
    ("IdentityFile DIR/rsa\nRequiredRSASize 2048", true),
    ("IdentityFile DIR/rsa\nRequiredRSASize 2049", false),
    ("IdentityFile DIR/ed\nRequiredRSASize 8192", true),
    // The host's own key has 3072 bits.
    (
        "IdentityFile DIR/ed\nHostKeyAlgorithms rsa-sha2-512\nRequiredRSASize 3072",
        true,
    ),
    (
        "IdentityFile DIR/ed\nHostKeyAlgorithms rsa-sha2-512\nRequiredRSASize 3073",
        false,
    ),
    // Its certificate is all that is known of the host here.
    ("IdentityFile DIR/ed\nUserKnownHostsFile DIR/authority", true),
    (
        "IdentityFile DIR/ed\nUserKnownHostsFile DIR/authority\nCASignatureAlgorithms rsa-sha2-512",
        true,
    ),
    (
        "IdentityFile DIR/ed\nUserKnownHostsFile DIR/authority\nCASignatureAlgorithms rsa-sha2-256",
        false,
    ),
    (
        "IdentityFile DIR/ed\nUserKnownHostsFile DIR/authority\nCASignatureAlgorithms -rsa-*",
        false,
    ),
    (
        "IdentityFile DIR/ed\nUserKnownHostsFile DIR/authority\nCASignatureAlgorithms -ecdsa*",
        true,
    ),
    ("IdentityFile DIR/ed\nCASignatureAlgorithms ssh-ed25519", true),
];

const SSHD: &str = "HostKey DIR/host_rsa\nHostCertificate DIR/host_ed25519-cert.pub\n\
    TrustedUserCAKeys DIR/ca.pub\nMatch User nobody\nPubkeyAcceptedAlgorithms rsa-sha2-256,ssh-ed25519";

fn prepare(dir: &std::path::Path) {
    let mut authorized = String::new();
    for (name, words) in [
        ("ed", &["-t", "ed25519"][..]),
        ("ec", &["-t", "ecdsa"]),
        ("rsa", &["-t", "rsa", "-b", "2048"]),
        ("certified", &["-t", "ed25519"]),
        ("host_rsa", &["-t", "rsa", "-b", "3072"]),
        ("ca", &["-t", "rsa", "-b", "3072"]),
    ] {
        keygen(&dir.join(name), &[words, &["-N", ""]].concat());
        if ["ed", "ec", "rsa"].contains(&name) {
            authorized += &std::fs::read_to_string(dir.join(format!("{name}.pub"))).unwrap();
        }
    }
    std::fs::write(dir.join("authorized_keys"), authorized).unwrap();
    for (words, key) in [
        (&["-I", "a user", "-n", "root"][..], "certified"),
        (&["-I", "the host", "-h", "-n", "127.0.0.1"], "host_ed25519"),
    ] {
        let mut sign = Command::new("ssh-keygen");
        sign.args(["-q", "-t", "rsa-sha2-512", "-s"]).arg(dir.join("ca"));
        let signed = sign.args(words).arg(dir.join(key)).status();
        assert!(signed.unwrap().success());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_configuration_lets_in_ssh_and_us() {
    let Some(sshd) = Sshd::prepared(SSHD, prepare).await else {
        return;
    };
    let (dir, port) = (sshd.dir.path(), sshd.port);
    let public = |name: &str| std::fs::read_to_string(dir.join(format!("{name}.pub"))).unwrap();
    let known = format!(
        "[127.0.0.1]:{port} {}[127.0.0.1]:{port} {}",
        public("host_ed25519"),
        public("host_rsa")
    );
    std::fs::write(dir.join("known_hosts"), known).unwrap();
    std::fs::write(
        dir.join("authority"),
        format!("@cert-authority [127.0.0.1]:{port} {}", public("ca")),
    )
    .unwrap();
    let folder = Folder::new();
    folder.write("inventory.toml", "[hosts.one]\naddress = \"127.0.0.1\"\n");
    let mut both = [0; 2];
    for (said, lets_in) in CASES {
        let here = dir.display();
        let lines = format!(
            "{said}\nPort {port}\nUser root\nIdentitiesOnly yes\nIdentityAgent none\nBatchMode yes\n\
             UserKnownHostsFile DIR/known_hosts\nGlobalKnownHostsFile none\nUpdateHostKeys no\nStrictHostKeyChecking yes\n"
        );
        let config = folder.write("config", &lines.replace("DIR", &here.to_string()));
        let mut ssh = Command::new("ssh");
        ssh.arg("-F")
            .arg(&config)
            .args(["127.0.0.1", "true"])
            .stdin(Stdio::null());
        // For a user who may run nothing, getting in is what counts; sshd says so.
        let log = || sshd.log().matches("Accepted publickey").count();
        let before = log();
        let theirs = tokio::task::block_in_place(|| ssh.output().unwrap());
        let theirs = (
            log() > before,
            String::from_utf8_lossy(&theirs.stderr).into_owned(),
        );
        let before = log();
        let ours = Provision::new("run")
            .arg("--hosts")
            .arg(folder.path("inventory.toml"))
            .arg("--ssh-config")
            .arg(&config)
            .args(["--", "true"]);
        let ours = within(tokio::task::spawn_blocking(move || ours.plain()))
            .await
            .unwrap();
        let in_here = log() > before;
        assert_eq!(theirs.0, *lets_in, "ssh: {said}\n{}", theirs.1);
        assert_eq!(in_here, *lets_in, "{said}\n{}{}", ours.stdout, ours.stderr);
        let what = said.lines().last().unwrap().split(' ').next().unwrap();
        if !lets_in && !said.contains("ssh-rsa") && !said.starts_with("User nobody") {
            // And the directive is named, so that nobody has to guess.
            assert!(ours.stdout.contains(what), "{said}\n{}", ours.stdout);
        }
        both[usize::from(*lets_in)] += 1;
    }
    println!(
        "{} configurations: ssh and provision let in by {}, kept out by {}",
        CASES.len(),
        both[1],
        both[0]
    );
}
