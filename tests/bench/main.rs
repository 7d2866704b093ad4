//! `make bench`: the real tools and khw in one run on one machine, as ratios. A benchmark, no test: nothing fails when
//! it is slow. Runs alternate between the two, so that a busy moment hits both; medians are printed, since the search
//! for two primes takes anything from 20 ms to a second.

#![allow(missing_docs)]

mod kubeconfig;

use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair};
use harness::{Reference, Sandbox, TOOLS, bin_dir, reference};
use khw_cert::{KeyType, PrivateKey};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeVal;
use std::num::NonZero;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Commands that are run one after the other and measured as one; `anew` are removed before, outside the measurement.
struct Job {
    what: &'static str,
    lines: Vec<Vec<String>>,
    anew: &'static [&'static str],
}

/// So many nodes in a list.
const NODES: usize = 1000;

/// How often each command of `kubectl config` is run.
const RUNS: usize = 20;

struct Bench {
    sandbox: Sandbox,
    path: std::ffi::OsString,
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let first = arguments.next();
    if first.as_deref() == Some("--peak-memory") {
        peak_memory_of(&arguments.collect::<Vec<_>>());
        return;
    }
    let judges = [Reference::Openssl, Reference::Kubectl].map(reference);
    let [Some(_), Some(kubectl)] = judges else { return };
    let bench = Bench::new(&kubectl);
    bench.prepare();
    // `cargo bench … -- many 100` for lists of nodes alone, `-- kubeconfig 5` for each command of kubectl config.
    if first.as_deref() == Some("many") {
        bench.many(arguments.next().and_then(|number| number.parse().ok()).unwrap_or(NODES));
        return;
    }
    if first.as_deref() == Some("kubeconfig") {
        bench.kubeconfig(arguments.next().and_then(|number| number.parse().ok()).unwrap_or(RUNS));
        return;
    }
    bench.speed();
    bench.kubeconfig(RUNS);
    bench.many(NODES);
    bench.start();
    bench.memory_and_size();
}

const RSA: &str = "\
openssl genrsa -out worker-1.key 2048
openssl req -new -key worker-1.key -subj /CN=system:node:worker-1/O=system:nodes -out worker-1.csr -config openssl-worker-1.cnf
openssl x509 -req -in worker-1.csr -CA ca.crt -CAkey ca.key -CAcreateserial -out worker-1.crt -extensions v3_req -extfile openssl-worker-1.cnf -days 1000";

const ECDSA: &str = "\
openssl ecparam -name prime256v1 -genkey -noout -out worker-1.key
openssl req -new -key worker-1.key -subj /CN=system:node:worker-1/O=system:nodes -out worker-1.csr -config openssl-worker-1.cnf
openssl x509 -req -in worker-1.csr -CA ca.crt -CAkey ca.key -CAcreateserial -out worker-1.crt -extensions v3_req -extfile openssl-worker-1.cnf -days 1000";

const KUBECONFIG: &str = "\
kubectl config set-cluster kubernetes-the-hard-way --certificate-authority=ca.crt --embed-certs=true --server=https://192.168.5.30:6443 --kubeconfig=worker-1.kubeconfig
kubectl config set-credentials system:node:worker-1 --client-certificate=fixed.crt --client-key=fixed.key --embed-certs=true --kubeconfig=worker-1.kubeconfig
kubectl config set-context default --cluster=kubernetes-the-hard-way --user=system:node:worker-1 --kubeconfig=worker-1.kubeconfig
kubectl config use-context default --kubeconfig=worker-1.kubeconfig";

const NEW: &str = "khw-kubeconfig new --server https://192.168.5.30:6443 --certificate-authority ca.crt --client-certificate fixed.crt --client-key fixed.key -o worker-1.kubeconfig";

const CNF: &str = "\
[req]
req_extensions = v3_req
distinguished_name = req_distinguished_name
[req_distinguished_name]
[ v3_req ]
basicConstraints = CA:FALSE
keyUsage = nonRepudiation, digitalSignature, keyEncipherment
subjectAltName = @alt_names
[alt_names]
DNS.1 = worker-1
IP.1 = 192.168.5.21
";

// Shortened: what a heredoc costs is the processes, not its text.
const HEREDOCS: &str = r#"
cat <<EOF | tee kubelet-config.yaml >/dev/null
kind: KubeletConfiguration
apiVersion: kubelet.config.k8s.io/v1beta1
authentication: {anonymous: {enabled: false}, webhook: {enabled: true}, x509: {clientCAFile: /var/lib/kubernetes/ca.crt}}
EOF
cat <<EOF | tee kube-proxy-config.yaml >/dev/null
kind: KubeProxyConfiguration
apiVersion: kubeproxy.config.k8s.io/v1alpha1
EOF
cat <<EOF | tee kubelet.service >/dev/null
[Service]
ExecStart=/usr/local/bin/kubelet --config=/var/lib/kubelet/kubelet-config.yaml
EOF
cat <<EOF | tee kube-proxy.service >/dev/null
[Service]
ExecStart=/usr/local/bin/kube-proxy --config=/var/lib/kube-proxy/kube-proxy-config.yaml
EOF
"#;

const KHW_FILES: &str = "
khw-kubelet-conf > kubelet-config.yaml
khw-proxy-conf --cluster-cidr 10.244.0.0/16 > kube-proxy-config.yaml
khw-unit kubelet --node worker-1 > kubelet.service
khw-unit kube-proxy > kube-proxy.service
";

/// A block with the tools' names exchanged.
fn khw(block: &str) -> String {
    block.replace("openssl ", "khw-cert ").replace("kubectl config ", "khw-kubeconfig ")
}

fn lines(block: &str) -> Vec<Vec<String>> {
    block.lines().map(|line| line.split_whitespace().map(str::to_owned).collect()).collect()
}

fn script(text: String) -> Vec<Vec<String>> {
    vec![vec!["bash".to_owned(), "-euo".to_owned(), "pipefail".to_owned(), "-c".to_owned(), text]]
}

impl Bench {
    fn new(kubectl: &Path) -> Bench {
        let sandbox = Sandbox::new();
        // Only the judge's directory, so that `kubectl` is the judge.
        std::fs::create_dir(sandbox.path("bin")).expect("a directory");
        std::os::unix::fs::symlink(kubectl, sandbox.path("bin/kubectl")).expect("a link");
        let path = std::env::var_os("PATH").unwrap_or_default();
        let first = [sandbox.path("bin"), bin_dir().to_owned()];
        let path = std::env::join_paths(first.into_iter().chain(std::env::split_paths(&path))).expect("PATH");
        Bench { sandbox, path }
    }

    /// The CA, and a certificate that stays.
    fn prepare(&self) {
        self.sandbox.write("openssl-worker-1.cnf", CNF);
        let ca = "openssl genrsa -out ca.key 2048
            openssl req -x509 -new -key ca.key -subj /CN=KUBERNETES-CA -days 3650 -out ca.crt";
        self.sandbox.sh(ca).succeeds();
        self.sandbox.sh(&format!("{RSA}\ncp worker-1.crt fixed.crt; cp worker-1.key fixed.key")).succeeds();
    }

    fn command(&self, line: &[String]) -> Command {
        let mut command = Command::new(self.program(&line[0]));
        command.args(&line[1..]).current_dir(self.sandbox.path("")).env_clear();
        command.env("PATH", &self.path).env("HOME", self.sandbox.path("")).env("LC_ALL", "C");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    /// Found once here, so that nobody's search of PATH is measured.
    fn program(&self, name: &str) -> std::path::PathBuf {
        let found = std::env::split_paths(&self.path).map(|dir| dir.join(name)).find(|file| file.is_file());
        found.unwrap_or_else(|| panic!("{name} is not there"))
    }

    fn once(&self, job: &Job) -> Duration {
        for file in job.anew {
            drop(std::fs::remove_file(self.sandbox.path(file)));
        }
        let mut commands: Vec<Command> = job.lines.iter().map(|line| self.command(line)).collect();
        let start = Instant::now();
        for (command, line) in commands.iter_mut().zip(&job.lines) {
            let status = command.status().expect("it runs");
            assert!(status.success(), "{}: {line:?}: {status}", job.what);
        }
        start.elapsed()
    }

    /// The same in seconds of processor time.
    fn processor_time(&self, job: &Job) -> f64 {
        let before = cpu(UsageWho::RUSAGE_CHILDREN);
        self.once(job);
        cpu(UsageWho::RUSAGE_CHILDREN) - before
    }

    /// Medians of all jobs, which take turns.
    fn medians(&self, jobs: &[Job], runs: usize) -> Vec<Duration> {
        let mut times = vec![Vec::with_capacity(runs); jobs.len()];
        for _ in 0..runs {
            for (job, times) in jobs.iter().zip(&mut times) {
                times.push(self.once(job));
            }
        }
        times.iter_mut().for_each(|t| t.sort());
        times.iter().map(|t| t[t.len() / 2]).collect()
    }

    fn group(&self, name: &str, runs: usize, jobs: &[Job]) {
        let medians = self.medians(jobs, runs);
        println!("\n{name} (medians of {runs})");
        for (job, median) in jobs.iter().zip(&medians) {
            let ratio = medians[0].as_secs_f64() / median.as_secs_f64();
            println!("  {:<52} {:>9.2} ms  {ratio:>6.1} x", job.what, median.as_secs_f64() * 1e3);
        }
    }

    fn speed(&self) {
        let kubeconfig: &[&str] = &["worker-1.kubeconfig"];
        let certificate: &[&str] = &["worker-1.key", "worker-1.csr", "worker-1.crt"];
        let worker: &[&str] = &["worker-1.key", "worker-1.csr", "worker-1.crt", "worker-1.kubeconfig"];
        let job = |what, lines, anew| Job { what, lines, anew };
        self.group(
            "A kubeconfig",
            50,
            &[
                job("kubectl config, four commands", lines(KUBECONFIG), kubeconfig),
                job("khw-kubeconfig, the same four", lines(&khw(KUBECONFIG)), kubeconfig),
                job("khw-kubeconfig new", lines(NEW), kubeconfig),
            ],
        );
        self.group(
            "A certificate, RSA 2048",
            100,
            &[
                job("openssl, three commands", lines(RSA), certificate),
                job("khw-cert, the same three", lines(&khw(RSA)), certificate),
                job("khw-cert node", lines("khw-cert node worker-1 192.168.5.21"), certificate),
                job("openssl genrsa alone", lines("openssl genrsa -out worker-1.key 2048"), certificate),
                job("khw-cert genrsa alone", lines("khw-cert genrsa -out worker-1.key 2048"), certificate),
            ],
        );
        self.group(
            "A certificate, ECDSA P-256 (the CA's key is RSA 2048)",
            50,
            &[
                job("openssl, three commands", lines(ECDSA), certificate),
                job("khw-cert, the same three", lines(&khw(ECDSA)), certificate),
                job(
                    "khw-cert node --key-type ecdsa:p256",
                    lines("khw-cert node worker-1 192.168.5.21 --key-type ecdsa:p256"),
                    certificate,
                ),
            ],
        );
        let kubeconfig = KUBECONFIG.replace("fixed", "worker-1");
        let new = NEW.replace("fixed", "worker-1");
        let ecdsa_node = "khw-cert node worker-1 192.168.5.21 --key-type ecdsa:p256";
        self.group(
            "All files of one worker, as a script",
            50,
            &[
                job("the tutorial's", script(format!("{RSA}\n{kubeconfig}\n{HEREDOCS}")), worker),
                job("khw, the tutorial's words", script(khw(&format!("{RSA}\n{kubeconfig}\n{KHW_FILES}"))), worker),
                job(
                    "khw, its own words",
                    script(format!("khw-cert node worker-1 192.168.5.21\n{new}\n{KHW_FILES}")),
                    worker,
                ),
                job("khw, its own words, ECDSA", script(format!("{ecdsa_node}\n{new}\n{KHW_FILES}")), worker),
            ],
        );
    }

    /// A thousand nodes: `node --from`, against the cryptography alone on all cores and against a loop over openssl.
    fn many(&self, nodes: usize) {
        let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
        let list: String = (0..nodes).map(|n| format!("n{n} 10.0.{}.{}\n", n / 250, n % 250)).collect();
        self.sandbox.write("list", list);
        self.sandbox.sh("mkdir -p many openssl; openssl ecparam -name prime256v1 -genkey -noout -out ec.key").ok();
        self.sandbox.sh("openssl req -x509 -new -key ec.key -subj /CN=EC-CA -days 3650 -out ec.crt").ok();
        println!("\n{nodes} nodes, on {cores} cores");
        for (what, kind, ca, make) in [
            ("RSA 2048, the CA too", KeyType::Rsa2048, ("ca.crt", "ca.key"), "openssl genrsa -out $n.key 2048"),
            (
                "ECDSA P-256, the CA too",
                KeyType::EcdsaP256,
                ("ec.crt", "ec.key"),
                "openssl ecparam -name prime256v1 -genkey -noout -out $n.key",
            ),
        ] {
            let name = if kind == KeyType::Rsa2048 { "rsa:2048" } else { "ecdsa:p256" };
            let (start, busy) = (Instant::now(), cpu(UsageWho::RUSAGE_SELF));
            std::thread::scope(|scope| {
                for core in 0..cores {
                    let share = nodes / cores + usize::from(core < nodes % cores);
                    scope.spawn(move || (0..share).for_each(|_| make_key(kind)));
                }
            });
            let (keys, busy) = (start.elapsed().as_secs_f64(), cpu(UsageWho::RUSAGE_SELF) - busy);
            let signatures = nodes as f64 / self.signatures_a_second(name);
            let (floor, floor_cpu) = (keys + signatures / cores as f64, busy + signatures);
            self.sandbox.sh("rm -rf many/* openssl/*").ok();
            let (files, files_cpu) = self.files(nodes * 2, cores);
            let khw = format!("khw-cert node --from list -d many --key-type {name} --ca {} --ca-key {}", ca.0, ca.1);
            let job = Job { what: "khw-cert node --from", lines: lines(&khw), anew: &[] };
            let before = cpu(UsageWho::RUSAGE_CHILDREN);
            let khw = self.once(&job).as_secs_f64();
            let khw_cpu = cpu(UsageWho::RUSAGE_CHILDREN) - before;
            // A tenth of the loop is enough to know the rest.
            let script = format!(
                "cd openssl; for n in $(seq {}); do {make}
                 openssl req -new -key $n.key -subj /CN=system:node:n$n/O=system:nodes -out $n.csr -config ../openssl-worker-1.cnf
                 openssl x509 -req -in $n.csr -CA ../{} -CAkey ../{} -CAcreateserial -out $n.crt -extensions v3_req -extfile ../openssl-worker-1.cnf
                 done",
                nodes / 10, ca.0, ca.1
            );
            let before = cpu(UsageWho::RUSAGE_CHILDREN);
            let openssl = self.once(&Job {
                what: "openssl in a loop",
                lines: vec![vec!["bash".to_owned(), "-ec".to_owned(), script]],
                anew: &[],
            });
            let openssl = openssl.as_secs_f64() * 10.0;
            let openssl_cpu = (cpu(UsageWho::RUSAGE_CHILDREN) - before) * 10.0;
            println!("  {what}");
            // Time of the processor too: on a busy machine the other says little.
            for (what, time, busy) in [
                ("the cryptography alone, in memory", floor, floor_cpu),
                ("the same, and two files for each", floor + files, floor_cpu + files_cpu),
                ("khw-cert node --from", khw, khw_cpu),
                ("openssl, three commands in a loop", openssl, openssl_cpu),
            ] {
                let (of_time, of_cpu) = (time / floor, busy / floor_cpu);
                println!(
                    "    {what:<36} {time:>8.3} s {of_time:>6.1} x the floor  {busy:>8.3} s of CPU {of_cpu:>6.1} x"
                );
            }
        }
    }

    /// What the kernel takes to make files of a certificate's size as a careful program does: under another name, then
    /// renamed. Seconds, and seconds of the processor.
    fn files(&self, files: usize, cores: usize) -> (f64, f64) {
        let content = [b'A'; 700];
        let directory = self.sandbox.path("many");
        let (start, busy) = (Instant::now(), cpu(UsageWho::RUSAGE_SELF));
        std::thread::scope(|scope| {
            for core in 0..cores {
                let directory = &directory;
                scope.spawn(move || {
                    for n in (core..files).step_by(cores) {
                        let (new, path) = (directory.join(format!(".{n}")), directory.join(n.to_string()));
                        std::fs::write(&new, content).expect("a file");
                        std::fs::rename(&new, &path).expect("its name");
                    }
                });
            }
        });
        let took = (start.elapsed().as_secs_f64(), cpu(UsageWho::RUSAGE_SELF) - busy);
        self.sandbox.sh("rm -rf many/*").ok();
        took
    }

    /// What `openssl speed` says about the CA's part.
    fn signatures_a_second(&self, key_type: &str) -> f64 {
        let kind = if key_type == "rsa:2048" { "rsa2048" } else { "ecdsap256" };
        let said = self.sandbox.sh(&format!("openssl speed -seconds 1 {kind} 2>/dev/null | tail -1")).ok();
        let mut numbers = said.split_whitespace().rev().skip(1);
        numbers.next().and_then(|number| number.parse().ok()).expect("signatures a second")
    }

    fn start(&self) {
        let version = |what: &'static str| Job { what, lines: lines(&format!("{what} --version")), anew: &[] };
        let mut jobs = vec![
            Job { what: "true (what any process costs here)", lines: lines("true"), anew: &[] },
            Job { what: "openssl version", lines: lines("openssl version"), anew: &[] },
            Job { what: "kubectl config --help", lines: lines("kubectl config --help"), anew: &[] },
        ];
        jobs.extend(TOOLS.map(version));
        let medians = self.medians(&jobs, 100);
        println!("\nStart, --version (medians of 100)");
        for (job, median) in jobs.iter().zip(medians) {
            println!("  {:<52} {:>9.2} ms", job.what, median.as_secs_f64() * 1e3);
        }
    }

    fn memory_and_size(&self) {
        println!("\nPeak memory of a typical command, and size of the program");
        self.sandbox.sh("rm -rf root worker-1.*; mkdir root").ok();
        let typical = [
            "openssl genrsa -out worker-1.key 2048",
            "kubectl config view --kubeconfig=worker-1.kubeconfig",
            "khw-cert node worker-1 192.168.5.21",
            "khw-kubeconfig view --kubeconfig=worker-1.kubeconfig",
            "khw-kubelet-conf",
            "khw-proxy-conf --cluster-cidr 10.244.0.0/16",
            "khw-unit kubelet --node worker-1",
            "khw-install ca ca.crt --root root --node worker-1",
        ];
        self.sandbox.sh(NEW).succeeds();
        for line in typical {
            let argv: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
            if argv[0].starts_with("khw-cert") {
                self.sandbox.sh("rm -f worker-1.key").ok();
            }
            let program = self.program(&argv[0]);
            // A process of its own, since the system keeps one peak for all children of a process.
            let mut command = Command::new(std::env::current_exe().expect("this program"));
            command.arg("--peak-memory").arg(&program).args(&argv[1..]);
            let output = command.current_dir(self.sandbox.path("")).env("PATH", &self.path).output().expect("it runs");
            let kilobytes: f64 = String::from_utf8_lossy(&output.stdout).trim().parse().unwrap_or(f64::NAN);
            let size = std::fs::metadata(&program).map(|m| m.len()).unwrap_or_default();
            println!("  {line:<52} {:>9.1} MB  {:>6.1} MB", kilobytes / 1e3, size as f64 / 1e6);
        }
    }
}

/// A key and nothing else: [`PrivateKey::generate`] reads an ECDSA key again to sign with it.
fn make_key(kind: KeyType) {
    match kind {
        KeyType::EcdsaP256 => drop(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).expect("a key")),
        _ => drop(PrivateKey::generate(kind).expect("a key")),
    }
}

/// Seconds of the processor, in user and kernel.
fn cpu(whose: UsageWho) -> f64 {
    let usage = getrusage(whose).expect("the usage");
    let seconds = |time: TimeVal| time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6;
    seconds(usage.user_time()) + seconds(usage.system_time())
}

/// Runs a command and prints its peak memory in kilobytes. This process is small, but it is the floor of what is seen.
fn peak_memory_of(argv: &[String]) {
    let mut command = Command::new(&argv[0]);
    let status = command.args(&argv[1..]).stdout(Stdio::null()).stderr(Stdio::null()).status().expect("it runs");
    assert!(status.success(), "{argv:?}: {status}");
    println!("{}", getrusage(UsageWho::RUSAGE_CHILDREN).expect("the usage").max_rss());
}
