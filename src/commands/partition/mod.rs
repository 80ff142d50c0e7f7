//! `pgtend partition`
mod analyze;
mod archive;
mod archive_rows;
mod args;
mod check;
mod convert;
mod create;
mod drain;
mod finalize;
mod list;
mod maintain;
mod merge;
mod replace;
mod restore;
mod retire;
mod split;
mod targets;
mod undo;

pub use args::Wish;
use clap::Subcommand;
pub use targets::section;

use crate::commands::context::Context;
use crate::failure::Exit;

/// Manage range partitions by time
#[derive(Debug, Subcommand)]
pub enum PartitionCommand {
    List(list::ListArgs),
    Create(create::CreateArgs),
    Convert(convert::ConvertArgs),
    Split(split::SplitArgs),
    Drain(drain::DrainArgs),
    Merge(merge::MergeArgs),
    Undo(undo::UndoArgs),
    Drop(retire::DropArgs),
    Maintain(maintain::MaintainArgs),
    Check(check::CheckArgs),
    #[command(subcommand)]
    Archive(archive::ArchiveCommand),
    Restore(restore::RestoreArgs),
}

impl PartitionCommand {
    pub const fn verb(&self) -> &'static str {
        match self {
            Self::List(_) => "list",
            Self::Create(_) => "create",
            Self::Convert(_) => "convert",
            Self::Split(_) => "split",
            Self::Drain(_) => "drain",
            Self::Merge(_) => "merge",
            Self::Undo(_) => "undo",
            Self::Drop(_) => "drop",
            Self::Maintain(_) => "maintain",
            Self::Check(_) => "check",
            Self::Archive(command) => command.verb(),
            Self::Restore(_) => "restore",
        }
    }

    pub async fn run(&self, context: &Context) -> anyhow::Result<Exit> {
        match self {
            Self::List(args) => args.run(context).await,
            Self::Create(args) => args.run(context).await,
            Self::Convert(args) => args.run(context).await,
            Self::Split(args) => args.run(context).await,
            Self::Drain(args) => args.run(context).await,
            Self::Merge(args) => args.run(context).await,
            Self::Undo(args) => args.run(context).await,
            Self::Drop(args) => args.run(context).await,
            Self::Maintain(args) => args.run(context).await,
            Self::Check(args) => args.run(context).await,
            Self::Archive(command) => command.run(context).await,
            Self::Restore(args) => args.run(context).await,
        }
    }
}
