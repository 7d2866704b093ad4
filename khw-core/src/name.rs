//! The name of a node, from which its identity, file names and kubeconfig user come.
//!
//! Users: khw-cert, khw-kubeconfig, khw-kubelet-conf, khw-unit, khw-install.

use crate::Error;
use std::fmt;
use std::str::FromStr;

/// A node's name: an RFC 1123 subdomain, as the API server wants it of a Node object.
///
/// The kubelet lower-cases its host name, so a certificate for `Worker-1` never matches the node `worker-1`:
/// upper case is refused rather than changed. File names are made from it, so `/` and `..` cannot occur.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeName(String);

impl NodeName {
    /// The prefix of a node's user name, as the Node authorizer expects it.
    pub const USER_PREFIX: &'static str = "system:node:";
    /// The group that the Node authorizer expects a node to be in.
    pub const GROUP: &'static str = "system:nodes";
    /// The longest name, so that `system:node:NAME` still fits a common name of 64 characters (RFC 5280, ub-common-name).
    pub const MAX_LENGTH: usize = 64 - Self::USER_PREFIX.len();

    /// The name as it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The user name of this node towards the API server: `system:node:NAME`.
    pub fn user(&self) -> String {
        format!("{}{}", Self::USER_PREFIX, self.0)
    }
}

impl FromStr for NodeName {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let refuse = |what: String, hint: &str| Err(Error::new(what).hint(hint));
        if text.is_empty() {
            return refuse(
                "the node name is empty".to_owned(),
                "was a shell variable unset? write the name, for example worker-1",
            );
        }
        let shown = text.escape_debug();
        if text.chars().any(|c| c.is_ascii_uppercase()) {
            return refuse(
                format!("the node name '{shown}' has upper case"),
                &format!("the kubelet lower-cases its name: write '{}'", text.to_ascii_lowercase().escape_debug()),
            );
        }
        if let Some(bad) = text.chars().find(|&c| !matches!(c, 'a'..='z' | '0'..='9' | '-' | '.')) {
            let bad = if bad == ' ' { "a blank".to_owned() } else { format!("'{}'", bad.escape_debug()) };
            return refuse(
                format!("the node name '{shown}' has {bad} in it"),
                "a node name has lower-case letters, digits, '-' and '.' only",
            );
        }
        if text.split('.').any(|label| label.is_empty() || label.starts_with('-') || label.ends_with('-')) {
            return refuse(
                format!("the node name '{shown}' has a part that is empty or starts or ends with '-'"),
                "each part between dots starts and ends with a letter or digit",
            );
        }
        if text.split('.').any(|label| label.len() > 63) {
            return refuse(format!("the node name '{shown}' has a part of over 63 characters"), "use a shorter name");
        }
        if text.len() > Self::MAX_LENGTH {
            return refuse(
                format!("the node name '{shown}' has over {} characters", Self::MAX_LENGTH),
                "system:node:NAME must fit the 64 characters of a common name: use a shorter name",
            );
        }
        Ok(NodeName(text.to_owned()))
    }
}

impl fmt::Display for NodeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::NodeName;

    #[test]
    fn takes_host_names() {
        for name in ["worker-1", "node01", "10", "a.b-c.example.com", &"a".repeat(52)] {
            assert_eq!(name.parse::<NodeName>().map(|n| n.to_string()).as_deref(), Ok(name));
        }
    }

    #[test]
    fn refuses_what_a_node_cannot_be_called() {
        for (name, what) in [
            ("", "the node name is empty"),
            ("Worker-1", "the node name 'Worker-1' has upper case"),
            ("worker 1", "the node name 'worker 1' has a blank in it"),
            ("a/b", "the node name 'a/b' has '/' in it"),
            ("a\nb", "the node name 'a\\nb' has '\\n' in it"),
            ("..", "the node name '..' has a part that is empty or starts or ends with '-'"),
            ("-a", "the node name '-a' has a part that is empty or starts or ends with '-'"),
            ("a_b", "the node name 'a_b' has '_' in it"),
            ("ä", "the node name 'ä' has 'ä' in it"),
        ] {
            match name.parse::<NodeName>() {
                Err(error) => {
                    assert_eq!(error.what(), what);
                    assert!(error.advice().is_some());
                }
                Ok(name) => assert_eq!(name.as_str(), "refused"),
            }
        }
        assert!("a".repeat(53).parse::<NodeName>().is_err());
    }

    #[test]
    fn upper_case_comes_with_the_right_spelling() {
        let error = "Worker-1".parse::<NodeName>().map_err(|e| e.advice().map(str::to_owned));
        assert_eq!(error, Err(Some("the kubelet lower-cases its name: write 'worker-1'".to_owned())));
    }
}
