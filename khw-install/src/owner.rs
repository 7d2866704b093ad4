//! `--owner`: whose the placed files are to be, instead of root's.
//!
//! Names are looked up in the passwd and group files of the tree that is placed in: an image's `kube` is not this host's. On
//! the host itself a user who is in no file (LDAP) is named by number.

use crate::target::Target;
use khw_core::Error;
use khw_core::place::Owner;
use nix::unistd::Uid;
use std::path::Path;
use std::str::FromStr;

/// `USER`, `USER:GROUP`, and each as a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    user: Id,
    /// The user's own group when it is `None`.
    group: Option<Id>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Id {
    Number(u32),
    Name(String),
}

impl FromStr for Id {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let wrong = || {
            Error::new(format!("'{}' is not a user or group", text.escape_debug()))
                .hint("write it as USER, USER:GROUP or UID:GID")
        };
        if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
            // chown(2) takes the greatest number for "leave it as it is".
            return text.parse().ok().filter(|id| *id != u32::MAX).map(Id::Number).ok_or_else(wrong);
        }
        let name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '$');
        if text.is_empty() || text.starts_with('-') || !text.chars().all(name) {
            return Err(wrong());
        }
        Ok(Id::Name(text.to_owned()))
    }
}

impl FromStr for Wanted {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        match text.split_once(':') {
            None => Ok(Wanted { user: text.parse()?, group: None }),
            Some((user, group)) => Ok(Wanted { user: user.parse()?, group: Some(group.parse()?) }),
        }
    }
}

impl Wanted {
    /// Whom it means on this host or in this tree.
    ///
    /// # Errors
    /// When there is no such user or group, or only root could give files to them.
    pub(crate) fn find(&self, target: &Target) -> Result<Owner, Error> {
        let passwd = Table::read(target, "/etc/passwd")?;
        let (uid, own_group) = match &self.user {
            Id::Number(uid) => (*uid, passwd.row(|row| row.id == *uid).and_then(|row| row.group)),
            Id::Name(name) => {
                let row = passwd.row(|row| row.name == name).ok_or_else(|| passwd.lacks("user", name))?;
                (row.id, row.group)
            }
        };
        let gid = match &self.group {
            Some(Id::Number(gid)) => *gid,
            Some(Id::Name(name)) => {
                let groups = Table::read(target, "/etc/group")?;
                groups.row(|row| row.name == name).ok_or_else(|| groups.lacks("group", name))?.id
            }
            None => own_group.ok_or_else(|| {
                Error::new(format!("{uid} is in no passwd file, so its group is not known"))
                    .field("--owner")
                    .hint(format!("say the group too: --owner {uid}:GID"))
            })?,
        };
        let this = Uid::effective();
        if !this.is_root() && this.as_raw() != uid {
            return Err(Error::new(format!("only root can give files to user {uid}"))
                .field("--owner")
                .hint("run it with sudo, or leave --owner out: the files are then yours"));
        }
        Ok(Owner { uid, gid })
    }
}

/// A passwd or group file (passwd(5), group(5)).
struct Table {
    shown: String,
    text: String,
}

struct Row<'t> {
    name: &'t str,
    id: u32,
    /// The login group, which only passwd has.
    group: Option<u32>,
}

impl Table {
    fn read(target: &Target, path: &str) -> Result<Self, Error> {
        let path = Path::new(path);
        let content = target.read(path)?.map(|found| found.content).unwrap_or_default();
        let text = String::from_utf8_lossy(&content).into_owned();
        Ok(Table { shown: target.shown(path).display().to_string(), text })
    }

    fn row(&self, wanted: impl Fn(&Row<'_>) -> bool) -> Option<Row<'_>> {
        self.text.lines().filter_map(row).find(wanted)
    }

    fn lacks(&self, what: &str, name: &str) -> Error {
        Error::new(format!("has no {what} '{}'", name.escape_debug()))
            .field("--owner")
            .file(&self.shown)
            .hint("make it there first, or give its number")
    }
}

fn row(line: &str) -> Option<Row<'_>> {
    let mut fields = line.split(':');
    let (name, _, id) = (fields.next()?, fields.next()?, fields.next()?);
    Some(Row { name, id: id.parse().ok()?, group: fields.next().and_then(|group| group.parse().ok()) })
}

#[cfg(test)]
mod tests {
    use super::{Table, Wanted};

    #[test]
    fn users_and_groups_are_names_or_numbers() {
        for text in ["kube", "kube:kube", "1000", "1000:1000", "kube:10", "_apt", "sssd.user", "machine$"] {
            assert!(text.parse::<Wanted>().is_ok(), "{text}");
        }
        for text in ["", ":", "kube:", ":kube", "a b", "-1", "4294967295", "4294967296", "a:b:c", "a/b", "0x0"] {
            let wanted = text.parse::<Wanted>();
            if text == "0x0" {
                assert!(wanted.is_ok(), "a name may start with a digit");
            } else {
                assert!(wanted.is_err(), "{text}");
            }
        }
    }

    #[test]
    fn rows_that_are_none_are_passed_over() {
        let text = "# kube:x:1:1\n\nkube:x\n+::::::\nkube:x:1001:1002::/:/bin/sh\n".to_owned();
        let table = Table { shown: String::new(), text };
        let row = table.row(|row| row.name == "kube").unwrap();
        assert_eq!((row.id, row.group), (1001, Some(1002)));
        assert!(table.row(|row| row.name == "root").is_none());
    }
}
