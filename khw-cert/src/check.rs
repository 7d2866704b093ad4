//! `khw-cert check`: what is wrong with a certificate, before a cluster finds it out.

use crate::certificate::Certificate;
use crate::chain::{self, Peer};
use crate::extension::AlternativeName;
use crate::facts::{Facts, is_proper_serial};
use crate::identity::{Identity, ServerRole, Who, api_server_names};
use crate::issue::date;
use crate::within::Within;
use crate::{args, check_key, naming, san};
use khw_core::finding::Finding;
use khw_core::input::Input;
use khw_core::{Error, Exit, NodeName};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use time::{Duration, OffsetDateTime};
use zeroize::Zeroizing;

/// The names of the findings that are made here.
const FINDINGS: [&str; 17] = [
    "leaf-is-ca",
    "signer-not-ca",
    "certificate-expired",
    "certificate-not-yet-valid",
    "certificate-expires-soon",
    "outlives-ca",
    "san-missing",
    "common-name-only",
    "node-name-not-in-san",
    "weak-key",
    "weak-signature",
    "key-usage-missing",
    "identity-mismatch",
    "api-server-name-missing",
    "service-ip-missing",
    "serial-improper",
    "names-malformed",
];

/// Common names of the API server in the guides and in kubeadm.
const API_SERVER: [&str; 4] = ["kube-apiserver", "kube-api-server", "kubernetes", "apiserver"];

/// All names, for `--ignore` and `--only`.
fn names() -> Vec<&'static str> {
    FINDINGS.iter().chain(&check_key::FINDINGS).chain(&chain::FINDINGS).chain(&naming::FINDINGS).copied().collect()
}

/// What one certificate is checked against.
struct Subject<'a> {
    leaf: &'a Certificate,
    facts: &'a Facts,
    intermediates: &'a [Certificate],
    roots: &'a [Certificate],
    now: OffsetDateTime,
    arguments: &'a args::Check,
}

pub(crate) fn run(arguments: &args::Check) -> anyhow::Result<Exit> {
    if arguments.key.is_some() && arguments.files.len() > 1 {
        return Err(Error::new("is given for several certificates")
            .field("--key")
            .hint("check one at a time, or put each key beside its certificate")
            .into());
    }
    let now = OffsetDateTime::now_utc();
    let mut findings = Vec::new();
    for path in &arguments.files {
        let input = Input::new(path);
        let content = Zeroizing::new(input.read()?);
        let all = Certificate::all_from_pem(&content).map_err(|e| e.file(&input))?;
        let Some((leaf, intermediates)) = all.split_first() else { continue };
        let (ca, roots) = roots(arguments, path, leaf)?;
        let facts = Facts::of(leaf).map_err(|e| e.file(&input))?;
        let subject = Subject { leaf, facts: &facts, intermediates, roots: &roots, now, arguments };
        findings.extend(certificate(&subject)?.into_iter().map(|finding| finding.file(&input)));
        findings.extend(authorities(&subject).into_iter().map(|finding| finding.file(&ca)));
        findings.extend(check_key::finding(arguments, path, leaf, facts.weak_key.is_some())?);
    }
    arguments.report.report(findings, &names())
}

/// The CAs, and the name of their file. A self-signed CA is its own.
fn roots(arguments: &args::Check, path: &Path, leaf: &Certificate) -> Result<(String, Vec<Certificate>), Error> {
    let beside = || path.parent().map(|directory| directory.join("ca.crt")).filter(|ca| ca.exists());
    let file = match &arguments.ca {
        Some(ca) => Input::new(ca),
        None if leaf.is_ca() && leaf.is_signed_by(leaf) => return Ok((path.display().to_string(), vec![leaf.clone()])),
        None if Path::new("ca.crt").exists() => Input::File(PathBuf::from("ca.crt")),
        None => Input::File(beside().unwrap_or_else(|| PathBuf::from("ca.crt"))),
    };
    let read = || Certificate::all_from_pem(&file.read()?).map_err(|e| e.file(&file));
    Ok((file.to_string(), read().map_err(|e| e.hint("name the CA with --ca FILE"))?))
}

/// What is wrong with the certificate itself.
fn certificate(subject: &Subject<'_>) -> Result<Vec<Finding>, Error> {
    let Subject { leaf, facts, .. } = subject;
    let mut out = Vec::new();
    for (name, weak) in [("weak-key", &facts.weak_key), ("weak-signature", &facts.weak_signature)] {
        // Nobody verifies the signature of a root.
        if let Some(weak) = weak
            && !(name == "weak-signature" && leaf.is_signed_by(leaf))
        {
            out.push(Finding::error(name, weak).fix("make it again with khw-cert"));
        }
    }
    out.extend(dates(leaf, subject.now, subject.arguments.within));
    if !is_proper_serial(&leaf.serial()) {
        out.push(
            Finding::warning("serial-improper", "the serial number is not positive, or has over 20 bytes")
                .fix("make it again: stricter libraries refuse it (RFC 5280, 4.1.2.2)"),
        );
    }
    if leaf.is_ca() {
        if subject.arguments.identity.is_some() {
            out.push(Finding::error("identity-mismatch", "is a CA").fix("check the certificate that the CA signed"));
        } else {
            out.extend(leaf_is_ca(leaf, facts));
        }
        return Ok(out);
    }
    out.extend(chain_and_usages(subject));
    out.extend(alternative_names(subject));
    out.extend(naming::findings(facts.common_name.as_deref(), &facts.organizations, leaf.has_client_usage()));
    out.extend(api_server(subject));
    out.extend(identity(subject)?);
    for host in &subject.arguments.host {
        san::parse(host).map_err(|e| e.field("--host"))?;
        if !chain::is_valid_for(leaf, host) {
            out.push(
                Finding::error("host-mismatch", format!("is not valid for {host}"))
                    .field("subjectAltName")
                    .fix("make it again with this name or address"),
            );
        }
    }
    Ok(out)
}

/// A CA with the identity of a node or component, or with what a TLS server or client has: whoever has its key can make
/// certificates for everybody.
fn leaf_is_ca(leaf: &Certificate, facts: &Facts) -> Option<Finding> {
    let own = |name: &String| name.starts_with("system:");
    let of = facts.common_name.iter().chain(&facts.organizations).find(|name| own(name));
    let usages = &facts.extended_key_usage;
    let usages: Vec<&str> =
        usages.iter().map(String::as_str).filter(|usage| ["serverAuth", "clientAuth"].contains(usage)).collect();
    // kubeadm's CAs have a DNS name, and a CA between may have usages; together they are a server's.
    let is_server = !leaf.dns_names().is_empty() || !leaf.ip_addresses().is_empty();
    let finding = match of {
        Some(name) => Finding::error("leaf-is-ca", format!("is of '{name}' and a CA (CA:TRUE)")),
        None if usages.is_empty() => return None,
        None => {
            let message = format!("is for {} and a CA (CA:TRUE)", usages.join(" and "));
            let make = if is_server { Finding::error } else { Finding::warning };
            make("leaf-is-ca", message)
        }
    };
    Some(finding.field("basicConstraints").fix(
        "make it again without CA:TRUE: whoever has its key can make certificates for everybody, and rustls refuses it",
    ))
}

/// What its dates say now. A CA or a certificate, in the names that khw-install verify has for them.
fn dates(certificate: &Certificate, now: OffsetDateTime, within: Option<Within>) -> Option<Finding> {
    let (from, until) = (certificate.not_before(), certificate.not_after());
    let soon = within.unwrap_or(Within(Duration::days(30)));
    if until < now {
        let message = format!("expired on {}", date(until));
        Some(Finding::error("certificate-expired", message).fix("renew it: khw-cert renew"))
    } else if from > now {
        Some(
            Finding::error("certificate-not-yet-valid", format!("is valid only from {}", date(from)))
                .fix("set the clock of this host right, or wait"),
        )
    } else if until - now < soon.0 {
        let message = format!("expires on {}, within {soon}", date(until));
        let finding = match within {
            Some(_) => Finding::error("certificate-expires-soon", message),
            None => Finding::warning("certificate-expires-soon", message),
        };
        Some(finding.fix("renew it: khw-cert renew"))
    } else {
        None
    }
}

/// What is wrong with the CA that is meant to have signed it.
fn authorities(subject: &Subject<'_>) -> Vec<Finding> {
    let leaf = subject.leaf;
    // A CA that was made anew may lie beside the old one under the same name.
    let signed = subject.roots.iter().find(|ca| leaf.is_signed_by(ca));
    let Some(ca) = signed.or_else(|| subject.roots.iter().find(|ca| leaf.issuer_der() == ca.subject_der())) else {
        return Vec::new();
    };
    if ca == leaf {
        return Vec::new();
    }
    let mut out = Vec::new();
    if !ca.is_ca() {
        out.push(
            Finding::error("signer-not-ca", "is not a CA certificate: what it signs is accepted by nobody")
                .fix("sign with the certificate of the CA, or make one with khw-cert ca"),
        );
    }
    out.extend(dates(ca, subject.now, subject.arguments.within));
    if leaf.not_after() > ca.not_after() {
        out.push(
            Finding::warning(
                "outlives-ca",
                format!(
                    "expires on {}, before the certificate, which does on {}",
                    date(ca.not_after()),
                    date(leaf.not_after())
                ),
            )
            .fix("renew the CA in time: after that day the certificate is refused"),
        );
    }
    out
}

/// The chain, for each use that the certificate claims or the caller wants, and what it may be used for.
fn chain_and_usages(subject: &Subject<'_>) -> Vec<Finding> {
    let Subject { leaf, facts, .. } = subject;
    // `system:kube-proxy` is a client, whatever its certificate says. A node's certificate may be for its server alone.
    let named_client = facts
        .common_name
        .as_deref()
        .is_some_and(|cn| cn.starts_with("system:") && !cn.starts_with(NodeName::USER_PREFIX));
    let (wants_server, wants_client) = match &subject.arguments.identity {
        Some(Who::Node(_)) => (true, true),
        Some(Who::Client(_)) => (false, true),
        Some(Who::Server(_)) => (true, false),
        None => (!subject.arguments.host.is_empty(), named_client),
    };
    let mut out = Vec::new();
    for (peer, claims, wants) in [
        (Peer::OfServer, leaf.has_server_usage(), wants_server),
        (Peer::OfClient, leaf.has_client_usage(), wants_client),
    ] {
        if !claims && !wants {
            continue;
        }
        let finding = chain::verify(leaf, subject.intermediates, subject.roots, peer);
        // A weak key or hash is told by its own name; the same chain is told once.
        let told = facts.weak_key.is_some() || facts.weak_signature.is_some();
        let new = |f: &Finding| if f.name == "chain-broken" { !told && !out.contains(f) } else { !out.contains(f) };
        out.extend(finding.filter(new));
    }
    if !leaf.has_server_usage() && !leaf.has_client_usage() {
        out.push(
            Finding::error("usage-missing", "neither a server nor a client may show it")
                .field("extendedKeyUsage")
                .fix("make it again with --usage server, --usage client or both"),
        );
    }
    if !facts.key_usage.is_empty() && !facts.key_usage.iter().any(|usage| usage == "digitalSignature") {
        out.push(
            Finding::warning("key-usage-missing", "digitalSignature is not among its usages, which TLS 1.3 wants")
                .field("keyUsage")
                .fix("make it again with digitalSignature"),
        );
    }
    out
}

/// A server needs subject alternative names: Go has ignored the common name since 1.15.
fn alternative_names(subject: &Subject<'_>) -> Vec<Finding> {
    let Subject { leaf, facts, arguments, .. } = subject;
    let cn = facts.common_name.as_deref().unwrap_or_default();
    let node = cn.strip_prefix(NodeName::USER_PREFIX);
    let says_server = facts.extended_key_usage.iter().any(|usage| usage == "serverAuth");
    let wanted = matches!(arguments.identity, Some(Who::Node(_) | Who::Server(_)));
    let is_server = wanted || says_server || (facts.extended_key_usage.is_empty() && node.is_some());
    let mut out = Vec::new();
    if !is_server {
        return out;
    }
    if leaf.dns_names().is_empty() && leaf.ip_addresses().is_empty() {
        let host_like = san::parse(cn).is_ok();
        let (name, message) = if host_like {
            ("common-name-only", format!("its only name is the common name '{cn}', which Go and rustls ignore"))
        } else {
            ("san-missing", "has no DNS name and no IP address: no client accepts its server".to_owned())
        };
        let fix = "make it again with the names and addresses under which the server is reached";
        out.push(Finding::error(name, message).field("subjectAltName").fix(fix));
    } else if let Some(node) = node
        && !chain::is_valid_for(leaf, node)
    {
        out.push(
            Finding::warning("node-name-not-in-san", format!("is not valid for the node's own name {node}"))
                .field("subjectAltName")
                .fix("make it again with khw-cert node: the API server may reach the kubelet by that name"),
        );
    } else if cn.contains('.')
        && matches!(san::parse(cn), Ok(AlternativeName::Dns(_)))
        && !chain::is_valid_for(leaf, cn)
    {
        out.push(
            Finding::warning(
                "common-name-only",
                format!("the common name '{cn}' is not among its names, and is ignored"),
            )
            .field("subjectAltName")
            .fix("make it again with this name as a DNS name"),
        );
    }
    let malformed = facts.subject_alternative_names.iter().filter_map(|name| name.strip_prefix("DNS:"));
    for name in malformed.filter(|name| !matches!(san::parse(name), Ok(AlternativeName::Dns(_)))) {
        let address = name.parse::<IpAddr>().is_ok();
        let what = if address { "an IP address as a DNS name" } else { "no DNS name" };
        out.push(
            Finding::error("names-malformed", format!("'{name}' is {what}: no client accepts it"))
                .field("subjectAltName")
                .fix(if address { "write it as IP:" } else { "remove it" }),
        );
    }
    out
}

/// Pods reach the API server under its names in the cluster and the first service address.
fn api_server(subject: &Subject<'_>) -> Vec<Finding> {
    let Subject { leaf, facts, arguments, .. } = subject;
    let named = facts.common_name.as_deref().is_some_and(|cn| API_SERVER.contains(&cn));
    let is_api_server = match &arguments.identity {
        Some(who) => *who == Who::Server(ServerRole::KubeApiserver),
        None => named && leaf.has_server_usage(),
    };
    if !is_api_server {
        return Vec::new();
    }
    let mut out = Vec::new();
    let domain = &arguments.in_cluster.cluster_domain;
    let last = format!("kubernetes.default.svc.{domain}");
    // kubernetes.default.svc.cluster is a habit of the guides, needed by nobody.
    let needed = api_server_names(domain).into_iter().filter(|name| name.split('.').count() < 4 || *name == last);
    let missing: Vec<String> = needed.filter(|name| !chain::is_valid_for(leaf, name)).collect();
    if !missing.is_empty() {
        out.push(
            Finding::error("api-server-name-missing", format!("is not valid for {}", missing.join(", ")))
                .field("subjectAltName")
                .fix("Pods reach the API server under these names: make it again with khw-cert server kube-apiserver"),
        );
    }
    let addresses = leaf.ip_addresses();
    let fix =
        "Pods reach the API server at the first address of --service-cluster-ip-range: make it again with that option";
    let finding = match &arguments.in_cluster.service_cluster_ip_range {
        Some(range) => range.api_server().into_iter().find(|ip| !addresses.contains(ip)).map(|missing| {
            Finding::error("service-ip-missing", format!("is not valid for the service address {missing}"))
        }),
        // The range is not known here; nearly all begin with a byte of zero.
        None => (!addresses.iter().any(ends_in_one)).then(|| {
            Finding::warning("service-ip-missing", "has no address that looks like the first of a range of services")
        }),
    };
    out.extend(finding.map(|finding| finding.field("subjectAltName").fix(fix)));
    out
}

/// Whether it is the address after that of a network whose last byte is zero.
fn ends_in_one(ip: &IpAddr) -> bool {
    let last = match ip {
        IpAddr::V4(ip) => ip.octets().last().copied(),
        IpAddr::V6(ip) => ip.octets().last().copied(),
    };
    !ip.is_loopback() && last == Some(1)
}

/// Whether it is whom `--as` says.
fn identity(subject: &Subject<'_>) -> Result<Vec<Finding>, Error> {
    let Some(who) = &subject.arguments.identity else { return Ok(Vec::new()) };
    let wanted = Identity::of(who, &subject.arguments.in_cluster)?;
    let mut out = Vec::new();
    let cn = subject.facts.common_name.clone().unwrap_or_default();
    // The API server has another common name in each guide, and nobody looks at it.
    let any_name = matches!(who, Who::Server(_));
    if cn != wanted.common_name && !any_name {
        out.push(
            Finding::error("identity-mismatch", format!("is of '{cn}', not of '{}'", wanted.common_name))
                .field("CN")
                .fix("take the certificate of the right one, or make it again"),
        );
    }
    if let Some(group) = wanted
        .organizations
        .iter()
        .find(|group| group.starts_with("system:") && !subject.facts.organizations.contains(group))
        && subject.facts.organizations != wanted.organizations
    {
        out.push(
            Finding::error("identity-mismatch", format!("is not in the group '{group}'"))
                .field("O")
                .fix("take the certificate of the right one, or make it again"),
        );
    }
    Ok(out)
}
