//! Constraints: those that look at every row, or build an index, under a lock that stops others.
use crate::operations::lint::rule::{Family, Hit, Level, Look, Rule, Waits, Work};
use crate::operations::lint::scene::Scene;
use crate::operations::lint::statement::{Act, ActionKind, Constraint, ConstraintKind};
use crate::pg::catalog::TableName;

pub const FAMILY: Family = Family {
    name: "constraints",
    rules: &[
        Rule {
            name: "constraint-builds-index",
            level: Level::Error,
            danger: "nobody can read or write the table while the constraint's index is built",
            lock: "ACCESS EXCLUSIVE on the table, until the index is built and the transaction ends",
            instead: "CREATE UNIQUE INDEX CONCURRENTLY first, then ADD CONSTRAINT ... UNIQUE USING INDEX",
            waits: Waits::Everybody,
            work: Work::Build,
            squawk: &[
                "disallowed-unique-constraint",
                "disallow-unique-constraint",
                "adding-primary-key-constraint",
                "adding-serial-primary-key-field",
            ],
            look: Look::Statement(constraint_builds_index),
        },
        Rule {
            name: "exclusion-constraint",
            level: Level::Error,
            danger: "nobody can read or write the table while the constraint's index is built, and there is no concurrent way",
            lock: "ACCESS EXCLUSIVE on the table, until the index is built and the transaction ends",
            instead: "add it while the table is empty, or in a window of maintenance",
            waits: Waits::Everybody,
            work: Work::Build,
            squawk: &[],
            look: Look::Statement(exclusion_constraint),
        },
        Rule {
            name: "foreign-key-not-valid",
            level: Level::Error,
            danger: "nobody can write to either table while every row is looked up in the other",
            lock: "SHARE ROW EXCLUSIVE on both tables, until every row is checked",
            instead: "ADD CONSTRAINT ... NOT VALID, then VALIDATE CONSTRAINT in a file of its own",
            waits: Waits::Writers,
            work: Work::Scan,
            squawk: &["adding-foreign-key-constraint"],
            look: Look::Statement(foreign_key_not_valid),
        },
        Rule {
            name: "check-not-valid",
            level: Level::Error,
            danger: "nobody can read or write the table while every row is checked",
            lock: "ACCESS EXCLUSIVE on the table, until every row is checked",
            instead: "ADD CONSTRAINT ... CHECK (...) NOT VALID, then VALIDATE CONSTRAINT in a file of its own",
            waits: Waits::Everybody,
            work: Work::Scan,
            squawk: &["constraint-missing-not-valid"],
            look: Look::Statement(check_not_valid),
        },
        Rule {
            name: "validate-in-same-transaction",
            level: Level::Error,
            danger: "the strong lock of ADD CONSTRAINT is held while VALIDATE CONSTRAINT reads every row",
            lock: "the one of ADD CONSTRAINT, until every row is checked",
            instead: "VALIDATE CONSTRAINT in a file of its own",
            waits: Waits::Everybody,
            work: Work::Scan,
            squawk: &["constraint-missing-not-valid"],
            look: Look::Statement(validate_in_same_transaction),
        },
        Rule {
            name: "inline-foreign-key",
            level: Level::Info,
            danger: "nobody can write to the referenced table until the transaction ends",
            lock: "SHARE ROW EXCLUSIVE on the referenced table, for the rest of the transaction",
            instead: "keep the file short; nothing that takes long may follow in it",
            waits: Waits::Writers,
            work: Work::Catalog,
            squawk: &[],
            look: Look::Statement(inline_foreign_key),
        },
        Rule {
            name: "domain-check-not-valid",
            level: Level::Warning,
            danger: "nobody can write to any table that has a column of the domain while their rows are checked",
            lock: "SHARE on every table that uses the domain, until every row is checked",
            instead: "ALTER DOMAIN ... ADD CONSTRAINT ... NOT VALID, then VALIDATE CONSTRAINT in a file of its own",
            waits: Waits::Writers,
            work: Work::Scan,
            squawk: &["ban-alter-domain-with-add-constraint"],
            look: Look::Statement(domain_check_not_valid),
        },
    ],
};

/// Constraints that ALTER TABLE adds, each with its table.
fn added<'a>(scene: &Scene<'a>) -> impl Iterator<Item = (&'a TableName, &'a Constraint)> {
    scene.actions().filter_map(|(table, action)| match &action.kind {
        ActionKind::AddConstraint(constraint) => Some((table, constraint)),
        _ => None,
    })
}

fn constraint_builds_index(scene: &Scene<'_>) -> Vec<Hit> {
    let constraints = added(scene)
        .filter(|(_, c)| matches!(c.kind, ConstraintKind::Unique { using_index: false, .. }))
        .map(|(table, constraint)| Hit::on(table).at(&constraint.span));
    let columns = scene.actions().filter_map(|(table, action)| match &action.kind {
        ActionKind::AddColumn(column) if column.unique || column.primary => {
            Some(Hit::on(table).at(&column.span))
        }
        _ => None,
    });
    constraints.chain(columns).collect()
}

fn exclusion_constraint(scene: &Scene<'_>) -> Vec<Hit> {
    added(scene)
        .filter(|(_, constraint)| matches!(constraint.kind, ConstraintKind::Exclude))
        .map(|(table, constraint)| Hit::on(table).at(&constraint.span))
        .collect()
}

fn foreign_key_not_valid(scene: &Scene<'_>) -> Vec<Hit> {
    let constraints = added(scene)
        .filter(|(_, c)| matches!(c.kind, ConstraintKind::ForeignKey { .. }) && !c.not_valid)
        .map(|(table, constraint)| Hit::on(table).at(&constraint.span));
    // A new column that is null everywhere refers to nothing, and the server knows.
    let columns = scene.actions().filter_map(|(table, action)| match &action.kind {
        ActionKind::AddColumn(column) if column.references.is_some() && column.default.is_some() => {
            Some(Hit::on(table).at(&column.span))
        }
        _ => None,
    });
    constraints.chain(columns).collect()
}

fn check_not_valid(scene: &Scene<'_>) -> Vec<Hit> {
    let constraints = added(scene)
        .filter(|(_, c)| {
            matches!(c.kind, ConstraintKind::Check(_) | ConstraintKind::NotNull { .. }) && !c.not_valid
        })
        .map(|(table, constraint)| Hit::on(table).at(&constraint.span));
    let columns = scene.actions().filter_map(|(table, action)| match &action.kind {
        ActionKind::AddColumn(column) if column.check => Some(Hit::on(table).at(&column.span)),
        _ => None,
    });
    constraints.chain(columns).collect()
}

fn validate_in_same_transaction(scene: &Scene<'_>) -> Vec<Hit> {
    if !scene.file.in_transaction() {
        return Vec::new();
    }
    let validated = scene.actions().filter_map(|(table, action)| match &action.kind {
        ActionKind::ValidateConstraint { name } if scene.history.added_not_valid(table, name) => {
            Some(Hit::on(table).at(&action.span))
        }
        _ => None,
    });
    validated.collect()
}

fn inline_foreign_key(scene: &Scene<'_>) -> Vec<Hit> {
    let mut referenced: Vec<&TableName> = Vec::new();
    if let Act::CreateTable(create) = scene.act() {
        referenced.extend(create.columns.iter().filter_map(|column| column.references.as_ref()));
        referenced.extend(create.constraints.iter().filter_map(references));
        referenced.retain(|table| table.name != create.table.name);
    }
    for (table, action) in scene.actions() {
        match &action.kind {
            ActionKind::AddColumn(column) if column.default.is_none() => {
                referenced.extend(&column.references);
            }
            ActionKind::AddConstraint(constraint) if scene.is_new(table) => {
                referenced.extend(references(constraint));
            }
            _ => {}
        }
    }
    referenced.dedup();
    referenced.into_iter().map(Hit::on).collect()
}

const fn references(constraint: &Constraint) -> Option<&TableName> {
    match &constraint.kind {
        ConstraintKind::ForeignKey { references } => Some(references),
        _ => None,
    }
}

fn domain_check_not_valid(scene: &Scene<'_>) -> Vec<Hit> {
    match scene.act() {
        Act::AddDomainCheck { name, not_valid: false } if !scene.is_new(name) => vec![Hit::default()],
        _ => Vec::new(),
    }
}
