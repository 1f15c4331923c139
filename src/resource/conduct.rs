//! How a step is carried out, whatever its kind.

use crate::profile::OnFailure;

/// What a step says about its own carrying out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Conduct {
    /// What its failure means for the steps after it; when not said, what its module's failure means.
    pub on_failure: Option<OnFailure>,
}
