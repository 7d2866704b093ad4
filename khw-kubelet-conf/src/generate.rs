//! The KubeletConfiguration of a worker that was built by hand: the tutorial's file, and what newer versions want.

use crate::args::{Arguments, Runtime};
use crate::check::check;
use crate::component::{Config, set_field_options, warn_and_refuse};
use crate::fields::KIND;
use crate::service_cidr::ServiceCidr;
use khw_core::layout::Layout;
use khw_core::output::Kind;
use khw_core::place::Existing;
use khw_core::{Error, Exit, KubernetesVersion, NodeName, cli};
use serde_json::Value;
use std::path::Path;

/// Prints it.
pub(crate) fn run(arguments: &Arguments, matches: &clap::ArgMatches) -> anyhow::Result<Exit> {
    let version = arguments.version.kubernetes_version;
    let runtime = runtime(arguments.runtime, version)?;
    let mut config = defaults(version, runtime, arguments.layout, arguments.node.as_ref())?;
    let services = arguments.service_cidr.as_deref().map(ServiceCidr::parse).transpose();
    let services = services.map_err(|e| e.field("--service-cidr"))?;
    if let Some(services) = &services {
        config.put("clusterDNS", services.dns().iter().map(ToString::to_string).collect::<Vec<_>>());
    }
    set_field_options(&mut config, &KIND, matches)?;
    arguments.settings.apply(&mut config)?;
    let (text, document) = config.render()?;
    if let (Some(services), Some(Value::Array(dns))) = (&services, document.get("clusterDNS")) {
        let outside = |address: &&str| address.parse().is_ok_and(|a| !services.contains(a));
        if let Some(address) = dns.iter().filter_map(Value::as_str).find(outside) {
            return Err(Error::new(format!("{address} is not in the services' range"))
                .field("clusterDNS")
                .hint("take away --service-cidr if DNS is no service of the cluster")
                .into());
        }
    }
    warn_and_refuse(crate::TOOL.name, &check(&document, version))?;
    if document.get("serverTLSBootstrap") == Some(&Value::Bool(true)) {
        cli::warn(
            crate::TOOL.name,
            "serverTLSBootstrap: until somebody approves the node's request, logs and exec do not work: \
             kubectl get csr, kubectl certificate approve NAME",
        );
    }
    arguments.output.write(text.as_bytes(), Kind::Public, Existing::Replace)?;
    Ok(Exit::Done)
}

/// The runtime that was asked for, or the usual one of the version.
fn runtime(asked: Option<Runtime>, version: KubernetesVersion) -> Result<Runtime, Error> {
    match asked {
        Some(Runtime::Docker) if version.at_least(24) => {
            Err(Error::new(format!("the kubelet of Kubernetes {version} has no Docker support"))
                .field("--runtime")
                .hint("it went with v1.24: use containerd, which Docker itself runs on, or crio"))
        }
        Some(runtime) => Ok(runtime),
        None if version.at_least(24) => Ok(Runtime::Containerd),
        None => Ok(Runtime::Docker),
    }
}

fn defaults(
    version: KubernetesVersion,
    runtime: Runtime,
    layout: Layout,
    node: Option<&NodeName>,
) -> Result<Config, Error> {
    // The CA's path is the same for all nodes of a layout.
    let any: NodeName = "node".parse()?;
    let paths = layout.paths(node.unwrap_or(&any));
    let path = |path: &Path| path.display().to_string();
    let mut config = Config::new(&KIND, version);
    config.put("authentication.anonymous.enabled", false);
    config.put("authentication.webhook.enabled", true);
    config.put("authentication.x509.clientCAFile", path(&paths.ca));
    config.put("authorization.mode", "Webhook");
    config.put("clusterDomain", "cluster.local");
    config.put("clusterDNS", vec!["10.96.0.10"]);
    if runtime != Runtime::Docker {
        // Distributions run with systemd as the manager of cgroups; the kubelet's default is another one, and two
        // managers make pods restart for ever.
        config.put("cgroupDriver", "systemd");
    }
    // Up to v1.26 this is a flag, which the unit has.
    if version.at_least(27) {
        match runtime {
            Runtime::Docker => {}
            Runtime::Containerd => config.put("containerRuntimeEndpoint", "unix:///run/containerd/containerd.sock"),
            Runtime::Crio => config.put("containerRuntimeEndpoint", "unix:///var/run/crio/crio.sock"),
        }
    }
    config.put("resolvConf", "/run/systemd/resolve/resolv.conf");
    config.put("runtimeRequestTimeout", "15m");
    if node.is_some() {
        config.put("tlsCertFile", path(&paths.kubelet_certificate));
        config.put("tlsPrivateKeyFile", path(&paths.kubelet_key));
    }
    Ok(config)
}
