//! How a document is read, as SQL: the way to the elements, and for each column its value or the reason why it has none.
use super::binding::{Binding, TargetColumn, needs_objects};
use super::mapping::{ColumnRule, Epoch, OnError, Origin, Shape};
use super::names::Names;
use super::path::PathStep;
use super::reader::LONGEST_KEY;
use super::value::ColumnType;
use crate::ddl;
use crate::pg::name::{Ident, Literal};
use crate::pg::sql::{Fragment, Keyword, List, Sql};

/// A word for an absent value.
const NULL: Keyword = Keyword("null");

/// Between the parts of a `from`, as the template of a shape is indented.
const NEXT_JOIN: &str = "\n            ";

/// Every element of a document, by the first shape that begins as it does.
///
/// # Errors
/// When a name cannot be made.
pub fn shapes(binding: &Binding, names: &Names, aliases: &[Ident]) -> anyhow::Result<Fragment> {
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
        reasons = Fragment::joined(reasons.chain(too_long(binding, aliases)), ""),
        values = Fragment::joined(values, ""),
        coerced = Fragment::joined(coerced, ""),
        defaulted = Fragment::joined(defaulted, ""),
        column = binding.column,
        walk = Fragment::joined(walk, NEXT_JOIN),
        columns = Fragment::joined(columns, NEXT_JOIN),
        kind = kind(shape.elements.is_of_array()),
    ))
}

/// The reason of a row that no index takes.
fn too_long(binding: &Binding, aliases: &[Ident]) -> Option<Sql> {
    let bytes = binding.long_keys().map(|(place, _)| ddl!("normalize/key_bytes.sql", alias = aliases[place]));
    let bytes: Vec<Sql> = bytes.collect();
    (!bytes.is_empty()).then(|| {
        let most = i64::try_from(LONGEST_KEY).unwrap_or(i64::MAX);
        ddl!("normalize/key_too_long.sql", bytes = Fragment::joined(bytes, " + "), most = most)
    })
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
