//! The arguments: the table from which help, man page and completions are printed.

use crate::artefact::BINARIES;
use crate::release::{Mirror, SITE};
use clap::{Args, Parser, Subcommand};
use khw_core::finding::ReportArgs;
use khw_core::layout::Layout;
use khw_core::output::Output;
use khw_core::{KubernetesVersion, NodeName};
use std::path::PathBuf;
use std::time::Duration;

/// Places, checks and shows the files of a Kubernetes worker
///
/// Each verb checks what it is given before it places it: owner and mode are right before the content is there, the file is
/// replaced as a whole or not at all, and a file that is already right is left untouched.
#[derive(Debug, Parser)]
#[command(name = "khw-install", subcommand_required = true, disable_help_subcommand = true)]
pub struct Arguments {
    /// What to do
    #[command(subcommand)]
    pub command: Command,
}

/// The worker: where, which node, which layout.
#[derive(Debug, Args)]
pub struct Worker {
    /// The staged tree of an image or chroot instead of this host
    #[arg(long, value_name = "DIR")]
    pub root: Option<PathBuf>,
    /// The node's name [default: the host's name, under --root that of its /etc/hostname]
    #[arg(long, value_name = "NAME")]
    pub node: Option<NodeName>,
    /// Whose paths: the tutorial's, mmumshad's or kelseyhightower's guide
    #[arg(long, value_enum, default_value = "tutorial")]
    pub layout: Layout,
}

/// How to place.
#[derive(Debug, Args)]
pub struct Placing {
    /// Shared options.
    #[command(flatten)]
    pub worker: Worker,
    /// Give what is placed to USER, USER:GROUP or numbers, by the passwd and group files of --root [default: root, under --root
    /// whoever owns the tree, and whoever runs this when that is not root]
    #[arg(long, value_name = "OWNER")]
    pub owner: Option<crate::owner::Wanted>,
    /// Check everything and say what would be done, but write nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Write nothing, print what would change as a unified difference with secrets hidden, and exit 1 when anything would
    #[arg(long, conflicts_with = "dry_run")]
    pub diff: bool,
}

/// One file to place.
#[derive(Debug, Args)]
pub struct OneFile {
    /// The file, or - for standard input
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Give a unit mode 0600 rather than 0644, as the CIS Kubernetes Benchmark wants it; all other files have it anyway
    #[arg(long)]
    pub cis: bool,
    /// Shared options.
    #[command(flatten)]
    pub placing: Placing,
}

/// A key to place.
#[derive(Debug, Args)]
pub struct KeyFile {
    /// Shared options.
    #[command(flatten)]
    pub one: OneFile,
    /// The certificate that the key belongs to [default: FILE with .crt, then the one that is placed]
    #[arg(long, value_name = "FILE")]
    pub certificate: Option<PathBuf>,
}

/// What the programs must be.
#[derive(Debug, Args)]
pub struct ProgramChecks {
    /// The machine the programs must be made for [default: this host's]
    #[arg(long, value_name = "ARCH")]
    pub arch: Option<crate::binary::Architecture>,
    /// The version that the programs must say of themselves [default: any]
    #[arg(long, value_name = "VERSION", env = "KHW_KUBERNETES_VERSION")]
    pub kubernetes_version: Option<KubernetesVersion>,
    /// The SHA-256 that a program must have, or a file with it, as dl.k8s.io serves or `sha256sum` prints it; may be repeated
    #[arg(long, value_name = "HEX|FILE")]
    pub sha256: Vec<String>,
    /// The same with SHA-512
    #[arg(long, value_name = "HEX|FILE")]
    pub sha512: Vec<String>,
}

/// What to download.
#[derive(Debug, Args)]
pub struct Download {
    /// Which programs
    #[arg(value_name = "PROGRAM", value_parser = BINARIES, default_values = BINARIES)]
    pub programs: Vec<String>,
    /// The release; without a patch its first one: 1.20 is v1.20.0
    #[arg(long, value_name = "VERSION", env = "KHW_KUBERNETES_VERSION", hide_env_values = true, default_value_t = KubernetesVersion::NEWEST)]
    pub kubernetes_version: KubernetesVersion,
    /// The machine the programs must be made for [default: this host's]
    #[arg(long, value_name = "ARCH")]
    pub arch: Option<crate::binary::Architecture>,
    /// Where the files of all releases are: what stands before /v1.20.2/bin/linux
    #[arg(long, value_name = "URL", default_value = SITE)]
    pub mirror: Mirror,
}

/// What to bundle.
#[derive(Debug, Args)]
pub struct BundleArgs {
    /// The directory that holds the files
    #[arg(long, value_name = "DIR")]
    pub from: PathBuf,
    /// The node's name [default: the one that the certificates in DIR are for]
    #[arg(long, value_name = "NAME")]
    pub node: Option<NodeName>,
    /// Whose paths: the tutorial's, mmumshad's or kelseyhightower's guide
    #[arg(long, value_enum, default_value = "tutorial")]
    pub layout: Layout,
    /// Shared options.
    #[command(flatten)]
    pub checks: ProgramChecks,
    /// Shared options.
    #[command(flatten)]
    pub output: Output,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make the directories of a worker
    Dirs(Placing),
    /// Place programs in /usr/local/bin, 0755: kubectl, kube-proxy, kubelet
    ///
    /// Refused is what cannot run on the worker: another machine's program, half a download, one whose loader is not there.
    Binaries {
        /// The programs; each keeps its name
        #[arg(value_name = "FILE", required = true)]
        files: Vec<PathBuf>,
        /// Shared options.
        #[command(flatten)]
        checks: ProgramChecks,
        /// Shared options.
        #[command(flatten)]
        placing: Placing,
    },
    /// Place the cluster's CA certificate
    Ca(OneFile),
    /// Place the kubelet's certificate
    KubeletCert(OneFile),
    /// Place the kubelet's private key
    KubeletKey(KeyFile),
    /// Place the kubelet's kubeconfig
    KubeletKubeconfig(OneFile),
    /// Place the kubeconfig with which the kubelet asks for its certificate (TLS bootstrapping)
    KubeletBootstrapKubeconfig(OneFile),
    /// Place the kubelet's configuration
    KubeletConfig(OneFile),
    /// Place the kubelet's systemd unit
    KubeletUnit(OneFile),
    /// Place kube-proxy's certificate, for a kubeconfig that names it by path
    KubeProxyCert(OneFile),
    /// Place kube-proxy's private key, for a kubeconfig that names it by path
    KubeProxyKey(KeyFile),
    /// Place kube-proxy's kubeconfig
    KubeProxyKubeconfig(OneFile),
    /// Place kube-proxy's configuration
    KubeProxyConfig(OneFile),
    /// Place kube-proxy's systemd unit
    KubeProxyUnit(OneFile),
    /// Place all files of a worker from a directory: directories, files and the programs that are there
    ///
    /// Looked for in DIR: ca.crt, NAME.crt, NAME.key, NAME.kubeconfig, kubelet-config.yaml, kubelet.service,
    /// kube-proxy.kubeconfig, kube-proxy-config.yaml, kube-proxy.service, and where they are there kubectl, kube-proxy, kubelet.
    /// kelseyhightower's names too: NAME.pem, NAME-key.pem, ca.pem, kubelet.crt, kubelet.key, and the directories configs, units
    /// and downloads. Where the unit has --bootstrap-kubeconfig, bootstrap-kubeconfig takes the place of the first three of NAME.
    /// Where kube-proxy's kubeconfig names its certificate by path, kube-proxy.crt and kube-proxy.key are placed there.
    /// When one is missing or wrong, nothing is placed.
    Node {
        /// The directory that holds the files
        #[arg(long, value_name = "DIR")]
        from: PathBuf,
        /// Give the units mode 0600 rather than 0644, as the CIS Kubernetes Benchmark wants it; all other files have it anyway
        #[arg(long)]
        cis: bool,
        /// Shared options.
        #[command(flatten)]
        checks: ProgramChecks,
        /// Shared options.
        #[command(flatten)]
        placing: Placing,
    },
    /// Print the addresses of a release's programs, one a line, for `wget -i -`
    Urls {
        /// Shared options.
        #[command(flatten)]
        download: Download,
        /// Print after each the address of its checksum: SHA-256, or SHA-512 for a release that has no other
        #[arg(long)]
        checksums: bool,
    },
    /// Download a release's programs over HTTPS, each with its checksum
    ///
    /// All at once; a download that breaks off goes on where it ended, in the next run too (VERSION-ARCH-PROGRAM.part). A program
    /// gets its name when its checksum is right; one that is there already and right is left as it is. Trusted are the CA
    /// certificates of this host, or those in SSL_CERT_FILE; https_proxy, all_proxy and no_proxy are used as curl uses them;
    /// a mirror over http is reached without a proxy.
    Fetch {
        /// Shared options.
        #[command(flatten)]
        download: Download,
        /// Shared options.
        #[command(flatten)]
        how: crate::fetch::Fetching,
    },
    /// Write the files of a worker as a tar archive, for `unpack` on the other side
    ///
    /// `khw-install bundle --from DIR | ssh NAME sudo khw-install unpack -` takes a worker's files to where they belong. What is
    /// looked for in DIR, and how it is checked, is as with `node`; programs may be for any machine unless --arch names one. The
    /// archive holds a private key: a file gets mode 0600, and a terminal gets nothing. The same files give the same bytes.
    Bundle(BundleArgs),
    /// Place the files of a worker from the archive of `bundle`
    ///
    /// The archive is read to its end and checked as a whole before anything of it is placed. It may have plain files of this
    /// worker in it, each once, and nothing else; owners, modes and times in it count for nothing. What tar makes of the same
    /// files is taken too. Programs wait in TMPDIR, or /var/tmp, until all is checked.
    Unpack {
        /// The archive, or - for standard input
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Give the units mode 0600 rather than 0644, as the CIS Kubernetes Benchmark wants it; all other files have it anyway
        #[arg(long)]
        cis: bool,
        /// Shared options.
        #[command(flatten)]
        checks: ProgramChecks,
        /// Shared options.
        #[command(flatten)]
        placing: Placing,
    },
    /// Check every file of the worker against every other
    ///
    /// Starts at the two units and follows the paths that they and the configurations name. Under --root what only a running
    /// host has (/run, /var/run) is not looked for.
    Verify {
        /// Shared options.
        #[command(flatten)]
        worker: Worker,
        /// The version that flags and fields must fit [default: what the placed programs say of themselves]
        #[arg(long, value_name = "VERSION", env = "KHW_KUBERNETES_VERSION")]
        kubernetes_version: Option<KubernetesVersion>,
        /// Check what the CIS Kubernetes Benchmark of that version wants too (4.1, 4.2, 4.3)
        #[arg(long)]
        cis: bool,
        /// Shared options.
        #[command(flatten)]
        report: ReportArgs,
    },
    /// Look whether this host can run the worker, before it is started
    ///
    /// Swap, cgroups, the container runtime's socket, kernel modules and settings, programs, ports, leftovers, disk; with --online
    /// whether the API server would let this node in.
    Preflight {
        /// Shared options.
        #[command(flatten)]
        worker: Worker,
        /// The version that is to run [default: what the placed kubelet says of itself]
        #[arg(long, value_name = "VERSION", env = "KHW_KUBERNETES_VERSION")]
        kubernetes_version: Option<KubernetesVersion>,
        /// Ask the API server too: DNS, TCP, TLS, clock, who am I, may I
        #[arg(long)]
        online: bool,
        /// How long to wait for the API server: 500ms, 10s, 1m
        #[arg(long, value_name = "TIME", default_value = "10s", value_parser = khw_core::cli::duration)]
        timeout: Duration,
        /// Shared options.
        #[command(flatten)]
        report: ReportArgs,
    },
    /// Enable and start kubelet and kube-proxy, wait until the node has registered, and name the cause when it does not
    Start {
        /// Whose paths: the tutorial's, mmumshad's or kelseyhightower's guide
        #[arg(long, value_enum, default_value = "tutorial")]
        layout: Layout,
        /// How long to wait for both and for the node to register: 500ms, 10s, 1m
        #[arg(long, value_name = "TIME", default_value = "60s", value_parser = khw_core::cli::duration)]
        timeout: Duration,
    },
    /// Print this node as `kubectl get nodes` does, and why it is not Ready
    Status {
        /// Shared options.
        #[command(flatten)]
        worker: Worker,
        /// More columns, or the Node object
        #[arg(long, short, value_enum, value_name = "FORMAT")]
        output: Option<crate::status::Format>,
        /// How long to wait for the API server: 500ms, 10s, 1m
        #[arg(long, value_name = "TIME", default_value = "10s", value_parser = khw_core::cli::duration)]
        timeout: Duration,
    },
    /// Draw the files of the worker, which names which, and what is wrong where
    Map {
        /// Shared options.
        #[command(flatten)]
        worker: Worker,
        /// The version that flags and fields must fit [default: what the placed programs say of themselves]
        #[arg(long, value_name = "VERSION", env = "KHW_KUBERNETES_VERSION")]
        kubernetes_version: Option<KubernetesVersion>,
        /// An indented tree, a graph for graphviz (`| dot -Tsvg`), or a flowchart for Markdown
        #[arg(long, value_enum, default_value = "text", value_name = "FORMAT")]
        format: crate::map::Format,
    },
    /// Take away what was placed, where it is unchanged
    ///
    /// Goes by the manifest, /var/lib/khw/manifest.json. A file that was changed since stays and is named, with exit status 1; of
    /// the directories only those go that were made by this tool and are empty. No service is stopped: of a unit that is still
    /// enabled it warns.
    Remove {
        /// The staged tree of an image or chroot instead of this host
        #[arg(long, value_name = "DIR")]
        root: Option<PathBuf>,
        /// Say what would be removed, but remove nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Print what changed since it was placed, and exit 1 when anything did
    Diff {
        /// The staged tree of an image or chroot instead of this host
        #[arg(long, value_name = "DIR")]
        root: Option<PathBuf>,
    },
    /// Print the table of verbs, owners, modes and paths, with the ids of the CIS Kubernetes Benchmark
    Paths {
        /// Shared options.
        #[command(flatten)]
        worker: Worker,
        /// The modes that --cis gives
        #[arg(long)]
        cis: bool,
    },
}
