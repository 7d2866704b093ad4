//! The list of `khw-cert node --from`: a node a line, its name first, then more names and addresses.
//!
//! Everything wrong is found before anything is written. Only the text is kept, and where the lines are in it: of
//! 100,000 nodes that is a few megabytes.

use crate::identity::Identity;
use crate::san;
use khw_core::input::refuse_private_key;
use khw_core::{Error, NodeName};
use std::collections::HashMap;

/// A list that was read and found right.
#[derive(Debug)]
pub(crate) struct List {
    text: String,
    lines: Vec<(usize, usize)>,
}

impl List {
    /// Reads and checks a list. Errors name the line.
    pub(crate) fn parse(text: String) -> Result<Self, Error> {
        refuse_private_key(&text)?;
        let mut lines = Vec::new();
        let mut seen: HashMap<&str, usize> = HashMap::new();
        let mut start = 0;
        for (number, line) in text.split_inclusive('\n').enumerate() {
            let number = number + 1;
            let end = start + line.len();
            if let Some(name) = words(line).next() {
                identity(line).map_err(|e| e.line(number))?;
                if let Some(first) = seen.insert(name, number) {
                    return Err(Error::new(format!("the node {name} is there twice, first in line {first}"))
                        .line(number)
                        .hint("remove one of the two: each node has one certificate"));
                }
                lines.push((start, end));
            }
            start = end;
        }
        drop(seen);
        if lines.is_empty() {
            return Err(Error::new("has no node").hint("write a node a line: worker-1 192.168.5.21"));
        }
        Ok(List { text, lines })
    }

    /// How many nodes it has.
    pub(crate) fn len(&self) -> usize {
        self.lines.len()
    }

    /// One of its nodes.
    pub(crate) fn node(&self, index: usize) -> Option<Identity> {
        let (start, end) = self.lines.get(index)?;
        identity(self.text.get(*start..*end)?).ok()
    }
}

/// The words of a line before a comment. `#` begins one at the beginning of a word.
fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split_whitespace().take_while(|word| !word.starts_with('#'))
}

fn identity(line: &str) -> Result<Identity, Error> {
    let mut words = words(line);
    let name: NodeName = words.next().unwrap_or_default().parse()?;
    let mut identity = Identity::node(&name);
    san::add(&mut identity.names, words)?;
    Ok(identity)
}

#[cfg(test)]
mod tests {
    use super::List;

    fn refused(text: &str) -> (Option<usize>, String) {
        let error = List::parse(text.to_owned()).unwrap_err();
        assert!(error.advice().is_some(), "{text}");
        (error.line_number(), error.what().to_owned())
    }

    #[test]
    fn names_comments_and_line_endings() {
        let list =
            List::parse("# all\n\nworker-1 192.168.5.21 w1 w1 # the first\r\n\tworker-2\nworker-3 ::1".to_owned());
        let list = list.unwrap();
        assert_eq!(list.len(), 3);
        let names: Vec<String> = (0..4).filter_map(|i| list.node(i)).map(|n| crate::policy::shown(&n.names)).collect();
        assert_eq!(names, ["DNS:worker-1, IP:192.168.5.21, DNS:w1", "DNS:worker-2", "DNS:worker-3, IP:::1"]);
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        assert_eq!(
            refused("a\nb\n# c\na 1.2.3.4\n"),
            (Some(4), "the node a is there twice, first in line 1".to_owned())
        );
        assert_eq!(refused("a\nWorker-1\n"), (Some(2), "the node name 'Worker-1' has upper case".to_owned()));
        assert_eq!(refused("a 1.2.3\n"), (Some(1), "'1.2.3' is neither an IP address nor a DNS name".to_owned()));
        assert_eq!(refused("a,1.2.3.4\n"), (Some(1), "the node name 'a,1.2.3.4' has ',' in it".to_owned()));
        assert_eq!(refused("# nothing\n\n"), (None, "has no node".to_owned()));
    }
}
