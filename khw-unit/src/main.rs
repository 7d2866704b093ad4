//! See the library; this only hands it to the common `main`.

fn main() -> std::process::ExitCode {
    khw_core::cli::main(&khw_unit::TOOL)
}
