//! JUnit XML that parsers take, whatever hosts say.

use proptest::prelude::*;
use provision::event::{HostStatus, Mode, Outcome, Stamped};
use provision::report::Reporter;
use provision::report::junit::Junit;
use quick_xml::Reader;
use quick_xml::events::Event as Xml;

use super::canned::{self, Run};
use super::formats::{Sink, golden};

fn document(events: &[Stamped]) -> String {
    let sink = Sink::default();
    let mut junit = Junit::new("x.xml", sink.boxed());
    for event in events {
        junit.observe(event).unwrap();
    }
    junit.finish().unwrap();
    sink.text()
}

/// An element's name and its attributes.
type Element = (String, Vec<(String, String)>);

/// Every element with its attributes, and all text; fails on what is not well-formed.
fn parse(document: &str) -> (Vec<Element>, String) {
    let mut reader = Reader::from_str(document);
    reader.config_mut().check_end_names = true;
    let (mut elements, mut text, mut depth) = (Vec::new(), String::new(), 0_usize);
    loop {
        match reader.read_event().unwrap() {
            Xml::Eof => break,
            event @ (Xml::Start(_) | Xml::Empty(_)) => {
                let opens = matches!(event, Xml::Start(_));
                let (Xml::Start(element) | Xml::Empty(element)) = event else {
                    unreachable!()
                };
                let attributes = element.attributes().map(|attribute| {
                    let attribute = attribute.unwrap();
                    let key = attribute.key.as_ref().to_owned();
                    let value = attribute.value.to_string();
                    (key, value)
                });
                let name = element.name().as_ref().to_owned();
                elements.push((name, attributes.collect()));
                depth += usize::from(opens);
            }
            Xml::End(_) => depth -= 1,
            Xml::Text(part) => text.push_str(&part),
            _ => {}
        }
    }
    assert_eq!(depth, 0, "every element ends");
    (elements, text)
}

fn number(elements: &[Element], name: &str) -> usize {
    elements.iter().filter(|(element, _)| element == name).count()
}

#[test]
fn canned_runs_as_xml() {
    for (name, events) in [
        ("push", canned::push()),
        ("cancelled", canned::cancelled()),
        ("dry_run", canned::dry_run()),
        ("command", canned::command()),
    ] {
        // The secret is taken out before a reporter sees it; here nobody does.
        let document = document(&events).replace("hunter22", "********");
        golden(&format!("{name}.xml"), &document);
        let (elements, _) = parse(&document);
        let (all, attributes) = &elements[0];
        assert_eq!(all, "testsuites");
        let said = |key: &str| {
            let found = attributes.iter().find(|(name, _)| name == key);
            found.unwrap().1.parse::<usize>().unwrap()
        };
        assert_eq!(said("tests"), number(&elements, "testcase"), "{name}");
        assert_eq!(said("failures"), number(&elements, "failure"), "{name}");
        assert_eq!(said("errors"), number(&elements, "error"), "{name}");
        assert_eq!(said("skipped"), number(&elements, "skipped"), "{name}");
    }
}

#[test]
fn a_run_that_broke_off_does_not_look_well() {
    let mut events = canned::settled();
    events.truncate(events.len() - 2);
    let (elements, _) = parse(&document(&events));
    assert_eq!(number(&elements, "error"), 1);
}

proptest! {
    #[test]
    fn whatever_a_host_writes_it_is_xml(output: Vec<u8>, pieces in prop::collection::vec(
        prop::sample::select(vec!["]]>", "<![CDATA[", "</failure>", "&#0;", "<!--", "\u{fffe}", "\0", "\u{1b}[2J", "\"", "&"]), 0..8)) {
        let output = [output.as_slice(), pieces.concat().as_bytes()].concat();
        let mut run = Run::new(Mode::Push, &[("m", &["s"])], ["h"]);
        run.connect("h").end("h", 0, Outcome::Failed, None, &output, 5).done("h", HostStatus::Failed, 9);
        let events = run.finish();
        let document = document(&events);
        let (elements, text) = parse(&document);
        prop_assert_eq!(number(&elements, "failure"), 1);
        prop_assert_eq!(elements.len(), 4);
        // XML 1.0, section 2.2: no control characters but tab and line ends.
        let legal = |c: char| c == '\n' || !c.is_control() && !matches!(c, '\u{fffe}' | '\u{ffff}');
        prop_assert!(document.chars().all(legal));
        prop_assert!(!text.contains(['<', '>']));
    }
}
