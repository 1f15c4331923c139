//! Builtin modules on real hosts of their own: `tests/docker/builtins/<module>[-<what>].toml`, each a profile with what is
//! said around it, and the promises of `super::prove`.

use super::prove::{Case, prove_all};

#[test]
fn every_builtin_is_predicted_placed_left_alone_and_mended() {
    prove_all("tests/docker/builtins", "ONLY_BUILTIN", Case::of_profile);
}
