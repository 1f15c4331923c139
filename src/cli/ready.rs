//! From files to plans that can be run: secrets fetched, passwords asked for, hosts asked what they are.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::Arc;

use crate::plan::Plan;
use crate::runner::{self, Cancel};
use crate::transport::Transport;

use super::Failure;
use super::asking::{self, AskArgs};
use super::project::Prepared;
use super::push::secrets;
use super::whom::TrustArgs;

/// Plans, and the way to their hosts.
pub(super) struct Ready {
    pub(super) plans: Vec<Plan>,
    /// What must not be shown.
    pub(super) hidden: Vec<String>,
    pub(super) transport: Arc<dyn Transport>,
}

/// Plans what was `prepared`; only a profile that uses facts contacts anybody for that.
pub(super) async fn ready(
    mut prepared: Prepared,
    trust: &TrustArgs,
    ask: &AskArgs,
    parallel: NonZeroUsize,
    cancel: &Cancel,
) -> Result<Ready, Failure> {
    for host in &mut prepared.hosts {
        *host = trust.apply(Arc::clone(host));
    }
    // What can be found wrong without asking anybody is found here.
    prepared.plan(&HashMap::new())?;
    let mut hidden = ask.apply(prepared.hosts.iter_mut())?;
    let mut plans = prepared.plan(&HashMap::new())?;
    let mut transport: Arc<dyn Transport> = Arc::new(asking::ssh());
    if prepared.uses_facts() {
        let (held, facts) = runner::gather(transport, &prepared.hosts, parallel, cancel).await;
        transport = Arc::new(held);
        plans = prepared.plan(&facts)?;
    }
    hidden.extend(secrets(&plans));
    hidden.extend(prepared.secrets.iter().map(|secret| secret.expose().to_owned()));
    Ok(Ready {
        plans,
        hidden,
        transport,
    })
}
