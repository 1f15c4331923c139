//! Three hundred hosts on one screen: those that differ are named, the others are one line.

use std::collections::HashMap;
use std::fs;

use provision::transport::ssh::embedded::{ClientKey, Embedded};
use tempfile::TempDir;

use super::called::Place;

const HOSTS: usize = 300;

/// Lines of a usual terminal.
const SCREEN: usize = 24;

/// Hosts inside this process, each with a home of its own.
pub struct Fleet {
    _servers: Vec<Embedded>,
    pub homes: TempDir,
    pub place: Place,
    _runtime: tokio::runtime::Runtime,
}

/// So many of them: `web001` and on.
pub fn fleet(hosts: usize) -> Fleet {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let homes = TempDir::new().unwrap();
    let key = ClientKey::generate().unwrap();
    key.write(&homes.path().join("id")).unwrap();
    let (mut servers, mut known) = (Vec::new(), String::new());
    let mut inventory = format!(
        "[defaults]\nidentity_file = '{0}/id'\nknown_hosts = '{0}/known_hosts'\nidentities_only = true\n",
        homes.path().display()
    );
    for number in 1..=hosts {
        let name = format!("web{number:03}");
        let home = homes.path().join(&name);
        fs::create_dir(&home).unwrap();
        let server = runtime.block_on(Embedded::start(&home, &key)).unwrap();
        known += &(server.known_hosts_line() + "\n");
        inventory += &format!(
            "[hosts.{name}]\naddress = \"127.0.0.1\"\nport = {}\n",
            server.port()
        );
        servers.push(server);
    }
    fs::write(homes.path().join("known_hosts"), known).unwrap();
    let module = r#"description = "A small application"

[[step]]
directory = "~/app"
mode = "0755"

[[step]]
file = "~/app.conf"
content = "workers = 4\n"

[[step]]
file = "~/version"
content = "1.0\n"
"#;
    let place = Place::new(&[
        ("inventory.toml", &inventory),
        ("profiles/main.toml", "modules = [\"app\"]\n"),
        ("profiles/modules/app.toml", module),
    ]);
    Fleet {
        _servers: servers,
        homes,
        place,
        _runtime: runtime,
    }
}

#[test]
fn three_hundred_hosts_fit_one_screen() {
    let fleet = fleet(HOSTS);
    let write = |host: &str, file: &str, text: &str| {
        fs::write(fleet.homes.path().join(host).join(file), text).unwrap();
    };
    // Two are a version ahead; one is settled already in part.
    for number in 1..=HOSTS {
        write(&format!("web{number:03}"), "release", "bookworm\n");
    }
    for host in ["web042", "web217"] {
        write(host, "release", "trixie\n");
        write(host, "version", "1.0\n");
    }
    fs::remove_file(fleet.homes.path().join("web123/release")).unwrap();
    write("web123", "app.conf", "workers = 4\n");

    let said = fleet
        .place
        .call(&["push", "--profile", "main", "--dry-run"])
        .success()
        .stdout;
    let lines: Vec<&str> = said.lines().collect();
    assert!(lines.len() <= SCREEN, "{} lines\n{said}", lines.len());
    assert!(lines.iter().all(|line| line.len() <= 100), "{said}");
    let mut blocks: HashMap<&str, Vec<&str>> = HashMap::new();
    let mut heading = "";
    for line in &lines {
        if line.starts_with("web") {
            heading = line;
        }
        // What sets a block apart from the first is said in words, which name what it lacks.
        if line.starts_with("  as the first, but not ") {
            continue;
        }
        blocks.entry(heading).or_default().push(line);
    }
    let steps = |hosts: &str| {
        let found = blocks
            .iter()
            .find(|(heading, _)| heading.starts_with(&format!("{hosts}:")));
        found
            .unwrap_or_else(|| panic!("{hosts} stand together nowhere\n{said}"))
            .1
            .join("\n")
    };
    assert!(said.contains("as the first, but not file ~/version"), "{said}");
    assert!(!steps("web042, web217").contains("~/version"), "{said}");
    assert!(!steps("web123").contains("~/app.conf"), "{said}");
    let all = steps("web[001-041], web[043-122], web[124-216], web[218-300]");
    assert!(all.contains("~/version") && all.contains("~/app.conf"), "{said}");
    assert!(
        said.contains("on each of 297 hosts") && said.contains("300 hosts ok"),
        "{said}"
    );

    let said = fleet
        .place
        .call(&["run", "--", "cat ~/release"])
        .fails_with(1)
        .stdout;
    let lines: Vec<&str> = said.lines().collect();
    assert!(lines.len() <= SCREEN, "{} lines\n{said}", lines.len());
    for (heading, answer) in [
        (
            "web[001-041], web[043-122], web[124-216], web[218-300] (exit 0):",
            "  bookworm",
        ),
        ("web042, web217 (exit 0):", "  trixie"),
        ("web123 (exit 1):", "  stderr:"),
    ] {
        let at = lines.iter().position(|line| *line == heading);
        let at = at.unwrap_or_else(|| panic!("no {heading}\n{said}"));
        assert_eq!(lines[at + 1], answer, "{said}");
    }

    // A longer answer is told once; of others only what sets them apart.
    let table = "for n in 1 2 3 4 5 6 7 8 9 10; do echo \"unit$n active\"; done; cat ~/release 2>/dev/null || echo unknown; exit 0";
    let said = fleet.place.call(&["run", "--", table]).success().stdout;
    println!("{said}");
    let lines: Vec<&str> = said.lines().collect();
    assert!(lines.len() <= SCREEN, "{} lines\n{said}", lines.len());
    assert!(lines.iter().all(|line| line.len() <= 80), "{said}");
    for block in [
        "web[001-041], web[043-122], web[124-216], web[218-300] (exit 0):\n  unit1 active\n",
        "web042, web217 (exit 0), as the first but for:\n  -bookworm\n  +trixie\n",
        "web123 (exit 0), as the first but for:\n  -bookworm\n  +unknown\n",
    ] {
        assert!(said.contains(block), "no {block}\n{said}");
    }
}
