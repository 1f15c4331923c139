//! The page, in a real browser: no error, nothing from hosts at work, search, filter and timeline do what they say.

use std::process::{Command, Stdio};

use data_encoding::BASE64;
use provision::event::{HostStatus, Mode, Outcome, Phase, Reason, Stamped};
use provision::report::html::{About, Html};
use provision::report::redact::Redactor;
use provision::report::{Reporter, Telling};
use serde_json::Value;
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use super::canned::{self, Run};
use super::formats::Sink;
use crate::kit::tools;

const DRIVER: &str = include_str!("driver.js");

/// What hosts try with pages.
const HOSTILE: &str = "</script><script>document.title = 'taken'</script><img src=x onerror=\"document.title = 'taken'\">\
     <!--<script> {{script}} ]]> \u{202e}gnp.exe \u{1b}]0;taken\u{7}\n";

fn page(events: Vec<Stamped>) -> String {
    let sink = Sink::default();
    let about = About {
        run: Some("20261125-225936-12345".into()),
        began: Some("2026-11-25T22:59:36.123Z".into()),
        command: Some(HOSTILE.trim().into()),
    };
    let reporters: Vec<Box<dyn Reporter>> = vec![Box::new(Html::new("x.html", sink.boxed(), about))];
    let mut telling = Telling::new(reporters, Redactor::new(["hunter22".into()]));
    for event in events {
        telling.observe(event);
    }
    assert!(telling.finish().broken.is_empty());
    sink.text()
}

/// What the browser made of a page that `driver` was let into: the page's elements, and what the console said.
fn browse(page: &str, driver: &str, size: &str) -> Option<(String, Vec<String>)> {
    let chromium = tools::find("chromium", "the page was not tried in a browser")?;
    let dir = TempDir::new().unwrap();
    let digest = BASE64.encode(&Sha256::digest(driver));
    let page = page
        .replacen("script-src '", &format!("script-src 'sha256-{digest}' '"), 1)
        .replacen("</body>", &format!("<script>{driver}</script></body>"), 1);
    let path = dir.path().join("page.html");
    std::fs::write(&path, page).unwrap();
    let output = Command::new(chromium)
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
        ])
        .args([
            "--no-first-run",
            "--disable-extensions",
            "--enable-logging=stderr",
            "--v=0",
        ])
        .arg(format!(
            "--user-data-dir={}",
            dir.path().join("browser").display()
        ))
        .args([
            "--virtual-time-budget=20000",
            &format!("--window-size={size}"),
            "--dump-dom",
        ])
        .arg(format!("file://{}", path.display()))
        .env("HOME", dir.path())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let log = String::from_utf8_lossy(&output.stderr);
    let console = log.lines().filter(|line| line.contains("CONSOLE"));
    let console = console.map(str::to_owned).collect();
    Some((String::from_utf8_lossy(&output.stdout).into_owned(), console))
}

/// The page used by the driver, at a width.
fn used(page: &str, size: &str) -> Option<Value> {
    let (elements, console) = browse(page, DRIVER, size)?;
    assert_eq!(console, Vec::<String>::new(), "the console is silent");
    let (_, after) = elements
        .split_once("data-seen=\"")
        .unwrap_or_else(|| panic!("the driver came to no end: {elements}"));
    let seen = BASE64
        .decode(after.split('"').next().unwrap().as_bytes())
        .unwrap();
    Some(serde_json::from_slice(&seen).unwrap())
}

/// 300 hosts and 10,200 steps; a few hosts fail, with hostile words.
fn large() -> Vec<Stamped> {
    let titles: Vec<String> = (0..34).map(|n| format!("file /srv/conf.d/{n:02}.conf")).collect();
    let titles: Vec<&str> = titles.iter().map(String::as_str).collect();
    let hosts: Vec<String> = (1..=300).map(|n| format!("web{n:03}.example.com")).collect();
    let mut run = Run::new(Mode::Push, &[("app", &titles)], hosts.iter().map(String::as_str));
    for (number, host) in hosts.iter().enumerate() {
        run.connect(host).ok(host, 0..10);
        run.changed(host, 10, 5 + number as u64).ok(host, 11..20);
        if number % 50 == 7 {
            run.begin(host, 20, Phase::Apply);
            let output = format!("{HOSTILE}Unable to locate {host}\n");
            run.end(host, 20, Outcome::Failed, None, output.as_bytes(), 40);
            run.skipped(host, 21..34, &Reason::AfterFailure { of: 20 });
            run.done(host, HostStatus::Failed, 300);
        } else {
            run.ok(host, 20..34).done(host, HostStatus::Ok, 250);
        }
    }
    run.finish()
}

#[test]
fn nothing_is_fetched_and_nothing_from_hosts_is_markup() {
    let mut events = canned::push();
    if let provision::event::Event::StepFinished { output, .. } = &mut events
        .iter_mut()
        .find(|stamped| matches!(&stamped.event, provision::event::Event::StepFinished { outcome, .. } if *outcome == Outcome::Failed))
        .unwrap()
        .event
    {
        output.extend_from_slice(HOSTILE.as_bytes());
    }
    let page = page(events);
    assert_eq!(page.matches("<script").count(), 2, "the data and the page's own");
    assert_eq!(page.matches("</script").count(), 2);
    assert!(!page.contains("<img") && !page.contains("<!--") && !page.contains("hunter22"));
    assert!(page.contains("default-src 'none'"));
    for address in ["http:", "https:", "src=\"", "url(", "@import"] {
        assert!(!page.contains(address), "{address}");
    }
    assert!(
        page.chars()
            .all(|c| c == '\n' || !c.is_control() && c != '\u{202e}')
    );
}

#[test]
fn a_large_run_is_a_small_page() {
    let page = page(large());
    assert!(
        page.len() < 250_000,
        "{} bytes for 300 hosts and 10,200 steps",
        page.len()
    );
}

#[test]
fn the_page_works_in_a_browser() {
    for (size, ticks) in [("1280,900", 8), ("500,900", 8)] {
        let Some(seen) = used(&page(canned::push()), size) else {
            return;
        };
        assert_eq!(seen["title"], "push of profile db to 7 hosts · provision");
        assert_eq!(seen["all"], "7 hosts");
        assert_eq!(
            seen["chips"],
            serde_json::json!(["failed4", "unreachable1", "changed1", "unchanged1"])
        );
        assert_eq!(seen["failed"], serde_json::json!(["db2", "db4", "db5", "db7"]));
        assert_eq!(
            (&seen["pressed"], &seen["some"]),
            (&"true".into(), &"4 of 7 hosts".into())
        );
        assert_eq!(seen["output"], serde_json::json!(["db2", "db4"]));
        assert_eq!(seen["nothing"], "No host is like that.");
        assert_eq!(seen["slowest"], "db1");
        assert_eq!(seen["spent"][0], "postgresql  package postgresql");
        assert_eq!(seen["linked"], serde_json::json!(["db1", "db2", "db4", "db5"]));
        assert!(seen["tracks"].as_u64().unwrap() > 10, "{seen}");
        assert_eq!(
            seen["outside"],
            serde_json::json!([]),
            "pieces outside of their tracks"
        );
        let marks = seen["ticks"].as_array().unwrap();
        assert!(
            (3..=ticks + 1).contains(&marks.len()) && marks[0] == "0",
            "{marks:?}"
        );
        let open = seen["open"].as_str().unwrap();
        for words in [
            "1 failed",
            "Unable to locate package postgresql",
            "its apply exited with status 100",
            "\\x1b]52;c",
        ] {
            assert!(open.contains(words), "{words}: {open}");
        }
        assert_eq!(seen["more"], false);
        assert_eq!(seen["wide"], 0, "nothing is wider than the window of {size}");
        assert_eq!((&seen["strangers"], &seen["unnamed"]), (&2.into(), &0.into()));
    }
}

#[test]
fn hostile_hosts_and_many_of_them_do_no_harm() {
    let Some(seen) = used(&page(large()), "1280,900") else {
        return;
    };
    assert_eq!(seen["title"], "push of profile db to 300 hosts · provision");
    assert_eq!(seen["all"], "300 hosts");
    assert_eq!(seen["failed"].as_array().unwrap().len(), 6);
    assert_eq!(seen["output"].as_array().unwrap().len(), 6);
    assert_eq!((&seen["strangers"], &seen["wide"]), (&2.into(), &0.into()));
}

/// So that a silent console means something.
#[test]
fn what_goes_wrong_in_the_browser_is_heard() {
    let page = page(canned::settled());
    let Some((_, console)) = browse(&page, "console.error('heard'); nothing.there();", "800,600") else {
        return;
    };
    let all = console.concat();
    assert!(
        all.contains("heard") && all.contains("nothing is not defined"),
        "{console:?}"
    );
    let page = page.replacen("</body>", "<script>document.title = 'taken'</script></body>", 1);
    let (elements, console) = browse(&page, "1", "800,600").unwrap();
    assert!(
        !elements.contains("<title>taken"),
        "the page's policy lets no stranger in"
    );
    assert!(
        console.concat().contains("Content Security Policy"),
        "{console:?}"
    );
}
