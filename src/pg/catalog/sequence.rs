//! Where sequences stand that were set and not called yet: the catalog's functions know nothing of them.
use crate::pg::name::{Literal, Relation};
use crate::pg::session::Session;
use crate::pg::sql::{Fragment, Sql};
use crate::pg::state::ServerError;
use crate::{ddl, query};

/// What the next call of each gives, by its oid.
#[derive(Clone, Debug, Default)]
pub struct Uncalled(Vec<(u32, i64)>);

/// Of one statement.
const MOST: usize = 500;

/// Reads the sequences that this role may read and nobody locks.
pub async fn uncalled_sequences(session: &Session) -> Result<Uncalled, ServerError> {
    let query = query!("catalog/uncalled_sequences.sql");
    let mut sequences = Vec::new();
    for row in session.query(&query, &[]).await? {
        let (oid, schema, name): (u32, String, String) = (row.get(0), row.get(1), row.get(2));
        // A name that no identifier can hold is none that the server gave.
        let Ok(relation) = Relation::new(schema, name) else { continue };
        sequences.push((oid, relation));
    }
    let mut uncalled = Vec::with_capacity(sequences.len());
    for some in sequences.chunks(MOST) {
        let position = |(oid, relation): &(u32, Relation)| -> Sql {
            ddl!("catalog/sequence_position.sql", oid = *oid, sequence = *relation)
        };
        let positions = Fragment::joined(some.iter().map(position), "\nunion all\n");
        let rows = session.read(&ddl!("catalog/sequence_positions.sql", positions = positions)).await?;
        uncalled.extend(rows.iter().filter_map(|row| {
            let [Some(oid), Some(value)] = row.as_slice() else { return None };
            Some((oid.parse().ok()?, value.parse().ok()?))
        }));
    }
    Ok(Uncalled(uncalled))
}

impl Uncalled {
    /// As an `oid[]`, in the order of [`Self::values`].
    pub fn oids(&self) -> Literal {
        array(self.0.iter().map(|(oid, _)| oid))
    }

    /// As a `bigint[]`.
    pub fn values(&self) -> Literal {
        array(self.0.iter().map(|(_, value)| value))
    }
}

fn array(values: impl Iterator<Item = impl ToString>) -> Literal {
    let values: Vec<String> = values.map(|value| value.to_string()).collect();
    Literal(format!("{{{}}}", values.join(",")))
}
