//! The KubeletConfiguration of a worker that was built by hand: the tutorial's file, and what newer versions want.

use crate::args::{Arguments, Runtime};
use crate::check::check;
use crate::cis;
use crate::component::{Config, set_field_options, warn_and_refuse};
use crate::fields::KIND;
use crate::service_cidr::ServiceCidr;
use clap::parser::ValueSource;
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
    let existing = arguments.settings.start(&KIND, version)?;
    let before = existing.as_ref().and_then(Config::source).map(|file| check(file, version)).unwrap_or_default();
    let mut config = match existing {
        // Of an existing file, only what was asked for is changed.
        Some(mut config) => {
            let layout_named = matches.value_source("layout") == Some(ValueSource::CommandLine);
            let paths = Paths::new(arguments.layout, arguments.node.as_ref())?;
            if layout_named {
                put_client_ca(&mut config, &paths);
            }
            if arguments.runtime.is_some() {
                put_runtime(&mut config, runtime);
            }
            put_serving_pair(&mut config, &paths);
            config
        }
        None => defaults(version, runtime, arguments.layout, arguments.node.as_ref())?,
    };
    let services = arguments.service_cidr.as_deref().map(ServiceCidr::parse).transpose();
    let services = services.map_err(|e| e.field("--service-cidr"))?;
    if let Some(services) = &services {
        let dns: Vec<String> = services.dns().iter().map(ToString::to_string).collect();
        config.put_because(
            "clusterDNS",
            dns,
            ("The tenth address of the services' range", "サービスのアドレス範囲の 10 番目のアドレス。"),
        );
    }
    let changed = match arguments.cis {
        true => {
            let paths = Paths::new(arguments.layout, arguments.node.as_ref())?;
            cis::apply(&mut config, &path(&paths.paths.ca))
        }
        false => Vec::new(),
    };
    set_field_options(&mut config, &KIND, matches)?;
    if matches.get_one::<String>("resolv-conf").is_some_and(|f| f == "auto") {
        config.put_because(
            "resolvConf",
            resolv_conf(Path::new(SYSTEMD_RESOLVED).exists()),
            ("As it is on this host", "このホストの状態に合わせた値。"),
        );
    }
    arguments.settings.apply(&mut config)?;
    let (text, document) = config.render(arguments.settings.annotations())?;
    if let (Some(services), Some(Value::Array(dns))) = (&services, document.get("clusterDNS"))
        && let Some(address) = services.outside(dns.iter().filter_map(Value::as_str))
    {
        return Err(Error::new(format!("{address} is not in the services' range"))
            .field("clusterDNS")
            .hint("take away --service-cidr if DNS is no service of the cluster")
            .into());
    }
    warn_and_refuse(crate::TOOL.name, &check(&document, version), &before)?;
    if arguments.cis {
        cis::warnings(&document, &changed).into_iter().for_each(|text| cli::warn(crate::TOOL.name, text));
    }
    let asked = |field: &str| {
        let on = Some(&Value::Bool(true));
        document.get(field) == on && config.source().is_none_or(|file| file.get(field) != on)
    };
    if asked("rotateCertificates") {
        cli::warn(
            crate::TOOL.name,
            "rotateCertificates: unless the controller manager may approve the renewal, somebody must before the \
             certificate expires: kubectl create clusterrolebinding node-renewal --group=system:nodes \
             --clusterrole=system:certificates.k8s.io:certificatesigningrequests:selfnodeclient",
        );
    }
    if asked("serverTLSBootstrap") {
        cli::warn(
            crate::TOOL.name,
            "serverTLSBootstrap: until somebody approves the node's request, logs and exec do not work: \
             kubectl get csr, kubectl certificate approve NAME",
        );
    }
    arguments.output.write(text.as_bytes(), Kind::Public, Existing::Replace)?;
    Ok(Exit::Done)
}

/// The servers that systemd-resolved asks, without its own stub at 127.0.0.53, which no pod can reach.
const SYSTEMD_RESOLVED: &str = "/run/systemd/resolve/resolv.conf";

fn resolv_conf(resolved: bool) -> &'static str {
    if resolved { SYSTEMD_RESOLVED } else { "/etc/resolv.conf" }
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

/// The paths of a layout, and whether they are of one node.
struct Paths {
    paths: khw_core::layout::Paths,
    of_node: bool,
}

impl Paths {
    fn new(layout: Layout, node: Option<&NodeName>) -> Result<Self, Error> {
        // The CA's path is the same for all nodes of a layout.
        let any: NodeName = "node".parse()?;
        Ok(Paths { paths: layout.paths(node.unwrap_or(&any)), of_node: node.is_some() })
    }
}

fn path(path: &Path) -> String {
    path.display().to_string()
}

fn defaults(
    version: KubernetesVersion,
    runtime: Runtime,
    layout: Layout,
    node: Option<&NodeName>,
) -> Result<Config, Error> {
    let paths = Paths::new(layout, node)?;
    let mut config = Config::new(&KIND, version);
    let mut put = |path, value: Value, reason: (&str, &str)| config.put_because(path, value, reason);
    put(
        "authentication.anonymous.enabled",
        false.into(),
        (
            "Everybody who calls the kubelet has to say who they are",
            "kubelet を呼び出す者は必ず身元を示さなければならない。",
        ),
    );
    put(
        "authentication.webhook.enabled",
        true.into(),
        ("Pods such as a metrics server come with a token", "metrics-server などの Pod はトークンで認証される。"),
    );
    put_client_ca(&mut config, &paths);
    let mut put = |path, value: Value, reason: (&str, &str)| config.put_because(path, value, reason);
    put(
        "authorization.mode",
        "Webhook".into(),
        ("The cluster's RBAC rules hold for the kubelet, too", "クラスターの RBAC のルールが kubelet にも適用される。"),
    );
    put(
        "clusterDomain",
        "cluster.local".into(),
        ("The same as in the cluster's DNS service", "クラスターの DNS サービスの設定と同じ値にする。"),
    );
    put(
        "clusterDNS",
        vec!["10.96.0.10"].into(),
        ("The address of the cluster's DNS service", "クラスターの DNS サービスに割り当てたアドレス。"),
    );
    put_runtime(&mut config, runtime);
    let mut put = |path, value: Value, reason: (&str, &str)| config.put_because(path, value, reason);
    let resolved = (
        "The servers that systemd-resolved asks; its own address, 127.0.0.53, is no use to a pod. \
         Without systemd-resolved it is /etc/resolv.conf",
        "systemd-resolved が問い合わせる DNS サーバーの一覧。systemd-resolved 自身のアドレス 127.0.0.53 は Pod からは使えない。\
         systemd-resolved がなければ /etc/resolv.conf。",
    );
    put("resolvConf", SYSTEMD_RESOLVED.into(), resolved);
    put(
        "runtimeRequestTimeout",
        "15m".into(),
        ("Longer than the default, for slow hosts", "遅いホストのために、既定値より長くしてある。"),
    );
    put_serving_pair(&mut config, &paths);
    Ok(config)
}

fn put_client_ca(config: &mut Config, paths: &Paths) {
    let reason = (
        "The cluster's CA: the API server's certificate is from it",
        "クラスターの CA。API サーバーの証明書もこの CA が発行している。",
    );
    config.put_because("authentication.x509.clientCAFile", path(&paths.paths.ca), reason);
}

fn put_runtime(config: &mut Config, runtime: Runtime) {
    if runtime != Runtime::Docker {
        // The kubelet's default is cgroupfs, and two managers make pods restart for ever.
        let reason = (
            "The host runs with systemd; containerd needs SystemdCgroup = true with it",
            "このホストでは systemd が動いている。containerd 側も SystemdCgroup = true にする。",
        );
        config.put_because("cgroupDriver", "systemd", reason);
    }
    // Up to v1.26 this is a flag, which the unit has.
    let endpoint = match runtime {
        Runtime::Containerd if config.version().at_least(27) => "unix:///run/containerd/containerd.sock",
        Runtime::Crio if config.version().at_least(27) => "unix:///var/run/crio/crio.sock",
        _ => return,
    };
    let reason =
        ("From v1.27 on here, and no longer a flag of the unit", "v1.27 以降はユニットのフラグではなく、ここに書く。");
    config.put_because("containerRuntimeEndpoint", endpoint, reason);
}

fn put_serving_pair(config: &mut Config, paths: &Paths) {
    if paths.of_node {
        let reason = (
            "Without it the kubelet makes itself one that nobody can verify",
            "指定しないと、kubelet は誰にも検証できない証明書を自分で作る。",
        );
        config.put_because("tlsCertFile", path(&paths.paths.kubelet_certificate), reason);
        config.put_because(
            "tlsPrivateKeyFile",
            path(&paths.paths.kubelet_key),
            ("Readable by root only", "root だけが読めるようにする。"),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::{Config, Runtime, defaults, resolv_conf};
    use crate::component::Language;
    use crate::{check, cis};
    use khw_core::{KubernetesVersion, layout::Layout};

    #[test]
    fn cis_and_annotations_pass_the_check_in_every_version_and_change_no_meaning() -> Result<(), khw_core::Error> {
        for version in KubernetesVersion::all() {
            let layouts = [Layout::Tutorial, Layout::Mm, Layout::Kthw];
            let runtimes = [Runtime::Docker, Runtime::Containerd, Runtime::Crio];
            for (layout, runtime) in layouts.into_iter().flat_map(|l| runtimes.map(|r| (l, r))) {
                let mut config: Config = defaults(version, runtime, layout, Some(&"worker-1".parse()?))?;
                assert!(cis::apply(&mut config, "/ca.crt").is_empty(), "nothing was there before");
                let (plain, annotated) = (config.render(None)?, config.render(Some(Language::En))?);
                assert_eq!(check(&annotated.1, version), [], "{version}");
                assert_eq!(plain.1.root(), annotated.1.root());
                let code: String =
                    annotated.0.lines().filter(|l| !l.trim().starts_with('#')).map(|l| l.to_owned() + "\n").collect();
                assert_eq!(code, plain.0);
                assert!(annotated.0.lines().all(|l| l.len() <= 100 || !l.contains('#')), "{}", annotated.0);
                let japanese = config.render(Some(Language::Ja))?.0;
                let code: String =
                    japanese.lines().filter(|l| !l.trim().starts_with('#')).map(|l| l.to_owned() + "\n").collect();
                assert_eq!(code, plain.0);
                // Everything that the tool sets by itself is explained in Japanese.
                let comments = japanese.lines().filter(|l| l.trim().starts_with('#'));
                assert!(comments.into_iter().all(|l| l.chars().any(|c| c > '\u{3000}')), "{japanese}");
            }
        }
        Ok(())
    }

    #[test]
    fn resolv_conf_is_that_of_the_host() {
        assert_eq!([resolv_conf(true), resolv_conf(false)], ["/run/systemd/resolve/resolv.conf", "/etc/resolv.conf"]);
    }
}
