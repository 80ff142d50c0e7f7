//! What is in the way of a conversion. All of it is told at once, each with what to do about it.
use anyhow::anyhow;

use crate::failure::{Exit, Explain as _};
use crate::operations::partition::convert::adopt::unfit;
use crate::operations::partition::convert::evidence::{Evidence, KeyEvidence};
use crate::operations::partition::convert::names::{BOUND, Mark, ROW_TRIGGER, is_own};
use crate::operations::partition::convert::referring;
use crate::operations::partition::convert::terms::{IncomingFk, Key, Terms};
use crate::pg::catalog::{ForeignKeyIn, Index, IndexKind, ReplicaIdentity};
use crate::pg::index::KeyOf;
use crate::pg::name::{Ident, Relation};

/// The first release on which a partitioned table can have a foreign key that is not proved yet.
const NOT_VALID_ON_PARTITIONED: u32 = 18;

/// # Errors
/// With everything that is in the way.
pub(super) fn refuse(
    evidence: &Evidence,
    terms: &Terms<'_>,
    key: &Key,
    facts: &KeyEvidence,
) -> anyhow::Result<()> {
    let (table, objects) = (evidence.whole.relation.plain(), &evidence.whole.objects);
    if !objects.owned {
        let owner = &evidence.whole.properties.owner;
        let error = anyhow!("convert {table}: it belongs to role `{owner}`").exit(Exit::Denied);
        return Err(error.hint(format!("grant {owner} to the role that pgtend uses")));
    }
    let mut reasons = Vec::new();
    kinds(evidence, &mut reasons);
    constraints(evidence, key, &mut reasons);
    hanging(evidence, key, &mut reasons);
    incoming(evidence, terms, key, &mut reasons);
    rows(key, facts, &mut reasons);
    names(evidence, terms, key, facts, &mut reasons);
    if reasons.is_empty() {
        return Ok(());
    }
    let things =
        if reasons.len() == 1 { "1 thing is".to_owned() } else { format!("{} things are", reasons.len()) };
    Err(anyhow!("{table} cannot be converted as it is: {things} in the way; nothing was changed")
        .exit(Exit::Failed)
        .detail(reasons.join("\n")))
}

fn kinds(evidence: &Evidence, reasons: &mut Vec<String>) {
    let objects = &evidence.whole.objects;
    let mut say = |when: bool, why: &str| reasons.extend(when.then(|| why.to_owned()));
    say(objects.persistence == "t", "it is a temporary table");
    say(objects.persistence == "u", "it is unlogged: alter table ... set logged, or begin a new table");
    say(objects.is_partition, "it is a partition of another table");
    say(objects.inherits, "it takes part in inheritance");
    say(objects.typed, "it is of a composite type: alter table ... not of");
    if let Some(extension) = &objects.extension {
        reasons.push(format!("it belongs to the extension {extension}"));
    }
    if evidence.whole.properties.replica_identity == ReplicaIdentity::Index {
        reasons.push(
            "its replica identity is an index: alter table ... replica identity default, or full".to_owned(),
        );
    }
}

fn constraints(evidence: &Evidence, key: &Key, reasons: &mut Vec<String>) {
    for one in evidence.whole.objects.constraints.iter().filter(|one| !is_own(&one.name)) {
        let name = &one.name;
        let has_key = one.columns.iter().flatten().any(|column| column == key.column.raw());
        match one.kind.as_str() {
            "x" => reasons.push(format!("{name} is an exclusion constraint, which partitions cannot share")),
            "u" if !has_key => reasons.push(format!(
                "{name} keeps values unique without {}: a partitioned table cannot keep that; drop it, or take the \
                 column in",
                key.column
            )),
            "p" if !has_key && one.definition.contains(" INCLUDE ") => {
                reasons.push(format!("{name} has INCLUDE columns, and would have to take {} in", key.column));
            }
            "p" | "u" if one.deferrable => reasons.push(format!("{name} is deferrable")),
            "c" if one.no_inherit => reasons.push(format!("{name} is NO INHERIT, which no partitioned table can have")),
            "c" | "f" if one.definition.ends_with(" NOT ENFORCED") => {
                reasons.push(format!("{name} is not enforced: drop it, and add it again afterwards"));
            }
            "c" | "f" if !one.validated => {
                reasons.push(format!("{name} is not valid: alter table ... validate constraint {name}"));
            }
            _ => {}
        }
    }
    let own = |index: &&Index| !is_own(index.relation.name.raw());
    for index in evidence.whole.indexes.iter().filter(own) {
        let name = index.relation.name.plain();
        let Some(definition) = &index.definition else {
            reasons
                .push(format!("somebody has the table locked, and index {name} cannot be read: run again"));
            continue;
        };
        let has_key = definition.keys.iter().any(|one| one.of == KeyOf::Column(key.column.clone()));
        if !index.valid {
            reasons.push(format!("index {name} is not valid: drop it, or pgtend index rebuild {name}"));
        } else if index.kind == IndexKind::Unique && !has_key {
            reasons.push(format!(
                "index {name} keeps values unique without {}: a partitioned table cannot keep that; drop it, or take \
                 the column in",
                key.column
            ));
        }
    }
}

fn hanging(evidence: &Evidence, key: &Key, reasons: &mut Vec<String>) {
    let objects = &evidence.whole.objects;
    for other in &objects.others {
        reasons.push(format!("{other} would stay with the old table: drop it, and make it again afterwards"));
    }
    let transitions = objects.triggers.iter().filter(|trigger| trigger.row && trigger.transition_tables);
    reasons.extend(transitions.map(|trigger| {
        format!(
            "trigger {} is for each row and has transition tables, which no partitioned table can have",
            trigger.name
        )
    }));
    let setting = objects.triggers.iter().filter(|trigger| {
        trigger.enabled != "D" && trigger.source.as_ref().is_some_and(|source| assigns(source, &key.column))
    });
    reasons.extend(setting.map(|trigger| {
        format!(
            "trigger {} gives {} its value before a row is written, and by then a partitioned table has chosen the \
             partition: give the column a default instead, or let those say it who write",
            trigger.name, key.column
        )
    }));
    reasons.extend(objects.publications.iter().filter(|one| !one.via_root).map(|one| {
        let name = &one.name;
        format!(
            "publication {name} would tell subscribers of partitions that they do not have: alter publication {name} \
             set (publish_via_partition_root = true)"
        )
    }));
    let views = objects.views.iter().filter(|one| !one.owned).map(|one| ("view", one.name.name.as_str()));
    let functions =
        objects.functions.iter().filter(|one| !one.owned).map(|one| ("function", one.name.as_str()));
    reasons.extend(views.chain(functions).map(|(what, name)| {
        format!("{what} {name} has to be pointed at the new table, and belongs to a role that pgtend is not a member of")
    }));
}

fn incoming(evidence: &Evidence, terms: &Terms<'_>, key: &Key, reasons: &mut Vec<String>) {
    let objects = &evidence.whole.objects;
    let Some(primary) = objects.primary_key() else { return };
    let columns = primary.columns.as_deref().unwrap_or_default();
    let widened = !columns.iter().any(|column| column == key.column.raw());
    let told: Vec<String> =
        evidence.incoming().map(|one| format!("{} of {}", one.name, plain(one))).collect();
    if widened && terms.incoming == IncomingFk::Refuse && !told.is_empty() {
        reasons.push(format!(
            "{} refer to {}, which alone cannot be the primary key of a table that is partitioned by {}:\n  \
             --incoming-fk registry   they refer to a table {} that holds each key once; foreign keys hold at every \
             instant, keys stay unique\n  \
             --incoming-fk composite  they refer to ({}, {}); each table that refers gets the second column, which a \
             trigger fills\n  \
             --incoming-fk drop       they are dropped; nothing checks these references any more",
            told.join(", "),
            columns.join(", "),
            key.column,
            evidence.names.registry.plain(),
            columns.join(", "),
            key.column.plain(),
        ));
    }
    let triggers = matches!(terms.incoming, IncomingFk::Registry | IncomingFk::Composite);
    if widened && triggers && objects.policies_forced {
        reasons.push(
            "its row level security is forced: a trigger that belongs to its owner would not see each row: alter table ... \
             no force row level security"
                .to_owned(),
        );
    }
    if widened && terms.incoming == IncomingFk::Composite {
        referring::reasons(evidence, key, reasons);
    }
    begun(evidence, terms, reasons);
    for one in evidence.incoming() {
        let name = format!("{} of {}", one.name, plain(one));
        if one.table_oid == evidence.whole.oid {
            reasons.push(format!("{} refers from the table to itself: drop it before", one.name));
            continue;
        }
        if !one.owned {
            reasons.push(format!(
                "foreign key {name} has to be made again, and the table belongs to another role"
            ));
        }
        if widened && terms.incoming == IncomingFk::Drop {
            continue;
        }
        if one.partitioned && evidence.version.major() < NOT_VALID_ON_PARTITIONED {
            reasons.push(format!(
                "{name} comes from a partitioned table, whose foreign keys PostgreSQL {} cannot make without reading it \
                 under a lock",
                evidence.version
            ));
        }
        if one.some_set {
            reasons.push(format!("{name} sets some of its columns only on delete"));
        }
        if !one.validated {
            reasons.push(format!("{name} is not valid: validate it before"));
        }
        let primary = one.referenced_columns.len() == columns.len()
            && columns.iter().all(|column| one.referenced_columns.contains(column));
        if widened && !primary {
            reasons.push(format!("{name} does not refer to the primary key"));
        }
    }
}

/// Whether a trigger's function in PL/pgSQL has a statement that assigns to the column of the new row.
fn assigns(source: &str, column: &Ident) -> bool {
    let bare: String = source.chars().filter(|one| !one.is_whitespace() && *one != '"').collect();
    let (bare, new) = (bare.to_lowercase(), format!("new.{}", column.raw().to_lowercase()));
    let begins = [";", "begin", "then", "else", "loop"];
    bare.match_indices(&new).any(|(at, _)| {
        let (before, after) = (&bare[..at], &bare[at + new.len()..]);
        after.starts_with(":=")
            || before.ends_with("into")
            || (after.starts_with('=') && begins.iter().any(|word| before.ends_with(word)))
    })
}

/// An earlier run began with another answer to what becomes of foreign keys.
fn begun(evidence: &Evidence, terms: &Terms<'_>, reasons: &mut Vec<String>) {
    let kept = evidence.whole.objects.triggers.iter().any(|trigger| trigger.name == ROW_TRIGGER);
    let begun = [
        (kept, IncomingFk::Registry, "registry"),
        (!evidence.added.is_empty(), IncomingFk::Composite, "composite"),
    ];
    let begun = begun.into_iter().filter(|(begun, policy, _)| *begun && *policy != terms.incoming);
    reasons.extend(begun.map(|(.., word)| {
        format!(
            "an earlier run began with --incoming-fk {word}: go on with that, or take back what it has prepared with --abort"
        )
    }));
}

fn plain(one: &ForeignKeyIn) -> String {
    one.table.relation().map_or_else(|_| one.table.name.clone(), |relation: Relation| relation.plain())
}

fn rows(key: &Key, facts: &KeyEvidence, reasons: &mut Vec<String>) {
    let column = &key.column;
    if facts.nulls > 0 {
        reasons.push(format!("{} rows have no {column}: give them one", facts.nulls));
    }
    if let Some((rows, last)) = &facts.beyond {
        reasons.push(format!(
            "{rows} rows lie in the far future by {column}, up to {last}: correct them, or make more partitions with --ahead"
        ));
    }
}

fn names(evidence: &Evidence, terms: &Terms<'_>, key: &Key, facts: &KeyEvidence, reasons: &mut Vec<String>) {
    let oid = evidence.whole.oid;
    if let Some(other) = &evidence.legacy {
        reasons.push(format!("the name {} is taken", other.relation.plain()));
    }
    let mut begun = None;
    match evidence.shell.as_ref().map(|shell| (shell, &shell.mark)) {
        Some((_, Some(Mark::Shell { table, to }))) if *table == oid => begun = Some(*to),
        Some((shell, None)) if shell.kind == "p" => reasons.extend(unfit(evidence, key)),
        Some((shell, _)) => reasons.push(format!("the name {} is taken", shell.relation.plain())),
        None => {}
    }
    match evidence.registry.as_ref().map(|registry| (registry, &registry.mark)) {
        Some((registry, Some(Mark::Registry { table, .. }))) if *table == oid => {
            let kept = evidence.whole.objects.triggers.iter().any(|trigger| trigger.name == ROW_TRIGGER);
            reasons.extend((!kept).then(|| {
                format!(
                    "{} is left of an earlier run and kept no more: take it away with --abort",
                    registry.relation.plain()
                )
            }));
        }
        Some((registry, _)) if terms.incoming == IncomingFk::Registry => {
            reasons.push(format!("the name {} is taken", registry.relation.plain()));
        }
        _ => {}
    }
    match (begun, facts.end) {
        (Some(to), Some(end)) if to < end => reasons.push(format!(
            "an earlier run began it for rows before {}, and rows beyond that are there or near: take back what it has \
             prepared with --abort, and begin again",
            key.kind.encode(to).unwrap_or_default()
        )),
        (None, Some(end)) => partitions(evidence, terms, key, end, reasons),
        _ => {}
    }
    if begun.is_some() {
        changed(evidence, reasons);
    } else if evidence.whole.objects.constraint(BOUND).is_some() {
        reasons.push(format!("constraint {BOUND} is left of an earlier run: take it away with --abort"));
    }
}

fn partitions(evidence: &Evidence, terms: &Terms<'_>, key: &Key, end: i64, reasons: &mut Vec<String>) {
    let table = &evidence.whole.relation;
    let wanted = match key.partitions(table, terms.policy, end) {
        Ok(wanted) => wanted,
        Err(error) => return reasons.push(format!("{error:#}")),
    };
    // Those of a partitioned table that was made by hand go with it.
    let shell = evidence.shell_table.iter().flat_map(|(shell, _)| &shell.partitions);
    let going: Vec<&Relation> = shell.map(|partition| &partition.relation).collect();
    let taken = |relation: &Relation| {
        !going.contains(&relation)
            && evidence.taken.contains(&(relation.schema.raw().to_owned(), relation.name.raw().to_owned()))
    };
    let taken = wanted.iter().filter(|one| taken(&one.relation));
    reasons.extend(taken.map(|one| format!("the name {} is taken", one.relation.plain())));
}

/// The partitioned table to be was made for the table as it was then.
fn changed(evidence: &Evidence, reasons: &mut Vec<String>) {
    let Some(shell) = &evidence.shell_whole else { return };
    let facts = |columns: &[crate::pg::catalog::TableColumn]| {
        let fact = |column: &crate::pg::catalog::TableColumn| (column.name.clone(), column.type_name.clone());
        columns.iter().map(fact).collect::<Vec<_>>()
    };
    let columns = facts(&evidence.whole.objects.columns) == facts(&shell.objects.columns);
    let own = |index: &&Index| !is_own(index.relation.name.raw());
    let indexes = evidence.whole.indexes.iter().filter(own).count() == shell.indexes.len();
    let checks = |kind: &'static str| {
        let all = [&evidence.whole.objects, &shell.objects];
        let count = |of: &crate::pg::catalog::DependentObjects| {
            of.constraints.iter().filter(|one| one.kind == kind && !is_own(&one.name)).count()
        };
        count(all[0]) == count(all[1])
    };
    if !(columns && indexes && checks("c") && checks("f")) {
        reasons.push(
            "its columns, indexes or constraints have changed since an earlier run began: take back what that has \
             prepared with --abort, and begin again"
                .to_owned(),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_trigger_assigns_is_told_from_what_it_compares() {
        let at = Ident::new("createdAt").unwrap();
        for source in [
            "begin new.\"createdAt\" := now(); return new; end",
            "BEGIN IF NEW.\"createdAt\" IS NULL THEN NEW.\"createdAt\" = now(); END IF; RETURN NEW; END",
            "begin select now() into new.\"createdAt\"; return new; end",
        ] {
            assert!(assigns(source, &at), "{source}");
        }
        for source in [
            "begin if new.\"createdAt\" = now() then new.body := 'now'; end if; return new; end",
            "begin new.other := new.\"createdAt\"; return new; end",
            "begin new.\"createdAtAll\" := now(); return new; end",
        ] {
            assert!(!assigns(source, &at), "{source}");
        }
    }
}
