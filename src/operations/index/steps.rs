//! The steps that plans for indexes are made of. Each is done, or not begun, or leaves an index that is not valid and
//! that the next run recognises by its name and table.
use crate::ddl;
use crate::operations::index::name::rebuilt_name;
use crate::pg::catalog::{Index, TableNode};
use crate::pg::index::IndexDefinition;
use crate::pg::lock::LockMode;
use crate::pg::name::{Ident, Literal, Relation};
use crate::pg::sql::{Keyword, List, Sql};
use crate::plan::{Held, Lock, Recover, Run, Standing, Step};

/// A definition, and where its text finds names; no path when the server has rendered it.
#[derive(Clone, Copy, Debug)]
pub struct Text<'a> {
    pub definition: &'a IndexDefinition,
    pub path: &'a [Ident],
}

impl Text<'_> {
    fn kind(&self) -> Keyword {
        Keyword(if self.definition.unique { "unique index" } else { "index" })
    }

    fn local_path(&self) -> Vec<Sql> {
        let path = List(self.path);
        if self.path.is_empty() { Vec::new() } else { vec![ddl!("index/search_path.sql", path = path)] }
    }

    fn session_path(&self) -> Vec<Sql> {
        let path = List(self.path);
        if self.path.is_empty() {
            Vec::new()
        } else {
            vec![ddl!("index/session_search_path.sql", path = path)]
        }
    }

    /// The statement that makes the index on a table that is not partitioned.
    pub fn build(&self, index: &Relation, table: &Relation) -> Sql {
        ddl!(
            "index/build.sql",
            index = self.kind(),
            name = index.name,
            table = *table,
            definition = *self.definition
        )
    }

    /// The statement that makes it on a table and all its partitions at once.
    pub fn create(&self, index: &Relation, table: &Relation) -> Sql {
        ddl!(
            "index/create.sql",
            index = self.kind(),
            name = index.name,
            table = *table,
            definition = *self.definition
        )
    }
}

/// Builds an index on a table that holds rows, and takes the leftover away when that fails. `at`: how many steps the
/// plan has already.
pub fn build_steps(text: &Text<'_>, index: &Relation, table: &TableNode, at: usize) -> [Step; 2] {
    let (name, on) = (&index.name, &table.relation);
    let mut build = Step::alone(format!("build {} on {}", name.plain(), on.plain()), text.build(index, on));
    if let Run::Alone { prepare, .. } = &mut build.run {
        *prepare = text.session_path();
    }
    build.locks = vec![reading(on)];
    build.interrupted =
        "an index that is not valid may be left; the next run takes it away and builds it again";
    build.after_transactions_on = Some(on.clone());
    let state = ddl!("index/build_state.sql", name = Literal(index.to_string()), table = table.oid);
    build.recover = Some(only_done(state));
    let mut clean = drop_leftover_step(index, on, table.oid);
    clean.standing = Standing::AfterFailureOf { step: at };
    [build, clean]
}

/// Takes away an index that is not valid. One that has become valid stays. `oid`: the table's.
pub fn drop_leftover_step(index: &Relation, table: &Relation, oid: u32) -> Step {
    let summary = format!("take away {}, which is not valid", index.name.plain());
    let mut step = Step::alone(summary, ddl!("index/drop_concurrently.sql", name = *index));
    step.locks = vec![Lock::implied(table.clone(), LockMode::ShareUpdateExclusive)];
    step.interrupted = "the index that is not valid is still there; the next run takes it away";
    let state = ddl!("index/leftover_state.sql", name = Literal(index.to_string()), table = oid);
    step.recover = Some(only_done(state));
    step.minor = true;
    step
}

/// The index of a partitioned table, without its partitions; `parent` is the index above it that it belongs to.
pub fn only_step(text: &Text<'_>, index: &Relation, table: &TableNode, parent: Option<&Relation>) -> Step {
    let on = &table.relation;
    let create = ddl!(
        "index/create_only.sql",
        index = text.kind(),
        name = index.name,
        table = *on,
        definition = *text.definition
    );
    let attach = parent.map(|parent| ddl!("index/attach.sql", parent = *parent, name = *index));
    let summary = format!("create {} on {} alone, not valid yet", index.name.plain(), on.plain());
    let act = [create].into_iter().chain(attach).collect();
    let mut step = Step::transaction(summary, text.local_path(), act);
    step.locks = vec![Lock::first(on.clone(), LockMode::Share)];
    step.locks.extend(parent.map(|parent| Lock::implied(parent.clone(), LockMode::ShareUpdateExclusive)));
    step.after_transactions_on = Some(on.clone());
    step.minor = parent.is_some();
    step
}

/// Makes an index a part of the partitioned table's. Done again it does no harm, and makes valid what has become whole.
pub fn attach_step(parent: &Relation, index: &Relation) -> Step {
    let attach = ddl!("index/attach.sql", parent = *parent, name = *index);
    let summary = format!("attach {} to {}", index.name.plain(), parent.name.plain());
    let mut step = Step::transaction(summary, vec![], vec![attach]);
    step.locks = vec![
        Lock::implied(parent.clone(), LockMode::ShareUpdateExclusive),
        Lock::implied(index.clone(), LockMode::AccessExclusive),
    ];
    step.interrupted = "the partition's index is built and not attached; the next run attaches it";
    // Who uses the new index holds a lock on it until the end of the transaction.
    step.after_transactions_on = Some(index.clone());
    step.minor = true;
    step
}

/// Creates the index on a partitioned table and all its partitions at once; those that have it already give theirs.
pub fn adopt_step(text: &Text<'_>, index: &Relation, tables: &[&TableNode]) -> Option<Step> {
    let root = tables.first()?;
    let create = text.create(index, &root.relation);
    let summary = format!("create {} from the indexes of the partitions", index.name.plain());
    let mut step = Step::transaction(summary, text.local_path(), vec![create]);
    step.locks = tables.iter().map(|table| Lock::first(table.relation.clone(), LockMode::Share)).collect();
    step.after_transactions_on = Some(root.relation.clone());
    Some(step)
}

/// Builds an index anew beside the old one, and takes the leftover away when that fails.
pub fn reindex_steps(index: &Index, at: usize) -> anyhow::Result<[Step; 2]> {
    let name = &index.relation;
    let mut step = Step::alone(format!("rebuild {}", name.plain()), ddl!("index/reindex.sql", name = *name));
    step.locks = vec![reading(&index.table)];
    step.interrupted =
        "the old index serves on; a second one that is not valid may be left, which the next run takes away";
    step.after_transactions_on = Some(index.table.clone());
    let state = ddl!("index/rebuild_state.sql", name = Literal(name.to_string()), oid = index.oid);
    step.recover = Some(only_done(state));
    let new = rebuilt_name(name)?;
    let mut clean = drop_leftover_step(&new, &index.table, index.table_oid);
    clean.standing = Standing::AfterFailureOf { step: at };
    Ok([step, clean])
}

/// What cannot be finished from half-way, and is recognised when it is done.
pub fn only_done(state: Sql) -> Recover {
    Recover { state, finish: Vec::new(), locks: Vec::new() }
}

fn reading(table: &Relation) -> Lock {
    let mode = LockMode::ShareUpdateExclusive;
    Lock { held: Held::WhileReading, ..Lock::implied(table.clone(), mode) }
}
