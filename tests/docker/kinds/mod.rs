//! Every kind of step on a real host of its own: `tests/docker/kinds/<kind>[-<what>].toml`, each a module's steps with
//! what is said around them, and the promises of `super::prove`.

use super::prove::{Case, prove_all};

#[test]
fn every_kind_is_predicted_placed_left_alone_and_mended() {
    prove_all("tests/docker/kinds", "ONLY_KIND", Case::of_steps);
}
