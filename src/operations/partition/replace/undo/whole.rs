//! What the ordinary table is like: the partitioned one, and its newest partition in what only a table with storage of its
//! own can have.
use anyhow::Context as _;

use crate::ddl;
use crate::operations::partition::convert::{Handover, index_like, is_own, own_name};
use crate::operations::partition::inherit::{Overrides, dress};
use crate::operations::partition::replace::evidence::ReplaceEvidence;
use crate::operations::partition::replace::mark::{Place, State};
use crate::operations::partition::replace::order::Piece;
use crate::operations::partition::replace::plan::Replacement;
use crate::operations::partition::replace::prepare::marked;
use crate::operations::partition::replace::undo::registry::Registry;
use crate::pg::catalog::{Index, Properties, ReplicaIdentity};
use crate::pg::name::{Ident, Relation};
use crate::pg::sql::Sql;

/// The new table, empty, under its mark.
pub fn table_like(replacement: &Replacement<'_>, piece: &Piece) -> anyhow::Result<Vec<Sql>> {
    let table = &replacement.evidence.table;
    let properties = properties(replacement)?;
    let mut statements = vec![ddl!(
        "partition/replace/whole.sql",
        table = piece.relation,
        source = table.relation,
        access_method = Ident::new(properties.access_method.as_deref().unwrap_or("heap"))?
    )];
    let dress = dress(&piece.relation, Some(&properties), &table.properties, &Overrides::default())?;
    statements.extend(dress.before);
    statements.push(marked(replacement, piece, State::Begun));
    Ok(statements)
}

/// Of the newest partition that has bounds.
fn newest<'a>(replacement: &Replacement<'a>) -> anyhow::Result<&'a Properties> {
    let all = replacement.order.sources.iter().zip(&replacement.evidence.sources);
    let newest = all.max_by_key(|(source, _)| match source.place {
        Place::Range(range) => range.lo,
        Place::Default | Place::Whole => i64::MIN,
    });
    Ok(&newest.context("nothing to replace")?.1.properties)
}

fn properties(replacement: &Replacement<'_>) -> anyhow::Result<Properties> {
    let (table, newest) = (&replacement.evidence.table.properties, newest(replacement)?);
    let own = |column: &str| table.statistics.iter().any(|known| known.column == column);
    let more = newest.statistics.iter().filter(|one| !own(&one.column));
    let own = |column: &str| table.column_options.iter().any(|known| known.column == column);
    let more_options = newest.column_options.iter().filter(|one| !own(&one.column));
    let replica_identity = match table.replica_identity {
        // What the server writes for subscribers is what the partitions say.
        ReplicaIdentity::Default => newest.replica_identity,
        identity => identity,
    };
    Ok(Properties {
        access_method: table.access_method.clone().or_else(|| newest.access_method.clone()),
        tablespace: table.tablespace.clone().or_else(|| newest.tablespace.clone()),
        storage: newest.storage.clone(),
        statistics: table.statistics.iter().chain(more).cloned().collect(),
        column_options: table.column_options.iter().chain(more_options).cloned().collect(),
        replica_identity,
        replica_identity_index: None,
        comment: None,
        ..table.clone()
    })
}

/// The indexes of the partitioned table, under names of pgtend's own until the exchange.
pub fn indexes(replacement: &Replacement<'_>, piece: &Piece) -> anyhow::Result<Vec<Sql>> {
    let table = &replacement.evidence.table;
    let registry = replacement.evidence.registry.as_ref();
    let mut statements = Vec::new();
    if registry.is_some() {
        statements.push(ddl!(
            "partition/replace/forget_noted.sql",
            table = piece.relation,
            delta = replacement.evidence.names.delta,
            matches = replacement.key.matches(&replacement.key.listed("d")?)
        ));
    }
    let primary = registry.map(|registry| registry.key.as_slice());
    for index in &table.indexes {
        statements.extend(index_like(&piece.relation, &table.objects, index, primary)?);
    }
    if let Some(index) = replica_identity_index(replacement)? {
        let index = own_name(index.oid)?;
        statements.push(ddl!(
            "partition/replace/replica_identity.sql",
            table = piece.relation,
            index = index
        ));
    }
    Ok(statements)
}

fn replica_identity_index<'a>(replacement: &Replacement<'a>) -> anyhow::Result<Option<&'a Index>> {
    let (table, newest) = (&replacement.evidence.table, newest(replacement)?);
    let mut indexes = table.indexes.iter();
    match (table.properties.replica_identity, newest.replica_identity, &newest.replica_identity_index) {
        (ReplicaIdentity::Index, ..) => Ok(indexes.find(|index| index.replica_identity)),
        (ReplicaIdentity::Default, ReplicaIdentity::Index, Some(name)) => {
            let name = Relation::new(&name.schema, &name.name)?;
            Ok(indexes.find(|index| index.relation == name))
        }
        _ => Ok(None),
    }
}

/// What becomes of what hangs on the table, and of what single partitions have.
pub fn notes(replacement: &Replacement<'_>) -> Vec<String> {
    let evidence = replacement.evidence;
    let mut notes: Vec<String> =
        evidence.registry.iter().flat_map(|registry| key_notes(evidence, registry)).collect();
    let mut say = |names: Vec<String>, what: &str| {
        if !names.is_empty() {
            notes.push(format!("{}: {what}", names.join(", ")));
        }
    };
    let objects = &evidence.table.objects;
    let triggers = Handover { giver: &evidence.table };
    let triggers = triggers.triggers().map(|one| format!("trigger {}", one.name));
    say(triggers.collect(), "goes over in the exchange");
    let views = objects.views.iter().map(|one| format!("view {}", one.name.name));
    let functions = objects.functions.iter().map(|one| format!("function {}", one.name));
    say(views.chain(functions).collect(), "is defined again in the exchange");
    let publications = objects.publications.iter().filter(|one| one.named);
    say(
        publications.map(|one| format!("publication {}", one.name)).collect(),
        "the ordinary table takes the table's place",
    );
    say(alone(evidence), "goes with the partition, which alone has it");
    let mut stored = evidence.sources.iter().map(|source| &source.properties.storage);
    let first = stored.next();
    if stored.any(|other| Some(other) != first) {
        notes.push("storage parameters: the newest partition's".to_owned());
    }
    notes
}

fn key_notes(evidence: &ReplaceEvidence, registry: &Registry) -> [String; 2] {
    let columns = |columns: Vec<String>| columns.join(", ");
    let key = columns(registry.key.iter().map(Ident::plain).collect());
    let primary = evidence.table.objects.primary_key().and_then(|key| key.columns.clone());
    let wide = primary.into_iter().flatten().filter_map(|name| Ident::new(name).ok());
    let wide = columns(wide.map(|name| name.plain()).collect());
    [
        format!("primary key: ({wide}) becomes ({key}) again; {} goes", registry.relation.plain()),
        format!("statements that say ON CONFLICT ({wide}) have to say ON CONFLICT ({key})"),
    ]
}

/// Indexes and checks that the partitioned table does not have.
fn alone(evidence: &ReplaceEvidence) -> Vec<String> {
    let indexes = evidence.sources.iter().flat_map(|source| &source.indexes);
    let indexes = indexes.filter(|index| index.parent.is_none());
    let indexes = indexes.map(|index| format!("index {}", index.relation.plain()));
    let checks = evidence.sources.iter().flat_map(|source| {
        let own = source.objects.constraints.iter().filter(|one| one.kind == "c" && !is_own(&one.name));
        let own = own.filter(|one| evidence.table.objects.constraint(&one.name).is_none());
        own.map(|one| format!("check {} of {}", one.name, source.relation.plain()))
    });
    indexes.chain(checks).collect()
}
