//! What section 4.2 of the CIS Kubernetes Benchmark wants of a kubelet's configuration, by version.
//!
//! The benchmark of a version is the one that kube-bench takes for it: cis-1.5 for v1.15 up to cis-1.12 for v1.32 to
//! v1.34. Older and newer versions get the nearest. The checks were renumbered with cis-1.7, which is v1.25's.

use crate::component::{Config, Document, Reason};
use crate::fields::KIND;
use serde_json::Value;

/// The suites that every benchmark allows, under the names that the benchmark has for them.
const CIPHER_SUITES: &[&str] = &[
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305",
    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305",
];

/// A value of an existing file that the benchmark wants otherwise.
pub(crate) struct Changed {
    path: &'static str,
    before: Value,
    after: Value,
}

/// Sets it all, and says what it changed of an existing file. `client_ca` is for a file that names none. The certificate
/// and key of 4.2.10 (4.2.9) need a node's name.
pub(crate) fn apply(config: &mut Config, client_ca: &str) -> Vec<Changed> {
    let version = config.version();
    let mut changed = Vec::new();
    let client_ca = config.get("authentication.x509.clientCAFile").cloned().unwrap_or_else(|| client_ca.into());
    let serving = ["tlsCertFile", "tlsPrivateKeyFile"].map(|path| (path, config.get(path).cloned()));
    // Which releases' benchmarks have a check, and under which number, is in the table.
    let mut put = |path: &'static str, value: Value, (en, ja): (&str, &str)| {
        if let Some(id) = KIND.field(path).and_then(|field| field.cis_in(version)) {
            let reason = Reason { en: format!("CIS {id}: {en}"), ja: format!("CIS {id}: {ja}。") };
            if let Some(before) = config.get(path).filter(|before| **before != value && config.source().is_some()) {
                changed.push(Changed { path, before: before.clone(), after: value.clone() });
            }
            config.put_because(path, value, reason);
        }
    };
    put(
        "authentication.anonymous.enabled",
        false.into(),
        (
            "everybody who calls the kubelet has to say who they are",
            "kubelet を呼び出す者は必ず身元を示さなければならない",
        ),
    );
    put(
        "authorization.mode",
        "Webhook".into(),
        ("the cluster's RBAC rules hold for the kubelet, too", "クラスターの RBAC のルールが kubelet にも適用される"),
    );
    put(
        "authentication.x509.clientCAFile",
        client_ca,
        (
            "the cluster's CA: the API server's certificate is from it",
            "クラスターの CA。API サーバーの証明書もこの CA が発行している",
        ),
    );
    for (path, value) in serving {
        if let Some(value) = value {
            let reason = (
                "without it the kubelet makes itself a certificate that nobody can verify",
                "指定しないと、kubelet は誰にも検証できない証明書を自分で作る",
            );
            put(path, value, reason);
        }
    }
    put("readOnlyPort", 0.into(), ("no port that asks nobody who they are", "身元を確認しないポートを開かない"));
    // The field has no effect any more from v1.34 on.
    if !version.at_least(34) {
        put(
            "streamingConnectionIdleTimeout",
            "5m".into(),
            ("an idle exec or port-forward ends", "使われていない exec や port-forward を終了させる"),
        );
    }
    put(
        "protectKernelDefaults",
        true.into(),
        ("the host's kernel settings are the administrator's", "ホストのカーネル設定は管理者が決める"),
    );
    put(
        "makeIPTablesUtilChains",
        true.into(),
        ("the kubelet's own chains are there", "kubelet のチェーンを用意しておく"),
    );
    // 0 up to cis-1.23; any value later.
    if !version.at_least(24) {
        put("eventRecordQPS", 0.into(), ("the benchmark asks for exactly 0", "ベンチマークはちょうど 0 を求めている"));
    }
    put(
        "rotateCertificates",
        true.into(),
        ("the client certificate is renewed before it expires", "クライアント証明書を期限が切れる前に更新する"),
    );
    put("tlsCipherSuites", CIPHER_SUITES.into(), ("strong suites only", "強い暗号スイートだけを使う"));
    put(
        "podPidsLimit",
        4096.into(),
        ("no pod takes all processes of the node", "1 つの Pod がノードのプロセスを使い尽くさないようにする"),
    );
    put(
        "seccompDefault",
        true.into(),
        ("pods run with the runtime's seccomp profile", "Pod をランタイムの seccomp プロファイルで動かす"),
    );
    changed
}

/// What was changed of an existing file, unless one's own options did so, and what the benchmark asks of the host or of
/// the person.
pub(crate) fn warnings(document: &Document, changed: &[Changed]) -> Vec<String> {
    let shown = |value: &Value| value.to_string().chars().take(60).collect::<String>();
    let there = changed.iter().filter(|changed| document.get(changed.path) == Some(&changed.after));
    let mut warnings: Vec<String> =
        there.map(|changed| format!("{}: --cis changes it, it was {}", changed.path, shown(&changed.before))).collect();
    if document.get("protectKernelDefaults") == Some(&Value::Bool(true)) {
        warnings.push(
            "protectKernelDefaults: the kubelet stops unless the host has vm.overcommit_memory=1, vm.panic_on_oom=0, \
             kernel.panic=10, kernel.panic_on_oops=1, kernel.keys.root_maxkeys=1000000, \
             kernel.keys.root_maxbytes=25000000 (sysctl)"
                .to_owned(),
        );
    }
    if document.get("tlsCertFile").is_none() {
        warnings.push(
            "tlsCertFile: the benchmark wants it and tlsPrivateKeyFile: say --node NAME, or give the kubelet the flags"
                .to_owned(),
        );
    }
    warnings
}
