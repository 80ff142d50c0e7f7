//! What only the catalog can tell: partitions, foreign keys, indexes, types and checks that are there.
use super::support::{found, lint, orders};
use crate::common::database::Database;
use crate::support::contains;

async fn events() -> Database {
    let db = Database::create().await;
    db.batch(
        r#"create table events (id bigint not null, "At" timestamptz not null) partition by range ("At");
           create table events_10 partition of events for values from ('2026-10-01') to ('2026-11-01');
           insert into events values (1, '2026-10-02');
           create table events_11 (like events);
           insert into events_11 values (1, '2026-11-02');
           analyze"#,
    )
    .await;
    db
}

#[tokio::test]
async fn partitioned_tables_are_known() {
    let db = events().await;
    let said = lint(&db, r#"create index i on events ("At");"#);
    contains(&said.stdout, "it is built on every partition");
    assert_eq!(
        found(&db, "-- pgtend: no-transaction\ncreate index concurrently i on events (id);"),
        ["concurrently-on-partitioned info"]
    );
    assert_eq!(
        found(&db, "alter table events add constraint k unique (id);"),
        ["unique-without-partition-key error", "constraint-builds-index info"]
    );
    assert_eq!(found(&db, r#"create unique index k on only events ("At", id);"#), [""; 0]);
    contains(&lint(&db, "drop table events_10;").stdout, "it is a partition: public.events is locked");
}

#[tokio::test]
async fn an_attach_is_judged_by_the_check_and_the_default_partition() {
    let db = events().await;
    let attach =
        "alter table events attach partition events_11 for values from ('2026-11-01') to ('2026-12-01');";
    assert_eq!(found(&db, attach), ["attach-without-check info"]);
    let check =
        r#"alter table events_11 add constraint c check ("At" >= '2026-11-01' and "At" < '2026-12-01')"#;
    db.batch(&format!("{check} not valid")).await;
    assert_eq!(found(&db, attach), ["attach-without-check info"], "not valid proves nothing");
    db.batch("alter table events_11 validate constraint c").await;
    assert_eq!(found(&db, attach), [""; 0]);
    db.batch(
        "create table events_d partition of events default; insert into events values (2, '2030-01-01')",
    )
    .await;
    assert_eq!(found(&db, attach), ["attach-beside-default-rows info"]);
}

#[tokio::test]
async fn a_column_that_a_check_proves_or_that_is_not_null_already() {
    let db = orders().await;
    let sql = "alter table orders alter column customer_id set not null;";
    assert_eq!(found(&db, sql).len(), 1);
    db.batch("alter table orders add constraint c check (customer_id is not null) not valid").await;
    assert_eq!(found(&db, sql).len(), 1, "not valid proves nothing");
    db.batch("alter table orders validate constraint c").await;
    assert_eq!(found(&db, sql), [""; 0]);
    assert_eq!(found(&db, "alter table orders alter column id set not null;"), [""; 0]);
}

#[tokio::test]
async fn types_that_leave_the_rows_alone() {
    let db = orders().await;
    for harmless in ["status type varchar(40)", "status type text", "net set data type numeric(12, 2)"] {
        assert_eq!(found(&db, &format!("alter table orders alter {harmless};")), [""; 0], "{harmless}");
    }
    for rewrite in
        ["status type varchar(10)", "net type numeric(12, 3)", "id type int", "note type text using note"]
    {
        assert_eq!(
            found(&db, &format!("alter table orders alter {rewrite};")),
            ["type-change error"],
            "{rewrite}"
        );
    }
}

#[tokio::test]
async fn an_index_that_another_one_covers() {
    let db = orders().await;
    db.batch(
        "create index a on orders (customer_id, status desc); create index p on orders (net) where status = 'open';
         create index l on orders (lower(note)); create index t on orders (note text_pattern_ops);
         create unique index u on orders (net, id) include (note)",
    )
    .await;
    let duplicate = |sql: &str| {
        let findings = found(&db, &format!("-- pgtend: no-transaction\ncreate index concurrently {sql};"));
        findings.into_iter().find(|finding| finding.starts_with("duplicate-index"))
    };
    let warning = Some("duplicate-index warning".to_owned());
    for covered in [
        "n on orders (customer_id)",
        "n on orders (customer_id, status desc)",
        "n on orders using btree (customer_id, status desc nulls first)",
        "n on orders (net) where status = 'open'",
        "n on orders (lower(note))",
        "n on orders (note text_pattern_ops)",
        "n on orders (net, id)",
    ] {
        assert_eq!(duplicate(covered), warning, "{covered}");
    }
    for other in [
        "n on orders (status)",
        "n on orders (customer_id, status)",
        "n on orders (net) where status = 'shut'",
        "n on orders (note)",
        "n on orders using hash (customer_id)",
        "n on orders (customer_id) include (note)",
    ] {
        assert_eq!(duplicate(other), None, "{other}");
    }
    assert_eq!(
        duplicate("n on orders (customer_id, status desc, note)").as_deref(),
        Some("duplicate-index info")
    );
    // What a unique index guards, a longer one does not.
    let unique =
        found(&db, "-- pgtend: no-transaction\ncreate unique index concurrently n on orders (customer_id);");
    assert_eq!(unique, [""; 0]);
}

#[tokio::test]
async fn a_swap_names_the_foreign_keys_that_stay_behind() {
    let db = orders().await;
    db.batch("create table lines (order_id bigint constraint lines_order_fk references orders (id))").await;
    let said =
        lint(&db, "alter table orders rename to orders_old; alter table vacant rename to orders;").code(3);
    contains(&said.stdout, "these foreign keys point to orders_old then: lines_order_fk of public.lines");
}

#[tokio::test]
async fn functions_are_looked_up() {
    let db = orders().await;
    db.batch(
        "create function norm(text) returns text immutable language sql as 'select $1';
         create function dice() returns float8 volatile language sql as 'select random()';
         create function fixed() returns float8 immutable language sql as 'select 1.0::float8'",
    )
    .await;
    let concurrently =
        |sql: &str| format!("-- pgtend: no-transaction\ncreate index concurrently i on orders ({sql});");
    assert_eq!(found(&db, &concurrently("norm(note)")), ["function-not-qualified warning"]);
    assert_eq!(found(&db, &concurrently("public.norm(note)")), [""; 0]);
    assert_eq!(found(&db, &concurrently("lower(note)")), [""; 0]);
    let column = |default: &str| found(&db, &format!("alter table orders add x float8 default {default};"));
    assert_eq!(column("dice()"), ["volatile-default error"]);
    assert_eq!(column("fixed()"), [""; 0]);
    assert_eq!(column("now()"), [""; 0]);
    assert_eq!(column("random()"), ["volatile-default error"]);
}

#[tokio::test]
async fn materialized_views_and_policies_that_are_there() {
    let db = orders().await;
    db.batch("create materialized view mv as select status, count(*) from orders group by status").await;
    let sql = "refresh materialized view concurrently mv;";
    assert_eq!(found(&db, sql), ["refresh-without-unique-index error"]);
    db.batch("create unique index on mv (status)").await;
    assert_eq!(found(&db, sql), [""; 0]);
    let sql = "alter table orders enable row level security;";
    assert_eq!(found(&db, sql), ["row-security-without-policy error"]);
    db.batch("create policy p on orders using (true)").await;
    assert_eq!(found(&db, sql), [""; 0]);
}
