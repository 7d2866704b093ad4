//! khw-cert inspect, expiry and renew: what a certificate says, when it ends, and the same one for another time.

use harness::{Reference, Sandbox, reference};

fn openssl() -> bool {
    reference(Reference::Openssl).is_some()
}

/// A CA and a node's pair. ECDSA, to be quick.
fn with_node() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox
        .sh("khw-cert ca --key-type ecdsa:p256 && khw-cert node worker-1 192.168.5.21 --key-type ecdsa:p256")
        .succeeds();
    sandbox
}

// ---- inspect

#[test]
fn ten_lines_say_what_openssl_says() {
    if !openssl() {
        return;
    }
    let sandbox = with_node();
    let text = sandbox.sh("khw-cert inspect worker-1.crt").ok();
    let from_openssl = |option: &str| {
        let line = sandbox.sh(&format!("openssl x509 -noout {option} -in worker-1.crt")).ok();
        line.split_once('=').expect("a value").1.trim().to_owned()
    };
    let date =
        |option: &str| sandbox.sh(&format!("date -ud '{}' '+%F %T UTC'", from_openssl(option))).ok().trim().to_owned();
    let expected = format!(
        "Subject: {}\nIssuer:  {}\nSANs:    DNS:worker-1, IP:192.168.5.21\n\
         Usages:  serverAuth, clientAuth, digitalSignature\nKey:     ECDSA P-256; signature: SHA-256 with ECDSA\n\
         From:    {}\nUntil:   {} (999 days left)\nSerial:  {}\nSHA-256: {}\nSHA-1:   {}\n",
        from_openssl("-subject"),
        from_openssl("-issuer"),
        date("-startdate"),
        date("-enddate"),
        from_openssl("-serial"),
        from_openssl("-fingerprint -sha256"),
        from_openssl("-fingerprint"),
    );
    assert_eq!(text, expected);
    assert_eq!(sandbox.sh("khw-cert inspect - < worker-1.crt").ok(), text);
    assert_eq!(sandbox.sh("khw-cert inspect < worker-1.crt").ok(), text);
    // Several: each under its file.
    let both = sandbox.sh("cat ca.crt >> worker-1.crt; khw-cert inspect worker-1.crt").ok();
    assert!(both.starts_with(&format!("worker-1.crt:\n{text}\nworker-1.crt:\nSubject: CN = KUBERNETES-CA")), "{both}");
    assert!(both.contains("\nUsages:  CA, keyCertSign, cRLSign\n") && both.contains("\nSANs:    none\n"), "{both}");
}

#[test]
fn json_has_everything() {
    if !openssl() {
        return;
    }
    let sandbox = Sandbox::new();
    sandbox.write(
        "c",
        "[req]\ndistinguished_name = d\nx509_extensions = e\nprompt = no\n[d]\nCN = a\n[e]\n\
         basicConstraints = critical,CA:TRUE,pathlen:3\nkeyUsage = digitalSignature,keyCertSign,decipherOnly\n\
         extendedKeyUsage = serverAuth,emailProtection,1.2.3.4,anyExtendedKeyUsage\n\
         subjectAltName = DNS:a,email:a@b.example,URI:https://x/,IP:::1,RID:1.2.3,otherName:1.2.4;UTF8:x,dirName:n\n\
         subjectKeyIdentifier = hash\nauthorityKeyIdentifier = keyid:always\n[n]\nO = o\n",
    );
    sandbox.sh("openssl req -x509 -newkey rsa:3072 -nodes -keyout k -config c -days 20 -sha512 -set_serial 0x00ff01 -out a.crt").succeeds();
    let json: serde_json::Value =
        serde_json::from_str(&sandbox.sh("khw-cert inspect --format json a.crt").ok()).expect("JSON");
    assert_eq!(json["schemaVersion"], 1);
    let one = &json["certificates"][0];
    for (field, value) in [
        ("file", serde_json::json!("a.crt")),
        ("daysLeft", 19.into()),
        ("version", 3.into()),
        ("serial", "FF01".into()),
        ("subject", "CN = a".into()),
        ("commonName", "a".into()),
        ("organizations", serde_json::json!([])),
        (
            "subjectAlternativeNames",
            serde_json::json!([
                "DNS:a",
                "email:a@b.example",
                "URI:https://x/",
                "IP:::1",
                "RID:1.2.3",
                "otherName:1.2.4",
                "DirName:O = o"
            ]),
        ),
        ("keyUsage", serde_json::json!(["digitalSignature", "keyCertSign", "decipherOnly"])),
        ("extendedKeyUsage", serde_json::json!(["serverAuth", "emailProtection", "anyExtendedKeyUsage", "1.2.3.4"])),
        ("ca", true.into()),
        ("pathLength", 3.into()),
        ("key", "RSA 3072".into()),
        ("signature", "SHA-512 with RSA".into()),
    ] {
        assert_eq!(one[field], value, "{field}: {one}");
    }
    let ski = sandbox.sh("openssl x509 -noout -ext subjectKeyIdentifier -in a.crt | tail -1").ok();
    assert_eq!(one["subjectKeyIdentifier"], ski.trim());
    assert_eq!(one["authorityKeyIdentifier"], ski.trim());
    let end = sandbox.sh("date -ud \"$(openssl x509 -noout -enddate -in a.crt | cut -d= -f2)\" +%FT%TZ").ok();
    assert_eq!(one["notAfter"], end.trim());
}

/// Each extension, also those of which Kubernetes makes nothing, with openssl's own words for its value.
#[test]
fn json_has_every_extension() {
    if !openssl() {
        return;
    }
    let sandbox = Sandbox::new();
    sandbox.write(
        "c",
        "[req]\ndistinguished_name = d\nx509_extensions = e\nprompt = no\n[d]\nCN = a\n[e]\n\
         basicConstraints = critical,CA:TRUE\nkeyUsage = critical,digitalSignature,keyCertSign\nnsCertType = server\n\
         nsComment = \"made by hand\"\ncertificatePolicies = 1.2.3.4,@p\nsubjectAltName = DNS:a,otherName:1.2.4;UTF8:x\n\
         1.2.3.4 = critical,ASN1:UTF8:hello\n[p]\npolicyIdentifier = 1.3.5.8\nCPS.1 = https://a.example/\n",
    );
    sandbox
        .sh("khw-cert key --key-type ecdsa:p256 -o k; openssl req -x509 -new -key k -config c -out a.crt")
        .succeeds();
    let json: serde_json::Value =
        serde_json::from_str(&sandbox.sh("khw-cert inspect --format json a.crt").ok()).expect("JSON");
    let extensions = json["certificates"][0]["extensions"].as_array().expect("a list");
    let shown: Vec<(&str, Option<&str>, bool)> = extensions
        .iter()
        .map(|e| (e["oid"].as_str().expect("an oid"), e["name"].as_str(), e["critical"] == true))
        .collect();
    assert_eq!(
        shown,
        [
            ("2.5.29.19", Some("basicConstraints"), true),
            ("2.5.29.15", Some("keyUsage"), true),
            ("2.16.840.1.113730.1.1", Some("nsCertType"), false),
            ("2.16.840.1.113730.1.13", Some("nsComment"), false),
            ("2.5.29.32", Some("certificatePolicies"), false),
            ("2.5.29.17", Some("subjectAltName"), false),
            ("1.2.3.4", None, true),
            ("2.5.29.14", Some("subjectKeyIdentifier"), false),
        ]
    );
    // openssl's lines below each title, which ends with ': ' or ': critical'.
    let text = sandbox.sh("openssl x509 -noout -text -in a.crt").ok();
    let (_, text) = text.split_once("X509v3 extensions:\n").expect("extensions");
    let values = text.lines().take_while(|line| line.starts_with("            ")).fold(Vec::new(), |mut all, line| {
        match line.strip_prefix("                ") {
            None => all.push(Vec::new()),
            Some(value) => all.last_mut().expect("a title").push(value.to_owned()),
        }
        all
    });
    let values: Vec<String> = values.iter().map(|lines: &Vec<String>| lines.join("\n")).collect();
    let texts: Vec<&str> = extensions.iter().map(|e| e["text"].as_str().expect("text")).collect();
    assert_eq!(texts, values);
    assert!(texts.contains(&"made by hand"), "{texts:?}");
}

#[test]
fn what_is_no_certificate_is_named() {
    let sandbox = with_node();
    for (line, what, hint) in [
        ("inspect ca.key", "ca.key: is a private key, not a certificate", "give the other file of the pair"),
        ("inspect /dev/null", "/dev/null: is empty", "run the step that makes this file again"),
        (
            "inspect none.crt",
            "none.crt: no such file or directory",
            "check the path, or run the step that makes this file first",
        ),
        ("expiry ca.key", "ca.key: is a private key, not a certificate", "give the other file of the pair"),
        (
            "expiry none",
            "none: no such file or directory",
            "check the path, or run the step that makes this file first",
        ),
        ("expiry . --within 30", "--within <TIME>: '30' is not a stretch of time", "write it as 30d, 4w or 12h"),
        ("expiry", "missing: <PATH>...", "see 'khw-cert expiry --help'"),
    ] {
        sandbox.sh(&format!("khw-cert {line}")).refused(&format!("khw-cert: error: {what}\nkhw-cert: hint: {hint}\n"));
    }
}

// ---- expiry

/// Certificates of different length, in every place where expiry looks.
fn with_places() -> Sandbox {
    let sandbox = with_node();
    let files = "
        khw-cert node worker-2 192.168.5.22 --days 20 --key-type ecdsa:p256
        khw-cert client kube-proxy --days 200 --key-type ecdsa:p256
        khw-cert client admin --days 300 --key-type ecdsa:p256
        new() { khw-kubeconfig new --server https://192.168.5.30:6443 --certificate-authority ca.crt \"$@\"; }
        mkdir -p etc/deep
        new --client-certificate kube-proxy.crt --client-key kube-proxy.key > etc/kube-proxy.kubeconfig
        mv admin.crt admin.key ca.crt etc/deep/
        ln -s ../../worker-2.crt etc/deep/current.pem
        ln -s .. etc/deep/loop
    ";
    sandbox.sh(files).succeeds();
    sandbox.write(
        "etc/admin.conf",
        "apiVersion: v1\nkind: Config\nclusters:\n- name: k\n  cluster: {server: https://x, certificate-authority: deep/ca.crt}\n\
         users:\n- name: admin\n  user: {client-certificate: deep/admin.crt, client-key: deep/admin.key}\n",
    );
    let path = sandbox.path("worker-2.crt");
    sandbox.write(
        "etc/kubelet-config.yaml",
        format!(
            "kind: KubeletConfiguration\napiVersion: kubelet.config.k8s.io/v1beta1\ntlsCertFile: {}\n\
             authentication:\n  x509:\n    clientCAFile: deep/ca.crt\n",
            path.display()
        ),
    );
    // What lies around and is none of its business.
    sandbox.write("etc/other.yaml", "kind: Deployment\nspec: {Config: x}\n");
    sandbox.write("etc/binary", [0xff, 0xfe, b'k', b'i', b'n', b'd']);
    sandbox
}

#[test]
fn certificates_are_found_wherever_they_are() {
    let sandbox = with_places();
    let table = sandbox.sh("khw-cert expiry etc").ok();
    let rows: Vec<Vec<&str>> =
        table.lines().map(|row| row.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect()).collect();
    assert_eq!(rows[0], ["EXPIRES", "LEFT", "SUBJECT", "FILE"]);
    let worker_2 = sandbox.path("worker-2.crt").display().to_string();
    let (node, proxy) =
        ("CN = system:node:worker-2, O = system:nodes", "CN = system:kube-proxy, O = system:node-proxier");
    let (admin, ca) = ("CN = admin, O = system:masters", "CN = KUBERNETES-CA, O = Kubernetes");
    let named = |file: &str, by: &str| format!("{file} ({by})");
    let expected = [
        ["19 days", node, &named(&worker_2, "tlsCertFile of etc/kubelet-config.yaml")],
        ["19 days", node, "etc/deep/current.pem"],
        ["199 days", proxy, &named("etc/kube-proxy.kubeconfig", "user system:kube-proxy")],
        ["299 days", admin, "etc/deep/admin.crt"],
        ["299 days", admin, &named("etc/deep/admin.crt", "user admin of etc/admin.conf")],
        ["3649 days", ca, "etc/deep/ca.crt"],
        ["3649 days", ca, &named("etc/deep/ca.crt", "authentication.x509.clientCAFile of etc/kubelet-config.yaml")],
        ["3649 days", ca, &named("etc/deep/ca.crt", "cluster k of etc/admin.conf")],
        ["3649 days", ca, &named("etc/kube-proxy.kubeconfig", "cluster kubernetes-the-hard-way")],
    ];
    let found: Vec<&[&str]> = rows[1..].iter().map(|row| &row[1..]).collect();
    assert_eq!(found, expected, "{table}");
    if openssl() {
        let end = sandbox.sh("date -ud \"$(openssl x509 -noout -enddate -in worker-2.crt | cut -d= -f2)\" +%F").ok();
        assert_eq!(rows[1][0], end.trim());
    }
    // Each named by itself.
    assert_eq!(sandbox.sh("khw-cert expiry etc/admin.conf").ok().lines().count(), 3);
    assert_eq!(sandbox.sh("khw-cert expiry etc/kubelet-config.yaml").ok().lines().count(), 3);
    assert_eq!(sandbox.sh("cat etc/deep/ca.crt | khw-cert expiry -").ok().lines().count(), 2);
}

#[test]
fn what_ends_soon_is_a_no() {
    let sandbox = with_places();
    let ran = sandbox.sh("khw-cert expiry etc --within 30d");
    assert_eq!((ran.status, ran.stderr.as_str(), ran.stdout.lines().count()), (1, "", 3), "{ran:?}");
    assert_eq!(sandbox.sh("khw-cert expiry etc --within 19d").ok(), "");
    let ran = sandbox.sh("khw-cert expiry etc --within 30d --format json");
    let json: serde_json::Value = serde_json::from_str(&ran.stdout).expect("JSON");
    assert_eq!((ran.status, &json["schemaVersion"]), (1, &1.into()));
    let found = json["certificates"].as_array().expect("a list");
    assert_eq!(found.len(), 2);
    assert_eq!(found[0]["daysLeft"], 19);
    assert_eq!(found[0]["namedBy"], "tlsCertFile of etc/kubelet-config.yaml");
    assert_eq!(found[1]["namedBy"], serde_json::Value::Null);
    assert_eq!(found[1]["file"], "etc/deep/current.pem");
    assert_eq!(
        sandbox.sh("khw-cert expiry etc --within 19d --format json | tr -d ' \\n'").ok(),
        r#"{"schemaVersion":1,"certificates":[]}"#
    );
}

#[test]
fn what_cannot_be_read_is_no_good_news() {
    let sandbox = with_places();
    sandbox.sh("rm etc/deep/admin.crt; head -3 etc/deep/ca.crt > etc/cut.crt").ok();
    let ran = sandbox.sh("khw-cert expiry etc");
    assert_eq!((ran.status, ran.stdout.lines().count()), (2, 8), "the others are shown: {ran:?}");
    assert_eq!(
        ran.stderr,
        "khw-cert: error: etc/deep/admin.crt: user admin of etc/admin.conf: no such file or directory\n\
         khw-cert: error: etc/cut.crt:1: the CERTIFICATE block is truncated: its line '-----END CERTIFICATE-----' is missing\n\
         khw-cert: hint: copy the file again, whole\n"
    );
    // What a worker's file names is on the worker, and the desk has nothing to read there.
    sandbox.sh("mkdir desk").ok();
    sandbox.write("desk/kubelet.yaml", "kind: KubeletConfiguration\ntlsCertFile: /var/lib/of-a-worker/a.crt\n");
    sandbox.sh("khw-cert expiry desk").says(
        "khw-cert: warning: /var/lib/of-a-worker/a.crt: tlsCertFile: desk/kubelet.yaml names it, and it is not here\n",
    );
    assert_eq!(sandbox.sh("khw-cert expiry desk/kubelet.yaml").status, 2, "who names the file wants to know");
    sandbox.write("bad.yaml", "kind: Config\nusers:\n- name: a\n  user: {client-certificate-data: '%%'}\n");
    sandbox.sh("khw-cert expiry bad.yaml").refused(
        "khw-cert: error: bad.yaml: user a: the embedded certificate is not base64\n\
         khw-cert: hint: embed it again: khw-kubeconfig\n",
    );
    sandbox.write("bad.yaml", "kind: Config\nusers: 3\n");
    let ran = sandbox.sh("khw-cert expiry bad.yaml");
    assert!(ran.status == 2 && ran.stderr.starts_with("khw-cert: error: bad.yaml: cannot be read: "), "{ran:?}");
}

// ---- renew

/// What of a certificate stays.
const SHOW: &str = "openssl x509 -noout -text -certopt no_serial,no_validity,no_sigdump -in";

#[test]
fn renewed_certificates_are_the_same_for_another_time() {
    if !openssl() {
        return;
    }
    let sandbox = with_node();
    sandbox.write(
        "c",
        "[req]\ndistinguished_name = d\n[d]\n[e]\nbasicConstraints = CA:FALSE\nkeyUsage = critical,nonRepudiation,digitalSignature\n\
         subjectAltName = DNS:a,IP:1.2.3.4,URI:https://x,email:a@b.example\nnsComment = kept\n1.2.3.4 = ASN1:UTF8String:kept\n\
         extendedKeyUsage = clientAuth,1.2.3\n",
    );
    // A subject that khw would not write: several values in one, other string types, an order of its own.
    sandbox.sh("openssl req -new -newkey rsa:2048 -nodes -keyout k -config c -utf8 -subj '/C=DE/O=a+OU=b/CN=wörker/emailAddress=x@y.example' -out r").succeeds();
    sandbox.sh("openssl x509 -req -in r -CA ca.crt -CAkey ca.key -days 77 -extfile c -extensions e -out x.crt; cp x.crt old.crt").succeeds();
    let ran = sandbox.sh("sleep 1; khw-cert renew x.crt worker-1.crt");
    assert!(ran.status == 0 && ran.stderr.starts_with("khw-cert: x.crt: renewed, valid until 20"), "{ran:?}");
    sandbox.sh(&format!("diff <({SHOW} old.crt) <({SHOW} x.crt)")).ok();
    sandbox.sh("openssl verify -CAfile ca.crt x.crt worker-1.crt").ok();
    // Another serial number, other dates, as long as before.
    let serial = |file: &str| sandbox.sh(&format!("openssl x509 -noout -serial -in {file}")).ok();
    assert_ne!(serial("old.crt"), serial("x.crt"));
    let seconds = "s() { command date -ud \"$(openssl x509 -noout -$1 -in $2 | cut -d= -f2)\" +%s; }
                   echo $(( $(s enddate $1) - $(s startdate $1) ))";
    let length = |file: &str| sandbox.sh(&seconds.replace("$1)", &format!("{file})"))).ok();
    assert_eq!(length("x.crt"), length("old.crt"));
    assert_eq!(length("x.crt"), format!("{}\n", 77 * 86_400));
    sandbox.sh("khw-cert renew x.crt --days 5 -o - > y.crt").ok();
    let days = sandbox.sh("khw-cert inspect y.crt | grep Until").ok();
    assert!(days.contains("(4 days left)"), "{days}");
    sandbox.sh(&format!("diff <({SHOW} old.crt) <({SHOW} y.crt)")).ok();
}

#[test]
fn a_chain_keeps_its_rest_and_a_file_its_mode() {
    let sandbox = with_node();
    sandbox.sh("cat ca.crt >> worker-1.crt; chmod 600 worker-1.crt; cp worker-1.crt old.crt").ok();
    sandbox.sh("khw-cert renew worker-1.crt").succeeds();
    assert_eq!(sandbox.mode("worker-1.crt"), 0o600);
    let (old, new, ca) = (sandbox.read("old.crt"), sandbox.read("worker-1.crt"), sandbox.read("ca.crt"));
    assert!(old != new && new.ends_with(&ca) && new.matches("BEGIN CERTIFICATE").count() == 2, "{new}");
    sandbox.sh("khw-cert check worker-1.crt").ok();
}

#[test]
fn a_ca_renews_itself_and_what_it_signed_stays_good() {
    let sandbox = with_node();
    sandbox.sh("cp ca.crt old.crt; khw-cert renew ca.crt --days 5000").succeeds();
    assert_ne!(sandbox.read("ca.crt"), sandbox.read("old.crt"));
    sandbox.sh("khw-cert check worker-1.crt ca.crt").ok();
    if openssl() {
        sandbox.sh("openssl verify -x509_strict -CAfile ca.crt worker-1.crt").ok();
    }
}

/// MM's lines: neither the CA nor what it signs for a client has an extension, so that openssl makes both of version 1.
#[test]
fn version_1_becomes_version_3() {
    if !openssl() {
        return;
    }
    let sandbox = Sandbox::new();
    sandbox
        .sh("openssl genrsa -out ca.key 2048; openssl genrsa -out admin.key 2048
             openssl req -new -key ca.key -subj /CN=KUBERNETES-CA/O=Kubernetes -config /dev/null -out ca.csr
             openssl x509 -req -in ca.csr -signkey ca.key -days 1000 -out ca.crt
             openssl req -new -key admin.key -subj /CN=admin/O=system:masters -config /dev/null -out admin.csr
             openssl x509 -req -in admin.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 900 -out admin.crt
             khw-cert node worker-1 192.168.5.21 --days 900
             cp ca.crt old.crt; cp admin.crt old-admin.crt")
        .succeeds();
    assert!(sandbox.sh("openssl x509 -noout -text -in ca.crt -in admin.crt").ok().contains("Version: 1 "));
    sandbox.sh("khw-cert renew admin.crt ca.crt").succeeds();
    // What was signed before and after is good with either.
    for ca in ["ca.crt", "old.crt"] {
        for leaf in ["admin.crt", "old-admin.crt", "worker-1.crt"] {
            sandbox.sh(&format!("openssl verify -CAfile {ca} -purpose sslclient {leaf}")).ok();
        }
    }
    sandbox.sh("khw-cert check ca.crt").ok();
    sandbox.sh("khw-cert check admin.crt worker-1.crt").ok();
    sandbox.sh("diff <(openssl x509 -noout -pubkey -subject -in old-admin.crt) <(openssl x509 -noout -pubkey -subject -in admin.crt)").ok();
    let extensions = |name: &str| {
        let text = sandbox.sh(&format!("openssl x509 -noout -text -certopt no_header,no_version,no_serial,no_signame,no_issuer,no_validity,no_subject,no_pubkey,no_sigdump,no_aux -in {name}")).ok();
        text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("|")
    };
    let admin = extensions("admin.crt");
    let expected = "X509v3 extensions:|X509v3 Basic Constraints: critical|CA:FALSE|X509v3 Key Usage: critical|\
                    Digital Signature, Key Encipherment|X509v3 Extended Key Usage:|TLS Web Client Authentication|\
                    X509v3 Subject Key Identifier:|";
    assert!(admin.starts_with(expected), "{admin}");
    // What `ca` makes.
    sandbox.sh("mkdir new; khw-cert ca -d new").succeeds();
    let (renewed, new) = (extensions("ca.crt"), extensions("new/ca.crt"));
    let until_identifier = |text: &str| text.split("Identifier:").next().unwrap_or_default().to_owned();
    assert_eq!(until_identifier(&renewed), until_identifier(&new));
    assert_eq!(renewed.len(), new.len(), "{renewed} {new}");
    // And again: now it has a key identifier.
    sandbox.sh("cp ca.crt old.crt; khw-cert renew ca.crt; khw-cert renew admin.crt").succeeds();
    sandbox.sh("openssl verify -CAfile ca.crt admin.crt; openssl verify -CAfile old.crt admin.crt").ok();
    assert_ne!(
        sandbox.sh("openssl x509 -noout -serial -in old.crt").ok(),
        sandbox.sh("openssl x509 -noout -serial -in ca.crt").ok()
    );
}

#[test]
fn what_another_ca_issued_is_not_renewed() {
    let sandbox = with_node();
    sandbox
        .sh("mkdir o; khw-cert ca -d o --key-type ecdsa:p256; khw-cert ca --cn x -d o --force --key-type ecdsa:p256")
        .succeeds();
    sandbox.sh("cp -r o same; khw-cert ca -d same --force --key-type ecdsa:p256").succeeds();
    let before = sandbox.sh("cat *.crt | sha256sum").ok();
    for (line, what, hint) in [
        (
            "renew worker-1.crt --ca o/ca.crt",
            "worker-1.crt: was not issued by this CA (CN = x, O = Kubernetes), but by CN = KUBERNETES-CA, O = Kubernetes",
            "name the CA that issued it: --ca FILE",
        ),
        (
            "renew worker-1.crt --ca same/ca.crt",
            "worker-1.crt: was not issued by this CA: its issuer has the same name and another key",
            "name the CA that issued it: --ca FILE",
        ),
        // All or none: the first is not renewed either.
        (
            "renew worker-1.crt o/ca.crt",
            "o/ca.crt: was not issued by this CA (CN = KUBERNETES-CA, O = Kubernetes), but by CN = x, O = Kubernetes",
            "name the CA that issued it: --ca FILE",
        ),
        (
            "renew worker-1.crt worker-1.crt -o x",
            "--output: is given for several certificates",
            "renew one at a time, or leave it away: each file is replaced in its place",
        ),
        ("renew worker-1.key", "worker-1.key: is a private key, not a certificate", "give the other file of the pair"),
    ] {
        sandbox.sh(&format!("khw-cert {line}")).refused(&format!("khw-cert: error: {what}\nkhw-cert: hint: {hint}\n"));
        assert_eq!(sandbox.sh("cat *.crt | sha256sum").ok(), before, "{line}");
    }
    let ran = sandbox.sh("khw-cert renew worker-1.crt --days 9000");
    assert!(
        ran.stderr.starts_with("khw-cert: error: worker-1.crt: the certificate would expire on 2")
            || ran.stderr.contains("its CA does on"),
        "{ran:?}"
    );
    assert_eq!((ran.status, sandbox.sh("cat *.crt | sha256sum").ok()), (2, before));
}
