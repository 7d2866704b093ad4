//! `khw-cert verify` beside `openssl verify`: chains, and the names that a CA permits.

use harness::{Reference, Sandbox, reference};

fn openssl() -> bool {
    reference(Reference::Openssl).is_some()
}

#[test]
fn chains_are_judged_as_openssl_does() {
    if !openssl() {
        return;
    }
    let sandbox = Sandbox::new();
    sandbox
        .sh(r#"
        openssl ecparam -name prime256v1 -genkey -noout -out root.key
        openssl req -x509 -key root.key -out root.crt -days 3000 -subj /CN=root
        openssl ecparam -name prime256v1 -genkey -noout -out twin.key
        openssl req -x509 -key twin.key -out twin.crt -days 3000 -subj /CN=root
        make() { # NAME ISSUER EXTENSIONS
          openssl ecparam -name prime256v1 -genkey -noout -out $1.key
          openssl req -new -key $1.key -subj /CN=$1 -out $1.csr
          printf "$3" > x.cnf
          openssl x509 -req -in $1.csr -CA $2.crt -CAkey $2.key -out $1.crt -days 100 -extfile x.cnf
        }
        make inter root "basicConstraints=critical,CA:TRUE,pathlen:0\nkeyUsage=keyCertSign\n"
        make sub inter "basicConstraints=critical,CA:TRUE\n"
        make leaf inter "basicConstraints=CA:FALSE\n"
        make deep sub "basicConstraints=CA:FALSE\n"
        make leafca root "basicConstraints=CA:FALSE\n"
        make under leafca "basicConstraints=CA:FALSE\n"
        make nosign root "basicConstraints=CA:TRUE\nkeyUsage=cRLSign\n"
        make undernosign nosign "basicConstraints=CA:FALSE\n"
        make critical root "basicConstraints=CA:FALSE\n1.2.3.4=critical,DER:0500\n""#)
        .succeeds();
    for line in [
        "-CAfile root.crt root.crt",
        "-CAfile root.crt leaf.crt",
        "-CAfile root.crt -untrusted inter.crt leaf.crt",
        "-CAfile root.crt -untrusted inter.crt -show_chain leaf.crt",
        "-trusted root.crt -untrusted inter.crt leaf.crt",
        "-CAfile inter.crt leaf.crt",
        "-CAfile inter.crt -partial_chain leaf.crt",
        "-CAfile root.crt -untrusted inter.crt -untrusted sub.crt deep.crt",
        "-CAfile root.crt -untrusted leafca.crt under.crt",
        "-CAfile root.crt -untrusted nosign.crt undernosign.crt",
        "-CAfile root.crt critical.crt",
        "-CAfile leaf.crt -untrusted inter.crt -untrusted root.crt leaf.crt",
        "-CAfile twin.crt leafca.crt",
        "-CAfile twin.crt -untrusted root.crt leafca.crt",
        "-CAfile root.crt -attime 1000000000 leafca.crt",
    ] {
        let [theirs, ours] = ["openssl", "khw-cert"].map(|tool| sandbox.sh(&format!("{tool} verify {line}")));
        // openssl adds lines of its library's own to some of them.
        let said: String = theirs.stderr.lines().filter(|l| !l.contains(":error:")).map(|l| format!("{l}\n")).collect();
        assert_eq!((ours.stdout, ours.stderr, ours.status), (theirs.stdout, said, theirs.status), "{line}");
    }
}

/// A CA below the root that may sign for some names only, and certificates with names of all kinds.
#[test]
fn the_names_that_a_ca_permits_are_judged_as_openssl_does() {
    if !openssl() {
        return;
    }
    let sandbox = Sandbox::new();
    sandbox
        .sh(r#"
        openssl ecparam -name prime256v1 -genkey -noout -out root.key
        openssl req -x509 -key root.key -out root.crt -days 3000 -subj /O=Kubernetes/CN=root
        printf "basicConstraints=critical,CA:TRUE\n" > ca.cnf
        cat > constraints <<'END'
permitted;DNS:example.com
permitted;DNS:.example.com
excluded;DNS:bad.example.com
permitted;DNS:com
permitted;IP:192.168.5.0/255.255.255.0
excluded;IP:192.168.5.21/255.255.255.255
permitted;IP:fd00:0:0:0:0:0:0:0/ffff:0:0:0:0:0:0:0
permitted;email:example.com
permitted;email:.example.com
permitted;email:a@example.com
excluded;URI:example.com
permitted;URI:.example.com
permitted;dirName:dn
excluded;dirName:dn
permitted;otherName:1.2.3;UTF8:x
permitted;RID:1.2.3
permitted;DNS:example.com,permitted;DNS:example.org,excluded;IP:10.0.0.0/255.0.0.0
END
        cat > names <<'END'
DNS:example.com
DNS:a.example.com
DNS:bad.example.com
DNS:badexample.com
DNS:*.example.com
DNS:EXAMPLE.com
DNS:worker-1,IP:192.168.5.21
IP:192.168.5.22
IP:192.168.6.1
IP:10.1.2.3,DNS:a.example.org
IP:fd00:0:0:0:0:0:0:1
email:a@example.com
email:A@a.example.com
URI:https://example.com/x
URI:https://a.example.com:6443/x
URI:urn:x
dirName:dn
dirName:other
otherName:1.2.3;UTF8:x
otherName:1.2.4;UTF8:x
RID:1.2.3
END
        openssl ecparam -name prime256v1 -genkey -noout -out leaf.key
        at=0
        while read -r names; do
          at=$((at + 1))
          printf '[dn]\nO=Kubernetes\n[other]\nO=x\n[x]\nsubjectAltName=%s\n' "$names" > leaf.cnf
          openssl req -new -key leaf.key -subj /O=kubernetes/CN=leaf | openssl x509 -req -CA root.crt -CAkey root.key -days 90 -extfile leaf.cnf -extensions x -out leaf$at.crt
        done < names
        openssl req -new -key leaf.key -subj "/O=Kubernetes/CN=a.example.org" | openssl x509 -req -CA root.crt -CAkey root.key -days 90 -extfile ca.cnf -out cn.crt
        openssl req -new -key leaf.key -subj "/O=x/emailAddress=a@example.org" | openssl x509 -req -CA root.crt -CAkey root.key -days 90 -extfile ca.cnf -out mail.crt
        at=0
        while read -r constraints; do
          at=$((at + 1))
          printf '[dn]\nO=Kubernetes\n[x]\nbasicConstraints=critical,CA:TRUE\nnameConstraints=critical,%s\n' "$constraints" > ca.cnf
          openssl req -x509 -key root.key -days 3000 -subj /O=Kubernetes/CN=root -config <(printf '[req]\ndistinguished_name=q\n[q]\n'; cat ca.cnf) -extensions x -out ca$at.crt
        done < constraints
    "#)
        .succeeds();
    let (mut good, mut bad) = (0, 0);
    for ca in 1..=17 {
        // All certificates in one run: a bad one does not hinder the others.
        let line = format!("verify -CAfile ca{ca}.crt leaf{{1..21}}.crt cn.crt mail.crt");
        let [theirs, ours] = ["openssl", "khw-cert"].map(|tool| sandbox.sh(&format!("{tool} {line}")));
        let said: String = theirs.stderr.lines().filter(|l| !l.contains(":error:")).map(|l| format!("{l}\n")).collect();
        assert_eq!((ours.stdout.as_str(), ours.stderr.as_str()), (theirs.stdout.as_str(), said.as_str()), "ca{ca}");
        assert_eq!(ours.status, theirs.status, "ca{ca}");
        good += ours.stdout.matches(": OK").count();
        bad += ours.stderr.matches("verification failed").count();
    }
    assert!(good > 50 && bad > 50, "{good} {bad}");
    // `check` asks another judge, which has an own answer to names that it cannot judge.
    for (ca, leaf, refused) in [(1, 1, false), (1, 4, true), (3, 2, false), (3, 3, true), (5, 8, false), (5, 9, true)] {
        let ran = sandbox.sh(&format!("khw-cert check --ca ca{ca}.crt leaf{leaf}.crt --only chain-broken"));
        assert_eq!(ran.stdout.contains("nameConstraints"), refused, "{ca} {leaf}: {}", ran.stdout);
    }
}

/// khw-cert's own words do not sign what nobody would accept.
#[test]
fn a_ca_does_not_sign_for_names_that_it_may_not_sign_for() {
    if !openssl() {
        return;
    }
    let sandbox = Sandbox::new();
    sandbox.write("ca.cnf", "[req]\ndistinguished_name=d\n[d]\n[x]\nbasicConstraints=critical,CA:TRUE\nnameConstraints=critical,permitted;DNS:example.com,excluded;IP:10.0.0.0/255.0.0.0\n");
    sandbox
        .sh("openssl ecparam -name prime256v1 -genkey -noout -out ca.key
             openssl req -x509 -key ca.key -subj /CN=CA -days 3000 -config ca.cnf -extensions x -out ca.crt")
        .succeeds();
    let see = "see what it permits: khw-cert x509 -noout -ext nameConstraints -in ca.crt";
    let said = |what: &str| {
        format!(
            "khw-cert: error: ca.crt: this CA may not sign for these names (nameConstraints): {what}\nkhw-cert: hint: {see}\n"
        )
    };
    let permitted = said("a name is none of those that it permits");
    sandbox.sh("khw-cert node worker-1 --key-type ecdsa:p256").refused(&permitted);
    sandbox
        .sh("khw-cert node a.example.com 10.1.2.3 --key-type ecdsa:p256")
        .refused(&said("a name is one of those that it excludes"));
    assert_eq!(sandbox.names(), ["ca.cnf", "ca.crt", "ca.key"]);
    sandbox.sh("khw-cert node a.example.com 192.168.5.21 --key-type ecdsa:p256 2>&-; openssl verify -CAfile ca.crt a.example.com.crt").ok();
    sandbox.sh("khw-cert check a.example.com.crt").ok();
}

#[test]
fn a_file_that_is_not_there_does_not_stop_the_others() {
    let sandbox = Sandbox::new();
    sandbox.sh("khw-cert ca --key-type ecdsa:p256; khw-cert node a --key-type ecdsa:p256; cp a.crt b.crt").succeeds();
    let line = "verify -verbose -CAfile ca.crt a.crt nosuch.crt b.crt";
    let ran = sandbox.sh(&format!("khw-cert {line}"));
    assert_eq!((ran.status, ran.stdout.as_str()), (2, "a.crt: OK\nb.crt: OK\n"), "{ran:?}");
    assert_eq!(
        ran.stderr,
        "khw-cert: error: nosuch.crt: no such file or directory\n\
         khw-cert: hint: check the path, or run the step that makes this file first\n"
    );
    if openssl() {
        let judge = sandbox.sh(&format!("openssl {line}"));
        assert_eq!((judge.status, judge.stdout), (ran.status, ran.stdout));
    }
    assert_eq!(sandbox.sh("khw-cert verify -verbose -CAfile ca.crt a.crt").ok(), "a.crt: OK\n");
}

/// openssl takes UTF8String and PrintableString with the same text for one name; Go and rustls do not.
#[test]
fn names_that_differ_in_string_type_only() {
    if !openssl() {
        return;
    }
    let sandbox = Sandbox::new();
    for (mask, name) in [("utf8only", "utf8"), ("MASK:0x2", "printable")] {
        sandbox.write("c", format!("[req]\ndistinguished_name = d\nstring_mask = {mask}\nx509_extensions = e\n[d]\n[e]\nbasicConstraints = critical,CA:TRUE\n"));
        sandbox
            .sh(&format!(
                "test -e k || openssl ecparam -name prime256v1 -genkey -noout -out k
                          openssl req -x509 -new -key k -config c -subj /CN=T-CA -days 900 -out {name}.crt"
            ))
            .succeeds();
    }
    sandbox.sh("khw-cert node w --ca utf8.crt --ca-key k -d . --days 800 --key-type ecdsa:p256").succeeds();
    sandbox.sh("openssl verify -CAfile printable.crt w.crt").ok();
    sandbox
        .sh("khw-cert check w.crt --ca printable.crt --only chain-broken")
        .no("w.crt: error: the CA has the name of its issuer, CN = T-CA, in another string type [chain-broken]\n  \
         fix: Go and rustls compare names byte for byte, openssl does not: sign it again with this CA\n");
    sandbox.sh("khw-cert renew w.crt --ca printable.crt --ca-key k").refused(
        "khw-cert: error: w.crt: was not issued by this CA: its issuer has the name CN = T-CA in another string type\n\
         khw-cert: hint: name the CA that issued it: --ca FILE\n",
    );
}
