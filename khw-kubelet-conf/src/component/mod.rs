//! Component configuration, Kubernetes' own word for the files that kubelet and kube-proxy are configured with: the
//! table of fields, typed values, the strict reader, the check against a table, and the writer.
//!
//! Users: khw-kubelet-conf, khw-proxy-conf; khw-install reads placed files with [`Document`].

mod annotate;
mod args;
mod check;
mod config;
mod document;
mod edit;
mod explain;
mod field;
mod gate;
mod shown;
mod upgrade;
mod value;
mod write;

pub use annotate::{Language, Reason};
pub use args::{
    CheckArgs, SettingArgs, VersionArgs, field_options, refuse_options, set_field_options, warn_and_refuse,
};
pub use check::{CHECKS, check_fields, sort};
pub use config::Config;
pub use document::{Document, Duplicate, Marks};
pub use explain::{ExplainArgs, FieldsArgs};
pub use field::{Choice, CisCheck, Field, Kind, Life, Type, always, cis, cis_from, since, until};
pub use gate::{Gate, Level, Stage};
pub use upgrade::{CHECKS as UPGRADE_CHECKS, upgrade};
pub use value::{Mismatch, cidr, nanoseconds, network, whole_number};
