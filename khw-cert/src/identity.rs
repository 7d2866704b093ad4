//! Who a certificate is for: role to common name, groups, subject alternative names and usages.
//!
//! The names are those of Kubernetes' default RBAC bindings, and of kubeadm and the two guides where Kubernetes has none.

use crate::args::{Free, InCluster};
use crate::extension::AlternativeName;
use crate::{naming, san};
use clap::ValueEnum;
use khw_core::finding::Severity;
use khw_core::{Error, NodeName, cli};
use std::str::FromStr;

/// What a certificate is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Usage {
    /// A server shows it (extendedKeyUsage serverAuth)
    #[value(alias = "serverAuth")]
    Server,
    /// A client shows it (extendedKeyUsage clientAuth)
    #[value(alias = "clientAuth")]
    Client,
    /// Both of them
    Both,
}

/// A client: of the API server, unless its description says otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ClientRole {
    /// kube-proxy on the workers
    KubeProxy,
    /// The scheduler
    KubeScheduler,
    /// The controller manager
    KubeControllerManager,
    /// A person who may do everything (group system:masters)
    Admin,
    /// The API server towards the kubelets, for logs and exec (group system:masters)
    ApiserverKubeletClient,
    /// The API server towards etcd
    ApiserverEtcdClient,
    /// The API server towards extension API servers
    FrontProxyClient,
    /// The key pair that signs the tokens of service accounts
    ServiceAccounts,
}

/// A server of the control plane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ServerRole {
    /// The API server
    KubeApiserver,
    /// etcd towards its clients
    EtcdServer,
    /// etcd towards its other members
    EtcdPeer,
}

/// Whose certificate it is, in one word: `node:worker-1`, `client:kube-proxy`, `server:kube-apiserver`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Who {
    Node(NodeName),
    Client(ClientRole),
    Server(ServerRole),
}

/// All that a certificate says about whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Identity {
    /// The names of its files, without ending.
    pub(crate) stem: String,
    pub(crate) common_name: String,
    pub(crate) organizations: Vec<String>,
    /// The subject alternative names.
    pub(crate) names: Vec<AlternativeName>,
    pub(crate) server: bool,
    pub(crate) client: bool,
}

impl Identity {
    /// A kubelet, for its API and towards the API server.
    pub(crate) fn node(node: &NodeName) -> Self {
        Identity {
            stem: node.to_string(),
            common_name: node.user(),
            organizations: vec![NodeName::GROUP.to_owned()],
            names: vec![match node.as_str().parse() {
                // A client looks for an address among the addresses only.
                Ok(ip) => AlternativeName::Ip(ip),
                Err(_) => AlternativeName::Dns(node.to_string()),
            }],
            server: true,
            client: true,
        }
    }

    pub(crate) fn client(role: ClientRole) -> Self {
        let (common_name, organization) = role.names();
        Identity {
            stem: written(&role),
            common_name: common_name.to_owned(),
            organizations: organization.iter().map(|o| (*o).to_owned()).collect(),
            names: Vec::new(),
            server: false,
            client: true,
        }
    }

    pub(crate) fn server(role: ServerRole, in_cluster: &InCluster) -> Result<Self, Error> {
        let stem = written(&role);
        let mut names = Vec::new();
        match role {
            ServerRole::KubeApiserver => {
                san::add(&mut names, api_server_names(&in_cluster.cluster_domain).iter().map(String::as_str))
                    .map_err(|e| e.hint("write the domain as cluster.local"))?;
                names.extend(
                    in_cluster
                        .service_cluster_ip_range
                        .clone()
                        .unwrap_or_default()
                        .api_server()
                        .into_iter()
                        .map(AlternativeName::Ip),
                );
                san::add(&mut names, ["127.0.0.1"])?;
            }
            ServerRole::EtcdServer | ServerRole::EtcdPeer => san::add(&mut names, ["localhost", "127.0.0.1"])?,
        }
        Ok(Identity {
            common_name: stem.clone(),
            stem,
            organizations: vec!["Kubernetes".to_owned()],
            names,
            server: true,
            // Members of etcd are each other's clients, also with the certificate of their server (etcd-io/etcd#9785).
            client: role != ServerRole::KubeApiserver,
        })
    }

    pub(crate) fn of(who: &Who, in_cluster: &InCluster) -> Result<Self, Error> {
        match who {
            Who::Node(node) => Ok(Identity::node(node)),
            Who::Client(role) => Ok(Identity::client(*role)),
            Who::Server(role) => Identity::server(*role, in_cluster),
        }
    }

    /// One that `--cn` and `--org` name. Its file is called as the last part of the common name.
    pub(crate) fn free(common_name: &str, organizations: &[String], usage: Usage) -> Self {
        Identity {
            stem: common_name.rsplit(':').next().unwrap_or_default().to_owned(),
            common_name: common_name.to_owned(),
            organizations: organizations.to_vec(),
            names: Vec::new(),
            server: usage != Usage::Client,
            client: usage != Usage::Server,
        }
    }

    /// With the names and usages that were asked for besides.
    pub(crate) fn with<'a>(mut self, free: &Free, names: impl IntoIterator<Item = &'a String>) -> Result<Self, Error> {
        if self.common_name.is_empty() {
            return Err(Error::new("the common name is empty").field("--cn").hint("was a shell variable unset?"));
        }
        san::add(&mut self.names, names.into_iter().map(String::as_str))?;
        if !free.usage.is_empty() {
            let both = free.usage.contains(&Usage::Both);
            self.server = both || free.usage.contains(&Usage::Server);
            self.client = both || free.usage.contains(&Usage::Client);
        }
        if free.cn.is_some() {
            self.follow_naming_rules()?;
        }
        if let Some(name) = &free.file_name {
            self.stem.clone_from(name);
        }
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_.@".contains(c);
        if self.stem.is_empty() || self.stem.starts_with('.') || !self.stem.chars().all(plain) {
            return Err(Error::new(format!("'{}' is no name for a file", self.stem.escape_debug()))
                .hint("say --file-name NAME, with letters, digits, '-', '_' and '.'"));
        }
        Ok(self)
    }

    /// Refuses names that `check` would call an error, in its words, and says what it would warn of.
    fn follow_naming_rules(&self) -> Result<(), Error> {
        for finding in naming::findings(Some(&self.common_name), &self.organizations, self.client) {
            let option = if finding.field.as_deref() == Some("CN") { "--cn" } else { "--org" };
            let fix = finding.fix.unwrap_or_default();
            match finding.severity {
                Severity::Error => return Err(Error::new(finding.message).field(option).hint(fix)),
                Severity::Warning => cli::warn("khw-cert", format_args!("{option}: {}: {fix}", finding.message)),
            }
        }
        Ok(())
    }
}

impl ClientRole {
    /// Common name (the user name towards the API server) and organization (the group).
    fn names(self) -> (&'static str, Option<&'static str>) {
        match self {
            ClientRole::KubeProxy => ("system:kube-proxy", Some("system:node-proxier")),
            ClientRole::KubeScheduler => ("system:kube-scheduler", Some("system:kube-scheduler")),
            ClientRole::KubeControllerManager => {
                ("system:kube-controller-manager", Some("system:kube-controller-manager"))
            }
            ClientRole::Admin => ("admin", Some("system:masters")),
            ClientRole::ApiserverKubeletClient => ("kube-apiserver-kubelet-client", Some("system:masters")),
            ClientRole::ApiserverEtcdClient => ("kube-apiserver-etcd-client", None),
            ClientRole::FrontProxyClient => ("front-proxy-client", None),
            ClientRole::ServiceAccounts => ("service-accounts", Some("Kubernetes")),
        }
    }
}

/// The DNS names of the service `kubernetes`, under which Pods reach the API server.
pub(crate) fn api_server_names(domain: &str) -> Vec<String> {
    let mut names: Vec<String> =
        ["kubernetes", "kubernetes.default", "kubernetes.default.svc"].map(str::to_owned).to_vec();
    // kubernetes.default.svc.cluster too, as the guides have it: a resolver's search list may stop there.
    let mut name = "kubernetes.default.svc".to_owned();
    for label in domain.split('.') {
        name = format!("{name}.{label}");
        names.push(name.clone());
    }
    names
}

/// Whether a name is one of the API server's own in the cluster, whatever the domain.
pub(crate) fn is_api_server_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["kubernetes", "kubernetes.default", "kubernetes.default.svc"].contains(&name.as_str())
        || name.starts_with("kubernetes.default.svc.")
        // A wildcard over any of them is one too.
        || matches!(name.as_str(), "*.default" | "*.default.svc")
        || name.starts_with("*.default.svc.")
}

impl FromStr for Who {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let unknown = |kind: &str, name: &str, known: Vec<String>| {
            Error::new(format!("'{}' is no {kind} that is known", name.escape_debug()))
                .hint(format!("it is one of {}", known.join(", ")))
        };
        match text.split_once(':') {
            Some(("node", name)) => name.parse().map(Who::Node),
            Some(("client", name)) => ClientRole::from_str(name, false)
                .map(Who::Client)
                .map_err(|_| unknown("client", name, all::<ClientRole>("client:"))),
            Some(("server", name)) => ServerRole::from_str(name, false)
                .map(Who::Server)
                .map_err(|_| unknown("server", name, all::<ServerRole>("server:"))),
            Some(_) => Err(Error::new(format!("'{}' is no identity", text.escape_debug()))
                .hint("write node:NAME, client:ROLE or server:ROLE")),
            None => {
                let role = all::<ClientRole>("client:").into_iter().chain(all::<ServerRole>("server:"));
                if let Some(role) = role.into_iter().find(|role| role.ends_with(&format!(":{text}"))) {
                    return Err(Error::new(format!("'{text}' is a role, and may be a node"))
                        .hint(format!("write {role}, or node:{text} for a node of that name")));
                }
                text.parse().map(Who::Node)
            }
        }
    }
}

fn written<T: ValueEnum>(role: &T) -> String {
    role.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
}

fn all<T: ValueEnum>(prefix: &str) -> Vec<String> {
    T::value_variants().iter().map(|role| format!("{prefix}{}", written(role))).collect()
}

#[cfg(test)]
mod tests {
    use super::{ClientRole, ServerRole, Who, api_server_names, is_api_server_name};

    #[test]
    fn identities_in_one_word() {
        assert_eq!("worker-1".parse(), Ok(Who::Node("worker-1".parse().unwrap())));
        assert_eq!("node:kube-proxy".parse(), Ok(Who::Node("kube-proxy".parse().unwrap())));
        assert_eq!("client:kube-proxy".parse(), Ok(Who::Client(ClientRole::KubeProxy)));
        assert_eq!("server:etcd-server".parse(), Ok(Who::Server(ServerRole::EtcdServer)));
        for bad in ["kube-proxy", "client:x", "server:", "system:node:a", "Worker", ""] {
            assert!(bad.parse::<Who>().is_err(), "{bad}");
        }
    }

    #[test]
    fn the_api_servers_names() {
        let names = api_server_names("cluster.local");
        assert_eq!(names.last().map(String::as_str), Some("kubernetes.default.svc.cluster.local"));
        assert!(names.len() == 5 && names.iter().all(|name| is_api_server_name(name)));
        assert!(is_api_server_name("*.default.svc") && is_api_server_name("Kubernetes"));
        assert!(!is_api_server_name("kubernetes-1") && !is_api_server_name("default.svc"));
    }
}
