//! What containerd's configuration says that the kubelet depends on. Read, never written.
//!
//! Layout version 1 and 2 (containerd 1.x) and 3 (containerd 2.x) name the CRI plugin differently.

use khw_core::Error;
use toml_edit::{Document, Item};

/// Where it is.
pub const CONFIG: &str = "/etc/containerd/config.toml";

/// A value and its line.
pub type At<T> = Option<(T, Option<usize>)>;

/// The parts that matter.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Containerd {
    /// The layout's version; 1 when it is not said.
    pub version: i64,
    /// The line of `disabled_plugins`, when the CRI plugin is in it.
    pub cri_disabled: Option<usize>,
    /// `SystemdCgroup` of the default runtime.
    pub systemd_cgroup: At<bool>,
    /// The path of the socket.
    pub address: At<String>,
    /// Where the CNI programs are.
    pub cni_bin_dir: At<String>,
    /// Where the CNI configuration is.
    pub cni_conf_dir: At<String>,
    /// Patterns of files that are read after this one, and win.
    pub imports: Vec<String>,
}

/// The CRI plugin's names, by layout version.
const CRI: [&str; 3] = ["io.containerd.grpc.v1.cri", "io.containerd.cri.v1.runtime", "cri"];

impl Containerd {
    /// Reads `config.toml`.
    ///
    /// # Errors
    /// When it is not TOML: containerd does not start with it.
    pub fn parse(content: &[u8]) -> Result<Self, Error> {
        let text = std::str::from_utf8(content).map_err(|_| Error::new("is not UTF-8 text"))?;
        let document = Document::parse(text).map_err(|error| {
            let line = error.span().map_or(1, |span| line(text, span.start));
            Error::new(format!("is not TOML: {}", error.message().replace('\n', ", ")))
                .line(line)
                .hint("correct it, then `systemctl restart containerd`; `containerd config default` prints a good one")
        })?;
        let root = document.as_item();
        let at = |item: &Item| item.span().map(|span| line(text, span.start));
        let string = |item: Option<&Item>| {
            item.and_then(|i| i.as_str().map(|s| (s.to_owned(), at(i)))).filter(|(s, _)| !s.is_empty())
        };
        let version = get(root, &["version"]).and_then(Item::as_integer).unwrap_or(1);
        let cri = CRI.into_iter().find_map(|name| get(root, &["plugins", name]));
        let under = |path: &[&str]| cri.and_then(|cri| get(cri, path));
        let default = under(&["containerd", "default_runtime_name"]).and_then(Item::as_str).unwrap_or("runc");
        let systemd = under(&["containerd", "runtimes", default, "options", "SystemdCgroup"])
            .or_else(|| under(&["systemd_cgroup"]));
        let disabled = get(root, &["disabled_plugins"]);
        let names_cri = |item: &&Item| {
            let names = item.as_array().into_iter().flatten().filter_map(|v| v.as_str());
            names.into_iter().any(|name| CRI.contains(&name))
        };
        let imports = get(root, &["imports"]).and_then(Item::as_array).into_iter().flatten();
        let imports = imports.filter_map(|value| value.as_str());
        Ok(Containerd {
            version,
            cri_disabled: disabled.filter(names_cri).map(|item| at(item).unwrap_or(1)),
            systemd_cgroup: systemd.and_then(|item| item.as_bool().map(|yes| (yes, at(item)))),
            address: string(get(root, &["grpc", "address"])),
            cni_bin_dir: string(under(&["cni", "bin_dir"])),
            cni_conf_dir: string(under(&["cni", "conf_dir"])),
            imports: imports.map(str::to_owned).collect(),
        })
    }
}

fn get<'a>(item: &'a Item, path: &[&str]) -> Option<&'a Item> {
    path.iter().try_fold(item, |item, name| item.get(name))
}

fn line(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|&b| b == b'\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::Containerd;

    #[test]
    fn all_three_layouts_are_read() {
        for (text, version) in [
            ("[plugins.cri]\nsystemd_cgroup = true\n", 1),
            (
                "version = 2\n[plugins.\"io.containerd.grpc.v1.cri\".containerd.runtimes.runc.options]\nSystemdCgroup = true\n",
                2,
            ),
            (
                "version = 3\n[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc.options]\nSystemdCgroup = true\n",
                3,
            ),
        ] {
            let read = Containerd::parse(text.as_bytes()).unwrap();
            assert_eq!((read.version, read.systemd_cgroup.map(|(yes, _)| yes)), (version, Some(true)), "{text}");
        }
    }

    #[test]
    fn what_is_disabled_and_where() {
        let packaged = "# from the docker package\ndisabled_plugins = [\"cri\"]\n";
        assert_eq!(Containerd::parse(packaged.as_bytes()).unwrap().cri_disabled, Some(2));
        assert_eq!(Containerd::parse(b"disabled_plugins = [\"btrfs\"]\n").unwrap().cri_disabled, None);
        let other = "version = 2\n[plugins.\"io.containerd.grpc.v1.cri\".containerd]\ndefault_runtime_name = \"kata\"\n\
                     [plugins.\"io.containerd.grpc.v1.cri\".containerd.runtimes.runc.options]\nSystemdCgroup = true\n";
        assert_eq!(Containerd::parse(other.as_bytes()).unwrap().systemd_cgroup, None, "another runtime is the default");
    }

    #[test]
    fn what_is_not_toml_is_refused_with_its_line() {
        let refused = Containerd::parse(b"version = 2\nroot = /var/lib\n").unwrap_err();
        assert_eq!(refused.line_number(), Some(2), "{refused}");
        assert!(Containerd::parse(b"\xff").is_err());
    }
}
