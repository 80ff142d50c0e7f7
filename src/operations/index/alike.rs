//! Whether an index that is there is the one that is wanted, as far as the catalog tells without reading expressions.
use crate::pg::catalog::KeyType;
use crate::pg::index::{IndexDefinition, Key, KeyOf, Parameter, Qualified};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Likeness {
    Other,
    Same,
    /// All else is the same, and the texts of expressions differ, which may mean nothing.
    IfExpressionsAre,
}

/// `types`: the operator classes and collations that the keys found have, the usual ones among them. What `wanted`
/// says nothing of, a tablespace or storage parameters, is as it is.
pub fn likeness(wanted: &IndexDefinition, found: &IndexDefinition, types: &[KeyType]) -> Likeness {
    let kind = |one: &IndexDefinition| (one.unique, one.method.clone(), one.nulls_not_distinct);
    let place = wanted.tablespace.is_none() || wanted.tablespace == found.tablespace;
    if kind(wanted) != kind(found)
        || wanted.include != found.include
        || wanted.keys.len() != found.keys.len()
        || wanted.predicate.is_some() != found.predicate.is_some()
        || !place
        || !(wanted.options.is_empty() || same_parameters(&wanted.options, &found.options))
    {
        return Likeness::Other;
    }
    let mut same = wanted.predicate == found.predicate;
    for ((wanted, found), key_type) in wanted.keys.iter().zip(&found.keys).zip(types) {
        match key(wanted, found, key_type) {
            Likeness::Other => return Likeness::Other,
            Likeness::Same => {}
            Likeness::IfExpressionsAre => same = false,
        }
    }
    if same { Likeness::Same } else { Likeness::IfExpressionsAre }
}

fn key(wanted: &Key, found: &Key, key_type: &KeyType) -> Likeness {
    let order = |key: &Key| (key.descending, key.nulls_first);
    let collation = match &wanted.collation {
        None => found.collation.is_none(),
        Some(collation) => key_type.collation.as_ref().is_some_and(|own| named(collation, own)),
    };
    let opclass = match (&wanted.opclass, &found.opclass) {
        (None, found) => found.is_none(),
        (Some(wanted), found) => {
            let parameters = found.as_ref().map_or(&[][..], |found| &found.parameters);
            named(&wanted.name, &key_type.opclass) && same_parameters(&wanted.parameters, parameters)
        }
    };
    if order(wanted) != order(found) || !collation || !opclass {
        return Likeness::Other;
    }
    match (&wanted.of, &found.of) {
        (KeyOf::Column(wanted), KeyOf::Column(found)) if wanted == found => Likeness::Same,
        (KeyOf::Expression(wanted), KeyOf::Expression(found)) if wanted == found => Likeness::Same,
        (KeyOf::Column(_), KeyOf::Column(_)) => Likeness::Other,
        // A column in brackets is that column to the server.
        _ => Likeness::IfExpressionsAre,
    }
}

/// A name without a schema means the one that is found.
fn named(wanted: &Qualified, found: &Qualified) -> bool {
    wanted.name == found.name && (wanted.schema.is_none() || wanted.schema == found.schema)
}

fn same_parameters(wanted: &[Parameter], found: &[Parameter]) -> bool {
    wanted.len() == found.len()
        && wanted.iter().all(|one| {
            found.iter().any(|other| one.name == other.name && one.value.eq_ignore_ascii_case(&other.value))
        })
}
