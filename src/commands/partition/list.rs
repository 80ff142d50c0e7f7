//! `pgtend partition list`
use std::collections::HashMap;

use chrono::{DateTime, Utc};
use clap::Args;
use serde::Serialize;

use crate::commands::context::Context;
use crate::commands::partition::args::{CalendarArgs, Wish};
use crate::commands::partition::targets::section;
use crate::failure::Exit;
use crate::operations::partition::{
    PartitionRow, TableRow, Timeline, partition_rows, survey_tables, table_row,
};
use crate::output::{Cell, Column, Format, Listing};
use crate::pg::catalog::{PartitionedTable, TableName, partitioned_tables, sizes};
use crate::pg::session::Session;

/// List partitioned tables, or the partitions of some
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Partitioned table whose partitions to list
    #[arg(value_name = "TABLE")]
    tables: Vec<String>,
    #[command(flatten)]
    calendar: CalendarArgs,
}

#[derive(Serialize)]
struct Document<'a> {
    tables: &'a [Table],
}

#[derive(Serialize)]
struct Table {
    #[serde(flatten)]
    row: TableRow,
    /// Null in the list of all tables.
    #[serde(rename = "partition_list")]
    partitions: Option<Vec<PartitionRow>>,
}

impl Table {
    fn entries(self) -> impl Iterator<Item = Entry> {
        let name = self.row.table;
        self.partitions.into_iter().flatten().map(move |row| (name.clone(), row))
    }
}

const TABLES: [Column<TableRow>; 8] = [
    Column { header: "Table", name: "table", cell: |row| Cell::Text(row.table.clone()) },
    Column { header: "Key", name: "key", cell: |row| Cell::Text(row.key.clone()) },
    Column { header: "Every", name: "every", cell: |row| Cell::text(row.every) },
    Column { header: "Partitions", name: "partitions", cell: |row| Cell::Count(row.partitions as f64) },
    Column { header: "Since", name: "first", cell: |row| Cell::text(row.first.clone()) },
    Column {
        header: "Covered until",
        name: "covered_until",
        cell: |row| Cell::text(row.covered_until.clone()),
    },
    Column { header: "Rows (est.)", name: "rows_estimate", cell: |row| Cell::Count(row.rows_estimate) },
    Column { header: "Size", name: "size_bytes", cell: |row| Cell::Bytes(row.size_bytes) },
];

/// A partition with the table that it is one of.
type Entry = (String, PartitionRow);

const PARTITIONS: [Column<Entry>; 7] = [
    Column { header: "Table", name: "table", cell: |(table, _)| Cell::Text(table.clone()) },
    Column { header: "Partition", name: "partition", cell: |(_, row)| Cell::Text(row.partition.clone()) },
    Column { header: "From", name: "from", cell: |(_, row)| Cell::text(row.from.clone()) },
    Column { header: "To", name: "to", cell: |(_, row)| Cell::text(row.to.clone()) },
    Column {
        header: "Rows (est.)",
        name: "rows_estimate",
        cell: |(_, row)| row.rows_estimate.map_or(Cell::None, Cell::Count),
    },
    Column { header: "Size", name: "size_bytes", cell: |(_, row)| Cell::Bytes(row.size_bytes) },
    Column { header: "State", name: "state", cell: |(_, row)| Cell::Text(row.state.to_owned()) },
];

impl ListArgs {
    pub async fn run(&self, context: &Context) -> anyhow::Result<Exit> {
        let session = context.connect_to_read().await?;
        let now = context.now(&session);
        let tables = self.tables(&session).await?;
        let oids: Vec<u32> = tables
            .iter()
            .flat_map(|table| table.partitions.iter().chain(&table.stranded))
            .map(|p| p.oid)
            .collect();
        let bytes = sizes(&session, &oids).await?;
        let listed: Vec<Table> = tables
            .iter()
            .map(|table| self.list(context, table, now, &bytes))
            .collect::<anyhow::Result<_>>()?;
        if context.ui.format() == Format::Json {
            context.ui.document("pgtend.partition.list/1", &Document { tables: &listed })?;
        } else if self.tables.is_empty() {
            let rows: Vec<TableRow> = listed.into_iter().map(|table| table.row).collect();
            context.ui.listing(&Listing::new(&TABLES, &rows))?;
        } else {
            // One table need not be named in each of its lines.
            let columns = if listed.len() == 1 { &PARTITIONS[1..] } else { &PARTITIONS };
            let rows: Vec<Entry> = listed.into_iter().flat_map(Table::entries).collect();
            context.ui.listing(&Listing::new(columns, &rows))?;
        }
        Ok(Exit::Done)
    }

    async fn tables(&self, session: &Session) -> anyhow::Result<Vec<PartitionedTable>> {
        if self.tables.is_empty() {
            return partitioned_tables(session, None).await;
        }
        let names: Vec<TableName> = self.tables.iter().map(|name| TableName::parse(name)).collect();
        survey_tables(session, &names).await?.into_iter().map(|(_, table)| table).collect()
    }

    /// What pgtend cannot tend is listed all the same, with the bounds as the catalog has them.
    fn list(
        &self,
        context: &Context,
        table: &PartitionedTable,
        now: DateTime<Utc>,
        bytes: &HashMap<u32, i64>,
    ) -> anyhow::Result<Table> {
        let wish = Wish::configured(section(context, table))?.calendar(&self.calendar)?;
        let timeline = Timeline::read(table.clone(), &wish.policy);
        let reason = timeline.as_ref().err().map(|error| error.root_cause().to_string());
        let timeline = timeline.ok();
        let point = timeline.as_ref().map(|timeline| timeline.calendar.point(now));
        let row = table_row(table, timeline.as_ref().ok_or(reason.unwrap_or_default()), point, bytes);
        let partitions =
            (!self.tables.is_empty()).then(|| partition_rows(table, timeline.as_ref(), point, bytes));
        Ok(Table { row, partitions })
    }
}
