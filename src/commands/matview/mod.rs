//! `pgtend matview`
mod args;
mod list;
mod log;
mod refresh;
mod survey;
mod work;

pub use args::WishArgs;
use clap::Subcommand;
pub use survey::survey;

use crate::commands::context::Context;
use crate::failure::Exit;

/// Refresh materialized views in their order, without stopping readers
#[derive(Debug, Subcommand)]
pub enum MatviewCommand {
    List(list::ListArgs),
    Refresh(refresh::RefreshArgs),
    Log(log::LogArgs),
}

impl MatviewCommand {
    pub const fn verb(&self) -> &'static str {
        match self {
            Self::List(_) => "list",
            Self::Refresh(_) => "refresh",
            Self::Log(_) => "log",
        }
    }

    pub async fn run(&self, context: &Context) -> anyhow::Result<Exit> {
        match self {
            Self::List(args) => args.run(context).await,
            Self::Refresh(args) => args.run(context).await,
            Self::Log(args) => args.run(context).await,
        }
    }
}
