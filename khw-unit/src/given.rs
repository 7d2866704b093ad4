//! The flags of a command line, as pflag, the library of kubelet and kube-proxy, takes them apart.

use crate::command::{Argument, CommandLine};
use crate::flag::{Program, same_name};

/// A flag as the process sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Given<'a> {
    /// The name without dashes, as it is written.
    pub name: &'a str,
    /// The value; `None` when the flag stands alone.
    pub value: Option<&'a str>,
    /// The argument that names it.
    pub argument: &'a Argument,
}

/// What pflag makes of an argument, or of two that belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part<'a> {
    /// A flag with its value.
    Flag(Given<'a>),
    /// One dash before letters: short flags.
    Short(&'a Argument),
    /// No flag, and no value of one.
    Stray(&'a Argument),
}

impl CommandLine {
    /// The value of a flag, `--name=value` or `--name value`; the last one counts; `true` when it stands alone.
    ///
    /// Underscores are as good as dashes, as in kubelet and kube-proxy.
    pub fn flag(&self, name: &str) -> Option<&str> {
        let mut flags = self.flags();
        flags.retain(|f| same_name(f.name, name));
        flags.pop().map(|f| f.value.unwrap_or("true"))
    }

    /// All flags in order, as pflag, the library of kubelet and kube-proxy, takes them apart.
    pub fn flags(&self) -> Vec<Given<'_>> {
        let flag = |part| match part {
            Part::Flag(given) => Some(given),
            Part::Short(_) | Part::Stray(_) => None,
        };
        self.parts().into_iter().filter_map(flag).collect()
    }

    /// The arguments as pflag takes them apart.
    pub(crate) fn parts(&self) -> Vec<Part<'_>> {
        let table = Program::of(self.program_name());
        let mut parts = Vec::new();
        let mut arguments = self.arguments.iter().peekable();
        let mut flags_end = false;
        while let Some(argument) = arguments.next() {
            let text = argument.text.as_str();
            let name = match (text.strip_prefix("--"), text.strip_prefix('-')) {
                _ if flags_end => {
                    parts.push(Part::Stray(argument));
                    continue;
                }
                (Some(""), _) => {
                    flags_end = true;
                    continue;
                }
                (Some(name), _) => name,
                // The only short flag with a value is -v: -v=2, -v2, -v 2.
                (None, Some(short)) if short.starts_with('v') => {
                    let level = short.trim_start_matches('v').trim_start_matches('=');
                    let value = if level.is_empty() { arguments.next().map(|a| a.text.as_str()) } else { Some(level) };
                    parts.push(Part::Flag(Given { name: "v", value, argument }));
                    continue;
                }
                (None, Some("") | None) => {
                    parts.push(Part::Stray(argument));
                    continue;
                }
                (None, Some(_)) => {
                    parts.push(Part::Short(argument));
                    continue;
                }
            };
            if let Some((name, value)) = name.split_once('=') {
                parts.push(Part::Flag(Given { name, value: Some(value), argument }));
                continue;
            }
            // A boolean never takes the next argument. Of a flag that nobody knows, one that looks like a value belongs
            // to it.
            let takes = match table.and_then(|t| t.flag(name)) {
                Some(known) => !known.boolean,
                None => arguments.peek().is_some_and(|next| !next.text.starts_with('-')),
            };
            let value = if takes { arguments.next().map(|a| a.text.as_str()) } else { None };
            parts.push(Part::Flag(Given { name, value, argument }));
        }
        parts
    }
}

#[cfg(test)]
mod tests {
    use crate::Unit;
    use khw_core::Error;

    #[test]
    fn flags_are_those_of_pflag() -> Result<(), Error> {
        let text = format!(
            "[Service]\nExecStart={}\n",
            "/usr/local/bin/kubelet --config=a --config b --register-node --cluster_dns=1 -v2 --v=3 -- --x=1"
        );
        let c = Unit::parse(&text)?.exec_start()?.ok_or_else(|| Error::new("none"))?;
        for (name, value) in [
            ("config", Some("b")),
            ("register-node", Some("true")),
            ("cluster-dns", Some("1")),
            ("v", Some("3")),
            ("x", None),
            ("kubeconfig", None),
        ] {
            assert_eq!(c.flag(name), value, "{name}");
        }
        Ok(())
    }
}
