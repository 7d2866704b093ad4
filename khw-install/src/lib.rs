//! khw-install

/// The tool.
pub const TOOL: khw_core::cli::Tool = khw_core::cli::Tool {
    name: "khw-install",
    command: || clap::Command::new("khw-install"),
    rewrite: khw_core::cli::as_given,
    run: |_| Ok(khw_core::Exit::Done),
};
