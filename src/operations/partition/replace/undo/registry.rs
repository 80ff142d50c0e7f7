//! The registry of keys of a table that `convert` has made a partitioned one. An ordinary table keeps its keys unique by
//! itself again, and what refers to the registry refers to the table again.
use anyhow::Context as _;

use crate::ddl;
use crate::operations::partition::convert::{
    Mark as ConvertMark, Names as ConvertNames, REGISTRY_TRIGGERS, Whole, drop_registry_triggers,
    survey_convert,
};
use crate::operations::partition::replace::mark::Mark;
use crate::pg::catalog::DependentObjects;
use crate::pg::lock::LockMode;
use crate::pg::name::{Ident, Literal, Relation};
use crate::pg::session::Session;
use crate::pg::sql::{BodyLiteral, Sql};
use crate::plan::Lock;

#[derive(Debug)]
pub struct Registry {
    pub oid: u32,
    pub relation: Relation,
    pub objects: DependentObjects,
    /// The columns that were the table's primary key before it was converted, and will be again.
    pub key: Vec<Ident>,
}

/// The table has one.
pub fn has_registry(table: &Whole) -> bool {
    table.objects.triggers.iter().any(|trigger| REGISTRY_TRIGGERS.contains(&trigger.name.as_str()))
}

/// `None`: there is none, or it does not have the name that it was given.
pub async fn survey_registry(session: &Session, table: &Whole) -> anyhow::Result<Option<Registry>> {
    if !has_registry(table) {
        return Ok(None);
    }
    let around = survey_convert(session, table.oid).await?;
    let (Some(beside), Some(objects)) = (around.registry, around.registry_objects) else { return Ok(None) };
    if !matches!(beside.mark, Some(ConvertMark::Registry { .. })) {
        return Ok(None);
    }
    let key =
        objects.primary_key().and_then(|key| key.columns.clone()).context("a registry without a key")?;
    let key = key.into_iter().map(Ident::new).collect::<anyhow::Result<_>>()?;
    Ok(Some(Registry { oid: beside.oid, relation: beside.relation, objects, key }))
}

/// In the exchange: it is kept no more, and known as something that is to go.
pub fn leave(registry: &Registry, table: &Relation, parent: u32) -> anyhow::Result<Vec<Sql>> {
    let mark = Literal(Mark::Old { parent }.to_string());
    let mut act = drop_registry_triggers(table)?;
    act.push(ddl!("partition/comment.sql", partition = registry.relation, comment = mark));
    Ok(act)
}

pub fn lock(registry: &Registry) -> Lock {
    Lock::first(registry.relation.clone(), LockMode::AccessExclusive)
}

/// Drops what bears the mark that [`leave`] has given.
pub fn drop(oid: u32, registry: &Relation, table: &Relation, parent: u32) -> Vec<Sql> {
    let names = ConvertNames::of(table);
    let guard = ddl!(
        "partition/still_ours.sql",
        parent = parent,
        oid = oid,
        partition = BodyLiteral(registry.to_string()),
        mark = BodyLiteral(Mark::Old { parent }.to_string())
    );
    let functions = [&names.row_function, &names.truncate_function].into_iter();
    let functions =
        functions.map(|function| ddl!("partition/replace/drop_function.sql", function = *function));
    [guard, ddl!("partition/drop.sql", partition = *registry)].into_iter().chain(functions).collect()
}
