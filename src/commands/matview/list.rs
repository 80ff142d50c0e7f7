//! `pgtend matview list`
use clap::Args;
use serde::Serialize;

use crate::commands::context::Context;
use crate::commands::matview::args::WishArgs;
use crate::commands::matview::survey::{find, survey};
use crate::failure::Exit;
use crate::operations::matview::{MatviewRow, matview_row};
use crate::output::{Cell, Column, Format, Listing};

/// List materialized views in their order: how fresh each is, and what a refresh would do
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Materialized view [default: all]
    #[arg(value_name = "VIEW")]
    views: Vec<String>,
    #[command(flatten)]
    wish: WishArgs,
}

#[derive(Serialize)]
struct Document<'a> {
    views: &'a [MatviewRow],
}

const COLUMNS: [Column<MatviewRow>; 12] = [
    Column { header: "Level", name: "level", cell: |row| Cell::Count(row.level as f64) },
    Column { header: "View", name: "view", cell: |row| Cell::Text(row.view.clone()) },
    Column { header: "Size", name: "size_bytes", cell: |row| row.size_bytes.map_or(Cell::None, Cell::Bytes) },
    Column {
        header: "Rows (est.)",
        name: "rows_estimate",
        cell: |row| row.rows_estimate.map_or(Cell::None, Cell::Count),
    },
    Column {
        header: "Concurrent",
        name: "concurrent",
        cell: |row| Cell::Text(row.not_concurrent.clone().unwrap_or_else(|| "yes".to_owned())),
    },
    Column {
        header: "Age",
        name: "age_s",
        cell: |row| Cell::known(row.age_s, |age| Cell::Seconds(age as f64)),
    },
    Column { header: "By", name: "refreshed_by", cell: |row| Cell::text(row.refreshed_by) },
    Column {
        header: "Changed rows",
        name: "changed_rows",
        cell: |row| row.changed_rows.map_or(Cell::None, |rows| Cell::Count(rows as f64)),
    },
    Column {
        header: "Took",
        name: "duration_ms",
        cell: |row| Cell::known(row.durations_ms.last().copied(), Cell::Milliseconds),
    },
    Column { header: "Trend", name: "durations_ms", cell: trend },
    Column { header: "Next", name: "next", cell: |row| Cell::Text(row.next.to_owned()) },
    Column { header: "Because", name: "next_because", cell: |row| Cell::Text(row.next_because.clone()) },
];

/// One refresh is no trend.
fn trend(row: &MatviewRow) -> Cell {
    if row.durations_ms.len() > 1 { Cell::Series(row.durations_ms.clone()) } else { Cell::None }
}

impl ListArgs {
    pub async fn run(&self, context: &Context) -> anyhow::Result<Exit> {
        let session = context.connect_to_read().await?;
        let now = context.now(&session);
        let survey = survey(context, &session, &[]).await?;
        let wanted = find(&session, &survey.views, &self.views).await?;
        let wanted: Vec<u32> = wanted.into_iter().collect::<anyhow::Result<_>>()?;
        for (_, error) in &survey.missing {
            context.ui.complain(error);
        }
        let version = session.facts().version;
        let mut rows: Vec<MatviewRow> = survey
            .views
            .iter()
            .filter(|view| wanted.is_empty() || wanted.contains(&view.oid))
            .map(|view| {
                let wish = self.wish.wish(survey.config(view), false);
                matview_row(view, &survey.order, &survey.history, &wish, now, version)
            })
            .collect();
        rows.sort_by(|a, b| (a.level, &a.view).cmp(&(b.level, &b.view)));
        if context.ui.format() == Format::Json {
            context.ui.document("pgtend.matview.list/1", &Document { views: &rows })?;
        } else {
            context.ui.listing(&Listing::new(&COLUMNS, &rows))?;
        }
        for row in rows.iter().filter(|row| row.calls_functions) {
            context.ui.chat(&format!(
                "{} calls functions, which may read other views: name those with `after` in the configuration",
                row.view
            ));
        }
        Ok(Exit::Done)
    }
}
