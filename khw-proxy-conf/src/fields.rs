//! Every field of a KubeProxyConfiguration from Kubernetes 1.13 to 1.37: type, life, default, gate, flag of the same meaning, and
//! what it does. Options, help and checks come from here.
//!
//! Field sets were read from the types.go of each minor release's .0 tag, nested types and code defaults from the
//! same trees; 1.37 is the branch of a month before its release. All leaf fields said to exist in 1.20 pass the strict
//! decoder of the 1.20.2 binary, and all that are said to be newer are called unknown by it.

use khw_kubelet_conf::component::{Field, Kind, Type::*, always, cis_from, since, until};

/// The KubeProxyConfiguration.
pub const KIND: Kind = Kind {
    kind: "KubeProxyConfiguration",
    api_version: "kubeproxy.config.k8s.io/v1alpha1",
    program: "kube-proxy",
    fields: FIELDS,
};

const FIELDS: &[Field] = &[
    Field::new("kind", Text, 13).about("Always KubeProxyConfiguration").ja("このファイルの種類。必ず KubeProxyConfiguration と書く。"),
    Field::new("apiVersion", Text, 13).about("kubeproxy.config.k8s.io/v1alpha1 in every release from 1.13 to 1.37; nothing newer is accepted").ja("1.13 から 1.37 までのどのリリースでも kubeproxy.config.k8s.io/v1alpha1。これより新しいものは受け付けられない。"),
    Field::new("featureGates", Map(&Bool), 13).flag("feature-gates").about("Switches features on or off by name; an unknown name stops kube-proxy").ja("機能を名前で有効または無効にする。知らない名前があると起動しない。"),
    Field::new("bindAddress", Ip, 13).default("0.0.0.0").flag("bind-address").about("What kube-proxy takes as the node's main address (no socket is bound to it)").ja("kube-proxy がノードの主なアドレスとみなすもの (待ち受けには使わない)。"),
    Field::new("healthzBindAddress", Text, 13).default("0.0.0.0:10256").flag("healthz-bind-address").about("Address and port of the health endpoint").ja("ヘルスチェックのアドレスとポート。").note("[::]:10256 when bindAddress is IPv6"),
    Field::new("metricsBindAddress", Text, 13).default("127.0.0.1:10249").flag("metrics-bind-address").cis(&[cis_from("4.3.1", 27)]).about("Address and port of the metrics endpoint").ja("メトリクスを公開するアドレスとポート。").note("[::1]:10249 when bindAddress is IPv6"),
    Field::new("enableProfiling", Bool, 13).flag("profiling").about("Serves pprof on the metrics endpoint").ja("メトリクスのポートで pprof を提供する。"),
    Field::new("clusterCIDR", Cidr, 13).flag("cluster-cidr").about("Pod address range; traffic from outside it is masqueraded").ja("Pod のアドレス範囲。この範囲の外から来た通信はマスカレードされる。"),
    Field::new("hostnameOverride", NodeName, 13).flag("hostname-override").about("Node name to use instead of the hostname; must equal the name the kubelet registered").ja("ホスト名の代わりに使うノード名。kubelet が登録した名前と同じでなければならない。"),
    Field::new("clientConnection", Object, 13).about("How kube-proxy goes to the API server").ja("kube-proxy が API サーバーに接続する方法。"),
    Field::new("clientConnection.kubeconfig", Text, 13).flag("kubeconfig").about("kubeconfig file kube-proxy talks to the API server with").ja("kube-proxy が API サーバーとの通信に使う kubeconfig ファイル。").note("empty means the in-cluster service account"),
    Field::new("clientConnection.acceptContentTypes", Text, 13).about("Encodings that answers of the API server may have").ja("API サーバーの応答として受け入れる形式。"),
    Field::new("clientConnection.contentType", Text, 13).default("application/vnd.kubernetes.protobuf").flag("kube-api-content-type").about("Encoding of requests to the API server").ja("API サーバーへの要求の形式。"),
    Field::new("clientConnection.qps", Float, 13).default("5").flag("kube-api-qps").about("Most requests to the API server each second").ja("API サーバーへの一秒あたりの要求の最大数。"),
    Field::new("clientConnection.burst", Int32, 13).from(0).default("10").flag("kube-api-burst").about("Most requests at once, above qps").ja("qps を超えて一度に送れる要求の最大数。"),
    Field::new("iptables", Object, 13).about("Settings of the mode iptables").ja("iptables モードの設定。"),
    Field::new("iptables.masqueradeBit", Int32, 13).range(0, 31).default("14").flag("iptables-masquerade-bit").about("Mark bit used for SNAT").ja("SNAT を求めるパケットマークのビット。"),
    Field::new("iptables.masqueradeAll", Bool, 13).flag("masquerade-all").about("SNATs everything sent to Service addresses").ja("Service のアドレスへの通信をすべて SNAT する。"),
    Field::new("iptables.syncPeriod", Duration, 13).default("30s").flag("iptables-sync-period").about("Longest time between two full iptables syncs").ja("iptables のルールをすべて更新する最長の間隔。"),
    Field::new("iptables.minSyncPeriod", Duration, 13).default("1s").before(&[("0s", 18)]).flag("iptables-min-sync-period").about("Shortest time between two iptables syncs").ja("iptables のルールを更新する最短の間隔。").note("code default 0 up to 1.18, 1s from 1.19"),
    Field::new("ipvs", Object, 13).about("Settings of the mode ipvs").ja("ipvs モードの設定。"),
    Field::new("ipvs.syncPeriod", Duration, 13).default("30s").flag("ipvs-sync-period").about("Longest time between two full IPVS syncs").ja("IPVS のルールをすべて更新する最長の間隔。"),
    Field::new("ipvs.minSyncPeriod", Duration, 13).flag("ipvs-min-sync-period").about("Shortest time between two updates of the rules").ja("ルールを更新する最短の間隔。"),
    Field::new("ipvs.scheduler", Text, 13).flag("ipvs-scheduler").about("IPVS balancing method (rr when empty)").ja("IPVS の分散方式 (空なら rr)。"),
    Field::new("ipvs.excludeCIDRs", List(&Cidr), 13).flag("ipvs-exclude-cidrs").about("Ranges the IPVS clean-up leaves alone").ja("IPVS の掃除で触れないアドレス範囲。"),
    Field::new("oomScoreAdj", Int32, 13).range(-1000, 1000).default("-999").flag("oom-score-adj").about("OOM score of the process").ja("このプロセスの OOM スコア。"),
    Field::new("mode", Enum(&[always("iptables"), always("ipvs"), since("nftables", 29), until("userspace", 25)]), 13).default("\"\" (= iptables on Linux, kernelspace on Windows)").flag("proxy-mode").about("How Services are put into the kernel").ja("Service をカーネルに設定する方式。").note("userspace accepted up to 1.25; nftables from 1.29 (gate NFTablesProxyMode, on from 1.31, GA 1.33); ipvs deprecated from 1.35 (gate KubeProxyIPVS from 1.37)"),
    Field::new("portRange", Text, 13).deprecated(26, "it has no effect since the userspace mode went").flag("proxy-port-range").about("Ports of the host that the mode userspace may use").ja("userspace モードが使えるホストのポート。").note("only the userspace mode used it"),
    Field::new("resourceContainer", Text, 13).until(15).flag("resource-container").about("cgroup in which kube-proxy runs").ja("kube-proxy を動かす cgroup。"),
    Field::new("udpIdleTimeout", Duration, 13).until(25).flag("udp-timeout").about("How long an idle UDP connection is kept open in the mode userspace").ja("userspace モードで使われていない UDP 接続を保つ時間。").note("only the userspace mode used it"),
    Field::new("conntrack", Object, 13).about("The kernel's table of connections").ja("カーネルの接続表の設定。"),
    Field::new("conntrack.max", Int32, 13).until(14).flag("conntrack-max").about("Most connections in the table; 0 leaves it as it is").ja("接続の最大数。0 なら変えない。"),
    Field::new("conntrack.maxPerCore", Int32, 13).from(0).default("32768").flag("conntrack-max-per-core").about("nf_conntrack_max per CPU core; 0 leaves the kernel value alone").ja("CPU コアごとの nf_conntrack_max。0 ならカーネルの値を変えない。"),
    Field::new("conntrack.min", Int32, 13).from(0).default("131072").flag("conntrack-min").about("Lower bound of nf_conntrack_max").ja("nf_conntrack_max の下限。"),
    Field::new("conntrack.tcpEstablishedTimeout", Duration, 13).pointer().default("24h").flag("conntrack-tcp-timeout-established").about("Kernel timeout of idle TCP connections").ja("使われていない TCP 接続をカーネルが保つ時間。"),
    Field::new("conntrack.tcpCloseWaitTimeout", Duration, 13).pointer().default("1h").flag("conntrack-tcp-timeout-close-wait").about("Kernel timeout of TCP connections in CLOSE_WAIT").ja("CLOSE_WAIT の TCP 接続をカーネルが保つ時間。"),
    Field::new("configSyncPeriod", Duration, 13).default("15m").flag("config-sync-period").about("How often Services and endpoints are listed again").ja("Service とエンドポイントを一覧し直す間隔。"),
    Field::new("nodePortAddresses", List(&Text), 13).flag("nodeport-addresses").about("Node addresses on which NodePorts answer").ja("NodePort が応答するノードのアドレス。").note("CIDRs; the single word \"primary\" from 1.31; any mix of CIDRs, \"primary\", \"localhost\" and \"all\" from 1.37; unset means all addresses, but primary in nftables mode"),
    Field::new("winkernel", Object, 14).about("Settings for nodes with Windows").ja("Windows ノードの設定。"),
    Field::new("winkernel.networkName", Text, 14).about("Name of the HNS network of the pods").ja("Pod の HNS ネットワークの名前。"),
    Field::new("winkernel.sourceVip", Text, 14).about("Source address of traffic to services").ja("サービスへの通信の送信元アドレス。"),
    Field::new("winkernel.enableDSR", Bool, 14).about("Sends answers directly to the caller (direct server return)").ja("応答を呼び出し元に直接返す (DSR)。"),
    Field::new("ipvs.strictARP", Bool, 15).backports(&[(13, 6), (14, 2)]).flag("ipvs-strict-arp").about("Stops kube-ipvs0 from answering ARP; MetalLB and the like need it").ja("kube-ipvs0 が ARP に答えないようにする。MetalLB などに必要。").note("also in the patch releases 1.13.6+ and 1.14.2+"),
    Field::new("ipvs.tcpTimeout", Duration, 18).flag("ipvs-tcp-timeout").about("How long an idle TCP connection is kept; 0 leaves it as it is").ja("使われていない TCP 接続を保つ時間。0 なら変えない。"),
    Field::new("ipvs.tcpFinTimeout", Duration, 18).flag("ipvs-tcpfin-timeout").about("How long a TCP connection is kept after FIN; 0 leaves it as it is").ja("FIN の後に TCP 接続を保つ時間。0 なら変えない。"),
    Field::new("ipvs.udpTimeout", Duration, 18).flag("ipvs-udp-timeout").about("How long an idle UDP connection is kept; 0 leaves it as it is").ja("使われていない UDP 接続を保つ時間。0 なら変えない。"),
    Field::new("showHiddenMetricsForVersion", Text, 18).flag("show-hidden-metrics-for-version").about("Shows the metrics again that were hidden after this release, for one release").ja("このリリースより後に隠されたメトリクスを、一リリースの間だけ再び見せる。"),
    Field::new("detectLocalMode", Enum(&[always("ClusterCIDR"), always("NodeCIDR"), since("BridgeInterface", 24), since("InterfaceNamePrefix", 24)]), 18).default("\"\" (= ClusterCIDR)").flag("detect-local-mode").about("How kube-proxy tells local pod traffic from the rest").ja("このノードの Pod からの通信をどう見分けるか。").note("ClusterCIDR and NodeCIDR from 1.18; BridgeInterface and InterfaceNamePrefix from 1.24"),
    Field::new("bindAddressHardFail", Bool, 19).flag("bind-address-hard-fail").about("Stops when a port cannot be bound").ja("ポートを開けないときは停止する。"),
    Field::new("winkernel.rootHnsEndpointName", Text, 24).about("Name of the HNS endpoint in the root network namespace").ja("ルートのネットワーク名前空間にある HNS エンドポイントの名前。"),
    Field::new("winkernel.forwardHealthCheckVip", Bool, 24).about("Passes health checks of service addresses on to the pods").ja("サービスのアドレスへのヘルスチェックを Pod に転送する。"),
    Field::new("detectLocal", Object, 24).about("What tells pods of this node from others, for the modes that are not ClusterCIDR").ja("このノードの Pod を見分ける手がかり (ClusterCIDR 以外の方法のため)。"),
    Field::new("detectLocal.bridgeInterface", Text, 24).flag("pod-bridge-interface").about("Bridge name for BridgeInterface").ja("BridgeInterface のときのブリッジの名前。"),
    Field::new("detectLocal.interfaceNamePrefix", Text, 24).flag("pod-interface-name-prefix").about("Interface prefix for InterfaceNamePrefix").ja("InterfaceNamePrefix のときのインターフェース名の先頭。"),
    Field::new("iptables.localhostNodePorts", Bool, 26).default("true").flag("iptables-localhost-nodeports").about("Whether NodePorts answer on 127.0.0.1 (IPv4, iptables only)").ja("NodePort が 127.0.0.1 で応答するか (IPv4 の iptables のみ)。"),
    Field::new("logging", Object, 28).about("Settings of the program's own log").ja("このプログラム自身のログの設定。").note("no logging fields before 1.28: use the klog flags"),
    Field::new("logging.format", Enum(&[always("text"), always("json")]), 28).default("text").flag("logging-format").about("Form of the log lines").ja("ログの形式。"),
    Field::new("logging.flushFrequency", DurationOrNanoseconds, 28).default("5s").flag("log-flush-frequency").about("Longest time before buffered log lines are written").ja("ためたログを書き出すまでの最長の時間。"),
    Field::new("logging.verbosity", Uint32, 28).default("0").about("Same as the -v flag (the flag wins)").ja("-v フラグと同じ (フラグが優先)。"),
    Field::new("logging.vmodule", List(&Object), 28).about("Verbosity for single source files; for the text format only").ja("ソースファイルごとのログの詳しさ。text 形式でのみ効く。"),
    Field::new("logging.vmodule[].filePattern", Text, 28).about("Source file name without .go, or a pattern with * and ?").ja("ソースファイル名 (.go を除く)。* と ? を使える。"),
    Field::new("logging.vmodule[].verbosity", Uint32, 28).about("Verbosity for these files").ja("そのファイルのログの詳しさ。"),
    Field::new("logging.options", Object, 28).about("What only one log format knows").ja("ログ形式ごとの設定。"),
    Field::new("logging.options.json", Object, 28).about("Settings of the JSON format").ja("json 形式の設定。"),
    Field::new("logging.options.json.splitStream", Bool, 28).about("Writes errors to standard error and the rest to standard output").ja("エラーを標準エラー出力に、それ以外を標準出力に書く。"),
    Field::new("logging.options.json.infoBufferSize", Quantity, 28).about("Size of the buffer of the standard output stream; 0 is none").ja("標準出力側のバッファの大きさ。0 なら使わない。"),
    Field::new("nftables", Object, 29).about("Settings of the mode nftables").ja("nftables モードの設定。"),
    Field::new("nftables.masqueradeBit", Int32, 29).range(0, 31).default("14").about("Bit of the packet mark that asks for SNAT").ja("SNAT を求めるパケットマークのビット。"),
    Field::new("nftables.masqueradeAll", Bool, 29).about("SNATs everything sent to Service addresses").ja("Service のアドレスへの通信をすべて SNAT する。"),
    Field::new("nftables.syncPeriod", Duration, 29).default("30s").about("Longest time between two updates of the rules").ja("ルールを更新する最長の間隔。"),
    Field::new("nftables.minSyncPeriod", Duration, 29).default("1s").about("Shortest time between two updates of the rules").ja("ルールを更新する最短の間隔。"),
    Field::new("conntrack.tcpBeLiberal", Bool, 29).flag("conntrack-tcp-be-liberal").about("Lets packets through that are outside the TCP window").ja("TCP ウィンドウの外のパケットも通す。"),
    Field::new("conntrack.udpTimeout", Duration, 29).flag("conntrack-udp-timeout").about("How long an idle UDP entry is kept; 0 leaves it as it is").ja("使われていない UDP の項目を保つ時間。0 なら変えない。"),
    Field::new("conntrack.udpStreamTimeout", Duration, 29).flag("conntrack-udp-timeout-stream").about("How long an idle UDP stream is kept; 0 leaves it as it is").ja("使われていない UDP ストリームを保つ時間。0 なら変えない。"),
    Field::new("logging.options.text", Object, 30).about("Settings of the text format").ja("text 形式の設定。"),
    Field::new("logging.options.text.splitStream", Bool, 30).about("Writes errors to standard error and the rest to standard output").ja("エラーを標準エラー出力に、それ以外を標準出力に書く。"),
    Field::new("logging.options.text.infoBufferSize", Quantity, 30).about("Size of the buffer of the standard output stream; 0 is none").ja("標準出力側のバッファの大きさ。0 なら使わない。"),
    Field::new("windowsRunAsService", Bool, 31).about("Runs as a service of Windows").ja("Windows のサービスとして動く。"),
];

#[cfg(test)]
mod tests {
    use super::KIND;

    /// Annotations and `explain` take it from here, in both languages.
    #[test]
    fn every_field_says_what_it_does() {
        for field in KIND.fields {
            assert!(!field.about.is_empty() && !field.about.ends_with('.'), "{}", field.path);
            assert!(field.about_ja.ends_with('。'), "{}", field.path);
        }
    }
}
