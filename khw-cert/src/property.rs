//! Whatever the names, the keys and the CA: rustls' verifier and openssl accept what khw-cert makes, and every reader
//! survives what it is given.
//!
//! A failure prints the seed with which it comes again: `KHW_RANDOM_SEED=N cargo test -p khw-cert property`.

use crate::authority::Authority;
use crate::certificate::Certificate;
use crate::chain::{self, Peer};
use crate::cidr::ServiceRange;
use crate::csr::{self, Request};
use crate::extension::{self, AlternativeName, Context, Issuer, Signer};
use crate::facts::Facts;
use crate::identity::Identity;
use crate::issue::{self, Template, Validity};
use crate::key::{KeyType, PrivateKey};
use crate::list::List;
use crate::policy::{self, Asked};
use crate::{der, key, leaf, name, naming, pem_file, renew, san};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use std::net::IpAddr;
use std::process::Command;
use std::sync::LazyLock;

/// A key of each type for the CA, and one for the leaf: making them is what takes time.
static KEYS: LazyLock<[[String; 2]; KeyType::ALL.len()]> = LazyLock::new(|| {
    let make = |kind| PrivateKey::generate(kind).unwrap().to_pem().to_string();
    KeyType::ALL.map(|(_, kind)| [make(kind), make(kind)])
});

fn key_of(kind: usize, whose: usize) -> PrivateKey {
    PrivateKey::from_pem(KEYS[kind][whose].as_bytes()).unwrap()
}

/// A name of any shape: several relative distinguished names, some with several values, of all string types.
fn distinguished_name() -> impl Strategy<Value = Vec<u8>> {
    let kind =
        prop::sample::select(vec![&[2, 5, 4, 3][..], &[2, 5, 4, 10], &[2, 5, 4, 11], &[2, 5, 4, 6], &[1, 2, 3, 4]]);
    let value = prop_oneof![
        "\\PC{1,40}".prop_map(|text| der::value(der::UTF8_STRING, text.as_bytes())),
        "[A-Za-z0-9 '()+,./:=?-]{1,40}".prop_map(|text| der::value(der::PRINTABLE_STRING, text.as_bytes())),
        "[ -~]{1,40}".prop_map(|text| der::value(der::IA5_STRING, text.as_bytes())),
        "[ -~]{1,40}".prop_map(|text| der::value(der::T61_STRING, text.as_bytes())),
        "[a-zäß日本]{1,20}".prop_map(|text| {
            let units: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
            der::value(der::BMP_STRING, &units)
        }),
        "\\PC{1,10}".prop_map(|text| {
            let units: Vec<u8> = text.chars().flat_map(|letter| u32::from(letter).to_be_bytes()).collect();
            der::value(der::UNIVERSAL_STRING, &units)
        }),
    ];
    let attribute = (kind, value).prop_map(|(kind, value)| der::sequence(&[der::oid(kind), value]));
    let relative = prop::collection::vec(attribute, 1..3).prop_map(der::set_of);
    prop::collection::vec(relative, 1..6).prop_map(|names| der::sequence(&names))
}

fn alternative_names() -> impl Strategy<Value = Vec<AlternativeName>> {
    let dns = "(\\*\\.)?[a-zA-Z0-9]([a-z0-9-]{0,20}[a-z0-9])?(\\.[a-z][a-z0-9]{0,10}){0,3}"
        // 10.2 and the like are mistyped addresses.
        .prop_filter_map("no name", |text| san::parse(&text).ok());
    let name = prop_oneof![dns, any::<IpAddr>().prop_map(AlternativeName::Ip)];
    prop::collection::vec(name, 0..20)
}

/// Names of the kinds that only a configuration gives.
fn other_names() -> impl Strategy<Value = Vec<AlternativeName>> {
    let arcs = prop::collection::vec(0..1_000_000_u64, 1..5).prop_map(|arcs| der::oid(&[&[1, 2][..], &arcs].concat()));
    let name = prop_oneof![
        "[a-z.]{1,8}@[a-z]{1,8}\\.example".prop_map(AlternativeName::Email),
        "https?://[a-z]{1,8}(\\.[a-z]{2,5})?(:[0-9]{1,4})?/[a-z]{0,5}".prop_map(AlternativeName::Uri),
        arcs.clone().prop_map(|oid| AlternativeName::Registered(oid[2..].to_vec())),
        distinguished_name().prop_map(AlternativeName::Directory),
        (arcs, "\\PC{0,10}")
            .prop_map(|(oid, text)| AlternativeName::Other(oid, der::value(der::UTF8_STRING, text.as_bytes()))),
    ];
    prop::collection::vec(name, 0..4)
}

fn identity() -> impl Strategy<Value = Identity> {
    let organizations = prop::collection::vec("\\PC{1,30}", 0..4);
    ("\\PC{1,30}", organizations, alternative_names(), 1..4_u8).prop_map(
        |(common_name, organizations, names, usages)| Identity {
            stem: String::new(),
            common_name,
            organizations,
            names,
            server: usages & 1 != 0,
            client: usages & 2 != 0,
        },
    )
}

/// A CA of that name: as `khw-cert ca` makes it, or of version 1, as MM's is.
fn authority(subject: &[u8], kind: usize, version_1: bool) -> Authority {
    let key = key_of(kind, 0);
    let serial = [7; 19];
    let mut extensions = extension::authority();
    let itself = Signer { key_identifier: None, name: subject, serial: &serial };
    let context = Context { public_key: key.public_key_der(), issuer: Issuer::Itself(itself) };
    extension::add_key_identifiers(&mut extensions, &context);
    let validity = Validity::days(100).unwrap();
    let certificate = if version_1 {
        let times = der::sequence(&[issue::time(validity.not_before), issue::time(validity.not_after)]);
        let signed = key.sign(None, |algorithm| {
            der::sequence(&[&der::integer(&serial), algorithm, subject, &times, subject, key.public_key_der()])
        });
        Certificate::from_der(&signed.unwrap().0).unwrap()
    } else {
        let public_key = key.public_key_der();
        let template = Template { serial: &serial, subject, public_key, validity, extensions: &extensions };
        issue::issue(&template, subject, &key, None).unwrap()
    };
    Authority::new(certificate, key, "ca.crt".to_owned())
}

/// What a TLS library, `inspect` and `renew` must say about a certificate made for `identity`.
fn is_accepted(certificate: &Certificate, identity: &Identity, ca: &Authority) -> Result<(), TestCaseError> {
    let roots = [ca.certificate.clone()];
    for (peer, may) in [(Peer::OfServer, identity.server), (Peer::OfClient, identity.client)] {
        let verdict = chain::verify(certificate, &[], &roots, peer).map(|finding| finding.name);
        prop_assert_eq!(verdict, if may { None } else { Some("usage-missing") });
    }
    for name in &identity.names {
        match name {
            AlternativeName::Dns(name) if name.starts_with("*.") => {
                // A wildcard stands for one label above at least two, for rustls as for Go.
                let host = name.replacen('*', "some", 1);
                prop_assert_eq!(chain::is_valid_for(certificate, &host), name.matches('.').count() > 1, "{}", host);
            }
            AlternativeName::Dns(name) => prop_assert!(chain::is_valid_for(certificate, name), "{}", name),
            AlternativeName::Ip(ip) => prop_assert!(chain::is_valid_for(certificate, &ip.to_string()), "{}", ip),
            _ => {}
        }
    }
    prop_assert_eq!(certificate.issuer_der(), ca.certificate.subject_der());
    let facts = Facts::of(certificate).unwrap();
    prop_assert_eq!(facts.subject_alternative_names.len(), identity.names.len());
    prop_assert_eq!((facts.version, facts.ca, facts.weak_key, facts.weak_signature), (3, false, None, None));
    Ok(())
}

/// What openssl says of a certificate for each of its usages; nothing when it is not there and need not be.
fn openssl_accepts(certificate: &Certificate, identity: &Identity, ca: &Authority) -> Result<(), TestCaseError> {
    let directory = tempfile::tempdir().unwrap();
    let file = |name: &str, certificate: &Certificate| {
        let path = directory.path().join(name);
        std::fs::write(&path, certificate.to_pem()).unwrap();
        path
    };
    let (ca, leaf) = (file("ca", &ca.certificate), file("leaf", certificate));
    for (purpose, may) in [("sslserver", identity.server), ("sslclient", identity.client)] {
        let mut command = Command::new("openssl");
        let arguments = ["verify", "-no-CAfile", "-no-CApath", "-purpose", purpose, "-CAfile"];
        let Ok(ran) = command.args(arguments).arg(&ca).arg(&leaf).output() else {
            assert!(std::env::var("KHW_REFERENCE").as_deref() != Ok("require"), "openssl is not there");
            return Ok(());
        };
        prop_assert_eq!(ran.status.success(), may, "{}: {}", purpose, String::from_utf8_lossy(&ran.stderr));
    }
    Ok(())
}

/// So many cases. The seed is printed, which the test's runner shows when it fails.
fn config(cases: u32) -> ProptestConfig {
    let random =
        || u64::from(std::process::id()) << 32 | u64::from(std::time::UNIX_EPOCH.elapsed().unwrap().subsec_nanos());
    let seed = std::env::var("KHW_RANDOM_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or_else(random);
    println!("KHW_RANDOM_SEED={seed}");
    ProptestConfig { cases, failure_persistence: None, rng_seed: RngSeed::Fixed(seed), ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config(48))]

    /// Any subject, alternative names of any kind, any keys.
    #[test]
    fn what_is_made_is_accepted_by_rustls_and_openssl(
        ca_subject in distinguished_name(),
        subject in distinguished_name(),
        mut identity in identity(),
        others in other_names(),
        ca_key in 0..KeyType::ALL.len(),
        leaf_key in 0..KeyType::ALL.len(),
        version_1 in any::<bool>(),
    ) {
        let ca = authority(&ca_subject, ca_key, version_1);
        let key = key_of(leaf_key, 1);
        identity.names.extend(others);
        let validity = ca.validity(100).unwrap();
        let certificate = leaf::certify(&identity, &subject, key.public_key_der(), &ca, validity).unwrap();
        is_accepted(&certificate, &identity, &ca)?;
        openssl_accepts(&certificate, &identity, &ca)?;
        prop_assert_eq!(certificate.subject_der(), subject);
        prop_assert!(key.belongs_to(&certificate));
    }
}

proptest! {
    #![proptest_config(config(128))]

    #[test]
    fn what_is_made_is_accepted(
        subject in distinguished_name(),
        identity in identity(),
        ca_key in 0..KeyType::ALL.len(),
        leaf_key in 0..KeyType::ALL.len(),
        version_1 in any::<bool>(),
    ) {
        let ca = authority(&subject, ca_key, version_1);
        let key = key_of(leaf_key, 1);
        let validity = ca.validity(100).unwrap();
        let name = leaf::subject(&identity).unwrap();
        let certificate = leaf::certify(&identity, &name, key.public_key_der(), &ca, validity).unwrap();
        is_accepted(&certificate, &identity, &ca)?;
        prop_assert_eq!(certificate.common_name(), Some(identity.common_name.clone()));
        prop_assert_eq!(certificate.organizations(), identity.organizations.clone());
        prop_assert!(key.belongs_to(&certificate));

        let renewed = renew::renew(&certificate, &ca, None).unwrap();
        is_accepted(&renewed, &identity, &ca)?;
        prop_assert_eq!(renewed.subject_der(), certificate.subject_der());
        prop_assert_eq!(renewed.public_key_der(), certificate.public_key_der());
        prop_assert_eq!(renewed.not_after() - renewed.not_before(), certificate.not_after() - certificate.not_before());
        prop_assert_ne!(renewed.serial(), certificate.serial());
    }

    /// A request for an identity, signed without a word of the signer, gives just that identity, or is refused.
    #[test]
    fn what_is_asked_for_is_granted_or_refused(
        identity in identity(),
        leaf_key in 0..KeyType::ALL.len(),
        pin in any::<bool>(),
    ) {
        let key = key_of(leaf_key, 1);
        let subject = leaf::subject(&identity).unwrap();
        let encipherment = key::is_rsa(key.public_key_der());
        let extensions = extension::end_entity(encipherment, identity.server, identity.client, &identity.names);
        let request = csr::build(&subject, &key, &extensions, None).unwrap();
        let request = Request::read(&request, None).unwrap();
        prop_assert_eq!(&request.subject, &subject);
        let asked = Asked::of(&request).unwrap();
        prop_assert_eq!(&asked.names, &identity.names);
        let pinned = pin.then(|| Identity::node(&"worker-1".parse().unwrap()));
        match policy::grant(&request, &asked, pinned, &[], &ServiceRange::default()) {
            Ok(grant) if pin => {
                prop_assert_eq!(grant.identity.common_name.as_str(), "system:node:worker-1");
                prop_assert_eq!(grant.subject, leaf::subject(&grant.identity).unwrap());
            }
            Ok(grant) => {
                prop_assert_eq!(grant.subject, subject);
                prop_assert_eq!((grant.identity.server, grant.identity.client), (identity.server, identity.client));
                prop_assert!(identity.names.iter().all(|name| grant.identity.names.contains(name)));
            }
            Err(error) => prop_assert!(error.advice().is_some() && error.field_name().is_some(), "{}", error),
        }
    }

    #[test]
    fn every_text_is_a_list_or_an_error(text in "(\\PC{0,12}|[a-c0-9. #\\n:-]{0,40}){0,4}") {
        if let Ok(list) = List::parse(text) {
            let nodes: Vec<Identity> = (0..list.len()).filter_map(|at| list.node(at)).collect();
            prop_assert_eq!(nodes.len(), list.len());
            prop_assert!(list.node(list.len()).is_none());
        }
    }

    #[test]
    fn every_name_has_findings_with_known_names(user in "(system:)?(node:)?\\PC{0,20}", groups in prop::collection::vec("\\PC{0,20}", 0..3)) {
        for finding in naming::findings(Some(&user), &groups, true) {
            prop_assert!(naming::FINDINGS.contains(&finding.name) && finding.fix.is_some());
        }
    }

    /// A certificate and a request with bytes changed are read or refused, never a panic.
    #[test]
    fn changed_bytes_do_no_harm(at in prop::collection::vec(any::<prop::sample::Index>(), 1..4), change in 1..=255_u8) {
        let ca = authority(&name::identity("a", &["b"]).unwrap(), 0, false);
        let identity = Identity::node(&"worker-1".parse().unwrap());
        let name = leaf::subject(&identity).unwrap();
        let key = key_of(0, 1);
        let validity = ca.validity(10).unwrap();
        let certificate = leaf::certify(&identity, &name, key.public_key_der(), &ca, validity).unwrap();
        let extensions = extension::end_entity(false, true, true, &identity.names);
        let request = csr::build(&name, &key, &extensions, None).unwrap();
        let changed = |der: &[u8]| {
            let mut der = der.to_vec();
            for at in &at {
                let at = at.index(der.len());
                der[at] ^= change;
            }
            der
        };
        if let Ok(read) = Certificate::from_der(&changed(certificate.der())) {
            let _ = (Facts::of(&read), renew::renew(&read, &ca, None));
            for peer in [Peer::OfServer, Peer::OfClient] {
                let _ = chain::verify(&read, &[], std::slice::from_ref(&ca.certificate), peer);
            }
        }
        let pem = pem_file::encode("CERTIFICATE REQUEST", &changed(&request));
        if let Ok(read) = Request::read(pem.as_bytes(), None) {
            let _ = Asked::of(&read);
        }
    }
}
