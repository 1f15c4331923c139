//! Dropbear and `TinySSH`, as on routers, in initramfs and in small containers: a host is a host.

use provision::event::Unreachable;
use provision::inventory::HostKeyPolicy;
use provision::transport::ssh::Ssh;
use provision::transport::ssh::embedded::ClientKey;
use provision::transport::{ExitStatus, Output, Transport};
use russh::keys::Algorithm;

use super::trust::key;
use super::{exited, finish, within};
use crate::kit::binary::{Folder, Provision, Told};
use crate::kit::host::host;
use crate::kit::small_sshd::{Make, SmallSshd};

/// As much as a file may have: many windows of either.
const LARGE: usize = 1 << 20;

fn each(make: Make, check: impl AsyncFnOnce(SmallSshd)) {
    if let Some(server) = SmallSshd::start(make) {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(check(server));
    }
}

/// A file of the controller's, larger than what travels in the program; and settings.
fn folder(server: &SmallSshd) -> Folder {
    let (folder, here) = (Folder::new(), server.dir.path().display());
    let port = server.port;
    folder.write(
        "inventory.toml",
        &format!(
            "[hosts.small]\naddress = \"127.0.0.1:{port}\"\nuser = \"root\"\n\
             identity_file = \"{here}/id\"\nknown_hosts = \"{here}/known_hosts\"\n"
        ),
    );
    let module = format!(
        "[[step]]\ndirectory = \"{here}/wanted\"\n\
         [[step]]\nfile = \"{here}/wanted/settings\"\ncontent = \"workers = 4\\n\"\nmode = \"0640\"\n\
         [[step]]\nfile = \"{here}/wanted/large\"\nsource = \"large\"\n\
         [[step]]\nsh = {{ check = \"test -e {here}/wanted/seen\", apply = \"touch {here}/wanted/seen\" }}\n"
    );
    folder.profile(
        "small",
        "description = \"small\"\nmodules = [\"small\"]\n",
        &[("small", &module)],
    );
    let large: String = (0..LARGE / 16).map(|line| format!("{line:015}\n")).collect();
    folder.write("profiles/modules/large", &large);
    folder
}

fn changed(told: &Told) -> (u64, u64) {
    let steps = &told.summary()["steps"];
    (
        steps["changed"].as_u64().unwrap(),
        steps["would_change"].as_u64().unwrap(),
    )
}

fn push(make: Make) {
    each(make, async |server| {
        let folder = folder(&server);
        let wanted = server.dir.path().join("wanted");
        let dry = folder.push("small").arg("--dry-run").ndjson().exits(0);
        assert_eq!(changed(&dry), (0, 4), "{}", server.log());
        assert!(!wanted.exists());
        let first = folder.push("small").ndjson().exits(0);
        assert_eq!(changed(&first), (4, 0), "{}", server.log());
        let large = std::fs::read(folder.path("profiles/modules/large")).unwrap();
        assert!(
            std::fs::read(wanted.join("large")).unwrap() == large,
            "it arrives whole"
        );
        let second = folder.push("small").ndjson().exits(0);
        assert_eq!(changed(&second), (0, 0));
        let run = Provision::new("run")
            .arg("--hosts")
            .arg(folder.path("inventory.toml"))
            .args(["--", "exit 7"])
            .plain();
        assert_eq!(run.code, Some(1), "{run:?}");
        assert!(run.stdout.contains('7'), "{}", run.stdout);
    });
}

#[test]
fn dropbear_is_pushed_to() {
    push(Make::Dropbear);
}

#[test]
fn tinyssh_is_pushed_to() {
    push(Make::Tinyssh);
}

fn trust(make: Make) {
    each(make, async |server| {
        let connects = async |change: &dyn Fn(&mut provision::inventory::Connection)| {
            let mut connection = server.connection();
            change(&mut connection);
            let session = within(Ssh::new().connect(&host(connection))).await?;
            within(session.close()).await;
            Ok::<_, Unreachable>(())
        };
        connects(&|_| {}).await.unwrap();
        let new = server.dir.path().join("new");
        connects(&|connection| {
            connection.known_hosts = vec![new.clone()];
            connection.host_key_policy = HostKeyPolicy::AcceptNew;
        })
        .await
        .unwrap();
        let known = std::fs::read_to_string(server.dir.path().join("known_hosts")).unwrap();
        assert_eq!(
            std::fs::read_to_string(&new).unwrap(),
            known,
            "its key is recorded"
        );
        let other = key(Algorithm::Ed25519).line(&format!("[127.0.0.1]:{}", server.port));
        std::fs::write(&new, other).unwrap();
        let refused = connects(&|connection| connection.known_hosts = vec![new.clone()]).await;
        assert!(
            matches!(refused, Err(Unreachable::HostKeyChanged { .. })),
            "{refused:?}"
        );
        let stranger = server.dir.path().join("stranger");
        ClientKey::generate().unwrap().write(&stranger).unwrap();
        let refused = connects(&|connection| connection.identity_files = vec![stranger.clone()]).await;
        assert!(matches!(refused, Err(Unreachable::Denied { .. })), "{refused:?}");
        // And with the right key behind the wrong one.
        connects(&|connection| connection.identity_files.insert(0, stranger.clone()))
            .await
            .unwrap();
    });
}

#[test]
fn dropbear_is_trusted_by_its_key_and_we_by_ours() {
    trust(Make::Dropbear);
}

#[test]
fn tinyssh_is_trusted_by_its_key_and_we_by_ours() {
    trust(Make::Tinyssh);
}

fn programs(make: Make) {
    each(make, async |server| {
        let mut session = within(Ssh::new().connect(&host(server.connection())))
            .await
            .unwrap();
        let program = b"main() { echo out; echo err >&2; exit 3; }; main </dev/null\n".to_vec();
        let mut running = within(session.run(program)).await.unwrap();
        let transcript = finish(&mut *running).await;
        assert_eq!(
            (transcript.stdout.as_str(), transcript.stderr.as_str()),
            ("out\n", "err\n")
        );
        assert_eq!(transcript.end, exited(3));
        within(session.close()).await;
        // A megabyte there and back.
        let mut session = within(Ssh::new().connect(&host(server.connection())))
            .await
            .unwrap();
        let text = "0123456789abcde\n".repeat(1 << 16);
        let program = format!("cat <<'END'\n{text}END\nkill -KILL $$\n").into_bytes();
        let mut running = within(session.run(program)).await.unwrap();
        let transcript = finish(&mut *running).await;
        assert!(
            transcript.stdout == text,
            "{} bytes came back",
            transcript.stdout.len()
        );
        let ended = &transcript.end;
        assert!(
            matches!(ended, Output::Exit(ExitStatus::Signal(name)) if name == "KILL")
                || matches!(ended, Output::Exit(ExitStatus::Code(code)) if *code != 0)
                || matches!(ended, Output::Lost { .. }),
            "a killed program has not ended well: {ended:?}"
        );
        println!("{make:?}: a killed program ends as {ended:?}");
        within(session.close()).await;
    });
}

#[test]
fn dropbear_runs_programs() {
    programs(Make::Dropbear);
}

#[test]
fn tinyssh_runs_programs() {
    programs(Make::Tinyssh);
}
