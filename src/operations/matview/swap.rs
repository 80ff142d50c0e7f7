//! The plan of a refresh by swap: a copy is built where nobody sees it, with all that the view has, and takes its name
//! in one short transaction. What a killed run leaves bears a mark, and the next run sweeps it away.
use anyhow::Context as _;

use crate::ddl;
use crate::operations::matview::Limits;
use crate::operations::partition::{Overrides, dress, grant_statement};
use crate::pg::catalog::{Leftover, Matview, Original, OriginalIndex, Properties};
use crate::pg::lock::LockMode;
use crate::pg::name::{Ident, Literal, Relation};
use crate::pg::sql::{BodyLiteral, Deparsed, Fragment, Keyword, Sql};
use crate::plan::{Lock, Plan, Standing, Step};

/// The comment of a copy, by which it is known.
pub fn mark(view: &Relation) -> String {
    format!("pgtend: copy of {view}, taken away by the next refresh")
}

/// The names that a swap needs.
struct Names {
    view: Relation,
    copy: Relation,
    old: Relation,
    owner: Ident,
}

impl Names {
    fn of(view: &Matview) -> anyhow::Result<Self> {
        let beside = |word: &str| Relation::new(&view.schema, format!("pgtend_{word}_{}", view.oid));
        let owner = Ident::new(&view.owner)?;
        Ok(Self { view: view.relation()?, copy: beside("new")?, old: beside("old")?, owner })
    }
}

/// # Errors
/// When the server renders an index in a way that pgtend does not know.
pub fn plan_swap(
    view: &Matview,
    original: &Original,
    properties: &Properties,
    limits: Limits,
) -> anyhow::Result<Plan> {
    let names = Names::of(view)?;
    let build = build(view, &names, original, properties, limits)?;
    let exchange = exchange(view, &names, original, properties)?;
    let take_back = Step {
        standing: Standing::TakesBack { after: 0, before: 1 },
        ..drop_step(&names.copy, &names.owner, "take the copy away")
    };
    let steps = vec![build, exchange, take_back];
    Ok(Plan { target: names.view, oid: view.oid, steps, notes: Vec::new() })
}

/// Takes away what earlier swaps have left. No steps: there is nothing.
pub fn plan_sweep(view: &Matview, leftovers: &[Leftover]) -> anyhow::Result<Plan> {
    let steps = leftovers
        .iter()
        .map(|copy| Ok(drop_step(&copy.relation, &Ident::new(&copy.owner)?, "drop the old copy")))
        .collect::<anyhow::Result<_>>()?;
    Ok(Plan { target: view.relation()?, oid: view.oid, steps, notes: Vec::new() })
}

fn drop_step(copy: &Relation, owner: &Ident, what: &str) -> Step {
    let prepare = vec![ddl!("matview/set_role.sql", owner = *owner)];
    let act = vec![ddl!("matview/drop_copy.sql", copy = *copy)];
    Step {
        locks: vec![Lock::implied(copy.clone(), LockMode::AccessExclusive)],
        interrupted: "the next refresh does it",
        minor: true,
        ..Step::transaction(format!("{what} {}", copy.plain()), prepare, act)
    }
}

fn build(
    view: &Matview,
    names: &Names,
    original: &Original,
    properties: &Properties,
    limits: Limits,
) -> anyhow::Result<Step> {
    let copy = &names.copy;
    let prepare = vec![
        limits.statement(),
        ddl!("session/as_applications_do.sql", local = Keyword("local ")),
        ddl!("matview/set_role.sql", owner = names.owner),
    ];
    let mark = Literal(mark(&names.view));
    let mut act = vec![create(copy, original, properties)?];
    act.push(ddl!("matview/comment.sql", view = *copy, comment = mark));
    // The comment is the mark's place until the swap; the tablespace is given already, and a view has no more.
    let like = Properties {
        comment: None,
        tablespace: None,
        owner_is_me: true,
        grants: Vec::new(),
        default_grantees: original.default_grantees.clone(),
        ..properties.clone()
    };
    act.extend(dress(copy, Some(&like), &like, &Overrides::default())?.before);
    act.push(ddl!("matview/refresh.sql", option = Keyword(""), view = *copy));
    for index in &original.indexes {
        let (name, definition) = (new_index(index.oid)?, index.definition.clone());
        let definition = Deparsed(definition.with_context(|| format!("cannot copy index {}", index.name))?);
        let unique = Keyword(if index.unique { "unique " } else { "" });
        act.push(ddl!(
            "matview/copy_index.sql",
            unique = unique,
            index = name,
            copy = *copy,
            definition = definition
        ));
        act.extend(index_extras(copy, &name, index)?);
    }
    for column in &original.column_comments {
        let (name, comment) = (Ident::new(&column.column)?, Literal(column.comment.clone()));
        act.push(ddl!("matview/comment_column.sql", view = *copy, column = name, comment = comment));
    }
    act.push(ddl!("matview/analyze.sql", view = *copy));
    // Last: the owner may have taken from itself what the work needs (MAINTAIN, from PostgreSQL 17).
    act.extend(grants(names, original)?);
    act.push(same_grants(view, copy));
    Ok(Step {
        interrupted: "the view is as it was",
        minor: true,
        ..Step::transaction(format!("build a copy, {}", copy.plain()), prepare, act)
    })
}

/// The grants of the view, each by the role that gave it.
fn grants(names: &Names, original: &Original) -> anyhow::Result<Vec<Sql>> {
    let Names { copy, owner, .. } = names;
    let mut statements = Vec::new();
    if original.grants.is_some() {
        statements.push(ddl!("matview/revoke_own.sql", copy = *copy, owner = *owner));
    }
    let mut acting = owner.clone();
    for given in original.grants.iter().flatten().chain(&original.column_grants) {
        let grantor = Ident::new(&given.grantor)?;
        if grantor != acting {
            statements.push(ddl!("matview/set_role.sql", owner = grantor));
            acting = grantor;
        }
        statements.push(grant_statement(copy, &given.grant)?);
    }
    if acting != *owner {
        statements.push(ddl!("matview/set_role.sql", owner = *owner));
    }
    Ok(statements)
}

fn same_grants(view: &Matview, copy: &Relation) -> Sql {
    ddl!("matview/same_grants.sql", oid = view.oid, copy = BodyLiteral(copy.to_string()))
}

fn create(copy: &Relation, original: &Original, properties: &Properties) -> anyhow::Result<Sql> {
    let method = match &properties.access_method {
        Some(method) => Fragment(ddl!("matview/copy_method.sql", method = Ident::new(method)?)),
        None => Fragment::none(),
    };
    let tablespace = match &properties.tablespace {
        Some(place) => Fragment(ddl!("matview/copy_tablespace.sql", tablespace = Ident::new(place)?)),
        None => Fragment::none(),
    };
    let definition = Deparsed(original.definition.clone());
    Ok(ddl!(
        "matview/copy.sql",
        copy = *copy,
        method = method,
        tablespace = tablespace,
        definition = definition
    ))
}

fn new_index(oid: u32) -> anyhow::Result<Ident> {
    Ident::new(format!("pgtend_new_{oid}"))
}

fn index_extras(copy: &Relation, name: &Ident, index: &OriginalIndex) -> anyhow::Result<Vec<Sql>> {
    let relation = Relation { schema: copy.schema.clone(), name: name.clone() };
    let mut extras = Vec::new();
    for target in &index.statistics {
        let (column, target) = (target.column, target.target);
        extras.push(ddl!("matview/index_statistics.sql", index = relation, column = column, target = target));
    }
    if let Some(comment) = &index.comment {
        let comment = Literal(comment.clone());
        extras.push(ddl!("matview/comment_index.sql", index = relation, comment = comment));
    }
    if index.clustered {
        extras.push(ddl!("matview/cluster_on.sql", view = *copy, index = *name));
    }
    Ok(extras)
}

/// The short transaction in which the names change.
fn exchange(
    view: &Matview,
    names: &Names,
    original: &Original,
    properties: &Properties,
) -> anyhow::Result<Step> {
    let Names { view: relation, copy, old, owner } = names;
    let by = ddl!("matview/lock.sql", view = *relation, owner = *owner);
    let state = BodyLiteral(original.state.clone());
    let mut act = vec![
        ddl!("matview/unchanged.sql", oid = view.oid, state = state),
        ddl!("matview/independent.sql", oid = view.oid),
        same_grants(view, copy),
        ddl!("matview/rename.sql", view = *relation, name = old.name),
        ddl!("matview/rename.sql", view = *copy, name = relation.name),
    ];
    for index in &original.indexes {
        let beside = |name: Ident| Relation { schema: relation.schema.clone(), name };
        let (name, away) = (Ident::new(&index.name)?, Ident::new(format!("pgtend_old_{}", index.oid))?);
        let (there, new) = (beside(name.clone()), beside(new_index(index.oid)?));
        act.push(ddl!("matview/rename_index.sql", index = there, name = away));
        act.push(ddl!("matview/rename_index.sql", index = new, name = name));
    }
    act.push(ddl!("matview/comment.sql", view = *old, comment = Literal(mark(relation))));
    act.push(match &properties.comment {
        Some(comment) => ddl!("matview/comment.sql", view = *relation, comment = Literal(comment.clone())),
        None => ddl!("matview/comment.sql", view = *relation, comment = Keyword("null")),
    });
    let prepare = vec![ddl!("matview/set_role.sql", owner = *owner)];
    Ok(Step {
        locks: vec![Lock::taken_by(relation.clone(), LockMode::AccessExclusive, by)],
        interrupted: "the view is as it was; what is left of the copy goes with the next refresh",
        minor: true,
        ..Step::transaction("let the copy take its place".to_owned(), prepare, act)
    })
}
