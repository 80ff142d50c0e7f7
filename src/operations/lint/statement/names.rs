//! The names in a statement that the database can be asked about.
use super::act::{Act, ActionKind, ConstraintKind};
use super::rows::sources;
use super::words::calls;
use crate::pg::catalog::TableName;

/// Tables, materialized views and indexes.
pub fn names_in(act: &Act) -> Vec<TableName> {
    match act {
        Act::CreateIndex(index) => vec![index.table.clone()],
        Act::DropIndex { names, .. } | Act::Drop { names, .. } => names.clone(),
        Act::Reindex { name, .. } | Act::Cluster { table: name } => name.iter().cloned().collect(),
        Act::CreateTable(create) => {
            let columns = create.columns.iter().filter_map(|column| column.references.clone());
            let constraints = create.constraints.iter().filter_map(|constraint| references(&constraint.kind));
            let own = [create.table.clone()].into_iter().chain(create.partition_of.clone());
            own.chain(columns).chain(constraints).collect()
        }
        Act::CreateTableAs { query, .. } => sources(query),
        Act::AlterTable(alter) => {
            let named = alter.actions.iter().flat_map(|action| in_action(&action.kind));
            [alter.table.clone()].into_iter().chain(named).collect()
        }
        Act::Insert { into, source } => [into.clone()].into_iter().chain(sources(source)).collect(),
        Act::Update { table, .. }
        | Act::Delete { table, .. }
        | Act::Refresh { view: table, .. }
        | Act::CreateTrigger { table }
        | Act::CreateRule { table }
        | Act::CreatePolicy { table } => vec![table.clone()],
        Act::Merge { into, source } => [into.clone()].into_iter().chain(source.clone()).collect(),
        Act::Truncate { tables, .. } | Act::Lock { tables, .. } | Act::Vacuum { tables, .. } => {
            tables.clone()
        }
        _ => Vec::new(),
    }
}

fn in_action(kind: &ActionKind) -> Vec<TableName> {
    match kind {
        ActionKind::AddColumn(column) => column.references.iter().cloned().collect(),
        ActionKind::AddConstraint(constraint) => references(&constraint.kind).into_iter().collect(),
        ActionKind::Attach { partition, .. } | ActionKind::Detach { partition, .. } => {
            vec![partition.clone()]
        }
        _ => Vec::new(),
    }
}

fn references(kind: &ConstraintKind) -> Option<TableName> {
    match kind {
        ConstraintKind::ForeignKey { references } => Some(references.clone()),
        _ => None,
    }
}

/// Functions whose schema or volatility a rule asks for.
pub fn calls_in(act: &Act) -> Vec<TableName> {
    match act {
        Act::CreateIndex(index) => index.calls.clone(),
        Act::AlterTable(alter) => {
            let defaults = alter.actions.iter().filter_map(|action| match &action.kind {
                ActionKind::AddColumn(column) => column.default.as_deref(),
                _ => None,
            });
            defaults.flat_map(calls).collect()
        }
        _ => Vec::new(),
    }
}
