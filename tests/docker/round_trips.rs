//! What a push costs over a far line: the handshake, one round trip, and one or two more where it changes something,
//! whatever the number of steps.

use std::fmt::Write as _;
use std::time::Duration;

use crate::kit::binary::{Folder, Told};
use crate::kit::docker::{self, Host};
use crate::kit::proxy::{Fault, Proxy};

const HOST: Host = Host("db2");
const DELAY: Duration = Duration::from_millis(25);

/// A profile of `count` steps: files, for the most part, with some of every kind that asks the system something.
fn folder(count: usize) -> Folder {
    let folder = Folder::new();
    let mut module = String::from(
        "[[step]]\npackage = \"openssh-server\"\n[[step]]\nuser = \"root\"\n[[step]]\nservice = \"ssh\"\nenabled = true\n\
         [[step]]\ndirectory = \"/srv/far\"\n",
    );
    for number in 4..count {
        writeln!(
            module,
            "[[step]]\nfile = \"/srv/far/{number}\"\ncontent = \"number {number}\\n\""
        )
        .unwrap();
    }
    folder.profile("p", "modules = [\"m\"]\n", &[("m", &module)]);
    folder
}

/// Moves the folder's host far away.
async fn far(folder: &Folder) -> Proxy {
    let fault = Fault {
        delay: DELAY,
        ..Fault::default()
    };
    let proxy = Proxy::start(HOST.port(), fault).await;
    let known = std::fs::read_to_string(docker::run().join("known_hosts")).unwrap();
    let through = known.replace(&format!(":{},", HOST.port()), &format!(":{},", proxy.port));
    let known = folder.write("known_hosts", &through);
    folder.inventory(&format!(
        "[hosts.far]\naddress = \"127.0.0.1\"\nport = {}\nknown_hosts = \"{}\"\n",
        proxy.port,
        known.display()
    ));
    proxy
}

/// A push of the folder's profile that ends well, off the threads that the proxy needs.
async fn pushed(folder: &Folder) -> Told {
    let command = folder.push("p").args(["--output", "ndjson"]);
    let told = tokio::task::spawn_blocking(|| command.plain());
    told.await.unwrap().exits(0)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_push_that_changes_nothing_costs_nine() {
    let Some(_lease) = docker::lease(&["db2"]) else {
        return;
    };
    for count in [5, 200] {
        let folder = folder(count);
        folder.inventory(&HOST.entry("near"));
        folder.push("p").ndjson().exits(0);

        let proxy = far(&folder).await;
        let told = pushed(&folder).await;
        assert_eq!(told.summary()["steps"]["ok"], count, "{}", told.stdout);
        let (trips, took) = (proxy.round_trips(), told.host("far")["took"].as_f64().unwrap());
        println!(
            "{count} satisfied steps on {}: {trips} round trips; {:.0} ms at {} ms each",
            HOST.0,
            took * 1000.0,
            2 * DELAY.as_millis()
        );
        assert_eq!(trips, 9);

        // Counted is the longest conversation so far.
        HOST.sh("rm -r /srv/far");
        let told = pushed(&folder).await;
        assert_eq!(told.summary()["steps"]["changed"], count - 3, "{}", told.stdout);
        let trips = proxy.round_trips();
        println!("{} of them to change: {trips} round trips", count - 3);
        assert!(trips <= 11, "{trips}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn facts_cost_one_more_however_many_there_are() {
    let Some(_lease) = docker::lease(&["db2"]) else {
        return;
    };
    let all = "{{ facts.hostname }} {{ facts.os.id }} {{ facts.os.version }} {{ facts.os.family }} {{ facts.kernel }} \
               {{ facts.architecture }} {{ facts.cpus }} {{ facts.memory }} {{ facts.virtualisation }} \
               {{ facts.addresses | length }} {{ facts.mounts | length }}";
    for content in ["{{ facts.hostname }}", all] {
        let folder = Folder::new();
        // More modules than one, which ask for the same.
        let module = |name: &str| format!("[[step]]\nfile = \"/srv/{name}\"\ncontent = \"{content}\\n\"\n");
        let (one, two) = (module("facts-one"), module("facts-two"));
        folder.profile(
            "p",
            "modules = [\"one\", \"two\"]\n",
            &[("one", &one), ("two", &two)],
        );
        folder.inventory(&HOST.entry("near"));
        folder.push("p").ndjson().exits(0);

        let proxy = far(&folder).await;
        let told = pushed(&folder).await;
        assert_eq!(told.summary()["steps"]["ok"], 2, "{}", told.stdout);
        let trips = proxy.round_trips();
        println!("{} facts: {trips} round trips", content.matches("facts.").count());
        assert_eq!(trips, 10);
    }
}
