//! Columns: those whose change writes the table again or surprises the application that runs.
use crate::operations::lint::rule::{Family, Hit, Level, Look, Rule, Waits, Work};
use crate::operations::lint::scene::Scene;
use crate::operations::lint::statement::words::calls;
use crate::operations::lint::statement::{Act, Action, ActionKind, Column, ConstraintKind};
use crate::operations::lint::types::{is_harmless_change, is_serial};
use crate::pg::catalog::TableName;

pub const FAMILY: Family = Family {
    name: "columns",
    rules: &[
        Rule {
            name: "set-not-null",
            level: Level::Error,
            danger: "nobody can read or write the table while every row is checked",
            lock: "ACCESS EXCLUSIVE on the table, until every row is checked",
            instead: "ADD CONSTRAINT ... CHECK (column IS NOT NULL) NOT VALID, VALIDATE CONSTRAINT in a second file, \
                      SET NOT NULL and DROP CONSTRAINT in a third; on PostgreSQL 18 ADD ... NOT NULL ... NOT VALID",
            waits: Waits::Everybody,
            work: Work::Scan,
            squawk: &["adding-not-nullable-field", "adding-not-null-field"],
            look: Look::Statement(set_not_null),
        },
        Rule {
            name: "not-null-without-default",
            level: Level::Error,
            danger: "fails as soon as the table has a row",
            lock: "ACCESS EXCLUSIVE on the table",
            instead: "give the column a constant default, or add it without NOT NULL and fill it first",
            waits: Waits::Everybody,
            work: Work::Catalog,
            squawk: &["adding-required-field"],
            look: Look::Statement(not_null_without_default),
        },
        Rule {
            name: "volatile-default",
            level: Level::Error,
            danger: "a default that differs from row to row is written into every row",
            lock: "ACCESS EXCLUSIVE on the table, until it is written anew",
            instead: "add the column without a default, set the default for new rows, then fill the old rows in batches",
            waits: Waits::Everybody,
            work: Work::Rewrite,
            squawk: &["adding-field-with-default"],
            look: Look::Statement(volatile_default),
        },
        Rule {
            name: "stored-generated-column",
            level: Level::Error,
            danger: "the value is computed and written for every row",
            lock: "ACCESS EXCLUSIVE on the table, until it is written anew",
            instead: "add an ordinary column, keep it by a trigger and fill it in batches; on PostgreSQL 18 a VIRTUAL column",
            waits: Waits::Everybody,
            work: Work::Rewrite,
            squawk: &["adding-field-with-default"],
            look: Look::Statement(stored_generated_column),
        },
        Rule {
            name: "type-change",
            level: Level::Error,
            danger: "the table and its indexes are written anew",
            lock: "ACCESS EXCLUSIVE on the table, until it is written anew",
            instead: "add a column of the new type, fill it in batches while a trigger keeps it, then swap the names",
            waits: Waits::Everybody,
            work: Work::Rewrite,
            squawk: &["changing-column-type"],
            look: Look::Statement(type_change),
        },
        Rule {
            name: "drop-column",
            level: Level::Warning,
            danger: "the values are gone, and an application that still names the column fails",
            lock: "ACCESS EXCLUSIVE on the table, for an instant",
            instead: "deploy an application that does not name it first; then declare it: allow=drop-column reason=\"...\"",
            waits: Waits::Everybody,
            work: Work::Catalog,
            squawk: &["ban-drop-column"],
            look: Look::Statement(drop_column),
        },
        Rule {
            name: "int-key",
            level: Level::Info,
            danger: "the key ends at 2,147,483,647, and a bigger type is a rewrite of the table then",
            lock: "none now",
            instead: "bigint, as `id bigint generated always as identity`",
            waits: Waits::Nobody,
            work: Work::Catalog,
            squawk: &["prefer-bigint-over-int", "prefer-bigint-over-smallint", "prefer-identity"],
            look: Look::Statement(int_key),
        },
        Rule {
            name: "timestamp-without-zone",
            level: Level::Info,
            danger: "the column holds no moment: it means another one in every session's time zone",
            lock: "none",
            instead: "timestamptz",
            waits: Waits::Nobody,
            work: Work::Catalog,
            squawk: &["prefer-timestamp-tz", "prefer-timestamptz"],
            look: Look::Statement(timestamp_without_zone),
        },
    ],
};

/// Functions of the system whose values differ from row to row.
const VOLATILE: [&str; 11] = [
    "random",
    "gen_random_uuid",
    "uuidv4",
    "uuidv7",
    "uuid_generate_v1",
    "uuid_generate_v1mc",
    "uuid_generate_v4",
    "clock_timestamp",
    "timeofday",
    "nextval",
    "gen_random_bytes",
];

fn actions(scene: &Scene<'_>, hit: impl Fn(&TableName, &Action) -> bool) -> Vec<Hit> {
    let actions = scene.actions().filter(|(table, action)| hit(table, action));
    actions.map(|(table, action)| Hit::on(table).at(&action.span)).collect()
}

fn columns(scene: &Scene<'_>, hit: impl Fn(&Column) -> bool) -> Vec<Hit> {
    actions(scene, |_, action| matches!(&action.kind, ActionKind::AddColumn(column) if hit(column)))
}

fn set_not_null(scene: &Scene<'_>) -> Vec<Hit> {
    actions(scene, |table, action| match &action.kind {
        ActionKind::SetNotNull { column } => !proved(scene, table, column),
        _ => false,
    })
}

/// A valid check, here or in the database, says already that the column is never null.
fn proved(scene: &Scene<'_>, table: &TableName, column: &str) -> bool {
    let says = |condition: &str| {
        let bare: String = condition.chars().filter(|c| !matches!(c, '(' | ')' | '"')).collect();
        bare.trim().to_lowercase() == format!("{} is not null", column.to_lowercase())
    };
    let there = scene.table(table).is_some_and(|known| {
        known.not_null.iter().any(|name| name == column) || known.checks.iter().any(|check| says(check))
    });
    there || scene.history.proved(table).any(says)
}

fn not_null_without_default(scene: &Scene<'_>) -> Vec<Hit> {
    columns(scene, |column| {
        let filled =
            column.default.is_some() || column.identity || column.generated || is_serial(&column.kind);
        (column.not_null || column.primary) && !filled
    })
}

fn volatile_default(scene: &Scene<'_>) -> Vec<Hit> {
    columns(scene, |column| {
        let default = column.default.as_deref().unwrap_or_default();
        let volatile = calls(default).iter().any(|call| {
            let known = scene.catalog.and_then(|catalog| catalog.function(call));
            known.map_or_else(|| VOLATILE.contains(&call.name.as_str()), |function| function.volatile)
        });
        volatile || column.identity || is_serial(&column.kind)
    })
}

fn stored_generated_column(scene: &Scene<'_>) -> Vec<Hit> {
    columns(scene, |column| column.stored)
}

fn type_change(scene: &Scene<'_>) -> Vec<Hit> {
    actions(scene, |table, action| match &action.kind {
        ActionKind::SetType { column, kind, using } => {
            let now = scene.table(table).and_then(|known| known.types.get(column));
            *using || !now.is_some_and(|now| is_harmless_change(now, kind))
        }
        _ => false,
    })
}

fn drop_column(scene: &Scene<'_>) -> Vec<Hit> {
    actions(scene, |_, action| matches!(action.kind, ActionKind::DropColumn { .. }))
}

fn int_key(scene: &Scene<'_>) -> Vec<Hit> {
    let Act::CreateTable(create) = scene.act() else { return Vec::new() };
    let alone = create.constraints.iter().find_map(|constraint| match &constraint.kind {
        ConstraintKind::Unique { columns, .. } if columns.len() == 1 => columns.first(),
        _ => None,
    });
    let small = |column: &&Column| {
        let kind = column.kind.as_str();
        matches!(
            kind,
            "int" | "integer" | "int4" | "smallint" | "int2" | "serial" | "serial4" | "smallserial"
        ) && (column.primary || alone == Some(&column.name))
            && !create.temporary
            && column.references.is_none()
    };
    create.columns.iter().filter(small).map(|column| Hit::default().at(&column.span)).collect()
}

fn timestamp_without_zone(scene: &Scene<'_>) -> Vec<Hit> {
    let without = |column: &&Column| {
        let kind = column.kind.as_str();
        kind.starts_with("timestamp") && !kind.starts_with("timestamptz") && !kind.contains("with time zone")
    };
    let hit = |column: &Column| Hit::default().at(&column.span);
    match scene.act() {
        Act::CreateTable(create) if !create.temporary => {
            create.columns.iter().filter(without).map(hit).collect()
        }
        _ => columns(scene, |column| without(&column))
            .into_iter()
            .map(|hit| Hit { table: None, ..hit })
            .collect(),
    }
}
