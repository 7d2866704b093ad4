//! Private keys: no message has a part of one, whatever file is named in the place of another, and nothing is written over
//! one that was not made to be a key.

use harness::Sandbox;

/// A CA, a node, a request, a kubeconfig, and openssl's keys in every form in which a copy goes wrong.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox
        .sh(r#"khw-cert ca --key-type ecdsa:p256 && khw-cert node w --key-type ecdsa:p256 && khw-cert csr q > q.csr
             khw-kubeconfig new --server https://a:6443 --certificate-authority ca.crt --client-certificate w.crt --client-key w.key > kc
             mkdir keys root; touch kubelet"#)
        .succeeds();
    // An encoding of RSA keys is enough: what is looked for is text of the file.
    sandbox
        .sh(r#"khw-cert genrsa -out keys/rsa 2048; cp w.key keys/ec; cd keys
             for key in rsa ec; do
               tr -d '\n' < $key > $key.joined
               tr '\n' '\r' < $key > $key.carriage-returns
               sed ':a;N;$!ba;s/\n/\\n/g' $key > $key.escaped
               echo $(cat $key) > $key.unquoted
               grep -v -- ----- $key > $key.bare
               { echo 'name: value'; cat $key; } > $key.after-yaml
               { echo 'a: |'; sed 's/^/  /' $key; } > $key.in-yaml
               { printf 'apiVersion: v1\nkind: Config\nusers: "'; tr -d '\n' < $key; echo '"'; } > $key.in-kubeconfig
               head -3 $key > $key.cut-off
             done"#)
        .succeeds();
    sandbox
}

/// Commands that read a file, where F is another.
const READERS: &str = "\
khw-cert rsa -in F -noout -modulus -passin pass:x
khw-cert req -in F -noout -subject
khw-cert x509 -in F -noout -subject
khw-cert req -new -key F -subj /CN=a -noout
khw-cert req -new -key w.key -subj /CN=a -config F
khw-cert x509 -req -in q.csr -CA F -CAkey ca.key -out x
khw-cert x509 -req -in q.csr -CA ca.crt -CAkey F -out x
khw-cert x509 -req -in q.csr -CA ca.crt -CAkey ca.key -extfile F -out x
khw-cert x509 -req -in q.csr -CA ca.crt -CAkey ca.key -CAserial F -out x
khw-cert verify -CAfile F w.crt
khw-cert verify -CAfile ca.crt F
khw-cert check F
khw-cert check w.crt --ca F
khw-cert inspect F
khw-cert inspect F --format json
khw-cert expiry F
khw-cert renew F
khw-cert sign F
khw-cert node z --ca F
khw-cert node z --ca-key F
khw-cert node F
khw-kubeconfig view --kubeconfig F
khw-kubeconfig check F
khw-kubeconfig get-contexts --kubeconfig F
khw-kubeconfig set-cluster a --server https://a --kubeconfig F
khw-kubeconfig set-cluster a --certificate-authority F --kubeconfig new
khw-kubeconfig set-credentials a --client-certificate F --kubeconfig new
khw-kubeconfig set-credentials a --client-key F --kubeconfig new
khw-kubeconfig new --server https://a --certificate-authority F --client-certificate w.crt --client-key w.key -o new
khw-kubeconfig new --server https://a --certificate-authority ca.crt --client-certificate F --client-key w.key -o new
khw-kubeconfig new --server https://a --certificate-authority ca.crt --client-certificate w.crt --client-key F -o new
khw-kubeconfig merge F kc -o new
khw-kubeconfig bootstrap --server https://a --certificate-authority F --token abcdef.0123456789abcdef -o new
khw-kubelet-conf --from F
khw-kubelet-conf check F
khw-kubelet-conf check F --format json
khw-proxy-conf --from F
khw-proxy-conf check F
khw-unit check F
khw-unit check F --format json
khw-install ca F --node w --root root
khw-install kubelet-cert F --node w --root root
khw-install kubelet-key F --node w --root root --dry-run
khw-install kubelet-kubeconfig F --node w --root root
khw-install kubelet-config F --node w --root root
khw-install kubelet-unit F --node w --root root
khw-install kube-proxy-config F --node w --root root
khw-install kube-proxy-unit F --node w --root root
khw-install kube-proxy-kubeconfig F --node w --root root
khw-install binaries F --root root
khw-install binaries kubelet --sha256 F --root root
khw-install unpack F --node w --root root
";

#[test]
fn no_message_has_a_part_of_a_key() {
    let sandbox = sandbox();
    let files = sandbox.sh("cd keys; echo *").ok();
    // The middle of each line of a key. That of a public key is another.
    let parts: Vec<String> = ["rsa", "ec"]
        .into_iter()
        .flat_map(|key| {
            let text = sandbox.read(format!("keys/{key}"));
            let lines: Vec<String> = text.lines().filter(|line| line.len() == 64).map(str::to_owned).collect();
            // An RSA key begins with its public part.
            let private = lines.len() / 2..lines.len();
            lines[private].iter().map(|line| line[20..44].to_owned()).collect::<Vec<_>>()
        })
        .collect();
    assert!(parts.len() > 10);
    for command in READERS.lines() {
        // One shell for all files of a command, since what they say is looked through as a whole.
        let script = format!(
            "for f in {}; do echo \"== $f\"; {} </dev/null || true; done 2>&1",
            files.trim(),
            command.replace(" F", " keys/$f")
        );
        let said = sandbox.sh(&script).stdout;
        // The shell ends at the first failure that is not expected.
        assert!(files.split_whitespace().all(|file| said.contains(&format!("== {file}\n"))), "{command}\n{said}");
        let leak = parts.iter().find(|part| said.contains(part.as_str()));
        assert!(leak.is_none(), "{command}\n{said}");
    }
}

/// Commands that write FILE, which holds a key.
const WRITERS: &str = "\
khw-cert x509 -req -in q.csr -CA ca.crt -CAkey ca.key -CAcreateserial -out ca.key
khw-cert x509 -in ca.crt -out w.key
khw-cert x509 -pubkey -noout -in ca.crt -out w.key
khw-cert req -new -key w.key -subj /CN=a -out w.key
khw-cert req -x509 -key w.key -subj /CN=a -out w.key
khw-cert req -in q.csr -out w.key
khw-cert pkey -in w.key -pubout -out w.key
khw-cert ecparam -name prime256v1 -out w.key
khw-cert sign q.csr -o ca.key
khw-cert renew w.crt -o w.key
khw-cert csr --cn x --key w.key -o w.key
khw-kubeconfig new --server https://a:6443 --certificate-authority ca.crt --client-certificate w.crt --client-key w.key -o w.key
khw-kubeconfig merge kc -o w.key
khw-kubelet-conf -o w.key
khw-proxy-conf --cluster-cidr 10.0.0.0/16 -o w.key
khw-unit kubelet --node w -o w.key
";

#[test]
fn nothing_is_written_over_a_key() {
    let sandbox = sandbox();
    let sums = "sha256sum ca.key w.key ca.crt";
    let before = sandbox.sh(sums).ok();
    for command in WRITERS.lines() {
        let ran = sandbox.sh(command);
        let path = command.rsplit(' ').next().unwrap_or_default();
        let tool = command.split(' ').next().unwrap_or_default();
        let expected = format!(
            "{tool}: error: {path}: holds a private key, and is not overwritten\n\
             {tool}: hint: name another file; move this one away first if it is of no use any more\n"
        );
        assert!(
            ran.status == 2 && ran.stdout.is_empty() && ran.stderr.ends_with(&expected),
            "{command}\n{}",
            ran.stderr
        );
        assert_eq!(sandbox.sh(sums).ok(), before, "{command}");
    }
    sandbox.sh("khw-unit kube-proxy -o ca.crt").refused(
        "khw-unit: error: ca.crt: holds a certificate or the like in PEM, and is not overwritten\n\
         khw-unit: hint: name another file; move this one away first if it is of no use any more\n",
    );
    sandbox.sh("khw-cert req -new -newkey rsa:2048 -nodes -keyout u -out u -subj /CN=a").refused(
        "khw-cert: error: -keyout, -out: names one file for the key and for what is made with it\n\
         khw-cert: hint: name two files\n",
    );
    assert_eq!(sandbox.sh("ls u 2>/dev/null || echo none; echo; ").ok(), "none\n\n");
}

#[test]
fn no_pair_takes_the_place_of_the_ca_that_signs_it() {
    let sandbox = sandbox();
    let sums = "sha256sum ca.key ca.crt";
    let before = sandbox.sh(sums).ok();
    for command in [
        "khw-cert node ca --force",
        "khw-cert client --cn ca --force",
        "khw-cert server --cn ca --san ca --force",
        "echo ca | khw-cert node --from - --force",
        "ln -s ca.crt link.crt; ln -s ca.key link.key; khw-cert node ca --ca link.crt --force",
    ] {
        let ran = sandbox.sh(command);
        assert!(ran.status == 2, "{command}\n{}", ran.stderr);
        assert!(ran.stderr.contains("ca.key: is of the CA that signs, and is not overwritten\n"), "{}", ran.stderr);
        assert_eq!(sandbox.sh(sums).ok(), before, "{command}");
    }
    sandbox.sh("khw-cert x509 -req -in q.csr -CA ca.crt -CAkey ca.key -CAcreateserial -out ca.crt").refused(
        "khw-cert: error: ca.crt: -out: is of the CA that signs, and is not overwritten\n\
         khw-cert: hint: name another file\n",
    );
    assert_eq!(sandbox.sh(sums).ok(), before);
}
