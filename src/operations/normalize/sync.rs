//! The functions and triggers that keep the target in step: the mapping once more, as SQL. What they make of a document
//! is what the reader makes of it.
use super::binding::{Binding, KeyColumn, TargetColumn, needs_objects};
use super::mapping::{ColumnRule, Epoch, Keep, OnError, Origin, Shape};
use super::names::Names;
use super::path::PathStep;
use super::value::ColumnType;
use crate::ddl;
use crate::pg::name::{Column, Ident, Literal, Relation};
use crate::pg::sql::{Fragment, Keyword, List, Sql};

/// A word for an absent value.
const NULL: Keyword = Keyword("null");

/// Between the parts of a `from`, as the template of a shape is indented.
const NEXT_JOIN: &str = "\n            ";

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
    Ok(vec![
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
    ])
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

fn shapes(binding: &Binding, names: &Names, aliases: &[Ident]) -> anyhow::Result<Fragment> {
    let mut all = Vec::new();
    let mut kinds = vec![Literal("null".to_owned())];
    for of_array in [true, false] {
        // A document has the first shape that begins as it does.
        let first = binding.mapping.shapes.iter().find(|shape| shape.elements.is_of_array() == of_array);
        if let Some(found) = first {
            kinds.push(kind(of_array));
            all.push(shape(binding, names, found, aliases)?);
        }
    }
    let nulls = binding.columns.iter().map(|column| ddl!("normalize/null_value.sql", cast = column.cast));
    all.push(ddl!(
        "normalize/wrong_type.sql",
        column = binding.column,
        nulls = Fragment::joined(nulls, ""),
        kinds = List(&kinds),
    ));
    let joined = all.into_iter().reduce(|first, second| {
        ddl!("normalize/union_all.sql", first = Fragment(first), second = Fragment(second))
    });
    Ok(joined.map_or(Fragment::none(), Fragment))
}

fn shape(binding: &Binding, names: &Names, shape: &Shape, aliases: &[Ident]) -> anyhow::Result<Sql> {
    let mut walk = Vec::new();
    let steps = &shape.elements.0;
    for (depth, step) in steps.iter().enumerate() {
        let from = Ident::new(format!("p{depth}"))?;
        let to = if depth + 1 == steps.len() { "p".to_owned() } else { format!("p{}", depth + 1) };
        let to = Ident::new(to)?;
        walk.push(match step {
            PathStep::Elements => ddl!("normalize/walk_elements.sql", from = from, to = to),
            PathStep::Entries => ddl!("normalize/walk_entries.sql", from = from, to = to),
            PathStep::Field(name) => ddl!(
                "normalize/walk_field.sql",
                from = from,
                to = to,
                name = Literal(name.clone()),
                suffix = Literal(format!(".{}", serde_json::Value::from(name.as_str()))),
            ),
        });
    }
    let mut columns = Vec::new();
    for (column, alias) in binding.columns.iter().zip(aliases) {
        columns.push(value(names, column, &shape.columns[column.name.raw()], alias));
    }
    let values = aliases.iter().map(|alias| ddl!("normalize/value_of_column.sql", alias = *alias));
    let reasons = aliases.iter().map(|alias| ddl!("normalize/reason_of_column.sql", alias = *alias));
    let of_json = |(column, alias): (&TargetColumn, &Ident)| match shape.columns[column.name.raw()].from {
        Origin::Source(_) => None,
        _ => Some(alias.clone()),
    };
    let of_json: Vec<Ident> = binding.columns.iter().zip(aliases).filter_map(of_json).collect();
    let coerced = of_json.iter().map(|alias| ddl!("normalize/coerced.sql", alias = *alias));
    let defaulted = of_json.iter().map(|alias| ddl!("normalize/defaulted.sql", alias = *alias));
    let element_reason = [ddl!("normalize/no_null.sql"), ddl!("normalize/objects_only.sql")];
    Ok(ddl!(
        "normalize/shape.sql",
        element_reason = Fragment(element_reason[usize::from(needs_objects(shape))].clone()),
        reasons = Fragment::joined(reasons, ""),
        values = Fragment::joined(values, ""),
        coerced = Fragment::joined(coerced, ""),
        defaulted = Fragment::joined(defaulted, ""),
        column = binding.column,
        walk = Fragment::joined(walk, NEXT_JOIN),
        columns = Fragment::joined(columns, NEXT_JOIN),
        kind = kind(shape.elements.is_of_array()),
    ))
}

fn kind(of_array: bool) -> Literal {
    Literal(if of_array { "array" } else { "object" }.to_owned())
}

/// The column's value and the reason why it has none.
fn value(names: &Names, target: &TargetColumn, rule: &ColumnRule, alias: &Ident) -> Sql {
    let word = |word: &str| Fragment::of(&Literal(word.to_owned()));
    let null = || Fragment::of(&NULL);
    let null_reason = if rule.optional && !target.unique { null() } else { word("source_null") };
    let json = match &rule.from {
        Origin::Source(column) => {
            // The name was looked up when the mapping was bound.
            let Ok(column) = Ident::new(column) else { return Fragment::none().0 };
            return ddl!(
                "normalize/column_of_source.sql",
                column = column,
                cast = target.cast,
                null_reason = null_reason,
                alias = *alias
            );
        }
        Origin::Key => Fragment(ddl!("normalize/json_key.sql")),
        Origin::Element(path) => inner(ddl!("normalize/json_element.sql"), path),
        Origin::Parent(path) => inner(ddl!("normalize/json_parent.sql"), path),
    };
    let default = rule.default.as_deref().and_then(|column| Ident::new(column).ok());
    let default = default
        .map(|column| Fragment(ddl!("normalize/default_value.sql", column = column, cast = target.cast)));
    let lacking = |reason: &str| match (&default, rule.optional, rule.on_error) {
        (Some(_), ..) | (None, true, _) => null(),
        (None, false, OnError::Skip) => word("skip"),
        _ => word(reason),
    };
    ddl!(
        "normalize/column_of_json.sql",
        json = json,
        reader = reader(names, target.of, rule),
        coerced = coerced(target.of),
        defaults_nothing = truth(default.is_some()),
        defaults_errors = truth(default.is_some() && rule.on_error == OnError::Default),
        read = read(target),
        default = default.clone().unwrap_or_else(null),
        on_error = match rule.on_error {
            OnError::Default => default.clone().unwrap_or_else(null),
            _ => null(),
        },
        missing = lacking("field_missing"),
        null = lacking("field_null"),
        error = match rule.on_error {
            OnError::Reject => Fragment(ddl!("normalize/error_reject.sql")),
            OnError::Skip => Fragment(ddl!("normalize/error_skip.sql")),
            OnError::Default => null(),
        },
        // A value is null without a reason where it may be, or where its default is.
        null_reason = if default.is_some() { null_reason } else { null() },
        alias = *alias,
    )
}

fn inner(json: Sql, path: &[String]) -> Fragment {
    Fragment(path.iter().fold(json, |json, name| {
        ddl!("normalize/json_get.sql", json = Fragment(json), name = Literal(name.clone()))
    }))
}

fn read(target: &TargetColumn) -> Fragment {
    let without_zone = matches!(target.of, ColumnType::Timestamp(_)) && target.cast.0.contains("without");
    Fragment(if without_zone {
        ddl!("normalize/read_at_utc.sql", cast = target.cast)
    } else {
        ddl!("normalize/read_value.sql", cast = target.cast)
    })
}

const fn truth(truth: bool) -> Keyword {
    Keyword(if truth { "true" } else { "false" })
}

/// Whether a value that could be read had another type or form, which means the same.
fn coerced(of: ColumnType) -> Fragment {
    Fragment(match of {
        ColumnType::Int2 | ColumnType::Int4 | ColumnType::Int8 => ddl!("normalize/of_another_form.sql"),
        ColumnType::Numeric(_) => ddl!("normalize/of_another_type.sql", plain = Keyword("'number'")),
        ColumnType::Boolean => ddl!("normalize/of_another_type.sql", plain = Keyword("'boolean'")),
        ColumnType::Text(_) | ColumnType::Timestamp(_) => {
            ddl!("normalize/of_another_type.sql", plain = Keyword("'string'"))
        }
        ColumnType::Uuid | ColumnType::Date | ColumnType::Jsonb | ColumnType::Other => {
            ddl!("normalize/never.sql")
        }
    })
}

fn reader(names: &Names, of: ColumnType, rule: &ColumnRule) -> Fragment {
    let books = &names.books;
    let number =
        |number: Option<i64>| number.map_or_else(|| Fragment::of(&NULL), |number| Fragment::of(&number));
    let coerce = truth(rule.coerce);
    let integer = |least: i64, most: i64| {
        let (least, most) = (Literal(least.to_string()), Literal(most.to_string()));
        ddl!("normalize/read_integer.sql", books = *books, least = least, most = most, coerce = coerce)
    };
    Fragment(match of {
        ColumnType::Int2 => integer(i16::MIN.into(), i16::MAX.into()),
        ColumnType::Int4 => integer(i32::MIN.into(), i32::MAX.into()),
        ColumnType::Int8 => integer(i64::MIN, i64::MAX),
        ColumnType::Numeric(limits) => ddl!(
            "normalize/read_numeric.sql",
            books = *books,
            digits = number(limits.map(|(digits, _)| digits.into())),
            decimals = number(limits.map(|(_, decimals)| decimals.into())),
            coerce = coerce
        ),
        ColumnType::Text(most) => ddl!(
            "normalize/read_text.sql",
            books = *books,
            most = number(most.map(i64::from)),
            empty = truth(rule.empty),
            coerce = coerce
        ),
        ColumnType::Boolean => ddl!("normalize/read_boolean.sql", books = *books, coerce = coerce),
        ColumnType::Uuid => ddl!("normalize/read_uuid.sql", books = *books),
        ColumnType::Date => ddl!("normalize/read_date.sql", books = *books),
        ColumnType::Timestamp(_) => ddl!(
            "normalize/read_timestamp.sql",
            books = *books,
            epoch = Keyword(match rule.epoch {
                None => "null",
                Some(Epoch::Seconds) => "'s'",
                Some(Epoch::Milliseconds) => "'ms'",
            })
        ),
        ColumnType::Jsonb | ColumnType::Other => ddl!("normalize/read_jsonb.sql"),
    })
}
