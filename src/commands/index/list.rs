//! `pgtend index list`
use clap::Args;
use serde::Serialize;

use crate::commands::context::Context;
use crate::failure::Exit;
use crate::operations::index::{IndexRow, index_rows, part_rows, survey_named};
use crate::output::{Cell, Column, Format, Listing};
use crate::pg::catalog::{TableName, indexes};

/// List indexes: what they are, how big, how often used
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Table whose indexes to list [default: every table]
    #[arg(value_name = "TABLE")]
    table: Option<String>,
    /// List the part of an index that each partition has, too
    #[arg(long)]
    partitions: bool,
}

#[derive(Serialize)]
struct Document<'a> {
    indexes: &'a [IndexRow],
}

const COLUMNS: [Column<IndexRow>; 9] = [
    Column { header: "Index", name: "index", cell: |row| Cell::Text(row.index.clone()) },
    Column { header: "Table", name: "table", cell: |row| Cell::Text(row.table.clone()) },
    Column { header: "Kind", name: "kind", cell: |row| Cell::Text(row.kind.to_owned()) },
    Column {
        header: "Valid",
        name: "valid",
        cell: |row| Cell::Text(if row.valid { "yes" } else { "NO" }.to_owned()),
    },
    Column { header: "Parts", name: "parts", cell: |row| Cell::Count(row.parts as f64) },
    Column { header: "Size", name: "size_bytes", cell: |row| Cell::Bytes(row.size_bytes) },
    Column { header: "Scans", name: "scans", cell: |row| Cell::Count(row.scans as f64) },
    Column {
        header: "Last scan",
        name: "last_scan",
        cell: |row| Cell::text(row.last_scan.map(|at| at.format("%Y-%m-%d %H:%M").to_string())),
    },
    Column { header: "Definition", name: "definition", cell: |row| Cell::text(row.definition.clone()) },
];

impl ListArgs {
    pub async fn run(&self, context: &Context) -> anyhow::Result<Exit> {
        let session = context.connect_to_read().await?;
        let all = match &self.table {
            Some(table) => survey_named(&session, &TableName::parse(table)).await?.indexes,
            None => indexes(&session, None).await?,
        };
        let rows = if self.partitions { part_rows(&all) } else { index_rows(&all) };
        if context.ui.format() == Format::Json {
            context.ui.document("pgtend.index.list/1", &Document { indexes: &rows })?;
        } else {
            context.ui.listing(&Listing::new(&COLUMNS, &rows))?;
        }
        Ok(Exit::Done)
    }
}
