//! `pgtend normalize rejects export`
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use futures_util::TryStreamExt as _;

use crate::commands::context::Context;
use crate::commands::normalize::targets::{books, read_books};
use crate::failure::Exit;
use crate::operations::normalize::{books_exist, export_rejects};
use crate::output::Format;
use crate::pg::state::ServerError;

/// Write them out, however many there are: a line of JSON each, or CSV with --format csv
#[derive(Debug, Args)]
pub struct ExportArgs {
    /// Mapping [default: all]
    #[arg(value_name = "NAME")]
    name: Option<String>,
    /// Only those with this reason
    #[arg(long, value_name = "REASON")]
    reason: Option<String>,
    /// Those that were acknowledged as well
    #[arg(long)]
    all: bool,
    /// File to write [default: the standard output]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

impl ExportArgs {
    pub async fn run(&self, context: &Context) -> anyhow::Result<Exit> {
        let session = context.connect_to_read().await?;
        read_books(context, &session).await?;
        let books = books(context)?;
        if !books_exist(&session, &books).await? {
            context.ui.status("no rejects");
            return Ok(Exit::Done);
        }
        let csv = context.ui.format() == Format::Csv;
        let export = export_rejects(&books, self.name.as_deref(), self.reason.as_deref(), self.all, csv)?;
        let mut file = match &self.output {
            Some(path) => {
                let file = File::create(path).with_context(|| format!("write {}", path.display()))?;
                Some(BufWriter::new(file))
            }
            None => None,
        };
        let rows = session.copy_out(&export).await.map_err(ServerError::explained)?;
        let mut rows = std::pin::pin!(rows);
        let mut count = 0_u64;
        while let Some(row) =
            rows.try_next().await.map_err(|e| ServerError::new(export.file, &e).explained())?
        {
            count += 1;
            match &mut file {
                Some(file) => file.write_all(&row).context("write the rejects")?,
                None => context.ui.answer(&String::from_utf8_lossy(&row))?,
            }
        }
        if let Some(file) = &mut file {
            file.flush().context("write the rejects")?;
        }
        context.ui.status(&format!("{} rejects written", count - u64::from(csv && count > 0)));
        Ok(Exit::Done)
    }
}
