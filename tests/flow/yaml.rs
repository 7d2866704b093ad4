//! Steps 8 and 10: the tutorial's heredocs and the tools give the same configuration.

use crate::meaning::yaml;
use crate::worker::{With, configurations_and_units};
use harness::Sandbox;

#[test]
fn the_configurations_are_equal_in_meaning() {
    let [real, khw] = [With::Real, With::Khw].map(|with| {
        let sandbox = Sandbox::new();
        configurations_and_units(&sandbox, with);
        sandbox
    });
    for file in ["kubelet-config.yaml", "kube-proxy-config.yaml"] {
        assert_eq!(yaml(&khw, file), yaml(&real, file), "{file}");
    }
}
