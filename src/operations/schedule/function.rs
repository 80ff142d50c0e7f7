//! A function or procedure of the application's that has to run now and then, and the plan of one run.
use anyhow::anyhow;

use crate::ddl;
use crate::failure::{Exit, Explain as _};
use crate::pg::catalog::TableName;
use crate::pg::name::Relation;
use crate::pg::session::Session;
use crate::pg::sql::{Keyword, Sql};
use crate::pg::state::ServerError;
use crate::plan::{Plan, Run, Step};
use crate::query;

/// Rows that one call may deal with, the most first: a call takes at most the lock timeout.
const BATCHES: [u32; 4] = [10_000, 2000, 400, 50];

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    pub oid: u32,
    pub name: Relation,
    pub kind: FunctionKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FunctionKind {
    /// Takes a number of rows at most, and gives how many it has dealt with.
    Batches,
    /// Takes nothing.
    Once,
    /// May commit as it goes.
    Procedure,
}

/// The function that a name means, along the search path as SQL would look it up.
///
/// # Errors
/// When there is none that can be called so, when several could be meant, or when the role may not call it.
pub async fn find_function(session: &Session, typed: &str) -> anyhow::Result<Function> {
    let (facts, name) = (session.facts(), TableName::parse(typed));
    let rows = session
        .query(&query!("schedule/functions.sql"), &[&name.schema, &name.name, &facts.search_path])
        .await
        .map_err(ServerError::explained)?;
    let Some(first) = rows.first() else {
        let path = facts.search_path.join(", ");
        return Err(anyhow!("no function `{name}` in database `{}`", facts.database)
            .hint(format!("names without a schema are looked up in: {path}")));
    };
    let schema: String = first.try_get("schema")?;
    let mut callable = Vec::new();
    for row in &rows {
        let (takes_rows, required): (bool, i32) = (row.try_get("takes_rows")?, row.try_get("required")?);
        let kind = match (row.try_get("procedure")?, takes_rows, required) {
            (true, _, 0) => FunctionKind::Procedure,
            (false, true, 0 | 1) => FunctionKind::Batches,
            (false, false, 0) => FunctionKind::Once,
            _ => continue,
        };
        if row.try_get::<_, String>("schema")? == schema {
            callable.push((row, kind));
        }
    }
    let (row, kind) = match callable.as_slice() {
        [(row, kind)] => (row, *kind),
        [] => {
            let has: String = first.try_get("arguments")?;
            return Err(anyhow!("{name}({has}) cannot be called without arguments").exit(Exit::Usage).hint(
                "a function is called without arguments, or with a number of rows if it takes an integer and gives one",
            ));
        }
        _ => {
            let error = anyhow!("{schema} has several functions `{}` that could be meant", name.name);
            return Err(error
                .exit(Exit::Usage)
                .hint("write one with a name of its own that calls the right one"));
        }
    };
    let found = Function {
        oid: row.try_get("oid")?,
        name: Relation::new(schema, row.try_get::<_, String>("name")?)?,
        kind,
    };
    let (schema_allowed, allowed): (bool, bool) = (row.try_get("schema_allowed")?, row.try_get("allowed")?);
    let grant = match (schema_allowed, allowed) {
        (true, true) => return Ok(found),
        (false, _) => format!("usage on schema {}", found.name.schema),
        (true, false) => {
            let arguments: String = row.try_get("arguments")?;
            format!("execute on routine {}({arguments})", found.name.plain())
        }
    };
    let error = anyhow!("role `{}` may not call {}", facts.role, found.name.plain()).exit(Exit::Denied);
    Err(error.hint(format!("its owner can: grant {grant} to {}", facts.role)))
}

/// One run of the function, with the settings that the application's own sessions have.
pub fn plan_function(function: &Function) -> Plan {
    let name = &function.name;
    let settings = |local| ddl!("session/as_applications_do.sql", local = Keyword(local));
    let alone = |statement: Sql| Run::Alone { prepare: vec![settings("")], statement, guard: None };
    let (run, interrupted) = match function.kind {
        FunctionKind::Batches => {
            let statements = BATCHES.map(|rows| ddl!("schedule/batch.sql", function = *name, rows = rows));
            let run = Run::Batches { guard: vec![settings("local ")], statements: statements.to_vec() };
            (run, "what was dealt with stays so; the next run goes on")
        }
        FunctionKind::Once => (alone(ddl!("schedule/select.sql", function = *name)), "nothing has happened"),
        FunctionKind::Procedure => {
            (alone(ddl!("schedule/call.sql", procedure = *name)), "what it has committed stays so")
        }
    };
    let step = Step {
        run,
        interrupted,
        foreign: true,
        ..Step::transaction(format!("call {}", name.plain()), Vec::new(), Vec::new())
    };
    Plan { target: name.clone(), oid: function.oid, steps: vec![step], notes: Vec::new() }
}
