//! `pgtend stats`
mod capture;
mod init;
mod prune;
mod status;
pub(super) mod store;

use clap::Subcommand;

use crate::commands::context::Context;
use crate::failure::Exit;

/// Keep the server's counters as history, so that "the last 24 hours" is true
///
/// Differences are kept, and nothing of the server's is ever reset.
#[derive(Debug, Subcommand)]
pub enum StatsCommand {
    Init(init::InitArgs),
    Capture(capture::CaptureArgs),
    Status(status::StatusArgs),
    Prune(prune::PruneArgs),
}

impl StatsCommand {
    pub const fn verb(&self) -> &'static str {
        match self {
            Self::Init(_) => "init",
            Self::Capture(_) => "capture",
            Self::Status(_) => "status",
            Self::Prune(_) => "prune",
        }
    }

    pub async fn run(&self, context: &Context) -> anyhow::Result<Exit> {
        match self {
            Self::Init(args) => args.run(context).await,
            Self::Capture(args) => args.run(context).await,
            Self::Status(args) => args.run(context).await,
            Self::Prune(args) => args.run(context).await,
        }
    }
}
