//! `pgtend index`
mod check;
mod create;
mod drop;
pub mod ground;
mod list;
mod rebuild;

use clap::Subcommand;

use crate::commands::context::Context;
use crate::failure::Exit;

/// Create, rebuild, drop and judge indexes without stopping anybody
#[derive(Debug, Subcommand)]
pub enum IndexCommand {
    List(list::ListArgs),
    Create(create::CreateArgs),
    Rebuild(rebuild::RebuildArgs),
    Drop(drop::DropArgs),
    Check(check::CheckArgs),
}

impl IndexCommand {
    pub const fn verb(&self) -> &'static str {
        match self {
            Self::List(_) => "list",
            Self::Create(_) => "create",
            Self::Rebuild(_) => "rebuild",
            Self::Drop(_) => "drop",
            Self::Check(_) => "check",
        }
    }

    pub async fn run(&self, context: &Context) -> anyhow::Result<Exit> {
        match self {
            Self::List(args) => args.run(context).await,
            Self::Create(args) => args.run(context).await,
            Self::Rebuild(args) => args.run(context).await,
            Self::Drop(args) => args.run(context).await,
            Self::Check(args) => args.run(context).await,
        }
    }
}
