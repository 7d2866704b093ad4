//! What a certificate request may get: the rule of `khw-cert sign`, which its help and man page tell.
//!
//! A request is written by somebody else. What it asks for is granted when it is harmless or when the person who signs
//! has named it; otherwise it is refused by name, or left out and said.

use crate::cidr::ServiceRange;
use crate::csr::Request;
use crate::extension::AlternativeName;
use crate::identity::{Identity, is_api_server_name};
use crate::{der, leaf, name, naming, san};
use khw_core::finding::Severity;
use khw_core::{Error, NodeName};
use std::net::IpAddr;

const SERVER_AUTH: &str = "1.3.6.1.5.5.7.3.1";
const CLIENT_AUTH: &str = "1.3.6.1.5.5.7.3.2";

/// What a request asks for.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) names: Vec<AlternativeName>,
    /// Names of kinds that are not granted, as `email:a@b`.
    other_names: Vec<String>,
    /// Extended key usages, dotted.
    usages: Vec<String>,
    authority: bool,
    signing: bool,
    /// Extensions that have no effect on Kubernetes.
    without_effect: Vec<String>,
    /// Extensions that are not known and must not be ignored.
    critical: Vec<String>,
}

/// What the certificate gets.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Grant {
    pub(crate) subject: Vec<u8>,
    pub(crate) identity: Identity,
    /// What was left out, a sentence each.
    pub(crate) left_out: Vec<String>,
}

impl Asked {
    /// Reads the extensions of a request.
    pub(crate) fn of(request: &Request) -> Result<Self, Error> {
        let mut asked = Asked::default();
        for extension in &request.extensions {
            let (oid, critical, value) = extension.parts();
            asked.read(&oid, critical, value).ok_or_else(|| {
                Error::new("is malformed").field(known(&oid)).hint("make the request again with khw-cert csr")
            })?;
        }
        Ok(asked)
    }

    fn read(&mut self, oid: &str, critical: bool, value: &[u8]) -> Option<()> {
        let list = |value| der::read_all(value).filter(|v| v.tag == der::SEQUENCE)?.values();
        match oid {
            "2.5.29.17" => {
                for general in list(value)? {
                    self.general_name(general)?;
                }
            }
            "2.5.29.19" => {
                let first = list(value)?.first().copied();
                self.authority |= first.is_some_and(|v| v.tag == der::BOOLEAN && v.content != [0]);
            }
            "2.5.29.15" => {
                let bits = der::read_all(value).filter(|v| v.tag == der::BIT_STRING)?;
                // Bits 5 and 6: keyCertSign, cRLSign.
                self.signing |= bits.content.get(1).is_some_and(|byte| byte & 0b0000_0110 != 0);
            }
            "2.5.29.37" => {
                for usage in list(value)? {
                    self.usages.push(der::dotted(usage.content));
                }
            }
            // The signer makes it anew.
            "2.5.29.14" => {}
            other if critical => self.critical.push(known(other).to_owned()),
            other => self.without_effect.push(known(other).to_owned()),
        }
        Some(())
    }

    fn general_name(&mut self, name: der::Value<'_>) -> Option<()> {
        let text = || std::str::from_utf8(name.content).ok().map(str::to_owned);
        match name.tag.checked_sub(der::CONTEXT)? {
            // Those that no resolver can mean are not granted, whatever they are.
            2 => match san::parse(&text()?) {
                Ok(dns @ AlternativeName::Dns(_)) => self.names.push(dns),
                _ => self.other_names.push(format!("DNS:{}", text()?)),
            },
            7 => {
                let ip = match name.content.len() {
                    4 => IpAddr::from(<[u8; 4]>::try_from(name.content).ok()?),
                    16 => IpAddr::from(<[u8; 16]>::try_from(name.content).ok()?),
                    _ => return None,
                };
                self.names.push(AlternativeName::Ip(ip));
            }
            1 => self.other_names.push(format!("email:{}", text()?)),
            6 => self.other_names.push(format!("URI:{}", text()?)),
            0x20 => self.other_names.push("otherName".to_owned()),
            0x24 => self.other_names.push("dirName".to_owned()),
            _ => self.other_names.push("a name of another kind".to_owned()),
        }
        Some(())
    }

    /// Everything it asks for besides the subject, on one line.
    pub(crate) fn shown(&self) -> String {
        let mut parts = vec![shown(&self.names)];
        parts.extend(self.other_names.iter().cloned());
        let mut usages: Vec<&str> = self.usages.iter().map(|usage| usage_name(usage)).collect();
        if self.authority {
            usages.push("CA:TRUE");
        }
        let usages = if usages.is_empty() { "no usage".to_owned() } else { usages.join(", ") };
        format!("{}; {usages}", parts.join(", "))
    }
}

/// Applies the rule. `pinned` is the identity of `--as`; `only` are the names of `--san`; `services` have addresses that
/// are nobody's but theirs.
pub(crate) fn grant(
    request: &Request,
    asked: &Asked,
    pinned: Option<Identity>,
    only: &[String],
    services: &ServiceRange,
) -> Result<Grant, Error> {
    refuse_powers(asked)?;
    let mut left_out = Vec::new();
    for extension in &asked.without_effect {
        left_out.push(format!("the request's {extension} is left out: it has no effect on Kubernetes"));
    }
    let is_api_server = pinned.as_ref().is_some_and(|p| p.common_name == "kube-apiserver");
    let (subject, mut identity) = match pinned {
        Some(identity) => {
            let subject = leaf::subject(&identity)?;
            if subject != request.subject {
                left_out.push(format!("the request's subject {} is not kept: --as says another", request.shown()));
            }
            (subject, identity)
        }
        None => (request.subject.clone(), unpinned(request, asked)?),
    };
    // The servers of the control plane are reached from their own host.
    let has_loopback = identity.names.iter().any(is_loopback);
    if only.is_empty() {
        let dns = asked.names.iter().filter_map(|n| if let AlternativeName::Dns(name) = n { Some(name) } else { None });
        if let Some(name) = dns.filter(|_| !is_api_server).find(|name| is_api_server_name(name)) {
            return Err(Error::new(format!("the request asks for '{name}', a name of the API server"))
                .field("subjectAltName")
                .hint("say --as server:kube-apiserver if it is, or --san NAME,… for the names it may have"));
        }
        for name in &asked.names {
            if identity.names.contains(name) {
                continue;
            }
            if let Some(refusal) = others(name, has_loopback, (!is_api_server).then_some(services)) {
                return Err(refusal);
            }
            identity.names.push(name.clone());
        }
    } else {
        san::add(&mut identity.names, only.iter().map(String::as_str)).map_err(|e| e.field("--san"))?;
        let beyond: Vec<_> = asked.names.iter().filter(|name| !identity.names.contains(name)).cloned().collect();
        if !beyond.is_empty() {
            left_out.push(format!("left out, as --san says: {}", shown(&beyond)));
        }
    }
    if identity.server && identity.names.is_empty() {
        return Err(Error::new("the request is of a server and has no name under which it is reached")
            .field("subjectAltName")
            .hint("say --san NAME,…, or make the request again with names"));
    }
    Ok(Grant { subject, identity, left_out })
}

/// Why a name is not granted unless the person who signs names it: with it one could stand for every host, or for a service.
fn others(name: &AlternativeName, has_loopback: bool, services: Option<&ServiceRange>) -> Option<Error> {
    let refuse = |what: String, hint: &str| {
        let error = Error::new(format!("the request asks for {what}")).field("subjectAltName");
        Some(error.hint(format!("{hint}--san NAME,… for the names it may have")))
    };
    let shown = shown(std::slice::from_ref(name));
    if is_loopback(name) {
        let what = || refuse(format!("{shown}, with which every host means itself"), "say ");
        return (!has_loopback).then(what).flatten();
    }
    let AlternativeName::Ip(ip) = name else { return None };
    if ip.to_canonical().is_unspecified() {
        return refuse(format!("{shown}, which is no host's address"), "say ");
    }
    let range = services?.containing(*ip)?;
    let hint = "say --service-cluster-ip-range if services have other addresses, or ";
    refuse(format!("{shown}, an address of services ({range})"), hint)
}

fn is_loopback(name: &AlternativeName) -> bool {
    match name {
        AlternativeName::Ip(ip) => ip.to_canonical().is_loopback(),
        // RFC 6761, 6.3.
        AlternativeName::Dns(name) => {
            name.rsplit('.').next().is_some_and(|last| last.eq_ignore_ascii_case("localhost"))
        }
        _ => false,
    }
}

/// What nobody gets, whatever `--as` says.
fn refuse_powers(asked: &Asked) -> Result<(), Error> {
    let again = "make the request again without it: khw-cert csr";
    if asked.authority {
        return Err(Error::new("the request asks to be a CA (CA:TRUE)")
            .field("basicConstraints")
            .hint("make a CA with khw-cert ca, where its key shall be"));
    }
    if asked.signing {
        return Err(Error::new("the request asks to sign certificates (keyCertSign, cRLSign)")
            .field("keyUsage")
            .hint(again));
    }
    if let Some(usage) = asked.usages.iter().find(|usage| ![SERVER_AUTH, CLIENT_AUTH].contains(&usage.as_str())) {
        return Err(Error::new(format!(
            "the request asks for {}, which no part of Kubernetes needs",
            usage_name(usage)
        ))
        .field("extendedKeyUsage")
        .hint(again));
    }
    if let Some(name) = asked.other_names.first() {
        return Err(Error::new(format!("the request asks for {}, not a DNS name or IP address", name.escape_debug()))
            .field("subjectAltName")
            .hint(again));
    }
    if let Some(extension) = asked.critical.first() {
        return Err(Error::new("is critical in the request, and is not known here").field(extension).hint(again));
    }
    Ok(())
}

/// The identity that a request names itself.
fn unpinned(request: &Request, asked: &Asked) -> Result<Identity, Error> {
    let refuse = |what: String, hint: String| Err(Error::new(what).field("subject").hint(hint));
    let organizations = name::values(&request.subject, name::ORGANIZATION);
    let Some(common_name) = name::values(&request.subject, name::COMMON_NAME).pop() else {
        return refuse(
            "the request has no common name".to_owned(),
            "say whose it is: --as node:NAME, client:ROLE or server:ROLE".to_owned(),
        );
    };
    if organizations.iter().any(|group| group == "system:masters") {
        return refuse(
            "the request asks for the group system:masters, which may do everything".to_owned(),
            "say --as client:admin, or --as client:apiserver-kubelet-client, if that is meant".to_owned(),
        );
    }
    let broken = naming::findings(Some(&common_name), &organizations, true);
    if let Some(finding) = broken.into_iter().find(|f| f.severity == Severity::Error) {
        return refuse(finding.message, finding.fix.unwrap_or_default());
    }
    // Of Kubernetes' own names only a node's is nobody's but the node's.
    let own = |name: &str| name.starts_with("system:");
    if own(&common_name) && !common_name.starts_with(NodeName::USER_PREFIX) {
        return refuse(
            format!("the request asks to be '{common_name}', a user of Kubernetes' own"),
            "say --as client:ROLE, if that is meant".to_owned(),
        );
    }
    if let Some(group) = organizations.iter().find(|group| own(group) && *group != NodeName::GROUP) {
        return refuse(
            format!("the request asks for '{group}', a group of Kubernetes' own"),
            "say --as client:ROLE, if that is meant".to_owned(),
        );
    }
    let has = |usage: &str| asked.usages.iter().any(|asked| asked == usage);
    let none = asked.usages.is_empty();
    Ok(Identity {
        stem: String::new(),
        common_name,
        organizations,
        names: Vec::new(),
        server: has(SERVER_AUTH) || (none && !asked.names.is_empty()),
        client: has(CLIENT_AUTH) || none,
    })
}

/// Names on one line, as openssl writes them.
pub(crate) fn shown(names: &[AlternativeName]) -> String {
    let one = |name: &AlternativeName| match name {
        AlternativeName::Dns(name) => format!("DNS:{name}"),
        AlternativeName::Ip(ip) => format!("IP:{ip}"),
        _ => "a name of another kind".to_owned(),
    };
    if names.is_empty() { "no SAN".to_owned() } else { names.iter().map(one).collect::<Vec<_>>().join(", ") }
}

fn usage_name(oid: &str) -> &str {
    match oid {
        SERVER_AUTH => "serverAuth",
        CLIENT_AUTH => "clientAuth",
        "2.5.29.37.0" => "anyExtendedKeyUsage",
        "1.3.6.1.5.5.7.3.3" => "codeSigning",
        "1.3.6.1.5.5.7.3.4" => "emailProtection",
        "1.3.6.1.5.5.7.3.8" => "timeStamping",
        "1.3.6.1.5.5.7.3.9" => "OCSPSigning",
        other => other,
    }
}

/// The name of an extension, or its OBJECT IDENTIFIER.
fn known(oid: &str) -> &str {
    match oid {
        "2.5.29.14" => "subjectKeyIdentifier",
        "2.5.29.15" => "keyUsage",
        "2.5.29.17" => "subjectAltName",
        "2.5.29.19" => "basicConstraints",
        "2.5.29.37" => "extendedKeyUsage",
        "2.16.840.1.113730.1.1" => "nsCertType",
        "2.16.840.1.113730.1.13" => "nsComment",
        other => other,
    }
}
