//! What the tests of the index commands share: a tree of tables, and how indexes are told.
use crate::common::database::Database;
pub use crate::support::{contains, fingerprint};

/// A plain table and a partitioned one, two levels deep, with the same columns and some rows.
pub async fn tables() -> Database {
    let db = Database::create().await;
    db.batch(
        r#"create table plain (id int not null, at timestamptz not null, name varchar(40), "Mixed Case" text, doc jsonb,
                               area box, tags int[]);
           create table events (like plain) partition by range (at);
           create table events_a partition of events for values from ('2026-01-01Z') to ('2026-02-01Z');
           create table events_b partition of events for values from ('2026-02-01Z') to ('2026-03-01Z')
               partition by hash (id);
           create table events_b0 partition of events_b for values with (modulus 2, remainder 0);
           create table events_b1 partition of events_b for values with (modulus 2, remainder 1);
           insert into plain
           select n, '2026-01-01Z'::timestamptz + n * interval '1 hour', 'n' || n, 'M' || n, '{"a": 1}', null, '{1}'
           from generate_series(1, 1400) as n;
           insert into events select * from plain"#,
    )
    .await;
    db
}

/// Every user's index with its place and state, as `name | valid | parent | definition`.
pub async fn indexes(db: &Database) -> String {
    db.value(
        "select string_agg(concat_ws(' | ', c.relname, i.indisvalid, (
                    select p.relname from pg_inherits as h join pg_class as p on p.oid = h.inhparent
                    where h.inhrelid = c.oid), pg_get_indexdef(c.oid)), E'\n' order by c.relname)
         from pg_index as i join pg_class as c on c.oid = i.indexrelid
         where c.relnamespace::regnamespace::text not in ('pg_catalog', 'pg_toast', 'pgtend')",
    )
    .await
}

/// How many indexes are not valid.
pub async fn invalid(db: &Database) -> String {
    db.value("select count(*) from pg_index where not indisvalid").await
}
