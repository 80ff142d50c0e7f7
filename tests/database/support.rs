//! What the tests of all nouns share.
use crate::common::database::Database;

/// What the catalog says of everything that users made: two runs that say the same have changed nothing between.
pub async fn fingerprint(db: &Database) -> String {
    db.value(
        "select string_agg(x, E'\n' order by x) from (
             select format('%s %s %s %s %s %s', c.oid, c.relname, c.relkind, c.relacl, c.relowner,
                           pg_get_expr(c.relpartbound, c.oid)) from pg_class as c where c.oid >= 16384
             union all
             select format('%s %s %s', k.oid, k.conname, k.convalidated) from pg_constraint as k where k.oid >= 16384
             union all
             select format('%s %s', d.objoid, d.description) from pg_description as d where d.objoid >= 16384
             union all
             select format('%s %s %s', i.inhrelid, i.inhparent, i.inhdetachpending) from pg_inherits as i
             union all
             select n.nspname::text from pg_namespace as n where n.nspname !~ '^pg_'
         ) as t(x)",
    )
    .await
}

/// A statement that pg_stat_statements, which all databases of a server share, knows by this name and database: of a plain
/// alias it takes no notice.
pub fn said(db: &Database, name: &str, value: &str) -> String {
    let name = format!("{name}_{}", db.name());
    format!("with {name} as (select {value}) select * from {name} ;")
}

#[track_caller]
pub fn contains(text: &str, part: &str) {
    assert!(text.contains(part), "no `{part}` in\n{text}");
}
