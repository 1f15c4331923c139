//! `provision schema`: what may stand in the three kinds of file, for editors to complete and check.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::ValueEnum;

use crate::diagnostic::Diagnostic;
use crate::inventory::inventory_schema;
use crate::module::module_schema;
use crate::profile::profile_schema;

use super::Outcome;
use super::completions::offer;
use super::outcome::print;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "An editor is told of a schema in a file's first line: #:schema ./schemas/module.json\nExample: provision schema --write schemas"
)]
pub(super) struct Args {
    /// The kind of file
    #[arg(value_enum, required_unless_present = "write")]
    kind: Option<Kind>,
    /// Write the schemas of all three kinds, or of the one named, to this folder
    #[arg(long, value_name = "FOLDER", add = offer::folders())]
    write: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// A module of your own
    Module,
    /// A profile
    Profile,
    /// An inventory
    Inventory,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Module => "module",
            Self::Profile => "profile",
            Self::Inventory => "inventory",
        }
    }

    fn text(self) -> String {
        let mut schema = match self {
            Self::Module => module_schema(),
            Self::Profile => profile_schema(),
            Self::Inventory => inventory_schema(),
        };
        schema["$schema"] = "https://json-schema.org/draft/2020-12/schema".into();
        schema["title"] = format!("provision {}", self.name()).into();
        serde_json::to_string_pretty(&schema).unwrap_or_default() + "\n"
    }
}

pub(super) fn run(args: &Args) -> Outcome {
    let Some(folder) = &args.write else {
        return print(&args.kind.map(Kind::text).unwrap_or_default());
    };
    let failed = |path: &PathBuf, error: std::io::Error| {
        Diagnostic::new(format!("cannot write {}: {error}", path.display()))
    };
    std::fs::create_dir_all(folder).map_err(|error| failed(folder, error))?;
    let mut said = String::new();
    for kind in Kind::value_variants() {
        if args.kind.is_none_or(|only| only == *kind) {
            let path = folder.join(format!("{}.json", kind.name()));
            std::fs::write(&path, kind.text()).map_err(|error| failed(&path, error))?;
            let _ = writeln!(said, "{}", path.display());
        }
    }
    print(&said)
}
