//! What is kept between runs: a dry-run as a plan to be carried out later, and what the last push left on each host.
//!
//! Neither holds secrets or contents, only digests of them. A plan is taken whole, as it was written, or not at all.

mod digest;
mod gate;
mod left;
mod plan;

pub use digest::{Salt, definition, state, step};
pub use gate::{Agreed, Exactly, Heard, Notes};
pub use left::{Leaver, Left, Steps, Trouble};
pub use plan::{Change, Head, Kept, Unusable, inputs};
