//! How a step is carried out, whatever its kind.

use crate::profile::OnFailure;

/// What a step says about its own carrying out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Conduct {
    /// What its failure means for the steps after it; when not said, what its module's failure means.
    pub on_failure: Option<OnFailure>,
    /// Seconds its apply may take, and each look of its check; then everything it has started is ended and the step has
    /// failed.
    pub timeout: Option<u32>,
    /// How often it is tried again when it has failed.
    pub retries: u32,
    /// Seconds between two tries.
    pub delay: u32,
}
