//! How large programs are, kind by kind; no host takes part.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use provision::config::{Data, Value};
use provision::diagnostic::{Origin, Source};
use provision::document;
use provision::event::Step;
use provision::name::Name;
use provision::plan::{self, Planned, STOP, Wishes};
use provision::resource::{self, KEYS, Resource};

use super::Outcome;

/// Steps of each kind as the tests have them.
const CASES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/resource");

/// Bytes of both halves.
struct Size {
    ask: usize,
    act: usize,
}

/// Prints, for every kind, the program of its largest case alone, and what one more such step adds.
pub(super) fn run() -> Outcome<()> {
    println!("| kind | case | asks | changes | one more asks | one more changes |");
    println!("|---|---|---:|---:|---:|---:|");
    for kind in KEYS {
        let mut cases = BTreeMap::new();
        for folder in fs::read_dir(Path::new(CASES).join(kind))? {
            let folder = folder?.path();
            let step = read(kind, &folder)?;
            let (one, two) = (size(std::slice::from_ref(&step))?, size(&[step.clone(), step])?);
            cases.insert((one.ask + one.act, folder), (one, two));
        }
        let Some(((_, folder), (one, two))) = cases.pop_last() else {
            continue;
        };
        println!(
            "| {kind} | {} | {} | {} | {} | {} |",
            folder.file_name().unwrap_or_default().display(),
            one.ask,
            one.act,
            two.ask - one.ask,
            two.act - one.act,
        );
    }
    Ok(())
}

fn read(kind: &str, folder: &Path) -> Outcome<Resource> {
    let path = folder.join("step.toml");
    let text = fs::read_to_string(&path)?;
    let source = Source::new(&path, text.clone());
    let step = Value {
        data: Data::Table(document::parse(&source).map_err(|mistake| format!("{mistake:?}"))?),
        origin: Origin::new(&source, 0..text.trim_end().len()),
    };
    Ok(resource::read(kind, &step).map_err(|mistake| format!("{mistake:?}"))?)
}

fn size(steps: &[Resource]) -> Outcome<Size> {
    let planned = |(index, resource): (usize, &Resource)| -> Outcome<Planned> {
        Ok(Planned {
            step: Arc::new(Step {
                index,
                module: Name::parse("sizes")?,
                title: resource.title().into(),
            }),
            resource: resource.clone(),
            next_on_failure: STOP,
        })
    };
    let steps: Vec<Planned> = steps.iter().enumerate().map(planned).collect::<Outcome<_>>()?;
    let ask = plan::ask(&steps, Wishes::default())?;
    let act = plan::act(&steps, 0, false, &ask)?;
    Ok(Size {
        ask: ask.len(),
        act: act.len(),
    })
}
