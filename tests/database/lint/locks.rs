//! The locks that the rules name are those that the server takes.
use super::support::{lint, orders};
use crate::common::database::Database;

/// A statement, the relation whose lock the rule speaks of, and the rule.
const STATEMENTS: [(&str, &str, &str); 32] = [
    ("create index i on orders (status)", "orders", "index-not-concurrent"),
    ("drop index orders_net", "orders", "drop-index-not-concurrent"),
    ("reindex table orders", "orders", "reindex-not-concurrent"),
    ("reindex index orders_net", "orders", "reindex-not-concurrent"),
    ("alter table orders add constraint u unique (id, net)", "orders", "constraint-builds-index"),
    ("alter table orders add constraint x exclude using btree (id with =)", "orders", "exclusion-constraint"),
    (
        "alter table orders add foreign key (customer_id) references customers (id)",
        "orders",
        "foreign-key-not-valid",
    ),
    (
        "alter table orders add foreign key (customer_id) references customers (id)",
        "customers",
        "foreign-key-not-valid",
    ),
    ("alter table orders add check (net > 0)", "orders", "check-not-valid"),
    ("create table notes (customer_id bigint references customers (id))", "customers", "inline-foreign-key"),
    ("alter domain positive add check (value < 1000000)", "priced", "domain-check-not-valid"),
    ("alter table orders alter customer_id set not null", "orders", "set-not-null"),
    ("alter table orders add column u uuid default gen_random_uuid()", "orders", "volatile-default"),
    ("alter table orders add column s bigserial", "orders", "volatile-default"),
    (
        "alter table orders add column g numeric generated always as (net * 2) stored",
        "orders",
        "stored-generated-column",
    ),
    ("alter table orders alter id type numeric", "orders", "type-change"),
    ("alter table orders drop column note", "orders", "drop-column"),
    ("drop table orders", "orders", "drop-table"),
    ("drop table part", "parted", "drop-table"),
    ("alter table orders rename to purchases", "orders", "rename"),
    ("alter table orders rename column note to remark", "orders", "rename"),
    ("alter table orders set unlogged", "orders", "set-logged"),
    (
        "create trigger t after update on orders for each row execute function noop()",
        "orders",
        "trigger-on-live-table",
    ),
    ("alter table orders disable trigger all", "orders", "trigger-disabled"),
    ("create rule r as on delete to orders do instead nothing", "orders", "rule-on-table"),
    ("alter table orders enable row level security", "orders", "row-security-without-policy"),
    ("alter table parted attach partition beside for values in (2)", "beside", "attach-without-check"),
    ("create table more partition of parted for values in (3)", "parted", "partition-of-live-table"),
    ("alter table parted detach partition part", "parted", "detach-not-concurrent"),
    ("truncate orders", "orders", "truncate"),
    ("refresh materialized view mv", "mv", "refresh-not-concurrent"),
    ("cluster orders using orders_pkey", "orders", "cluster"),
];

/// From the weakest to the strongest.
const MODES: [&str; 8] = [
    "AccessShareLock",
    "RowShareLock",
    "RowExclusiveLock",
    "ShareUpdateExclusiveLock",
    "ShareLock",
    "ShareRowExclusiveLock",
    "ExclusiveLock",
    "AccessExclusiveLock",
];
const WORDS: [&str; 8] = [
    "ACCESS SHARE",
    "ROW SHARE",
    "ROW EXCLUSIVE",
    "SHARE UPDATE EXCLUSIVE",
    "SHARE",
    "SHARE ROW EXCLUSIVE",
    "EXCLUSIVE",
    "ACCESS EXCLUSIVE",
];

/// The strongest lock that a statement takes on a relation.
async fn taken(db: &Database, sql: &str, relation: &str) -> &'static str {
    let client = db.client().await;
    let oid: u32 =
        client.query_one(&format!("select '{relation}'::regclass::oid"), &[]).await.unwrap().get(0);
    client.batch_execute(&format!("begin; {sql}")).await.unwrap_or_else(|error| panic!("{error:?}\n{sql}"));
    let rows = client
        .query("select mode from pg_locks where locktype = 'relation' and relation = $1 and pid = pg_backend_pid()", &[&oid])
        .await
        .unwrap();
    client.batch_execute("rollback").await.unwrap();
    let place = |mode: &str| MODES.iter().position(|known| *known == mode).unwrap();
    rows.iter().map(|row| place(row.get(0))).max().map_or("no lock", |strongest| WORDS[strongest])
}

#[tokio::test]
async fn each_rule_names_the_lock_that_is_taken() {
    let db = orders().await;
    db.batch(
        "create index orders_net on orders (net);
         create function noop() returns trigger language plpgsql as 'begin return null; end';
         create domain positive as numeric; create table priced (price positive); insert into priced values (1);
         analyze",
    )
    .await;
    db.batch(
        "create table parted (a int) partition by list (a); create table part partition of parted for values in (1);
         insert into parted values (1); create table beside (a int); insert into beside values (2);
         create materialized view mv as select 1 as one",
    )
    .await;
    let mut wrong = Vec::new();
    for (sql, relation, rule) in STATEMENTS {
        let mode = taken(&db, sql, relation).await;
        let document = lint(&db, &format!("{sql};")).json();
        let findings = document["findings"].as_array().unwrap_or_else(|| panic!("{sql}: {document}"));
        let Some(finding) = findings.iter().find(|finding| finding["rule"] == rule) else {
            wrong.push(format!("{sql}: {rule} is not found"));
            continue;
        };
        let lock = finding["lock"].as_str().unwrap();
        if !lock.starts_with(&format!("{mode} on ")) {
            wrong.push(format!("{sql}: {mode} on {relation}, but {rule} says: {lock}"));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
