//! The whole worker, three times: the tutorial's blocks with the real openssl, kubectl and heredocs; the same blocks with
//! the tools' names exchanged; and khw's own shorter words. Then meaning is compared file by file, and all three are
//! placed and verified.

// The tests of a module are its whole content: what they show stands in their names.
#![allow(missing_docs)]

mod certificates;
mod kubeconfigs;
mod meaning;
mod placing;
mod units;
mod worker;
mod yaml;
