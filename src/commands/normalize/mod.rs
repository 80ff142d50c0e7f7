//! `pgtend normalize`
mod cutover;
mod end;
mod export;
mod load;
mod pace;
mod phases;
mod plan;
mod rejects;
mod retry;
mod run;
mod server_side;
mod status;
mod targets;
mod verify;

use clap::Subcommand;
pub use pace::PaceArgs;

use crate::commands::context::Context;
use crate::failure::Exit;

/// Move the elements of JSON columns into rows of tables, while the application writes
#[derive(Debug, Subcommand)]
pub enum NormalizeCommand {
    Plan(plan::PlanArgs),
    Run(run::RunArgs),
    Status(status::StatusArgs),
    Verify(verify::VerifyArgs),
    #[command(subcommand)]
    Rejects(rejects::RejectsCommand),
    Cutover(cutover::CutoverArgs),
    Abort(end::AbortArgs),
}

impl NormalizeCommand {
    pub const fn verb(&self) -> &'static str {
        match self {
            Self::Plan(_) => "plan",
            Self::Run(_) => "run",
            Self::Status(_) => "status",
            Self::Verify(_) => "verify",
            Self::Rejects(_) => "rejects",
            Self::Cutover(_) => "cutover",
            Self::Abort(_) => "abort",
        }
    }

    pub async fn run(&self, context: &Context) -> anyhow::Result<Exit> {
        match self {
            Self::Plan(args) => args.run(context).await,
            Self::Run(args) => args.run(context).await,
            Self::Status(args) => args.run(context).await,
            Self::Verify(args) => args.run(context).await,
            Self::Rejects(command) => command.run(context).await,
            Self::Cutover(args) => args.run(context).await,
            Self::Abort(args) => args.run(context).await,
        }
    }
}
