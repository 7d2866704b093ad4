//! khw-proxy-conf

/// The tool.
pub const TOOL: khw_core::cli::Tool = khw_core::cli::Tool {
    name: "khw-proxy-conf",
    command: || clap::Command::new("khw-proxy-conf"),
    rewrite: khw_core::cli::as_given,
    run: |_| Ok(khw_core::Exit::Done),
};
