//! Where a private key comes from: a file, `-` for standard input, or `fd:N` for a file descriptor that is open already.
//!
//! A key from `pass show ca | …` or `3< <(…)` need not lie in a file.

use khw_core::Error;
use khw_core::input::Input;
use std::path::{Path, PathBuf};

/// What to read for the value of `--key` or `--ca-key`. A file that is really called `fd:3` is `./fd:3`.
pub(crate) fn input(value: &Path) -> Result<Input, Error> {
    let Some(number) = value.to_str().and_then(|text| text.strip_prefix("fd:")) else { return Ok(Input::new(value)) };
    if number.is_empty() || !number.bytes().all(|b| b.is_ascii_digit()) {
        return Err(Error::new(format!("'{}' is not a number of a file descriptor", number.escape_debug()))
            .hint("write it as fd:3"));
    }
    if number.trim_start_matches('0').is_empty() {
        return Ok(Input::Stdin);
    }
    let path = PathBuf::from(format!("/dev/fd/{number}"));
    // It is a link to something that may have no name, so only whether the link is there says that it is open.
    if std::fs::symlink_metadata(&path).is_err() {
        return Err(Error::new(format!("file descriptor {number} is not open"))
            .hint(format!("open it in the shell: khw-cert … {number}< ca.key")));
    }
    Ok(Input::File(path))
}

#[cfg(test)]
mod tests {
    use super::input;
    use khw_core::input::Input;
    use std::path::Path;

    #[test]
    fn files_standard_input_and_descriptors() {
        assert_eq!(input(Path::new("ca.key")), Ok(Input::File("ca.key".into())));
        assert_eq!(input(Path::new("-")), Ok(Input::Stdin));
        assert_eq!(input(Path::new("fd:0")), Ok(Input::Stdin));
        assert_eq!(input(Path::new("fd:2")), Ok(Input::File("/dev/fd/2".into())));
        for bad in ["fd:", "fd:x", "fd:-1", "fd:987654"] {
            assert!(input(Path::new(bad)).is_err(), "{bad}");
        }
    }
}
