//! khw-install fetch: a TLS server of the test plays the download site, and breaks off, lies, stops or serves something else.

use crate::worker::program;
use harness::{ConnectProxy, FileServer, Reply, Sandbox, Then, Wanted};
use std::collections::HashMap;
use std::io::{Read, Write};
use std::path::Path;
use std::sync::Mutex;

const PROGRAMS: [&str; 3] = ["kubectl", "kube-proxy", "kubelet"];
const SITE: &str = "/release/v1.20.2/bin/linux/amd64";
const PART: &str = "v1.20.2-amd64-kubelet.part";

/// A CA that signs for the site at 127.0.0.1, also called mirror, and what the site has.
fn made() -> Sandbox {
    let sandbox = Sandbox::new();
    for name in PROGRAMS {
        let tail = (0..600_000_u32).map(|i| (i ^ i >> 9).to_le_bytes()[0]);
        sandbox.write(format!("served/{name}"), [program("v1.20.2", 62), tail.collect(), name.into()].concat());
    }
    sandbox
        .sh("khw-cert ca --key-type ecdsa:p256; khw-cert node mirror 127.0.0.1 --key-type ecdsa:p256
             khw-cert node elsewhere 192.0.2.1 --key-type ecdsa:p256
             cd served; for f in kube*; do for s in 256 512; do sha${s}sum < $f | cut -d ' ' -f 1 | tr -d '\\n' > $f.sha$s; done; done")
        .succeeds();
    sandbox
}

/// The reply of a site that is as it should be.
fn right(files: &HashMap<String, Vec<u8>>, wanted: &Wanted) -> Reply {
    let name = Path::new(&wanted.path).file_name().unwrap_or_default().to_string_lossy();
    match files.get(name.as_ref()) {
        Some(content) => Reply::file(content, wanted),
        None => Reply::new(404, "<html>not found</html>"),
    }
}

fn files(sandbox: &Sandbox) -> HashMap<String, Vec<u8>> {
    let served = std::fs::read_dir(sandbox.path("served")).unwrap().map(Result::unwrap);
    served.map(|e| (e.file_name().into_string().unwrap(), std::fs::read(e.path()).unwrap())).collect()
}

/// A site that answers each path with `odd`, given how often it was asked before, and with what is right where that is `None`.
fn site(sandbox: &Sandbox, odd: impl Fn(&str, &Wanted, usize) -> Option<Reply> + Send + Sync + 'static) -> FileServer {
    let (files, counts) = (files(sandbox), Mutex::new(HashMap::<String, usize>::new()));
    FileServer::start(sandbox, "mirror", move |wanted| {
        let before = {
            let mut counts = counts.lock().unwrap();
            let count = counts.entry(wanted.path.clone()).or_default();
            *count += 1;
            *count - 1
        };
        let name = wanted.path.rsplit('/').next().unwrap_or_default().to_owned();
        odd(&name, wanted, before).unwrap_or_else(|| right(&files, wanted))
    })
}

/// The line that fetches from a site.
fn fetch(site: &FileServer, arguments: &str) -> String {
    format!(
        "SSL_CERT_FILE=ca.crt khw-install fetch --kubernetes-version v1.20.2 --arch amd64 \
         --mirror https://{}/release {arguments}",
        site.address
    )
}

/// Refused with this error about the kubelet, and nothing is kept.
#[track_caller]
fn refused(sandbox: &Sandbox, site: &FileServer, arguments: &str, error: &str) {
    let ran = sandbox.sh(&fetch(site, &format!("kubelet {arguments}")));
    let address = format!("khw-install: error: https://{}{SITE}/", site.address);
    assert_eq!((ran.status, ran.stdout.as_str()), (2, ""), "{}", ran.stderr);
    let line = ran.stderr.lines().find_map(|line| line.strip_prefix(&address));
    assert!(line.is_some_and(|line| line.starts_with(error)), "{error}\n{}", ran.stderr);
    assert!(ran.stderr.contains("khw-install: hint: "), "{}", ran.stderr);
    let kept: Vec<_> = sandbox.names().into_iter().filter(|n| n == "kubelet").collect();
    assert!(kept.is_empty(), "{kept:?}");
}

fn asked(site: &FileServer, name: &str) -> Vec<Option<usize>> {
    let wanted = site.wanted.lock().unwrap();
    wanted.iter().filter(|w| w.path == format!("{SITE}/{name}")).map(|w| w.from).collect()
}

#[test]
fn all_three_are_fetched_once_and_are_what_the_site_has() {
    let sandbox = made();
    let site = site(&sandbox, |_, _, _| None);
    let line = fetch(&site, "");
    let ran = sandbox.sh(&format!("umask 022; {line}"));
    for name in PROGRAMS {
        for text in [
            format!("{name}: 0.6 MB from https://{}{SITE}/{name}\n", site.address),
            format!("{name}: 75 % of 0.6 MB\n"),
        ] {
            assert!(ran.stderr.contains(&format!("khw-install: {text}")), "{text}\n{}", ran.stderr);
        }
    }
    assert_eq!(ran.succeeds(), "fetched 0755 kubectl\nfetched 0755 kube-proxy\nfetched 0755 kubelet\n");
    sandbox.sh("for f in kubectl kube-proxy kubelet; do cmp $f served/$f; done; ! ls *.part 2> /dev/null").ok();
    assert_eq!(sandbox.sh(&line).ok(), "unchanged 0755 kubectl\nunchanged 0755 kube-proxy\nunchanged 0755 kubelet\n");
    assert_eq!(asked(&site, "kubelet"), [None], "the second run asks for the sum only");
    // What the next step takes them for, and another directory under another umask.
    sandbox.sh("mkdir root bin; khw-install binaries kubectl kube-proxy kubelet --arch amd64 --kubernetes-version v1.20.2 --root root").ok();
    assert_eq!(
        sandbox.sh(&format!("umask 077; {line} kubelet kubelet -d bin")).succeeds(),
        "fetched 0700 bin/kubelet\n"
    );
}

#[test]
fn an_old_release_has_its_other_checksum() {
    let sandbox = made();
    let site = site(&sandbox, |_, _, _| None);
    let line = fetch(&site, "kubelet").replace("v1.20.2", "v1.13.0");
    assert_eq!(sandbox.sh(&line).succeeds(), "fetched 0755 kubelet\n");
    let wanted = site.wanted.lock().unwrap();
    let paths: Vec<_> = wanted.iter().map(|w| w.path.as_str()).collect();
    assert_eq!(paths, ["/release/v1.13.0/bin/linux/amd64/kubelet.sha512", "/release/v1.13.0/bin/linux/amd64/kubelet"]);
}

#[test]
fn a_download_that_breaks_off_goes_on_where_it_ended() {
    for then in [Then::BreakOff, Then::Close] {
        let sandbox = made();
        let files = files(&sandbox);
        let site = site(&sandbox, move |name, wanted, before| {
            (name == "kubelet" && before == 0).then(|| right(&files, wanted).cut(200_000, then))
        });
        let ran = sandbox.sh(&fetch(&site, "kubelet"));
        assert!(ran.stderr.contains("; try 1 of 6 in 250ms\n"), "{}", ran.stderr);
        assert!(
            ran.stderr.contains("kubelet: 0.6 MB from ") && ran.stderr.contains(", from 0.2 MB on\n"),
            "{}",
            ran.stderr
        );
        assert_eq!(ran.succeeds(), "fetched 0755 kubelet\n");
        assert_eq!(asked(&site, "kubelet"), [None, Some(200_000)]);
        sandbox.sh("cmp kubelet served/kubelet").ok();
    }
}

/// A server may send less of the rest than it was asked for (RFC 9110, 14.2 and 15.3.7).
#[test]
fn a_rest_that_comes_in_parts_is_put_together() {
    let sandbox = made();
    let all = files(&sandbox);
    let site = site(&sandbox, move |name, wanted, _| {
        let whole = || right(&all, wanted);
        match wanted.from {
            _ if name != "kubelet" => None,
            None => Some(whole().cut(200_000, Then::BreakOff)),
            Some(from) => {
                let end = (from + 250_000).min(all["kubelet"].len());
                let range = format!("bytes {from}-{}/{}", end - 1, all["kubelet"].len());
                let headers = vec![("Content-Range", range)];
                Some(Reply { headers, ..Reply::new(206, &all["kubelet"][from..end]) })
            }
        }
    });
    let ran = sandbox.sh(&fetch(&site, "kubelet"));
    assert!(
        ran.stderr.contains("/kubelet: ended after 450000 of 600791 bytes; try 2 of 6 in 500ms\n"),
        "{}",
        ran.stderr
    );
    assert_eq!(ran.succeeds(), "fetched 0755 kubelet\n");
    assert_eq!(asked(&site, "kubelet"), [None, Some(200_000), Some(450_000)]);
    sandbox.sh("cmp kubelet served/kubelet").ok();
}

#[test]
fn what_one_run_leaves_the_next_one_completes() {
    let sandbox = made();
    let files = files(&sandbox);
    let site = site(&sandbox, move |name, wanted, before| {
        (name == "kubelet" && before == 0).then(|| right(&files, wanted).cut(300_000, Then::BreakOff))
    });
    refused(&sandbox, &site, "--retries 0", "kubelet: the connection was broken off");
    assert_eq!(sandbox.mode(PART), 0o600);
    assert_eq!(sandbox.sh(&format!("stat -c %s {PART}")).ok(), "300000\n");
    assert_eq!(sandbox.sh(&fetch(&site, "kubelet")).succeeds(), "fetched 0755 kubelet\n");
    assert_eq!(asked(&site, "kubelet"), [None, Some(300_000)]);
    // One that was all there when the run ended needs nothing more than the comparison.
    sandbox.sh(&format!("mv kubelet {PART}; chmod 600 {PART}")).ok();
    assert_eq!(sandbox.sh(&fetch(&site, "kubelet")).succeeds(), "fetched 0755 kubelet\n");
    assert_eq!(sandbox.mode("kubelet"), 0o755);
}

#[test]
fn a_rest_that_does_not_fit_begins_anew() {
    let sandbox = made();
    let good = site(&sandbox, |_, _, _| None);
    let fill = format!("umask 077; head -c 1000 /dev/zero > {PART}");
    sandbox.sh(&fill).ok();
    let ran = sandbox.sh(&fetch(&good, "kubelet"));
    assert!(ran.stderr.contains("kubelet: what an earlier run left does not fit; it begins anew\n"), "{}", ran.stderr);
    assert_eq!((ran.succeeds().as_str(), asked(&good, "kubelet")), ("fetched 0755 kubelet\n", vec![Some(1000), None]));

    let all = files(&sandbox);
    let without_ranges =
        site(&sandbox, move |name, _, _| (name == "kubelet").then(|| Reply::new(200, all["kubelet"].clone())));
    let all = files(&sandbox);
    let wrong_ranges = site(&sandbox, move |name, wanted, _| {
        (name == "kubelet" && wanted.from.is_some())
            .then(|| Reply::file(&all["kubelet"], &Wanted { from: Some(7), ..wanted.clone() }))
    });
    let refuses_ranges =
        site(&sandbox, |name, wanted, _| (name == "kubelet" && wanted.from.is_some()).then(|| Reply::new(416, "")));
    for site in [without_ranges, wrong_ranges, refuses_ranges] {
        sandbox.sh(&format!("rm kubelet; {fill}")).ok();
        assert_eq!(sandbox.sh(&fetch(&site, "kubelet")).succeeds(), "fetched 0755 kubelet\n");
        sandbox.sh("cmp kubelet served/kubelet").ok();
    }
}

#[test]
fn a_length_that_is_not_the_content_s_is_seen() {
    let sandbox = made();
    let all = files(&sandbox);
    let too_long = site(&sandbox, move |name, _, _| {
        (name == "kubelet").then(|| Reply { length: Some(700_000), ..Reply::new(200, all["kubelet"].clone()) })
    });
    refused(&sandbox, &too_long, "--retries 1", "kubelet: the connection was broken off");
    sandbox.sh(&format!("rm {PART}")).ok();
    let all = files(&sandbox);
    let too_short = site(&sandbox, move |name, _, _| {
        (name == "kubelet").then(|| Reply { length: Some(1000), ..Reply::new(200, all["kubelet"].clone()) })
    });
    refused(&sandbox, &too_short, "", "kubelet: its SHA-256 is ");
    assert!(!sandbox.has(PART));
    let huge = site(&sandbox, |name, _, _| {
        (name == "kubelet").then(|| Reply { length: Some((1 << 30) + 1), then: Then::Stall, ..Reply::new(200, "x") })
    });
    refused(&sandbox, &huge, "", "kubelet: is larger than 1 GiB, which no program of Kubernetes is");
}

#[test]
fn what_does_not_match_is_not_kept_and_what_was_there_stays() {
    let sandbox = made();
    let sum = sandbox.read("served/kubelet.sha256");
    let page = site(&sandbox, |name, _, _| (name == "kubelet").then(|| Reply::new(200, "<html>please log in</html>")));
    let found = sandbox.sh("printf '<html>please log in</html>' | sha256sum | cut -d ' ' -f 1").ok();
    let error = format!(
        "kubelet: its SHA-256 is {}, not {sum} as https://{}{SITE}/kubelet.sha256 says: it is a page of HTML or XML, not a program",
        found.trim(),
        page.address
    );
    refused(&sandbox, &page, "", &error);
    assert!(!sandbox.has(PART));

    let wrong = site(&sandbox, |name, _, _| (name == "kubelet.sha256").then(|| Reply::new(200, "0".repeat(64))));
    let ran = sandbox.sh(&format!("echo old > kubelet; {}", fetch(&wrong, "")));
    assert_eq!(
        (ran.status, ran.stdout.as_str()),
        (2, "fetched 0755 kubectl\nfetched 0755 kube-proxy\n"),
        "{}",
        ran.stderr
    );
    assert!(
        ran.stderr.contains(&format!("/kubelet: its SHA-256 is {sum}, not {} as ", "0".repeat(64))),
        "{}",
        ran.stderr
    );
    assert_eq!((sandbox.read("kubelet").as_str(), sandbox.has(PART)), ("old\n", false));
    assert_eq!(sandbox.sh(&fetch(&page, "kubectl")).succeeds(), "unchanged 0755 kubectl\n");
    // With the right sum it is replaced.
    let good = site(&sandbox, |_, _, _| None);
    assert_eq!(sandbox.sh(&fetch(&good, "kubelet")).succeeds(), "fetched 0755 kubelet\n");
}

#[test]
fn a_checksum_file_that_is_none_is_refused() {
    let sandbox = made();
    for (body, error) in [
        ("<html>", "kubelet.sha256: is no SHA-256 sum: it is a page of HTML or XML"),
        ("", "kubelet.sha256: is no SHA-256 sum"),
        (&"0".repeat(128), "kubelet.sha256: is no SHA-256 sum"),
        (&format!("{}  {}", "0".repeat(64), "x".repeat(5000)), "kubelet.sha256: is no SHA-256 sum"),
    ] {
        let body = body.to_owned();
        let site = site(&sandbox, move |name, _, _| (name == "kubelet.sha256").then(|| Reply::new(200, body.clone())));
        refused(&sandbox, &site, "", error);
        assert_eq!(asked(&site, "kubelet"), [], "without a sum nothing is fetched");
    }
}

#[test]
fn a_server_that_stops_is_left_after_the_timeout() {
    let sandbox = made();
    let all = files(&sandbox);
    let stalls = move |once: bool| {
        let all = all.clone();
        move |name: &str, wanted: &Wanted, before: usize| {
            (name == "kubelet" && (before == 0 || !once)).then(|| right(&all, wanted).cut(100_000, Then::Stall))
        }
    };
    let always = site(&sandbox, stalls(false));
    // On a busy machine its sum may be too slow already.
    let ran = sandbox.sh(&fetch(&always, "kubelet --timeout 500ms --retries 0"));
    assert!(ran.status == 2 && ran.stderr.contains(": nothing came for 500ms\n"), "{}", ran.stderr);
    sandbox.sh(&format!("rm -f {PART}")).ok();
    let once = site(&sandbox, stalls(true));
    assert_eq!(sandbox.sh(&fetch(&once, "kubelet --timeout 1s")).succeeds(), "fetched 0755 kubelet\n");
    assert!(asked(&once, "kubelet").len() >= 2);
}

#[test]
fn a_busy_server_is_asked_again_and_one_without_the_file_is_not() {
    let sandbox = made();
    for status in [408, 429, 500, 502, 503, 504] {
        let site = site(&sandbox, move |_, _, before| {
            (before == 0).then(|| Reply {
                headers: vec![("Retry-After", "0".to_owned())],
                ..Reply::new(status, "<html>busy</html>")
            })
        });
        let ran = sandbox.sh(&format!("rm -f kubelet; {}", fetch(&site, "kubelet")));
        assert!(ran.stderr.contains(&format!("kubelet.sha256: answers {status} ")), "{}", ran.stderr);
        assert!(ran.stderr.contains("; try 1 of 6 in 0ns\n"), "{}", ran.stderr);
        assert_eq!(ran.succeeds(), "fetched 0755 kubelet\n", "{status}");
    }
    sandbox.sh("rm kubelet").ok();
    for (status, error) in [
        (404, "kubelet.sha256: answers 404 Not Found"),
        (403, "kubelet.sha256: answers 403 Forbidden"),
        (501, "kubelet.sha256: answers 501 Not Implemented"),
    ] {
        let site = site(&sandbox, move |_, _, _| Some(Reply::new(status, "")));
        let retries = if status == 501 { "--retries 0" } else { "" };
        refused(&sandbox, &site, retries, error);
        assert_eq!(site.wanted.lock().unwrap().len(), 1);
    }
}

#[test]
fn redirects_are_followed_where_they_stay_with_https() {
    let sandbox = made();
    let target = site(&sandbox, |_, _, _| None);
    let to = |address: String| {
        move |_: &str, wanted: &Wanted, _: usize| {
            let location = address.replace("PATH", &wanted.path);
            Some(Reply { headers: vec![("Location", location)], ..Reply::new(302, "") })
        }
    };
    let https = site(&sandbox, to(format!("https://{}PATH", target.address)));
    assert_eq!(sandbox.sh(&fetch(&https, "kubelet")).succeeds(), "fetched 0755 kubelet\n");
    sandbox.sh("rm kubelet").ok();
    let all = files(&sandbox);
    let plain = FileServer::start_plain(move |wanted| right(&all, wanted));
    let http = site(&sandbox, to(format!("http://{}PATH", plain.address)));
    let error = format!("kubelet.sha256: leads to http://{}{SITE}/kubelet.sha256, which is not https", plain.address);
    refused(&sandbox, &http, "", &error);
    assert_eq!(plain.wanted.lock().unwrap().len(), 0);
    let round = site(&sandbox, to("PATH".to_owned()));
    let ran = sandbox.sh(&fetch(&round, "kubelet"));
    assert!(ran.stderr.contains("/kubelet.sha256: leads through more than 10 redirects\n"), "{}", ran.stderr);
    let nowhere = site(&sandbox, to("file:///etc/passwd".to_owned()));
    let ran = sandbox.sh(&fetch(&nowhere, "kubelet"));
    assert!(ran.stderr.contains("/kubelet.sha256: answers 302 and leads to no address\n"), "{}", ran.stderr);
}

#[test]
fn certificates_are_held_against_the_authorities_of_this_host() {
    let sandbox = made();
    let good = site(&sandbox, |_, _, _| None);
    sandbox.sh("mkdir other; khw-cert ca -d other --key-type ecdsa:p256").succeeds();
    let with = |authorities: &str| sandbox.sh(&fetch(&good, "kubelet").replace("=ca.crt", authorities));
    let ran = with("=other/ca.crt");
    let unknown = "kubelet.sha256: its certificate is signed by an authority that this host does not know\n\
                   khw-install: hint: name the file with the CA of a mirror of your own with SSL_CERT_FILE\n";
    assert!(ran.status == 2 && ran.stderr.ends_with(unknown), "{}", ran.stderr);
    let ran = with("=nowhere");
    assert!(ran.stderr.starts_with("khw-install: error: this host has no CA certificates: "), "{}", ran.stderr);
    let all = files(&sandbox);
    let elsewhere = FileServer::start(&sandbox, "elsewhere", move |wanted| right(&all, wanted));
    refused(&sandbox, &elsewhere, "", "kubelet.sha256: its certificate is for another name");
    // What an http server says to a greeting of TLS.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let plain = FileServer { address: listener.local_addr().unwrap(), wanted: good.wanted.clone() };
    std::thread::spawn(move || {
        for mut client in listener.incoming().flatten() {
            let mut hello = [0; 1024];
            let _ = client.read(&mut hello);
            let _ = client.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
        }
    });
    refused(&sandbox, &plain, "", "kubelet.sha256: what answers does not speak TLS");
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let nobody = FileServer { address: closed, wanted: good.wanted.clone() };
    refused(&sandbox, &nobody, "", "kubelet.sha256: nobody listens there (connection refused)");
}

#[test]
fn http_is_for_a_mirror_of_ones_own_when_it_is_asked_for() {
    let sandbox = made();
    let all = files(&sandbox);
    let plain = FileServer::start_plain(move |wanted| right(&all, wanted));
    let line = fetch(&plain, "kubelet").replace("https:", "http:");
    sandbox.sh(&line).refused(&format!(
        "khw-install: error: --mirror: http://{}/release is not https\n\
         khw-install: hint: say --insecure-mirror when it is a host of your own and you trust the way to it\n",
        plain.address
    ));
    // Where there is no TLS there need be no authorities.
    let line = line.replace("=ca.crt", "=nowhere");
    assert_eq!(sandbox.sh(&format!("{line} --insecure-mirror")).succeeds(), "fetched 0755 kubelet\n");
}

#[test]
fn the_proxy_of_the_environment_is_used_but_for_its_exceptions() {
    let sandbox = made();
    let site = site(&sandbox, |_, _, _| None);
    let proxy = ConnectProxy::start(Some(site.address));
    // A name that only the proxy knows: nothing on this host has an address for it.
    let line = fetch(&site, "kubelet").replace("127.0.0.1", "mirror");
    let through = format!("https_proxy=http://me:secret@{} {line}", proxy.address);
    assert_eq!(sandbox.sh(&through).succeeds(), "fetched 0755 kubelet\n");
    let heads = proxy.asked.lock().unwrap().clone();
    assert!(
        heads.iter().all(|head| head.starts_with(&format!("CONNECT mirror:{} ", site.address.port()))),
        "{heads:?}"
    );
    // base64 of me:secret.
    assert!(heads.iter().all(|head| head.contains("\r\nProxy-Authorization: Basic bWU6c2VjcmV0\r\n")), "{heads:?}");

    let direct = fetch(&site, "kubelet");
    for except in ["127.0.0.0/8", "127.0.0.1", "*"] {
        let line = format!("rm kubelet; all_proxy={} no_proxy=localhost,{except} {direct}", proxy.address);
        assert_eq!(sandbox.sh(&line).succeeds(), "fetched 0755 kubelet\n");
    }
    assert_eq!(proxy.asked.lock().unwrap().len(), heads.len(), "none of these went through the proxy");

    let closed = ConnectProxy::start(None);
    let ran = sandbox.sh(&format!("https_proxy=http://me:secret@{} {line}", closed.address));
    assert!(
        ran.status == 2 && ran.stderr.contains("/kubelet.sha256: the proxy does not let it through: "),
        "{}",
        ran.stderr
    );
    assert!(!ran.stderr.contains("secret"), "{}", ran.stderr);
    for (value, what) in [
        ("socks5://me:secret@proxy", "is a SOCKS proxy, which khw-install does not speak"),
        ("ftp://me:secret@proxy", "is not the address of a proxy"),
    ] {
        sandbox.sh(&format!("HTTPS_PROXY={value} {line}")).refused(&format!(
            "khw-install: error: HTTPS_PROXY: {what}\nkhw-install: hint: write it as http://HOST:PORT\n"
        ));
    }
}

#[test]
fn an_unfinished_file_is_nobody_elses() {
    let sandbox = made();
    let site = site(&sandbox, |_, _, _| None);
    let line = fetch(&site, "kubelet");
    let foreign =
        format!("khw-install: error: {PART}: is not a file of yours\nkhw-install: hint: look at it and move it away\n");
    for make in [
        format!("touch victim; ln -s victim {PART}"),
        format!("touch {PART}; chmod 644 {PART}"),
        format!("umask 077; touch other; ln other {PART}"),
        format!("mkfifo -m 600 {PART}"),
        format!("mkdir {PART}"),
    ] {
        sandbox.sh(&format!("rm -rf {PART} other; {make}")).ok();
        sandbox.sh(&line).refused(&foreign);
    }
    assert_eq!(sandbox.read("victim"), "");
    sandbox.sh(&format!("rm -r {PART}; umask 077; exec 9<> {PART}; flock 9; {line}")).refused(&format!(
        "khw-install: error: {PART}: another khw-install is fetching it\nkhw-install: hint: wait for it to end\n"
    ));
    sandbox.sh("mkdir kubelet").ok();
    sandbox.sh(&line).refused("khw-install: error: kubelet: is not a file\nkhw-install: hint: move it away\n");
    sandbox.sh(&format!("{line} -d nowhere")).refused(
        "khw-install: error: nowhere: no such file or directory\nkhw-install: hint: make the directory first\n",
    );
}

#[test]
fn a_terminal_gets_a_bar() {
    let sandbox = made();
    let site = site(&sandbox, |_, _, _| None);
    sandbox.write("fetch", fetch(&site, "kubelet"));
    if sandbox.sh("type -P script").status != 0 {
        eprintln!("SKIPPED: script (util-linux) is not there");
        return;
    }
    let shown = sandbox.sh("script -qec 'bash fetch' /dev/null < /dev/null").succeeds();
    assert!(shown.contains("\rkubelet 0 %  [----------]  0.0 of 0.6 MB, "), "{shown:?}");
    assert!(shown.ends_with("\r\x1b[Kfetched 0755 kubelet\r\n") && !shown.contains("khw-install:"), "{shown:?}");
}
