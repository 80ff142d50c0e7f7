//! What will happen to everything that hangs on the table, and what the conversion costs: the notes of its plan.
use crate::operations::partition::convert::added::Addition;
use crate::operations::partition::convert::conversion::Conversion;
use crate::operations::partition::convert::cost;
use crate::operations::partition::convert::handover::Handover;
use crate::operations::partition::convert::referring::MOVES_ARE_UPDATES;
use crate::operations::partition::convert::terms::IncomingFk;
use crate::pg::catalog::{ForeignKeyIn, IndexKind, OnDelete};
use crate::pg::name::Ident;

pub(super) fn notes(conversion: &Conversion<'_>) -> anyhow::Result<Vec<String>> {
    let mut notes = layout(conversion)?;
    keys(conversion, &mut notes)?;
    indexes(conversion, &mut notes);
    hanging(conversion, &mut notes);
    notes.extend(cost::notes(conversion)?);
    Ok(notes)
}

fn layout(conversion: &Conversion<'_>) -> anyhow::Result<Vec<String>> {
    let until = conversion.key.literal(conversion.to)?;
    let first = format!(
        "partitioned by {}: {} keeps all its rows, where they are, as the partition before {until}",
        conversion.key.column,
        conversion.evidence.names.legacy.plain()
    );
    let partitions = &conversion.partitions;
    let after = match (partitions.first(), partitions.last()) {
        (Some(first), Some(last)) if partitions.len() > 1 => {
            format!(
                "{} partitions after it, {} to {}",
                partitions.len(),
                first.relation.plain(),
                last.relation.plain()
            )
        }
        (Some(only), _) => format!("1 partition after it, {}", only.relation.plain()),
        _ => "no partition after it".to_owned(),
    };
    Ok(vec![
        first,
        after,
        format!(
            "from step \"keep rows out\" to the cut-over a row from {until} on, or without {}, is refused",
            conversion.key.column
        ),
    ])
}

fn keys(conversion: &Conversion<'_>, notes: &mut Vec<String>) -> anyhow::Result<()> {
    let key = conversion.new_primary();
    if !conversion.widened {
        if !key.is_empty() {
            notes.push(format!("primary key ({}): stays as it is", columns(&key)));
        }
    } else {
        let unique = if conversion.registry() {
            format!("{} keeps each one unique", conversion.evidence.names.registry.plain())
        } else {
            "nothing keeps each one unique over all partitions; --incoming-fk registry would".to_owned()
        };
        notes.push(format!(
            "primary key: ({}) becomes ({}); {unique}",
            columns(&conversion.primary),
            columns(&key)
        ));
        notes.push(format!(
            "statements that say ON CONFLICT ({0}) have to say ON CONFLICT ({1}); another row of the same ({0}) is no \
             conflict of theirs, {2}",
            columns(&conversion.primary),
            columns(&key),
            if conversion.registry() { "it is refused" } else { "and comes in beside it" }
        ));
    }
    if conversion.composite() {
        for addition in conversion.additions()? {
            composite(conversion, &addition, notes);
        }
    } else {
        for one in conversion.incoming() {
            notes.push(incoming(conversion, one)?);
        }
    }
    for one in conversion.evidence.whole.objects.constraints.iter().filter(|one| one.kind == "f") {
        notes.push(format!("foreign key {}: the partitioned table has it too", one.name));
    }
    Ok(())
}

fn columns(columns: &[Ident]) -> String {
    columns.iter().map(Ident::plain).collect::<Vec<_>>().join(", ")
}

fn incoming(conversion: &Conversion<'_>, one: &ForeignKeyIn) -> anyhow::Result<String> {
    let name = format!("foreign key {} of {}", one.name, one.table.relation()?.plain());
    Ok(match (conversion.widened, conversion.terms.incoming) {
        (false, _) => {
            format!("{name}: made again in the cut-over, proved after it; checked at every instant")
        }
        (true, IncomingFk::Registry) => {
            format!(
                "{name}: refers to {} instead; checked at every instant",
                conversion.evidence.names.registry.plain()
            )
        }
        (true, _) => format!("{name}: is dropped"),
    })
}

fn composite(conversion: &Conversion<'_>, addition: &Addition<'_>, notes: &mut Vec<String>) {
    let Addition { key, table, column, trigger, .. } = addition;
    let (name, table, column) = (&key.name, table.plain(), column.plain());
    let (wide, by) = (columns(&conversion.new_primary()), conversion.key.column.plain());
    notes.push(format!(
        "foreign key {name} of {table}: refers to ({wide}), by a new column {column}, which trigger {} fills; checked at \
         every instant",
        trigger.raw()
    ));
    notes.push(format!(
        "{table}: statements that read all its columns get {column} as well; COPY without a list of columns has to give it"
    ));
    if key.on_update != OnDelete::Cascade {
        notes.push(format!(
            "foreign key {name} of {table}: what changes in ({wide}) changes there too, ON UPDATE CASCADE"
        ));
    }
    if conversion.evidence.version.major() < MOVES_ARE_UPDATES {
        notes.push(format!(
            "foreign key {name} of {table}: a row that it refers to cannot get a {by} of another partition, before \
             PostgreSQL 15"
        ));
    }
    let objects = conversion.evidence.referring.get(&key.table_oid);
    let triggers = objects.iter().flat_map(|objects| &objects.triggers);
    let later = triggers.filter(|one| one.row && one.name.as_str() > trigger.raw());
    for one in later.filter(|one| one.definition.contains(" BEFORE ")) {
        notes.push(format!(
            "trigger {} of {table}: fires after {}, and must not change what the row refers to: give it another name if \
             it does",
            one.name,
            trigger.raw()
        ));
    }
    let publications = objects.iter().flat_map(|objects| &objects.publications);
    for one in publications.filter(|one| one.columns.is_none()) {
        let publication = &one.name;
        notes.push(format!(
            "publication {publication} of {table}: its subscribers need the column {column} before"
        ));
    }
}

fn indexes(conversion: &Conversion<'_>, notes: &mut Vec<String>) {
    for (index, _) in conversion.indexes() {
        if index.kind != IndexKind::PrimaryKey {
            notes.push(format!(
                "{} {}: the partitioned table has it, and the table's own becomes its part",
                index.kind.words(),
                index.relation.name.plain()
            ));
        }
    }
}

fn hanging(conversion: &Conversion<'_>, notes: &mut Vec<String>) {
    let whole = &conversion.evidence.whole;
    let objects = &whole.objects;
    let handover = Handover { giver: whole };
    notes.extend(handover.triggers().map(|one| format!("trigger {}: goes over in the cut-over", one.name)));
    notes.extend(objects.views.iter().map(|one| {
        format!("view {}: is defined again in the cut-over, so that it reads all partitions", one.name.name)
    }));
    notes.extend(objects.functions.iter().map(|one| {
        format!(
            "function {}: is defined again in the cut-over, for its body names the table by its oid",
            one.name
        )
    }));
    notes.extend(
        objects
            .publications
            .iter()
            .filter(|one| one.named)
            .map(|one| format!("publication {}: the partitioned table takes the table's place", one.name)),
    );
    notes.extend(objects.sequences.iter().map(|one| match one.identity {
        true => format!("identity of {}: goes over and goes on where it stands", one.column),
        false => format!("sequence {}: belongs to the partitioned table's {}", one.name.name, one.column),
    }));
    let checks = objects.constraints.iter().filter(|one| one.kind == "c" && !super::names::is_own(&one.name));
    notes.extend(checks.map(|one| format!("check {}: the partitioned table has it too", one.name)));
    let properties = &whole.properties;
    let mut same = vec!["owner", "privileges", "comments", "defaults"];
    let mut also = |when: bool, what: &'static str| same.extend(when.then_some(what));
    also(properties.row_security, "row security");
    also(!properties.policies.is_empty(), "policies");
    also(!properties.statistics.is_empty(), "statistics targets");
    also(objects.extended_statistics > 0, "extended statistics");
    notes.push(format!("{}: as the table's", same.join(", ")));
    if !properties.storage.is_empty() {
        notes.push(format!(
            "storage parameters ({}): the partitions have them",
            properties.storage.join(", ")
        ));
    }
}
