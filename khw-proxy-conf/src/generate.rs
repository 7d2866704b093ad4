//! The KubeProxyConfiguration of a worker that was built by hand.

use crate::args::Arguments;
use crate::check::check;
use crate::fields::KIND;
use clap::parser::ValueSource;
use khw_core::layout::Layout;
use khw_core::output::Kind;
use khw_core::place::Existing;
use khw_core::{Error, Exit, KubernetesVersion, NodeName, cli};
use khw_kubelet_conf::component::{Config, Reason, set_field_options, warn_and_refuse};

/// The pods' range when none is named: that of flannel's and of MM's manifests. The tutorial writes the nodes' own
/// network here, which works only as long as nobody looks.
const CLUSTER_CIDR: &str = "10.244.0.0/16";

/// Prints it.
pub(crate) fn run(arguments: &Arguments, matches: &clap::ArgMatches) -> anyhow::Result<Exit> {
    let version = arguments.version.kubernetes_version;
    let existing = arguments.settings.start(&KIND, version)?;
    let before = existing.as_ref().and_then(Config::source).map(|file| check(file, version)).unwrap_or_default();
    let mut config = match existing {
        // Of an existing file, only what was asked for is changed.
        Some(mut config) => {
            if matches.value_source("layout") == Some(ValueSource::CommandLine) {
                put_kubeconfig(&mut config, arguments.layout)?;
            }
            config
        }
        None => defaults(version, arguments.layout)?,
    };
    if arguments.cis {
        put_cis(&mut config);
    }
    set_field_options(&mut config, &KIND, matches)?;
    arguments.settings.apply(&mut config)?;
    let (text, document) = config.render(arguments.settings.annotations())?;
    warn_and_refuse(crate::TOOL.name, &check(&document, version), &before)?;
    arguments.output.write(text.as_bytes(), Kind::Public, Existing::Replace)?;
    Ok(Exit::Done)
}

fn defaults(version: KubernetesVersion, layout: Layout) -> Result<Config, Error> {
    let mut config = Config::new(&KIND, version);
    put_kubeconfig(&mut config, layout)?;
    config.put_because(
        "mode",
        "iptables",
        (
            "The default, and right for a first cluster; write it in lower case",
            "既定の方式で、最初のクラスターに適している。小文字で書く。",
        ),
    );
    let reason = (
        "The pods' own range, the same as in kube-controller-manager and the network plugin",
        "Pod のアドレス範囲。kube-controller-manager やネットワークプラグインの設定と同じ値にする。",
    );
    config.put_because("clusterCIDR", CLUSTER_CIDR, reason);
    Ok(config)
}

/// What section 4.3 of the CIS benchmark wants. Which releases' benchmarks have it is in the table.
fn put_cis(config: &mut Config) {
    const PATH: &str = "metricsBindAddress";
    let version = config.version();
    let Some(id) = KIND.field(PATH).and_then(|field| field.cis_in(version)) else {
        let what = format!("--cis: the benchmark of {version} asks nothing of kube-proxy's configuration");
        return cli::warn(crate::TOOL.name, what);
    };
    let reason = Reason {
        en: format!("CIS {id}: not for everybody to see"),
        ja: format!("CIS {id}: 外部からは見えないようにする。"),
    };
    config.put_because(PATH, "127.0.0.1:10249", reason);
}

fn put_kubeconfig(config: &mut Config, layout: Layout) -> Result<(), Error> {
    // kube-proxy's paths are the same for all nodes of a layout.
    let any: NodeName = "node".parse()?;
    let kubeconfig = layout.paths(&any).kube_proxy_kubeconfig.display().to_string();
    let reason = (
        "Has to be here: with a file, kube-proxy ignores the flag --kubeconfig without a word",
        "ここに書かなければならない。設定ファイルがあると、kube-proxy は --kubeconfig フラグを黙って無視する。",
    );
    config.put_because("clientConnection.kubeconfig", kubeconfig, reason);
    Ok(())
}
