//! From the tables named on the command line, or else in the configuration, to what is there and what is wanted.
use std::collections::HashMap;

use anyhow::anyhow;

use crate::commands::context::Context;
use crate::commands::partition::args::Wish;
use crate::config::PartitionConfig;
use crate::failure::{Exit, Explain as _};
use crate::operations::partition::{Timeline, survey_tables};
use crate::pg::catalog::{PartitionedTable, TableName, partitioned_tables};
use crate::pg::session::Session;

/// A table that a command works on.
#[derive(Debug)]
pub struct Target {
    /// As the user named it.
    pub name: TableName,
    pub wish: Wish,
    pub table: PartitionedTable,
}

impl Target {
    pub fn timeline(&self) -> anyhow::Result<Timeline> {
        Timeline::read(self.table.clone(), &self.wish.policy)
    }
}

/// The part of the configuration that names a table.
pub fn section<'a>(context: &'a Context, table: &PartitionedTable) -> Option<&'a PartitionConfig> {
    let relation = &table.relation;
    let names = |config: &&PartitionConfig| {
        let name = TableName::parse(&config.table);
        name.name == relation.name.raw() && name.schema.is_none_or(|schema| schema == relation.schema.raw())
    };
    context.config.partition.iter().find(names)
}

/// What was found, and what went wrong with the others.
#[derive(Debug, Default)]
pub struct Targets {
    pub found: Vec<Target>,
    pub failed: Vec<(TableName, anyhow::Error)>,
}

/// Finds the tables: those named, else all of the configuration. A named table has its part of the configuration,
/// however either spells its name. `refine` puts the flags over it.
pub async fn find(
    context: &Context,
    session: &Session,
    named: &[String],
    refine: impl Fn(Wish) -> anyhow::Result<Wish>,
) -> anyhow::Result<Targets> {
    let configured: Vec<TableName> =
        context.config.partition.iter().map(|p| TableName::parse(&p.table)).collect();
    let named: Vec<TableName> = named.iter().map(|name| TableName::parse(name)).collect();
    if named.is_empty() && configured.is_empty() {
        let error = anyhow!("no table is named, and no configuration names one").exit(Exit::Usage);
        return Err(error.hint("name a table, or write a [[partition]] section into pgtend.toml"));
    }
    let mut configured_oids = HashMap::new();
    let mut targets = Targets::default();
    let configured_found = survey_tables(session, &configured).await?;
    for ((name, table), config) in configured_found.into_iter().zip(&context.config.partition) {
        if let Ok(table) = &table {
            configured_oids.insert(table.oid, config);
        }
        if named.is_empty() {
            match table {
                Ok(table) => {
                    targets.found.push(Target { name, wish: Wish::configured(Some(config))?, table });
                }
                Err(error) => targets.failed.push((name, error)),
            }
        }
    }
    for (name, table) in if named.is_empty() { Vec::new() } else { survey_tables(session, &named).await? } {
        match table {
            Ok(table) => {
                let wish = Wish::configured(configured_oids.get(&table.oid).copied())?;
                targets.found.push(Target { name, wish, table });
            }
            Err(error) => targets.failed.push((name, error)),
        }
    }
    for target in &mut targets.found {
        target.wish = refine(target.wish.clone())?;
    }
    Ok(targets)
}

/// Reads all the tables again in one go. One that is gone stays as it was known: who works on it will see.
pub async fn read_again(session: &Session, targets: &mut [Target]) -> anyhow::Result<()> {
    let oids: Vec<u32> = targets.iter().map(|target| target.table.oid).collect();
    let tables = partitioned_tables(session, Some(&oids)).await?;
    let mut by_oid: HashMap<u32, PartitionedTable> =
        tables.into_iter().map(|table| (table.oid, table)).collect();
    for target in targets {
        if let Some(table) = by_oid.remove(&target.table.oid) {
            target.table = table;
        }
    }
    Ok(())
}
