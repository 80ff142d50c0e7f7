//! The functions and triggers that keep the target in step: the mapping once more, as SQL. What they make of a document
//! is what the reader makes of it.
use super::binding::{Binding, KeyColumn, TargetColumn};
use super::mapping::Keep;
use super::names::Names;
use super::shapes::shapes;
use crate::ddl;
use crate::pg::name::{Column, Ident, Literal, Relation};
use crate::pg::sql::{BodyLiteral, Fragment, Keyword, List, Sql};

/// The statements that make the functions, in order.
///
/// # Errors
/// When a name cannot be made.
pub fn functions(binding: &Binding, names: &Names) -> anyhow::Result<Vec<Sql>> {
    let body = |sql: Sql| Literal(sql.text);
    let (queue, sync) = (&names.queue, &names.sync);
    let (new, old) = (key_list(binding, "new"), key_list(binding, "old"));
    let note = ddl!("normalize/queue_body.sql", queue = *queue, new = new, old = old);
    let direct = ddl!("normalize/direct_body.sql", sync = *sync, queue = *queue, new = new, old = old);
    let drain = ddl!(
        "normalize/drain_body.sql",
        queue = *queue,
        sync = *sync,
        backfill = names.backfill,
        name = names.name
    );
    let truncate = ddl!("normalize/truncate_body.sql");
    let mut statements = vec![
        read_function(binding, names)?,
        ddl!(
            "normalize/sync_function.sql",
            function = *sync,
            queue = *queue,
            body = body(sync_body(binding, names)?)
        ),
        ddl!("normalize/drain_function.sql", function = names.drain, body = body(drain)),
        ddl!("normalize/queue_function.sql", function = names.note, body = body(note)),
        ddl!("normalize/queue_function.sql", function = names.direct, body = body(direct)),
        ddl!("normalize/truncate_function.sql", function = names.truncate, body = body(truncate)),
    ];
    let private = |function: &Relation| {
        ddl!("apply/private_function.sql", function = BodyLiteral(function.to_string()))
    };
    statements.extend([sync, &names.note, &names.direct].map(private));
    Ok(statements)
}

/// The triggers that note keys, or those that bring rows in step at once.
pub fn triggers(binding: &Binding, function: &Relation, triggers: &[Ident], truncate: &Relation) -> Vec<Sql> {
    let columns = watched(binding);
    let all =
        |alias: &'static str| -> Vec<Column> { columns.iter().map(|c| Column(alias, c.clone())).collect() };
    let source = &binding.source;
    let mut made = Vec::new();
    for (place, trigger) in triggers.iter().enumerate() {
        made.push(match place {
            0 => ddl!(
                "normalize/trigger_insert.sql",
                trigger = *trigger,
                source = *source,
                column = binding.column,
                function = *function
            ),
            1 => ddl!(
                "normalize/trigger_update.sql",
                trigger = *trigger,
                source = *source,
                columns = List(&columns),
                old = List(&all("old")),
                new = List(&all("new")),
                function = *function
            ),
            2 => ddl!(
                "normalize/trigger_delete.sql",
                trigger = *trigger,
                source = *source,
                function = *function
            ),
            _ => ddl!(
                "normalize/trigger_truncate.sql",
                trigger = *trigger,
                source = *source,
                function = *truncate
            ),
        });
    }
    made
}

/// The columns of the source on which rows of the target depend.
fn watched(binding: &Binding) -> Vec<Ident> {
    let mut columns: Vec<Ident> = binding.key.iter().map(|key| key.source.clone()).collect();
    columns.push(binding.column.clone());
    columns.extend(binding.fields.iter().map(|field| field.column.clone()));
    let mut seen = Vec::new();
    columns.retain(|column| {
        let new = !seen.contains(column);
        seen.push(column.clone());
        new
    });
    columns
}

fn key_list(binding: &Binding, alias: &'static str) -> Fragment {
    let columns: Vec<Column> = binding.key.iter().map(|key| Column(alias, key.source.clone())).collect();
    Fragment::of(&List(&columns))
}

/// The key of a source row as one text.
pub fn key_text(keys: &[Column]) -> Fragment {
    let texts: Vec<Fragment> = keys
        .iter()
        .map(|Column(alias, column)| {
            Fragment(ddl!("normalize/key_text.sql", alias = Keyword(alias), column = *column))
        })
        .collect();
    match texts.as_slice() {
        [one] => one.clone(),
        _ => Fragment(ddl!("normalize/key_texts.sql", texts = List(&texts))),
    }
}

/// The key as one text, by the columns of the source or those of the target.
pub fn key_text_of(
    binding: &Binding,
    alias: &'static str,
    column: impl Fn(&KeyColumn) -> &Ident,
) -> Fragment {
    let columns: Vec<Column> = binding.key.iter().map(|key| Column(alias, column(key).clone())).collect();
    key_text(&columns)
}

pub(super) fn all_of(conditions: impl IntoIterator<Item = Sql>) -> Fragment {
    conditions
        .into_iter()
        .reduce(|first, second| {
            ddl!("normalize/both.sql", first = Fragment(first), second = Fragment(second))
        })
        .map_or(Fragment(ddl!("normalize/always.sql")), Fragment)
}

fn alias(place: usize) -> anyhow::Result<Ident> {
    Ident::new(format!("c{place}"))
}

/// The names that the values of the columns have among what was read.
pub fn value_names(binding: &Binding) -> anyhow::Result<Vec<Ident>> {
    (0..binding.columns.len()).map(alias).collect()
}

/// The values of the columns.
pub fn values_of(from: &'static str, aliases: &[Ident]) -> Vec<Column> {
    aliases.iter().map(|alias| Column(from, alias.clone())).collect()
}

fn read_function(binding: &Binding, names: &Names) -> anyhow::Result<Sql> {
    let aliases = value_names(binding)?;
    let of = |name: &str| {
        let place = binding.columns.iter().position(|column| column.name.raw() == name);
        Column("r", aliases[place.unwrap_or(0)].clone())
    };
    let unique: Vec<Column> = binding.mapping.unique.iter().map(|name| of(name)).collect();
    let rank = match &binding.mapping.keep {
        Keep::First => ddl!("normalize/rank_first.sql"),
        Keep::Last => ddl!("normalize/rank_last.sql"),
        Keep::Least(column) => ddl!("normalize/rank_least.sql", column = of(column)),
        Keep::Most(column) => ddl!("normalize/rank_most.sql", column = of(column)),
    };
    let same_source = binding.key.iter().map(|key| {
        let side = |alias| Column(alias, key.source.clone());
        ddl!("normalize/equal.sql", left = side("s"), right = side("k"))
    });
    let body = ddl!(
        "normalize/read_body.sql",
        values = List(&values_of("r", &aliases)),
        source_key = key_text_of(binding, "s", |key| &key.source),
        key_columns = key_list(binding, "k"),
        source = binding.source,
        same_source = all_of(same_source),
        shapes = shapes(binding, names, &aliases)?,
        duplicates = List(&unique),
        rank = Fragment(rank),
    );
    let columns = binding
        .columns
        .iter()
        .zip(&aliases)
        .map(|(column, alias)| ddl!("normalize/result_column.sql", alias = *alias, cast = column.cast));
    Ok(ddl!(
        "normalize/read_function.sql",
        function = names.read,
        queue = names.queue,
        columns = Fragment::joined(columns, ""),
        body = Literal(body.text),
    ))
}

fn sync_body(binding: &Binding, names: &Names) -> anyhow::Result<Sql> {
    let aliases = value_names(binding)?;
    let columns: Vec<Ident> = binding.columns.iter().map(|column| column.name.clone()).collect();
    let same_made = same_row(binding, "made", &aliases);
    Ok(ddl!(
        "normalize/sync_body.sql",
        queue = names.queue,
        changes = changes(binding, names, &aliases, &ddl!("normalize/stays_unread.sql")),
        changes_one_by_one = changes(binding, names, &aliases, &ddl!("normalize/stays_refused.sql")),
        read = names.read,
        target = binding.target,
        reject = names.reject,
        name = names.name,
        one_key = key_text_of(binding, "one", |key| &key.source),
        columns = List(&columns),
        values = List(&values_of("g", &aliases)),
        made_values = List(&values_of("made", &aliases)),
        same_made = same_made,
        unique = List(&binding.unique),
        on_conflict = on_conflict(&binding.columns),
        function = names.sync,
    ))
}

/// The target's row has the unique columns of what was read.
fn same_row(binding: &Binding, from: &'static str, aliases: &[Ident]) -> Fragment {
    let unique = binding.columns.iter().zip(aliases).filter(|(column, _)| column.unique);
    all_of(unique.map(|(column, alias)| {
        let (left, right) = (Column(from, alias.clone()), Column("t", column.name.clone()));
        ddl!("normalize/equal.sql", left = left, right = right)
    }))
}

/// What goes, and which rejects come and go; a reject of the books stays as `stays` says.
fn changes(binding: &Binding, names: &Names, aliases: &[Ident], stays: &Sql) -> Fragment {
    let same_target = binding.key.iter().map(|key| {
        let value = Fragment(ddl!(
            "normalize/cast.sql",
            value = Column("k", key.source.clone()),
            cast = key.target_type
        ));
        ddl!("normalize/equal.sql", left = Column("t", key.target.clone()), right = value)
    });
    Fragment(ddl!(
        "normalize/sync_changes.sql",
        key_columns = key_list(binding, "k"),
        read_values = List(&values_of("r", aliases)),
        read = names.read,
        target = binding.target,
        same_target = all_of(same_target),
        same_row = same_row(binding, "g", aliases),
        reject = names.reject,
        name = names.name,
        wanted_key = key_text_of(binding, "k", |key| &key.source),
        stays = Fragment(stays.clone()),
    ))
}

fn on_conflict(columns: &[TargetColumn]) -> Fragment {
    let payload: Vec<&Ident> = columns.iter().filter(|c| !c.unique).map(|c| &c.name).collect();
    if payload.is_empty() {
        return Fragment(ddl!("normalize/do_nothing.sql"));
    }
    let side = |alias| payload.iter().map(|c| Column(alias, (*c).clone())).collect::<Vec<_>>();
    let assignments: Vec<Fragment> = payload
        .iter()
        .map(|column| {
            let value = Column("excluded", (*column).clone());
            Fragment(ddl!("normalize/assignment.sql", column = **column, value = value))
        })
        .collect();
    Fragment(ddl!(
        "normalize/update_payload.sql",
        assignments = List(&assignments),
        payload = List(&side("t")),
        excluded = List(&side("excluded")),
    ))
}
