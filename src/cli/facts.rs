//! `provision facts`: what modules may know of hosts beyond the inventory.

use std::fmt::Write as _;
use std::num::NonZeroUsize;
use std::sync::Arc;

use serde_json::json;

use crate::config::{Data, Value};
use crate::event::exit;
use crate::inventory::Host;
use crate::report::words::unreachable;
use crate::runner::{self, fleet::DEFAULT_PARALLEL};

use super::Outcome;
use super::asking;
use super::listing::{self, ListingArgs};
use super::outcome::print;
use super::signals;
use super::whom::{HostsArgs, TrustArgs};

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example: provision facts --limit db1\nA module names them as facts.os.family and so on."
)]
pub(super) struct Args {
    #[command(flatten)]
    hosts: HostsArgs,
    #[command(flatten)]
    trust: TrustArgs,
    /// Hosts asked at once
    #[arg(long, value_name = "HOSTS", default_value_t = DEFAULT_PARALLEL)]
    parallel: NonZeroUsize,
    #[command(flatten)]
    listing: ListingArgs,
}

pub(super) fn run(args: &Args) -> Outcome {
    let hosts = args.hosts.select(&args.hosts.inventory()?)?;
    let mut hosts: Vec<_> = hosts.into_iter().map(|host| args.trust.apply(host)).collect();
    asking::of_inventory(&mut hosts)?;
    let (facts, silent, cancelled) = signals::runtime()?.block_on(async {
        let cancel = signals::listen()?;
        let (held, facts) = runner::gather(Arc::new(asking::ssh()), &hosts, args.parallel, &cancel).await;
        Ok::<_, super::Failure>((facts, held.close().await, cancel.is_requested()))
    })?;
    let code = if cancelled {
        exit::CANCELLED
    } else if facts.len() == hosts.len() {
        exit::WELL
    } else {
        exit::UNREACHED
    };
    if args.listing.is_json() {
        let of = |host: &Arc<Host>| {
            json!({
                "host": host.name,
                "facts": facts.get(&host.name).map(|facts| &**facts),
                "unreachable": silent.get(&host.name),
            })
        };
        listing::object(json!({ "hosts": hosts.iter().map(of).collect::<serde_json::Value>() }))?;
        return Ok(code);
    }
    let mut text = String::new();
    for host in &hosts {
        let _ = writeln!(text, "{}", host.name);
        match (facts.get(&host.name), silent.get(&host.name)) {
            (Some(facts), _) => lines(&mut text, "facts", facts),
            (None, Some(cause)) => {
                let advice = unreachable(cause);
                let _ = writeln!(text, "  unreachable: {}\n  {}", advice.what, advice.next);
            }
            (None, None) => text.push_str("  not asked\n"),
        }
    }
    print(&text)?;
    Ok(code)
}

/// One line for each fact. What a host says reaches the terminal only as escaped JSON strings.
fn lines(text: &mut String, path: &str, value: &Value) {
    match &value.data {
        Data::Table(table) => {
            for (name, key) in table.iter() {
                lines(text, &format!("{path}.{name}"), &key.value);
            }
        }
        _ => {
            let value = serde_json::to_string(value).unwrap_or_default();
            let _ = writeln!(text, "  {path} = {value}");
        }
    }
}
