//! `pgtend report index-usage`
use clap::{Args, ValueEnum};

use crate::commands::report::frame::{Desk, FrameArgs, Report};
use crate::commands::report::window::WindowArgs;
use crate::operations::report::{Answer, Finding, IndexUsage, index_usage, not_counting};
use crate::operations::stats::Scope;
use crate::output::{Cell, Column};
use crate::pg::state::ServerError;

/// Tell which indexes are used, and which cost and do not serve
#[derive(Debug, Args)]
pub struct IndexUsageArgs {
    #[command(flatten)]
    window: WindowArgs,
    /// Only indexes that this speaks against; may be given several times
    #[arg(long, value_enum, value_name = "FINDING")]
    only: Vec<OnlyArg>,
    /// One row for each partition's index, not for each partitioned index
    #[arg(long)]
    partitions: bool,
    #[command(flatten)]
    pub frame: FrameArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum OnlyArg {
    /// A build that failed, and serves no query
    Invalid,
    /// The same as another index
    Duplicate,
    /// Another index begins with its columns
    Covered,
    /// At least 1 MB, and not read in the window
    Unused,
}

impl OnlyArg {
    const fn finding(self) -> Finding {
        match self {
            Self::Invalid => Finding::Invalid,
            Self::Duplicate => Finding::Duplicate,
            Self::Covered => Finding::Covered,
            Self::Unused => Finding::Unused,
        }
    }
}

impl IndexUsageArgs {
    /// With no flag but the window's.
    pub fn usual(window: WindowArgs) -> Self {
        Self { window, only: Vec::new(), partitions: false, frame: FrameArgs::default() }
    }
}

impl Report for IndexUsageArgs {
    type Row = IndexUsage;
    const SCHEMA: &'static str = "pgtend.report.index_usage/1";
    const TITLE: &'static str = "Index usage";
    const COLUMNS: &'static [Column<IndexUsage>] = &[
        Column { header: "Index", name: "index", cell: |row| Cell::Text(row.index.clone()) },
        Column { header: "Table", name: "table", cell: |row| Cell::Text(row.table.clone()) },
        Column { header: "Parts", name: "partitions", cell: |row| Cell::Count(row.partitions as f64) },
        Column { header: "~ Size", name: "size_bytes", cell: |row| Cell::Bytes(row.size_bytes) },
        Column { header: "Scans", name: "scans", cell: |row| Cell::Count(row.scans) },
        Column { header: "Entries", name: "entries_read", cell: |row| Cell::Count(row.entries_read) },
        Column { header: "Finding", name: "finding", cell: |row| Cell::text(row.finding.map(Finding::word)) },
        Column { header: "Other", name: "other", cell: |row| Cell::text(row.other.clone()) },
    ];

    async fn answer(&self, desk: &Desk<'_>) -> anyhow::Result<Answer<IndexUsage>> {
        let seen = self.window.read(desk, Scope { statements: false, relations: true }).await?;
        let only: Vec<Finding> = self.only.iter().map(|only| only.finding()).collect();
        let answer = index_usage(desk.session, desk.rights, &seen.window, self.partitions, &only).await;
        let mut answer = answer.map_err(ServerError::explained)?;
        answer.coverage = Some(seen.window.coverage);
        Ok(answer.note(seen.note).note(not_counting(desk.rights)))
    }
}
