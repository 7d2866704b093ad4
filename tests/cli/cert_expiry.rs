//! khw-cert expiry: what cannot be read is said, and what need not be read is passed over.

use harness::{Reference, Sandbox, reference};

fn with_directory() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.sh("mkdir etc; khw-cert ca -d etc --key-type ecdsa:p256; chmod -R go+rX .").succeeds();
    sandbox
}

#[test]
fn a_kubeconfig_that_is_no_yaml_is_named() {
    let sandbox = with_directory();
    for text in [
        "apiVersion: v1\nkind: Config\nusers:\n- name: a\n\tuser: {}\n",
        "users:\n- name: a\n  user: {client-certificate-data: AAAA\n",
        "kind: KubeletConfiguration\ntlsCertFile: [\n",
    ] {
        sandbox.write("etc/a.conf", text);
        let ran = sandbox.sh("khw-cert expiry etc");
        assert!(
            ran.stderr.starts_with("khw-cert: warning: etc/a.conf: cannot be read: ")
                && ran.stderr.ends_with(": correct it, or leave it out\n")
                && ran.stderr.lines().count() == 1,
            "{ran:?}"
        );
        assert!(ran.status == 0 && ran.stdout.contains("  etc/ca.crt\n"), "{ran:?}");
        let ran = sandbox.sh("khw-cert expiry etc/a.conf");
        assert!(ran.status == 2 && ran.stderr.starts_with("khw-cert: error: etc/a.conf: cannot be read: "), "{ran:?}");
    }
    // Text about such files is none.
    sandbox.write("etc/a.conf", "A kubeconfig has `kind: Config` in it:\n\t- and more\n");
    sandbox.sh("khw-cert expiry etc").ok();
}

/// Only where a test may become somebody else.
#[test]
fn a_private_key_need_not_be_read() {
    let sandbox = with_directory();
    let nobody = "setpriv --reuid 65534 --regid 65534 --clear-groups";
    if sandbox.sh(&format!("{nobody} test ! -r etc/ca.key && {nobody} test -r etc/ca.crt")).status != 0 {
        return;
    }
    assert!(sandbox.sh(&format!("{nobody} khw-cert expiry etc")).ok().contains("  etc/ca.crt\n"));
    // Any other file might hold what expires next.
    sandbox.sh("cp etc/ca.crt etc/other.crt; chmod 600 etc/other.crt").ok();
    let ran = sandbox.sh(&format!("{nobody} khw-cert expiry etc"));
    assert!(
        ran.status == 2 && ran.stderr.starts_with("khw-cert: error: etc/other.crt: permission denied\n"),
        "{ran:?}"
    );
}

#[test]
fn text_and_json_count_the_same_days() {
    if reference(Reference::Openssl).is_none() {
        return;
    }
    let sandbox = with_directory();
    // openssl ca takes dates; x509 does not.
    sandbox.write(
        "ca.cnf",
        "[ca]\ndefault_ca = d\n[d]\nnew_certs_dir = .\ndatabase = index\nserial = serial\ndefault_md = sha256\n\
         policy = p\nrand_serial = yes\n[p]\ncommonName = supplied\n",
    );
    sandbox.write("index", "");
    sandbox
        .sh("khw-cert csr --cn a --key-type ecdsa:p256 -o a.csr
             openssl ca -batch -config ca.cnf -cert etc/ca.crt -keyfile etc/ca.key -in a.csr -notext \
               -startdate 20200101000000Z -enddate 20210101000000Z -out a.crt")
        .succeeds();
    let json: serde_json::Value =
        serde_json::from_str(&sandbox.sh("khw-cert expiry a.crt --format json").ok()).expect("JSON");
    let days = -json["certificates"][0]["daysLeft"].as_i64().expect("a number");
    let table = sandbox.sh("khw-cert expiry a.crt").ok();
    assert!(table.contains(&format!("  expired {days} days ago  ")), "{days} {table}");
    let shown = sandbox.sh("khw-cert inspect a.crt").ok();
    assert!(shown.contains(&format!("(expired {days} days ago)")), "{days} {shown}");
}
