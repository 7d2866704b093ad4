//! Steps 8 and 10: the tutorial's heredocs and the tools give the same configuration.

use crate::meaning::yaml;
use crate::worker::{Ca, Judges, With};

#[test]
fn the_configurations_are_equal_in_meaning() {
    let Some(judges) = Judges::find() else { return };
    let made = judges.ca(Ca::Openssl);
    let real = judges.tutorial(&made, With::Real, With::Real);
    let khw = judges.tutorial(&made, With::Real, With::Khw);
    for file in ["kubelet-config.yaml", "kube-proxy-config.yaml"] {
        assert_eq!(yaml(&khw, file), yaml(&real, file), "{file}");
    }
}
