//! Commands of `kubectl config` at random, and the files on which they begin.

use crate::kubeconfig::corpus::corpus;

/// A command, word by word, as a shell wants them.
pub(super) type Words = Vec<String>;

/// Small numbers that depend on the seed alone (SplitMix64).
pub(super) struct Random(pub(super) u64);

impl Random {
    pub(super) fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((z ^ (z >> 31)) % end as u64).unwrap_or_default()
    }

    fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }

    /// About a third of them, in their order.
    fn some(&mut self, of: &[&str]) -> Words {
        of.iter().filter(|_| self.below(3) == 0).map(|option| (*option).to_owned()).collect()
    }
}

/// Names that YAML would misread, that have dots, that are in the corpus, and a plain one.
const NAMES: [&str; 14] =
    ["a", "a", "b", "b", "one", "u", "c", "yes", "017", "system:node:w-1", "10.0.0.1", "'a b'", "'{x}'", "'#:é'"];

const CLUSTER: [&str; 11] = [
    "--server=https://a:6443",
    "--server=https://b",
    "--certificate-authority=ca.crt",
    "--tls-server-name=t",
    "--tls-server-name=",
    "--proxy-url=http://p",
    "--insecure-skip-tls-verify",
    "--insecure-skip-tls-verify=false",
    "--server=",
    "--proxy-url=",
    "--cluster=x",
];

const USER: [&str; 12] = [
    "--client-certificate=worker-1.crt",
    "--client-key=worker-1.key",
    "--exec-command=x",
    "--exec-command=y",
    "--exec-arg=a,b",
    "--exec-arg='\"c,d\"'",
    "--exec-env=A-",
    "--exec-api-version=client.authentication.k8s.io/v1",
    "--exec-api-version=client.authentication.k8s.io/v1beta1",
    "--auth-provider=oidc",
    "--auth-provider=gcp",
    "--auth-provider-arg=k=v,l=w",
];

const WAYS: [&[&str]; 7] = [
    &["--token=t"],
    &["--token=017"],
    &["--username=u", "--password='p: q'"],
    &["--username="],
    &["--token="],
    &["--token=t", "--username=u"],
    &[],
];

/// Fields that `set` reaches, with a value.
const SET: [&str; 16] = [
    "clusters server https://s",
    "clusters insecure-skip-tls-verify true",
    "clusters insecure-skip-tls-verify F",
    "clusters insecure-skip-tls-verify maybe",
    "clusters certificate-authority-data Zm9v",
    "clusters certificate-authority-data Zm9*",
    "clusters disable-compression true",
    "clusters bogus x",
    "users token x",
    "users tokenFile /t",
    "users client-key-data raw --set-raw-bytes",
    "users client-key-data cmF3 --set-raw-bytes=false",
    "users act-as me",
    "users exec x",
    "contexts namespace n",
    "contexts cluster a",
];

const READ: [&str; 16] = [
    "get-contexts",
    "get-contexts --no-headers",
    "get-contexts -o name",
    "get-contexts a",
    "get-users",
    "current-context",
    "get-clusters",
    "view",
    "view --raw",
    "view -o json --raw",
    "view --minify",
    "view --minify --context=a",
    "view --minify -o json",
    "view -o jsonpath={.users}",
    "view -o jsonpath='{range .contexts[*]}{.name}={.context.cluster} {end}'",
    "view -o jsonpath='{.clusters[?(@.name==\"a\")].cluster.server}{.current-context}'",
];

/// Any command.
pub(super) fn command(random: &mut Random) -> Words {
    let (name, other) = (random.one(&NAMES), random.one(&NAMES));
    let mut words: Words = Vec::new();
    let mut say = |more: &[&str]| words.extend(more.iter().map(|word| (*word).to_owned()));
    match random.below(20) {
        0..3 => {
            let mut options = random.some(&CLUSTER);
            if options.iter().any(|option| option.contains("ca.crt")) {
                options.push(random.one(&["--embed-certs=false", "--embed-certs"]).to_owned());
            }
            say(&["set-cluster", name]);
            words.extend(options);
        }
        3..6 => {
            let mut options = random.some(&USER);
            if options.iter().any(|option| option.contains("worker")) {
                options.push(random.one(&["--embed-certs=F", "--embed-certs"]).to_owned());
            }
            // Not both: kubectl adds them in random order, and prints them so.
            if random.below(3) == 0 {
                options.push(random.one(&["--exec-env=A=1", "--exec-env=B=2=3"]).to_owned());
            }
            say(&["set-credentials", name]);
            say(WAYS[random.below(WAYS.len())]);
            words.extend(options);
        }
        6..9 => {
            let (cluster, user) = (format!("--cluster={other}"), format!("--user={other}"));
            say(&["set-context", random.one(&[name, name, "--current"])]);
            words.extend(random.some(&[&cluster, &user, "--cluster=", "--namespace='~'", "--namespace="]));
        }
        9 | 10 => say(&[random.one(&["use-context", "use"]), name]),
        11 => say(&["rename-context", name, other]),
        12 => say(&[random.one(&["delete-cluster", "delete-context", "delete-user"]), name]),
        13 | 14 => {
            let mut parts = random.one(&SET).split(' ');
            let (list, field) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
            say(&["set", &format!("{list}.{name}.{field}")]);
            words.extend(parts.map(str::to_owned));
        }
        15 => {
            let property = random.one(&["server", "certificate-authority-data", "token", "exec", "namespace", "user"]);
            let list = random.one(&["clusters", "users", "contexts"]);
            say(&["unset", &format!("{list}.{name}{}", random.one(&["", &format!(".{property}")]))]);
        }
        16 => {
            let all = [
                // `unset preferences` is left out: where there are none kubectl makes a file with nothing in it, and of several
                // files that one is then the first that is there.
                "unset current-context",
                "set current-context a",
                "unset users",
                "unset contexts",
                "set preferences.colors true",
                "set preferences.colors false",
                "unset bogus",
            ];
            say(&random.one(&all).split(' ').collect::<Vec<_>>());
        }
        // Not taken apart: nothing of them can be left out.
        _ => say(&[random.one(&READ)]),
    }
    words
}

/// What is there before the first command: mostly nothing, else an awkward file.
pub(super) fn start(random: &mut Random) -> String {
    let mut files = corpus();
    let at = random.below(files.len() * 2);
    if at < files.len() { files.swap_remove(at).1 } else { String::new() }
}
