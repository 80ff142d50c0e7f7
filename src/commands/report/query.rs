//! `pgtend report query`
use anyhow::anyhow;
use chrono::{DateTime, Utc};
use clap::Args;

use crate::commands::report::frame::{Desk, FrameArgs, Report};
use crate::commands::report::queries::without_statements;
use crate::commands::report::window::WindowArgs;
use crate::failure::{Exit, Explain as _};
use crate::operations::report::{Answer, QueryHour, query_history};
use crate::operations::stats::{Scope, StatementSum, long};
use crate::output::{Cell, Column};

const HOURS: usize = 24;

/// Tell what one statement has done, hour by hour
#[derive(Debug, Args)]
pub struct QueryArgs {
    /// As `pgtend report slow-queries` shows it; its first digits are enough
    #[arg(value_name = "ID")]
    id: String,
    #[command(flatten)]
    window: WindowArgs,
    #[command(flatten)]
    pub frame: FrameArgs,
}

impl Report for QueryArgs {
    type Row = QueryHour;
    const SCHEMA: &'static str = "pgtend.report.query/1";
    const TITLE: &'static str = "Query";
    const WHOLE: bool = true;
    const COLUMNS: &'static [Column<QueryHour>] = &[
        Column { header: "From", name: "from", cell: |row| hour(row.from) },
        Column { header: "To", name: "to", cell: |row| hour(row.to) },
        Column { header: "Total", name: "total_ms", cell: |row| Cell::Milliseconds(row.total_ms) },
    ];

    async fn answer(&self, desk: &Desk<'_>) -> anyhow::Result<Answer<QueryHour>> {
        let seen = self.window.read(desk, Scope { statements: true, relations: false }).await?;
        if !seen.window.coverage.has_statements && seen.window.statements.is_empty() {
            return Err(without_statements(desk, &seen.window).await);
        }
        let sum = self.find(&seen.window.statements)?;
        let hours = match (&seen.store, seen.span) {
            (Some(store), Some(span)) => {
                store.series(desk.session, &[sum.fingerprint], span.to, HOURS).await?
            }
            _ => Vec::new(),
        };
        let to = seen.span.map_or(seen.window.coverage.to, |span| span.to);
        let mut answer = query_history(sum, hours.first().map_or(&[], Vec::as_slice), to);
        answer.coverage = Some(seen.window.coverage);
        Ok(answer.note(seen.note))
    }
}

fn hour(at: DateTime<Utc>) -> Cell {
    Cell::Text(at.format("%Y-%m-%d %H:%M").to_string())
}

impl QueryArgs {
    fn find<'a>(&self, statements: &'a [StatementSum]) -> anyhow::Result<&'a StatementSum> {
        let id = self.id.to_lowercase();
        let mut found = statements.iter().filter(|sum| long(sum.fingerprint).starts_with(&id));
        match (found.next(), found.next()) {
            (Some(one), None) => Ok(one),
            (None, _) => {
                let error = anyhow!("no statement `{}` in the window", self.id).exit(Exit::Usage);
                Err(error.hint("pgtend report slow-queries --min-mean 0s --limit 0 lists all"))
            }
            (Some(one), Some(other)) => {
                let error = anyhow!("`{}` begins the name of several statements", self.id).exit(Exit::Usage);
                Err(error.hint(format!(
                    "{} is one, {} another",
                    long(one.fingerprint),
                    long(other.fingerprint)
                )))
            }
        }
    }
}
