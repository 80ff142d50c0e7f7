//! `pgtend normalize rejects`
use clap::{Args, Subcommand};
use serde::Serialize;

use crate::commands::context::Context;
use crate::commands::normalize::export::ExportArgs;
use crate::commands::normalize::retry::RetryArgs;
use crate::commands::normalize::targets::{books, open_books, read_books};
use crate::failure::Exit;
use crate::operations::normalize::{RejectRow, acknowledge, rejects};
use crate::output::{Cell, Column, Format, Listing};

/// The elements that have no row
#[derive(Debug, Subcommand)]
pub enum RejectsCommand {
    List(ListArgs),
    Export(ExportArgs),
    Retry(RetryArgs),
    Ack(AckArgs),
}

/// List them with the reason
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Mapping [default: all]
    #[arg(value_name = "NAME")]
    name: Option<String>,
    /// Those that were acknowledged as well
    #[arg(long)]
    all: bool,
}

/// Take the rows for complete without them
#[derive(Debug, Args)]
pub struct AckArgs {
    /// Mapping
    #[arg(value_name = "NAME")]
    name: String,
    /// Only those with this reason
    #[arg(long, value_name = "REASON")]
    reason: Option<String>,
}

#[derive(Serialize)]
struct Document<'a> {
    rejects: &'a [RejectRow],
}

const COLUMNS: [Column<RejectRow>; 6] = [
    Column { header: "Mapping", name: "name", cell: |row| Cell::Text(row.name.clone()) },
    Column { header: "Source key", name: "source_key", cell: |row| Cell::Text(row.source_key.clone()) },
    Column { header: "Path", name: "path", cell: |row| Cell::Text(row.path.clone()) },
    Column { header: "Reason", name: "reason", cell: |row| Cell::Text(row.reason.clone()) },
    Column { header: "Element", name: "element", cell: |row| Cell::text(row.element.clone()) },
    Column { header: "Detail", name: "detail", cell: |row| Cell::text(row.detail.clone()) },
];

impl RejectsCommand {
    pub async fn run(&self, context: &Context) -> anyhow::Result<Exit> {
        match self {
            Self::List(args) => args.run(context).await,
            Self::Export(args) => args.run(context).await,
            Self::Retry(args) => args.run(context).await,
            Self::Ack(args) => args.run(context).await,
        }
    }
}

impl ListArgs {
    async fn run(&self, context: &Context) -> anyhow::Result<Exit> {
        let session = context.connect_to_read().await?;
        read_books(context, &session).await?;
        let rows = rejects(&session, &books(context)?, self.name.as_deref(), self.all).await?;
        if context.ui.format() == Format::Json {
            context.ui.document("pgtend.normalize.rejects/1", &Document { rejects: &rows })?;
        } else if rows.is_empty() {
            context.ui.status("no rejects");
        } else {
            context.ui.listing(&Listing::new(&COLUMNS, &rows))?;
        }
        Ok(Exit::Done)
    }
}

impl AckArgs {
    async fn run(&self, context: &Context) -> anyhow::Result<Exit> {
        let session = context.connect().await?;
        context.refuse_standby(&session)?;
        if context.args.dry_run {
            read_books(context, &session).await?;
            let rows = rejects(&session, &books(context)?, Some(&self.name), false).await?;
            let wanted = |row: &&RejectRow| self.reason.as_ref().is_none_or(|reason| *reason == row.reason);
            context
                .ui
                .status(&format!("{} rejects would be acknowledged", rows.iter().filter(wanted).count()));
            return Ok(Exit::Done);
        }
        open_books(context, &session).await?;
        let count = acknowledge(&session, &self.name, self.reason.as_deref()).await?;
        context.ui.status(&format!("{count} rejects acknowledged"));
        Ok(Exit::Done)
    }
}
