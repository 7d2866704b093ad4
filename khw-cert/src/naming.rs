//! Kubernetes' rules for the names in a client certificate: the common name is a user, each organization a group.
//!
//! Names that begin with `system:` belong to Kubernetes. One that is misspelt authenticates, and then may do nothing:
//! the API server answers "Forbidden", and nothing says why.

use khw_core::NodeName;
use khw_core::finding::Finding;

/// The names of all findings here.
pub const FINDINGS: [&str; 6] = [
    "node-name-invalid",
    "node-group-missing",
    "node-user-missing",
    "name-punctuation",
    "system-name-misspelt",
    "system-name-unknown",
];

/// Users to whom Kubernetes binds roles, or who are known to its guides (plugin/pkg/auth/authorizer/rbac/bootstrappolicy).
const USERS: [&str; 7] = [
    "system:kube-proxy",
    "system:kube-scheduler",
    "system:kube-controller-manager",
    "system:cloud-controller-manager",
    "system:apiserver",
    "system:anonymous",
    "system:konnectivity-server",
];

/// Groups to which Kubernetes binds roles, and those that the guides give to its components.
const GROUPS: [&str; 12] = [
    "system:masters",
    "system:nodes",
    "system:node-proxier",
    "system:kube-proxy",
    "system:kube-scheduler",
    "system:kube-controller-manager",
    "system:authenticated",
    "system:unauthenticated",
    "system:bootstrappers",
    "system:serviceaccounts",
    "system:monitoring",
    "system:cloud-controller-manager",
];

/// Prefixes after which anything may follow.
const OPEN: [&str; 4] =
    ["system:bootstrap:", "system:bootstrappers:", "system:serviceaccount:", "system:serviceaccounts:"];

/// What is wrong with a user and its groups. `client` says that it is to authenticate at the API server; a server's own
/// common name is nobody's user name, and `kube-scheduler` is no mistake there.
pub fn findings(user: Option<&str>, groups: &[String], client: bool) -> Vec<Finding> {
    let mut out = Vec::new();
    let user = user.unwrap_or_default();
    for (field, value) in std::iter::once(("CN", user)).chain(groups.iter().map(|group| ("O", group.as_str()))) {
        out.extend(punctuation(field, value));
    }
    let in_nodes = groups.iter().any(|group| group == NodeName::GROUP);
    if let Some(name) = user.strip_prefix(NodeName::USER_PREFIX) {
        if let Err(error) = name.parse::<NodeName>()
            && punctuation("CN", user).is_none()
        {
            let mut finding = Finding::error("node-name-invalid", error.what()).field("CN");
            finding.fix = error.advice().map(str::to_owned);
            out.push(finding);
        }
        if !in_nodes {
            out.push(
                Finding::error(
                    "node-group-missing",
                    "a node is not in the group system:nodes, so the API server refuses it",
                )
                .field("O")
                .fix(format!("make it with khw-cert node {name}, or with /O={} in the subject", NodeName::GROUP)),
            );
        }
    } else if in_nodes {
        let meant = user.rsplit(':').next().unwrap_or_default();
        out.push(
            Finding::error(
                "node-user-missing",
                format!("'{user}' is in the group system:nodes and is not called system:node:NAME"),
            )
            .field("CN")
            .fix(format!("the common name of a node is {}{meant}", NodeName::USER_PREFIX)),
        );
    } else if client {
        out.extend(system_name("CN", user, &USERS));
    }
    if client {
        out.extend(groups.iter().filter_map(|group| system_name("O", group, &GROUPS)));
    }
    out
}

/// A name with something at its end that the shell or openssl's `-subj` left there.
fn punctuation(field: &str, value: &str) -> Option<Finding> {
    let plain = value.trim_matches(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '/' | '"' | '\''));
    (plain != value).then(|| {
        Finding::error(
            "name-punctuation",
            format!("'{value}' begins or ends with punctuation, which is part of the name"),
        )
        .field(field)
        .fix(format!("did you mean '{plain}'? openssl's -subj has '/' between names, no comma"))
    })
}

/// A name of Kubernetes that is unknown, or that lacks its prefix.
fn system_name(field: &str, value: &str, known: &[&'static str]) -> Option<Finding> {
    let open = OPEN.iter().any(|prefix| value.len() > prefix.len() && value.starts_with(prefix));
    if known.contains(&value) || open || punctuation(field, value).is_some() {
        return None;
    }
    let misspelt = |meant: String| {
        Finding::error("system-name-misspelt", format!("'{value}' is nobody that Kubernetes knows"))
            .field(field)
            .fix(format!("did you mean '{meant}'?"))
    };
    if value.starts_with("system:") || value.to_ascii_lowercase().starts_with("system:") {
        if let Some(name) = value.split("system:").last().and_then(|rest| rest.strip_prefix("node:"))
            && field == "CN"
        {
            return Some(misspelt(format!("{}{name}", NodeName::USER_PREFIX)));
        }
        return Some(similar(value, known).map(|meant| misspelt(meant.to_owned())).unwrap_or_else(|| {
            Finding::warning(
                "system-name-unknown",
                format!("'{value}' is no name of Kubernetes, to whom 'system:' belongs"),
            )
            .field(field)
            .fix("use a name without 'system:', or one of Kubernetes'")
        }));
    }
    // `kube-scheduler`, `nodes`, `node:worker-1`: the prefix was forgotten.
    if field == "CN" && value.starts_with("node:") {
        return Some(misspelt(format!("system:{value}")));
    }
    FORGOTTEN.contains(&(field, value)).then(|| misspelt(format!("system:{value}")))
}

/// Names that nobody would give to something else.
const FORGOTTEN: [(&str, &str); 7] = [
    ("CN", "kube-proxy"),
    ("CN", "kube-scheduler"),
    ("CN", "kube-controller-manager"),
    ("CN", "cloud-controller-manager"),
    ("O", "masters"),
    ("O", "nodes"),
    ("O", "node-proxier"),
];

/// The known name that somebody may have meant: the same after `system:` was written twice or in upper case, or one with
/// at most two letters wrong.
fn similar<'a>(value: &str, known: &[&'a str]) -> Option<&'a str> {
    let lower = value.to_ascii_lowercase();
    let last = lower.rsplit("system:").next().unwrap_or_default();
    let exact = known.iter().find(|name| name.strip_prefix("system:") == Some(last));
    exact.copied().or_else(|| {
        let near = known.iter().map(|name| (strsim::damerau_levenshtein(&lower, name), *name)).min();
        near.filter(|(distance, _)| *distance <= 2).map(|(_, name)| name)
    })
}

#[cfg(test)]
mod tests {
    use super::{FINDINGS, findings};

    fn found(user: &str, groups: &[&str]) -> Vec<(&'static str, Option<String>)> {
        let groups: Vec<String> = groups.iter().map(|g| (*g).to_owned()).collect();
        findings(Some(user), &groups, true).into_iter().map(|f| (f.name, f.fix)).collect()
    }

    #[test]
    fn names_that_are_right() {
        for (user, groups) in [
            ("system:node:worker-1", &["system:nodes"][..]),
            ("system:kube-proxy", &["system:node-proxier"]),
            ("system:kube-scheduler", &["system:kube-scheduler"]),
            ("system:kube-controller-manager", &["system:kube-controller-manager", "Kubernetes"]),
            ("admin", &["system:masters"]),
            ("kube-apiserver-kubelet-client", &["system:masters"]),
            ("alice", &["developers", "system:serviceaccounts:default"]),
            ("system:serviceaccount:kube-system:default", &[]),
            ("service-accounts", &["Kubernetes"]),
            ("kubernetes", &["Kubernetes"]),
        ] {
            assert_eq!(found(user, groups), [], "{user}");
        }
    }

    #[test]
    fn names_that_are_wrong() {
        let meant = |name: &str| Some(format!("did you mean '{name}'?"));
        for (user, groups, name, fix) in [
            // KTHW once had this one itself.
            ("system:system:kube-scheduler", &[][..], "system-name-misspelt", meant("system:kube-scheduler")),
            ("system:kube-sheduler", &[], "system-name-misspelt", meant("system:kube-scheduler")),
            ("System:kube-proxy", &[], "system-name-misspelt", meant("system:kube-proxy")),
            ("kube-scheduler", &[], "system-name-misspelt", meant("system:kube-scheduler")),
            ("node:worker-1", &[], "system-name-misspelt", meant("system:node:worker-1")),
            ("system:system:node:worker-1", &[], "system-name-misspelt", meant("system:node:worker-1")),
            ("alice", &["system:master"], "system-name-misspelt", meant("system:masters")),
            ("alice", &["masters"], "system-name-misspelt", meant("system:masters")),
            (
                "system:node:Worker-1",
                &["system:nodes"],
                "node-name-invalid",
                Some("the kubelet lower-cases its name: write 'worker-1'".to_owned()),
            ),
            (
                "worker-1",
                &["system:nodes"],
                "node-user-missing",
                Some("the common name of a node is system:node:worker-1".to_owned()),
            ),
            (
                "system:node:worker-1",
                &[],
                "node-group-missing",
                Some("make it with khw-cert node worker-1, or with /O=system:nodes in the subject".to_owned()),
            ),
            (
                "admin",
                &["system:masters,"],
                "name-punctuation",
                Some("did you mean 'system:masters'? openssl's -subj has '/' between names, no comma".to_owned()),
            ),
            (
                "system:bouncer",
                &[],
                "system-name-unknown",
                Some("use a name without 'system:', or one of Kubernetes'".to_owned()),
            ),
        ] {
            assert_eq!(found(user, groups), [(name, fix)], "{user} {groups:?}");
            assert!(FINDINGS.contains(&name));
        }
    }

    #[test]
    fn a_servers_common_name_is_nobodys_user() {
        assert_eq!(findings(Some("kube-scheduler"), &[], false), []);
    }
}
