//! Process edge: argv in, exit code out. Nothing else lives here.
use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::SUCCESS
}
