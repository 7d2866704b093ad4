//! What the tests share: a throw-away directory to run in, the tools, and the real programs that judge them.

mod api_server;
mod file_server;
mod ran;
mod reference;
mod sandbox;
pub mod strace;
mod tool;
pub mod tutorial;

pub use api_server::{ApiServer, Asked, Date};
pub use file_server::{ConnectProxy, FileServer, Reply, Then, Wanted};
pub use ran::Ran;
pub use reference::{Reference, reference};
pub use sandbox::Sandbox;
pub use tool::{TOOLS, bin_dir};
