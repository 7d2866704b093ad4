//! Step 2: kubectl and khw-kubeconfig give the same kubeconfig, in kubectl's own view.

use crate::meaning::base64;
use crate::worker::{Ca, Judges, KUBE_PROXY_KUBECONFIG, NODE_KUBECONFIG, With, own_words};
use harness::Sandbox;
use serde_json::{Value, json};

/// kubectl's view, after it was seen that the embedded data are the files', put as the files' names.
fn view(judges: &Judges, sandbox: &Sandbox, name: &str) -> Value {
    let text = judges.sh(sandbox, &format!("kubectl config view --raw -o json --kubeconfig={name}.kubeconfig"));
    let mut value: Value = serde_json::from_str(&text).expect("JSON");
    for (pointer, file) in [
        ("/clusters/0/cluster/certificate-authority-data", "ca.crt".to_owned()),
        ("/users/0/user/client-certificate-data", format!("{name}.crt")),
        ("/users/0/user/client-key-data", format!("{name}.key")),
    ] {
        let data = value.pointer_mut(pointer).unwrap_or_else(|| panic!("{name}: no {pointer}"));
        assert_eq!(data.as_str(), Some(base64(sandbox, &file).as_str()), "{name}: {pointer}");
        *data = file.into();
    }
    value
}

/// What the tutorial's four lines say.
fn meant(cluster: &str, user: &str, name: &str) -> Value {
    json!({
        "kind": "Config",
        "apiVersion": "v1",
        "preferences": {},
        "clusters": [{ "name": cluster, "cluster": {
            "server": "https://192.168.5.30:6443",
            "certificate-authority-data": "ca.crt",
        }}],
        "users": [{ "name": user, "user": {
            "client-certificate-data": format!("{name}.crt"),
            "client-key-data": format!("{name}.key"),
        }}],
        "contexts": [{ "name": "default", "context": { "cluster": cluster, "user": user } }],
        "current-context": "default",
    })
}

const USERS: [(&str, &str); 2] = [("worker-1", "system:node:worker-1"), ("kube-proxy", "system:kube-proxy")];

#[test]
fn the_tutorials_own_lines_give_equal_kubeconfigs() {
    let Some(judges) = Judges::find() else { return };
    let made = judges.ca(Ca::Openssl);
    for rest in [With::Real, With::Khw] {
        let sandbox = judges.tutorial(&made, With::Real, rest);
        for (name, user) in USERS {
            assert_eq!(view(&judges, &sandbox, name), meant("kubernetes-the-hard-way", user, name), "{rest:?}");
            assert_eq!(sandbox.mode(format!("{name}.kubeconfig")), 0o600, "{rest:?} {name}");
        }
    }
}

#[test]
fn the_same_is_said_on_standard_output() {
    let Some(judges) = Judges::find() else { return };
    let made = judges.ca(Ca::Openssl);
    let sandbox = judges.tutorial(&made, With::Real, With::Real);
    for block in [NODE_KUBECONFIG, KUBE_PROXY_KUBECONFIG] {
        // Made anew and changed to what it is already: the words differ.
        for prepare in ["rm -f *.kubeconfig", "true"] {
            sandbox.sh(prepare).ok();
            let real = judges.block(&sandbox, block, With::Real);
            sandbox.sh(prepare).ok();
            let khw = judges.block(&sandbox, block, With::Khw);
            assert_eq!(khw, real);
        }
    }
}

#[test]
fn khws_own_words_give_the_same_meaning() {
    let Some(judges) = Judges::find() else { return };
    let own = own_words(&judges.ca(Ca::Khw));
    for (name, user) in USERS {
        let view = view(&judges, &own, name);
        // The cluster has no name of its own in khw's words.
        let cluster = view["clusters"][0]["name"].as_str().expect("the cluster's name").to_owned();
        assert_eq!(view, meant(&cluster, user, name));
    }
}

#[test]
fn each_takes_the_others_certificates() {
    let Some(judges) = Judges::find() else { return };
    let made = judges.ca(Ca::Openssl);
    for (certificates, rest) in [(With::Real, With::Khw), (With::Khw, With::Real)] {
        let sandbox = judges.tutorial(&made, certificates, rest);
        for (name, user) in USERS {
            assert_eq!(view(&judges, &sandbox, name), meant("kubernetes-the-hard-way", user, name));
        }
    }
}

#[test]
fn each_changes_the_others_kubeconfig() {
    let Some(judges) = Judges::find() else { return };
    let made = judges.ca(Ca::Openssl);
    let sandbox = judges.tutorial(&made, With::Real, With::Real);
    let lines: Vec<&str> = NODE_KUBECONFIG.lines().filter(|l| !l.is_empty()).collect();
    // Line about: kubectl, khw, kubectl, khw; and the other way round.
    for first in [0, 1] {
        sandbox.sh("rm worker-1.kubeconfig").ok();
        for (number, line) in lines.iter().enumerate() {
            judges.block(&sandbox, line, if (number + first) % 2 == 0 { With::Real } else { With::Khw });
        }
        let meant = meant("kubernetes-the-hard-way", "system:node:worker-1", "worker-1");
        assert_eq!(view(&judges, &sandbox, "worker-1"), meant);
    }
}
