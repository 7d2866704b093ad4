//! What the six khw tools agree on about a worker node, and how they behave towards the file system and the caller.
//!
//! A module belongs here when at least three tools use it and it would be wrong if two of them differed: a node's name,
//! where a worker keeps its files, what exit status 1 means, what a message looks like, how a file is replaced.
//! No file format does: YAML, X.509 and unit syntax belong to the tool that writes them.

pub mod cli;
mod error;
mod exit;
pub mod finding;
pub mod input;
pub mod layout;
pub mod lock;
mod name;
pub mod output;
pub mod place;
mod version;

pub use error::Error;
pub use exit::Exit;
pub use name::NodeName;
pub use version::KubernetesVersion;
