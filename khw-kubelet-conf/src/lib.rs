//! khw-kubelet-conf

/// The tool.
pub const TOOL: khw_core::cli::Tool = khw_core::cli::Tool {
    name: "khw-kubelet-conf",
    command: || clap::Command::new("khw-kubelet-conf"),
    rewrite: khw_core::cli::as_given,
    run: |_| Ok(khw_core::Exit::Done),
};
