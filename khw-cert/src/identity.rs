//! Who a certificate is for: role to common name, groups and file name.
//!
//! The names are those of Kubernetes' default RBAC bindings, and of the two guides where Kubernetes has none.

/// A client of the API server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Role {
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
}

impl Role {
    /// The name of its files, without ending.
    pub(crate) fn file(self) -> &'static str {
        match self {
            Role::KubeProxy => "kube-proxy",
            Role::KubeScheduler => "kube-scheduler",
            Role::KubeControllerManager => "kube-controller-manager",
            Role::Admin => "admin",
            Role::ApiserverKubeletClient => "apiserver-kubelet-client",
        }
    }

    /// The user name towards the API server.
    pub(crate) fn common_name(self) -> &'static str {
        match self {
            Role::KubeProxy => "system:kube-proxy",
            Role::KubeScheduler => "system:kube-scheduler",
            Role::KubeControllerManager => "system:kube-controller-manager",
            Role::Admin => "admin",
            Role::ApiserverKubeletClient => "kube-apiserver-kubelet-client",
        }
    }

    /// The group towards the API server.
    pub(crate) fn organization(self) -> &'static str {
        match self {
            Role::KubeProxy => "system:node-proxier",
            Role::KubeScheduler => "system:kube-scheduler",
            Role::KubeControllerManager => "system:kube-controller-manager",
            Role::Admin | Role::ApiserverKubeletClient => "system:masters",
        }
    }
}
