//! Dropping pgtend's own schema: the one change that takes all its memory away. Nothing depends on it but itself.
use anyhow::{Context as _, anyhow};

use crate::ddl;
use crate::failure::{Exit, Explain as _};
use crate::pg::catalog::dependents;
use crate::pg::lock::LockMode;
use crate::pg::name::{Ident, Relation};
use crate::pg::session::Session;
use crate::pg::state::ServerError;
use crate::plan::{Lock, Loss, Plan, Step};
use crate::query;

/// The tables of the schema; only [`own_tables`] makes them.
#[derive(Debug)]
pub struct OwnTables {
    schema: Ident,
    tables: Vec<(u32, Relation)>,
    rows: f64,
}

/// `None`: there is no schema that is pgtend's.
///
/// # Errors
/// When it belongs to another role, or something outside depends on it.
pub async fn own_tables(session: &Session, schema: &Ident) -> anyhow::Result<Option<OwnTables>> {
    let rows = session
        .query(&query!("doctor/own_tables.sql"), &[&schema.raw()])
        .await
        .map_err(ServerError::explained)
        .context("look at pgtend's own schema")?;
    let Some(first) = rows.first() else { return Ok(None) };
    if !first.try_get::<_, bool>("owned")? {
        let owner: String = first.try_get("owner")?;
        return Err(anyhow!("schema {schema} belongs to role {owner}").exit(Exit::Denied));
    }
    let mut own = OwnTables { schema: schema.clone(), tables: Vec::new(), rows: 0.0 };
    for row in &rows {
        let name: String = row.try_get("name")?;
        own.tables.push((row.try_get("oid")?, Relation { schema: schema.clone(), name: Ident::new(name)? }));
        own.rows += row.try_get::<_, f64>("rows")?;
    }
    let oids: Vec<u32> = own.tables.iter().map(|(oid, _)| *oid).collect();
    // Views that stand in the schema go with it.
    let inside = format!("view {}", schema_prefix(schema));
    let foreign = dependents(session, &oids).await?;
    if let Some(first) = foreign.iter().find(|dependent| !dependent.starts_with(&inside)) {
        let error = anyhow!("{first}: the schema is not dropped with what others have made of it");
        return Err(error.hint("drop that first"));
    }
    Ok(Some(own))
}

/// As the server writes it before a name: `pgtend.`
fn schema_prefix(schema: &Ident) -> String {
    let name = Relation { schema: schema.clone(), name: schema.clone() }.plain();
    name[..name.len() / 2 + 1].to_owned()
}

impl OwnTables {
    /// Of the table that one run at a time is kept by.
    pub fn target(&self) -> Option<(u32, &Relation)> {
        self.tables.first().map(|(oid, relation)| (*oid, relation))
    }
}

/// Pure.
pub fn plan_uninstall(own: &OwnTables) -> Option<Plan> {
    let (oid, target) = own.target()?;
    let names: Vec<String> = own.tables.iter().map(|(_, table)| table.plain()).collect();
    let mut step = Step::transaction(
        format!("drop schema {} with {}", own.schema, names.join(", ")),
        Vec::new(),
        vec![ddl!("doctor/drop_schema.sql", schema = own.schema)],
    );
    step.interrupted = "nothing has happened; run it again";
    step.locks =
        own.tables.iter().map(|(_, table)| Lock::first(table.clone(), LockMode::AccessExclusive)).collect();
    step.destroys = Some(Loss {
        what: format!("schema {}", own.schema),
        also: Vec::new(),
        rows: Some(own.rows),
        bytes: None,
    });
    Some(Plan { target: target.clone(), oid, steps: vec![step], notes: Vec::new() })
}
