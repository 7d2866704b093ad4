//! The file that becomes another: its name, its content and attributes, and its end.

use super::{Attributes, Content, Existing, Permission};
use nix::errno::Errno;
use nix::fcntl::{OFlag, RenameFlags, openat, renameat, renameat2};
use nix::sys::stat::{FileStat, Mode, fchmod};
use nix::unistd::{Gid, Uid, UnlinkatFlags, fchown, unlinkat};
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::Write;
use std::os::fd::BorrowedFd;

/// The name under which this process makes what is to become `target`; `attempt` makes another when it is taken.
pub fn temporary_name(target: &OsStr, attempt: u32) -> OsString {
    OsString::from(format!("{}{}-{attempt}", temporary_prefix(target), std::process::id()))
}

/// The process that made `name` to become `target`; `None` when it is no such name.
pub fn temporary_of(name: &OsStr, target: &OsStr) -> Option<u32> {
    let numbers = name.to_str()?.strip_prefix(&temporary_prefix(target))?.to_owned();
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let (process, attempt) = numbers.split_once('-')?;
    if is_number(process) && is_number(attempt) { process.parse().ok() } else { None }
}

/// A name of 255 bytes has no room for the rest; its first bytes are enough to recognise it.
fn temporary_prefix(target: &OsStr) -> String {
    let bytes = target.as_encoded_bytes();
    format!(".{}.khw-", String::from_utf8_lossy(bytes.get(..200).unwrap_or(bytes)))
}

/// A file that goes away unless it is renamed into place.
pub(super) struct Temporary<'a> {
    directory: BorrowedFd<'a>,
    name: OsString,
    file: File,
    renamed: bool,
}

impl<'a> Temporary<'a> {
    pub(super) fn create(directory: BorrowedFd<'a>, target: &OsStr, mode: Mode) -> Result<Self, Errno> {
        let flags = OFlag::O_WRONLY | OFlag::O_CREAT | OFlag::O_EXCL | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
        let mut attempt = 0_u32;
        loop {
            let name = temporary_name(target, attempt);
            match openat(directory, name.as_os_str(), flags, mode) {
                Ok(fd) => return Ok(Temporary { directory, name, file: File::from(fd), renamed: false }),
                Err(Errno::EEXIST) if attempt < 10_000 => attempt += 1,
                Err(errno) => return Err(errno),
            }
        }
    }

    /// Writes it and waits until it is on the disk.
    pub(super) fn fill(
        &mut self,
        content: Content<'_>,
        attributes: Attributes,
        replaced: Option<&FileStat>,
    ) -> std::io::Result<()> {
        self.write(content, attributes, replaced)?;
        self.file.sync_all()
    }

    pub(super) fn write(
        &mut self,
        content: Content<'_>,
        attributes: Attributes,
        replaced: Option<&FileStat>,
    ) -> std::io::Result<()> {
        match (attributes.owner, replaced) {
            (Some(owner), _) => {
                fchown(&self.file, Some(Uid::from_raw(owner.uid)), Some(Gid::from_raw(owner.gid)))?;
            }
            // root replacing a user's file leaves it the user's. Nobody else may give a file away, and need not.
            (None, Some(there)) if Uid::effective().is_root() => {
                fchown(&self.file, Some(Uid::from_raw(there.st_uid)), Some(Gid::from_raw(there.st_gid)))?;
            }
            (None, _) => {}
        }
        // After chown, which clears set-id bits.
        if let Permission::Exactly(bits) = attributes.permission {
            fchmod(&self.file, Mode::from_bits_truncate(bits))?;
        }
        content.pieces(|piece| self.file.write_all(piece))
    }

    /// Closes it and leaves it under its temporary name.
    pub(super) fn keep(mut self) -> OsString {
        self.renamed = true;
        std::mem::take(&mut self.name)
    }

    pub(super) fn rename(mut self, target: &OsStr, existing: Existing) -> Result<(), Errno> {
        match existing {
            Existing::Replace => renameat(self.directory, self.name.as_os_str(), self.directory, target)?,
            Existing::Refuse => {
                renameat2(self.directory, self.name.as_os_str(), self.directory, target, RenameFlags::RENAME_NOREPLACE)?
            }
        }
        self.renamed = true;
        Ok(())
    }
}

impl Drop for Temporary<'_> {
    fn drop(&mut self) {
        if !self.renamed {
            // Nothing more can be done about it, and the error that led here is already on its way.
            let _ = unlinkat(self.directory, self.name.as_os_str(), UnlinkatFlags::NoRemoveDir);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{temporary_name, temporary_of};

    #[test]
    fn a_temporary_name_is_recognised_by_what_it_was_to_become() {
        let of = |name: &str, target: &str| temporary_of(name.as_ref(), target.as_ref());
        let long = "x".repeat(255);
        for target in ["kubelet", "worker-1.key", "a.khw-1-0", &long] {
            let name = temporary_name(target.as_ref(), 7);
            assert!(name.len() < 255);
            assert_eq!(temporary_of(&name, target.as_ref()), Some(std::process::id()));
        }
        assert_eq!(of(".kubelet.khw-12-0", "kubelet"), Some(12));
        for name in
            ["kubelet.khw-12-0", ".kubelet.khw-12", ".kubelet.khw--0", ".kubelet.khw-12-0x", ".kubelet.khw-+1-0"]
        {
            assert_eq!(of(name, "kubelet"), None, "{name}");
        }
        assert_eq!(of(".kubelet.service.khw-12-0", "kubelet"), None);
    }
}
