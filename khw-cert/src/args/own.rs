//! The arguments of khw-cert's own words.

use crate::cidr::ServiceRange;
use crate::identity::{ClientRole, ServerRole, Usage, Who};
use crate::key::KeyType;
use crate::passphrase::Source;
use crate::within::Within;
use clap::Args;
use khw_core::NodeName;
use khw_core::finding::{Format, ReportArgs};
use khw_core::output::Output;
use std::path::PathBuf;

/// Make a CA: ca.crt and ca.key.
#[derive(Args)]
pub(crate) struct Ca {
    /// The common name of the CA
    #[arg(long, default_value = "KUBERNETES-CA", value_name = "NAME")]
    pub(crate) cn: String,
    /// The organization of the CA; may be given several times
    #[arg(long, default_value = "Kubernetes", value_name = "NAME")]
    pub(crate) org: Vec<String>,
    /// How long the certificate is valid
    #[arg(long, default_value_t = 3650, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) days: u32,
    /// Encrypt the key, under the passphrase from file:PATH, env:NAME, fd:N, stdin or pass:PASSPHRASE
    #[arg(long, value_name = "SOURCE")]
    pub(crate) key_pass: Option<Source>,
    #[command(flatten)]
    pub(crate) making: Making,
}

/// Make key and certificate of a node, NAME.key and NAME.crt, or of many.
///
/// The certificate has the common name system:node:NAME, the organization system:nodes, NAME and the given names and
/// addresses as subject alternative names, and server and client usage. It is valid from five minutes ago, because
/// the clocks of hosts differ.
///
/// --from takes a list with one node a line: its name, then more names and addresses, with blanks between; '#' begins a
/// comment. Bad and repeated names are refused with their line before anything is written. All cores work on it. A run
/// that was stopped is gone on with by the same command: pairs that are there and are what the list says are kept, a
/// key without its certificate gets one, and anything else that is in the way is named, left alone, and makes the exit
/// status 2. Whatever happens, files are there in whole pairs.
#[derive(Args)]
pub(crate) struct Node {
    /// The name of the node, as `kubectl get nodes` will show it
    #[arg(value_name = "NAME", required_unless_present = "from")]
    pub(crate) name: Option<NodeName>,
    /// More names and IP addresses under which the node is reached
    #[arg(value_name = "SAN")]
    pub(crate) names: Vec<String>,
    /// Make the pairs of all nodes of a list, or of standard input when it is '-'
    #[arg(long, value_name = "LIST", conflicts_with = "name")]
    pub(crate) from: Option<PathBuf>,
    /// With --from: a directory for each node, NAME/NAME.key and NAME/NAME.crt
    #[arg(long)]
    pub(crate) dir_per_node: bool,
    #[command(flatten)]
    pub(crate) signer: Signer,
    #[command(flatten)]
    pub(crate) lifetime: Lifetime,
    #[command(flatten)]
    pub(crate) making: Making,
}

/// Make key and certificate of a client: ROLE.key and ROLE.crt.
///
/// The names are those that Kubernetes' own authorization rules are about. With --cn it is any other client.
#[derive(Args)]
pub(crate) struct Client {
    /// Who it is
    #[arg(value_name = "ROLE", required_unless_present = "cn", conflicts_with_all = ["cn", "org"])]
    pub(crate) role: Option<ClientRole>,
    #[command(flatten)]
    pub(crate) free: Free,
    /// More subject alternative names: DNS names and IP addresses; may be given several times
    #[arg(long, value_name = "SAN", value_delimiter = ',')]
    pub(crate) san: Vec<String>,
    #[command(flatten)]
    pub(crate) signer: Signer,
    #[command(flatten)]
    pub(crate) lifetime: Lifetime,
    #[command(flatten)]
    pub(crate) making: Making,
}

/// Make key and certificate of a server: ROLE.key and ROLE.crt.
///
/// kube-apiserver has the names under which Pods reach it (kubernetes, kubernetes.default and so on) and the first
/// address of the service range among its subject alternative names; give the addresses of the control plane and the
/// load balancer after it. etcd-server and etcd-peer have localhost, and are clients of each other too. With --cn it is
/// any other server.
#[derive(Args)]
pub(crate) struct Server {
    /// Who it is
    #[arg(value_name = "ROLE", required_unless_present = "cn", conflicts_with_all = ["cn", "org"])]
    pub(crate) role: Option<ServerRole>,
    /// Names and IP addresses under which it is reached
    #[arg(value_name = "SAN")]
    pub(crate) names: Vec<String>,
    #[command(flatten)]
    pub(crate) free: Free,
    /// The same as SAN, for a server that --cn names; may be given several times
    #[arg(long, value_name = "SAN", value_delimiter = ',')]
    pub(crate) san: Vec<String>,
    #[command(flatten)]
    pub(crate) in_cluster: InCluster,
    #[command(flatten)]
    pub(crate) signer: Signer,
    #[command(flatten)]
    pub(crate) lifetime: Lifetime,
    #[command(flatten)]
    pub(crate) making: Making,
}

/// Make a private key, on standard output or in a file.
#[derive(Args)]
pub(crate) struct Key {
    /// rsa:2048, rsa:3072, rsa:4096, ecdsa:p256, ecdsa:p384 or ed25519
    #[arg(long, default_value = "rsa:2048", value_name = "TYPE")]
    pub(crate) key_type: KeyType,
    /// Encrypt it, under the passphrase from file:PATH, env:NAME, fd:N, stdin or pass:PASSPHRASE
    #[arg(long, value_name = "SOURCE")]
    pub(crate) key_pass: Option<Source>,
    #[command(flatten)]
    pub(crate) output: Output,
    /// Replace a file that is already there
    #[arg(long)]
    pub(crate) force: bool,
}

/// Make a certificate request; its key stays here.
///
/// The key is in NAME.key; it is made, with mode 0600, when it is not there. The request asks for the names and usages
/// that the certificate shall have, so that `khw-cert csr worker-1 192.168.5.21 | ssh master-1 khw-cert sign --as
/// node:worker-1 > worker-1.crt` is all that a worker needs.
#[derive(Args)]
pub(crate) struct Csr {
    /// Whose certificate it shall be: NAME or node:NAME for a node, client:ROLE, or server:ROLE
    #[arg(value_name = "IDENTITY", required_unless_present = "cn", conflicts_with_all = ["cn", "org"])]
    pub(crate) identity: Option<Who>,
    /// More subject alternative names: DNS names and IP addresses
    #[arg(value_name = "SAN")]
    pub(crate) names: Vec<String>,
    #[command(flatten)]
    pub(crate) free: Free,
    /// The same as SAN, for what --cn names; may be given several times
    #[arg(long, value_name = "SAN", value_delimiter = ',')]
    pub(crate) san: Vec<String>,
    #[command(flatten)]
    pub(crate) in_cluster: InCluster,
    /// The private key [default: NAME.key, which is made when it is not there]; '-' is standard input, fd:N a file
    /// descriptor
    #[arg(long, value_name = "FILE")]
    pub(crate) key: Option<PathBuf>,
    /// Where the passphrase of an encrypted key comes from: file:PATH, env:NAME, fd:N, stdin or pass:PASSPHRASE
    #[arg(long, value_name = "SOURCE")]
    pub(crate) key_pass: Option<Source>,
    /// The type of a key that is made: rsa:2048, rsa:3072, rsa:4096, ecdsa:p256, ecdsa:p384 or ed25519
    /// [default: rsa:2048]; one that is there and of another type is refused
    #[arg(long, value_name = "TYPE")]
    pub(crate) key_type: Option<KeyType>,
    /// The directory of NAME.key [default: the current one]
    #[arg(short = 'd', long, value_name = "DIR")]
    pub(crate) directory: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) output: Output,
}

/// Sign a certificate request: it comes on standard input, the certificate goes to standard output.
///
/// The request must be signed with its own key. What it asks for and what it got is said on standard error.
///
/// With --as the certificate has the subject and the usages of that identity, whatever the request asks for. Without it
/// the subject of the request is kept byte for byte, and server and client usage if it asks for them (if it asks for no
/// usage: client, and server too when it has subject alternative names).
///
/// Subject alternative names are kept when they are DNS names or IP addresses; with --san only those given there are.
///
/// Refused, because a certificate is a power that the person who signs has not named: a CA (basicConstraints CA:TRUE,
/// keyCertSign, cRLSign); any other usage, anyExtendedKeyUsage among them; without --as the group system:masters, users
/// and groups of Kubernetes' own (system:…) other than a node's, a subject without a common name, and a subject that
/// breaks Kubernetes' naming rules; without --as server:kube-apiserver the API server's own names (kubernetes,
/// kubernetes.default and so on) and the addresses of services, which are those of --service-cluster-ip-range; without
/// --as server:ROLE localhost and loopback addresses; the addresses 0.0.0.0 and ::; names of other kinds (email, URI,
/// otherName); critical extensions that are not known. An address or name that is refused is granted by --san. Refused
/// too are several requests in one file, an RSA key of under 2048 bits, and the key of the CA itself.
///
/// nsCertType, nsComment and other extensions without effect are left out, and named.
#[derive(Args)]
pub(crate) struct Sign {
    /// The certificate request
    #[arg(value_name = "FILE", default_value = "-", hide_default_value = true)]
    pub(crate) request: PathBuf,
    /// Whose certificate it is: node:NAME, client:ROLE or server:ROLE
    #[arg(long = "as", value_name = "IDENTITY")]
    pub(crate) identity: Option<Who>,
    /// The subject alternative names that the certificate may have, instead of those that the request asks for
    #[arg(long, value_name = "SAN", value_delimiter = ',')]
    pub(crate) san: Vec<String>,
    #[command(flatten)]
    pub(crate) in_cluster: InCluster,
    #[command(flatten)]
    pub(crate) signer: Signer,
    #[command(flatten)]
    pub(crate) lifetime: Lifetime,
    #[command(flatten)]
    pub(crate) output: Output,
}

/// Renew certificates: the same key, subject, names and usages, a new serial number and new dates.
///
/// A file is replaced in its place, with what else is in it (the rest of a chain) kept; '-' is standard input and
/// output. Only a certificate that this CA signed is renewed. A CA renews itself: `khw-cert renew ca.crt`.
///
/// A certificate without extensions, as openssl makes it of version 1, becomes one of version 3. A self-signed one is
/// made a CA. Any other is made a client (CA:FALSE, digitalSignature, for RSA keyEncipherment too, clientAuth): it names no
/// usage and so might be a server's, but it has no subject alternative name, without which no server is accepted. A CA
/// without a subject key identifier keeps its serial number, by which the certificates that it signed may name it.
#[derive(Args)]
pub(crate) struct Renew {
    /// The certificates
    #[arg(value_name = "FILE", required = true)]
    pub(crate) files: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) signer: Signer,
    /// How long the new one is valid [default: as long as the old one was]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) days: Option<u32>,
    /// Write to FILE instead, or to standard output when it is '-'
    #[arg(short = 'o', long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

/// Show certificates in ten lines each.
#[derive(Args)]
pub(crate) struct Inspect {
    /// The files; '-' is standard input
    #[arg(value_name = "FILE", default_value = "-", hide_default_value = true)]
    pub(crate) files: Vec<PathBuf>,
    /// Text, or JSON with everything
    #[arg(long, value_enum, default_value = "text", value_name = "FORMAT")]
    pub(crate) format: Format,
}

/// Check certificates: chain, key, names, usages, dates, and Kubernetes' naming rules.
///
/// The chain is verified as rustls and Go do it when a server or a client shows the certificate. Certificates after the
/// first in a file are its intermediates. The key is looked for beside the certificate, worker-1.key for worker-1.crt; one
/// there that cannot be read is a finding, a warning when it is under a passphrase or this user may not read it.
#[derive(Args)]
pub(crate) struct Check {
    /// The certificates; '-' is standard input
    #[arg(value_name = "FILE", required = true)]
    pub(crate) files: Vec<PathBuf>,
    /// The certificate of the CA, or several in one file [default: ca.crt here or beside the certificate]
    #[arg(long, value_name = "FILE")]
    pub(crate) ca: Option<PathBuf>,
    /// The private key [default: the file of the certificate with the ending .key, if it is there]
    #[arg(long, value_name = "FILE")]
    pub(crate) key: Option<PathBuf>,
    /// Where the passphrase of an encrypted key comes from: file:PATH, env:NAME, fd:N, stdin or pass:PASSPHRASE
    #[arg(long, value_name = "SOURCE")]
    pub(crate) key_pass: Option<Source>,
    /// Whose certificate it should be: node:NAME, client:ROLE or server:ROLE
    #[arg(long = "as", value_name = "IDENTITY")]
    pub(crate) identity: Option<Who>,
    /// A name or IP address under which it should be accepted as a server; may be given several times
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub(crate) host: Vec<String>,
    /// Say no when it expires within this time: 30d, 4w, 12h. [default: warn 30 days before]
    #[arg(long, value_name = "TIME")]
    pub(crate) within: Option<Within>,
    #[command(flatten)]
    pub(crate) in_cluster: InCluster,
    #[command(flatten)]
    pub(crate) report: ReportArgs,
}

/// List when certificates expire, the first to expire first.
///
/// A directory is searched with all below it. Certificates are found in PEM files, in kubeconfigs (in them and in the
/// files that they name), and in the files that a KubeletConfiguration names (tlsCertFile, clientCAFile). When a file of a
/// directory names one by an absolute path that is not here, as a worker's does on a desk, that is a warning.
#[derive(Args)]
pub(crate) struct Expiry {
    /// Files and directories; '-' is standard input
    #[arg(value_name = "PATH", required = true)]
    pub(crate) paths: Vec<PathBuf>,
    /// Only those that expire within this time (30d, 4w, 12h); exit status 1 when there is one
    #[arg(long, value_name = "TIME")]
    pub(crate) within: Option<Within>,
    /// A table, or JSON
    #[arg(long, value_enum, default_value = "text", value_name = "FORMAT")]
    pub(crate) format: Format,
}

/// Who it is, when it is none of the known ones.
#[derive(Args)]
pub(crate) struct Free {
    /// The common name: for a client its user name towards the API server
    #[arg(long, value_name = "NAME")]
    pub(crate) cn: Option<String>,
    /// The organization: for a client its group towards the API server; may be given several times
    #[arg(long, value_name = "NAME", requires = "cn")]
    pub(crate) org: Vec<String>,
    /// What the certificate is for [default: what the command says]
    #[arg(long, value_enum, value_name = "USAGE", value_delimiter = ',')]
    pub(crate) usage: Vec<Usage>,
    /// The name of the files, without ending [default: the role, or the common name after its last ':']
    #[arg(long, value_name = "NAME")]
    pub(crate) file_name: Option<String>,
}

/// How Pods reach the API server.
#[derive(Args)]
pub(crate) struct InCluster {
    /// The range of service addresses, of which the first is the API server's: its own option of the same name
    /// [default: 10.96.0.0/16]
    #[arg(long, visible_alias = "service-cidr", value_name = "CIDR")]
    pub(crate) service_cluster_ip_range: Option<ServiceRange>,
    /// The domain of services, as the kubelet's clusterDomain
    #[arg(long, value_name = "DOMAIN", default_value = "cluster.local")]
    pub(crate) cluster_domain: String,
}

/// The CA that signs.
#[derive(Args)]
pub(crate) struct Signer {
    /// The certificate of the CA
    #[arg(long, default_value = "ca.crt", value_name = "FILE")]
    pub(crate) ca: PathBuf,
    /// The private key of the CA [default: the file of --ca with the ending .key]; '-' is standard input, fd:N a file
    /// descriptor
    #[arg(long, value_name = "FILE")]
    pub(crate) ca_key: Option<PathBuf>,
    /// Where the passphrase of an encrypted CA key comes from: file:PATH, env:NAME, fd:N, stdin or pass:PASSPHRASE
    #[arg(long, value_name = "SOURCE")]
    pub(crate) ca_key_pass: Option<Source>,
}

/// How long a certificate is valid.
#[derive(Args)]
pub(crate) struct Lifetime {
    /// How long the certificate is valid
    #[arg(long, default_value_t = 1000, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) days: u32,
}

/// How a key and a certificate are made and where they go.
#[derive(Args)]
pub(crate) struct Making {
    /// rsa:2048, rsa:3072, rsa:4096, ecdsa:p256, ecdsa:p384 or ed25519
    #[arg(long, default_value = "rsa:2048", value_name = "TYPE")]
    pub(crate) key_type: KeyType,
    /// The directory for the files [default: that of the CA]
    #[arg(short = 'd', long, value_name = "DIR")]
    pub(crate) directory: Option<PathBuf>,
    /// Replace a key and a certificate that are already there
    #[arg(long)]
    pub(crate) force: bool,
}
