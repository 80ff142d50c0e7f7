//! What is in the way of giving a column to the tables that refer to the one that is converted.
use std::collections::HashSet;

use crate::operations::partition::convert::added::Addition;
use crate::operations::partition::convert::evidence::Evidence;
use crate::operations::partition::convert::names::COLUMN_TRIGGER;
use crate::operations::partition::convert::terms::Key;
use crate::pg::catalog::{DependentObjects, OnDelete, Trigger};

/// The first release on which a row that moves to another partition is not deleted for those that refer to it.
pub(super) const MOVES_ARE_UPDATES: u32 = 15;

/// Each with what to do about it.
pub(super) fn reasons(evidence: &Evidence, key: &Key, reasons: &mut Vec<String>) {
    let mut given = HashSet::new();
    for one in evidence.incoming().filter(|one| one.table_oid != evidence.whole.oid) {
        let Some(objects) = evidence.referring.get(&one.table_oid) else { continue };
        match Addition::of(evidence, one, &key.column) {
            Ok(addition) => {
                foreign_key(evidence, &addition, reasons);
                table(evidence, &addition, objects, reasons);
                if !given.insert((one.table_oid, addition.column.clone())) {
                    let (table, column) = (addition.table.plain(), addition.column.plain());
                    reasons.push(format!("two foreign keys of {table} would need a column {column}"));
                }
            }
            Err(error) => reasons.push(format!("{error:#}")),
        }
    }
}

fn foreign_key(evidence: &Evidence, addition: &Addition<'_>, reasons: &mut Vec<String>) {
    let key = addition.key;
    let name = format!("{} of {}", key.name, addition.table.plain());
    let mut say = |when: bool, why: &str| reasons.extend(when.then(|| format!("{name} {why}")));
    say(
        key.deferrable,
        "is deferrable: what it refers to may come after it, and its column cannot be filled before; --incoming-fk \
         registry keeps it so",
    );
    let sets = |action| matches!(action, OnDelete::SetNull | OnDelete::SetDefault);
    say(
        sets(key.on_update),
        "sets its columns on update, and would do so whenever the other column changes; --incoming-fk registry keeps it so",
    );
    say(
        key.columns.len() > 1 && key.nullable && !key.match_full,
        "has columns that may be null each by itself: alter table ... alter column ... set not null, or make it match full",
    );
    let deletes = sets(key.on_delete) || key.on_delete == OnDelete::Cascade;
    say(
        deletes && evidence.version.major() < MOVES_ARE_UPDATES,
        "acts on delete, and before PostgreSQL 15 a row that moves to another partition is deleted from the one where it \
         was: what refers to it would be lost; --incoming-fk registry keeps it",
    );
}

fn table(
    evidence: &Evidence,
    addition: &Addition<'_>,
    objects: &DependentObjects,
    reasons: &mut Vec<String>,
) {
    let table = addition.table.plain();
    let mut say = |when: bool, why: &str| reasons.extend(when.then(|| format!("{table} {why}")));
    say(addition.key.partitioned, "is partitioned: --incoming-fk registry leaves its columns as they are");
    say(objects.is_partition, "is a partition of another table, which would have to get the column too");
    say(objects.inherits, "takes part in inheritance");
    say(objects.typed, "is of a composite type: alter table ... not of");
    say(
        objects.policies_forced,
        "has forced row level security, which would leave out rows: alter table ... no force row level security",
    );
    if let Some(publication) = objects.publications.first().filter(|_| !objects.identified) {
        let name = &publication.name;
        let why = format!(
            "is published by {name} and has no replica identity, so that its rows cannot be updated: add a primary key, or \
             alter table ... replica identity full"
        );
        say(true, &why);
    }
    for rule in &objects.update_rules {
        say(
            true,
            &format!("has a rule {rule}, which would act on each row whose new column is filled: drop it"),
        );
    }
    for check in objects.constraints.iter().filter(|one| one.kind == "c" && !one.validated) {
        let why = format!(
            "has a check {} that is not valid, which a row whose new column is filled must meet",
            check.name
        );
        say(true, &why);
    }
    if !addition.standing {
        let column = addition.column.plain();
        let taken = objects.column(&addition.column).is_some();
        say(taken, &format!("has a column {column} already, which is the name of the one that it needs"));
        let function = &addition.function;
        if evidence.functions.contains(function.name.raw()) {
            reasons.push(format!("the name of function {} is taken", function.plain()));
        }
    }
    let firing = objects.triggers.iter().filter(|trigger| fires(trigger, evidence.may_silence));
    reasons.extend(firing.map(|trigger| {
        let name = &trigger.name;
        let end = if evidence.may_silence {
            "it is enabled for replicas"
        } else {
            "let a role do it that may set session_replication_role, which is a superuser's, or granted by GRANT SET ON \
             PARAMETER"
        };
        format!("trigger {name} of {table} would fire for each row whose new column is filled: {end}")
    }));
}

/// For an update of the new column. `silent`: in a session that keeps triggers from firing.
fn fires(trigger: &Trigger, silent: bool) -> bool {
    let enabled = match trigger.enabled.as_str() {
        "O" => !silent,
        "R" => silent,
        "A" => true,
        _ => false,
    };
    trigger.any_update && enabled && !trigger.name.starts_with(COLUMN_TRIGGER)
}
