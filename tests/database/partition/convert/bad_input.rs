//! What cannot be converted is told at once, each with what to do, and nothing is changed.
use crate::common::database::Database;
use crate::partition::convert::all_refused;
use crate::partition::support::{contains, fingerprint, tend};

pub const TABLE: &str = "create table messages (id text primary key, at timestamptz not null, body text);";
const CONVERT: [&str; 7] = ["partition", "convert", "messages", "--by", "at", "--every", "month"];

/// Setup after [`TABLE`], what is said.
const CASES: &[(&str, &str)] = &[
    (
        "create table reads (m text references messages (id));",
        "reads_m_fkey of public.reads refer to id, which alone cannot be the primary key",
    ),
    (
        "create table reads (m text references messages (id));",
        "--incoming-fk registry   they refer to a table public.messages_ids",
    ),
    ("create materialized view v as select * from messages;", "materialized view public.v would stay with the old table"),
    ("create function f(messages) returns int language sql as 'select 1';", "function public.f(public.messages)"),
    ("create table other (m messages);", "table public.other"),
    ("create rule r as on delete to messages do instead nothing;", "rule r would stay"),
    (
        "create table guarded (id text); create policy p on guarded using (exists (select from messages));",
        "policy p on table public.guarded",
    ),
    ("create table child () inherits (messages);", "it takes part in inheritance"),
    ("alter table messages set unlogged;", "it is unlogged"),
    ("create unique index u on messages (body);", "index u keeps values unique without \"at\""),
    ("alter table messages add constraint u unique (body);", "u keeps values unique without \"at\""),
    ("alter table messages add constraint c check (body <> '') not valid;", "c is not valid"),
    ("alter table messages add constraint c check (body <> '') no inherit;", "c is NO INHERIT"),
    ("alter table messages add constraint e exclude using btree (body with =);", "e is an exclusion constraint"),
    ("create unique index r on messages (id); alter table messages replica identity using index r;", "its replica identity is an index"),
    (
        "create function f() returns trigger language plpgsql as 'begin return null; end';
         create trigger t after insert on messages referencing new table as n for each row execute function f();",
        "trigger t is for each row and has transition tables",
    ),
    (
        "create function f() returns trigger language plpgsql as 'begin new.at := coalesce(new.at, now()); return new; end';
         create trigger t before insert on messages for each row execute function f();",
        "trigger t gives \"at\" its value before a row is written",
    ),
    ("create publication p for table messages;", "publish_via_partition_root = true"),
    ("alter table messages add parent text references messages (id);", "messages_parent_fkey refers from the table to itself"),
    ("alter table messages alter at drop not null; insert into messages values ('a');", "1 rows have no \"at\""),
    ("insert into messages values ('a', '2099-01-01Z'), ('b', 'infinity');", "2 rows lie in the far future by \"at\", up to infinity"),
    ("create table messages_legacy ();", "the name public.messages_legacy is taken"),
    ("create view messages_partitioned as select 1;", "the name public.messages_partitioned is taken"),
    ("create table messages_p2026_12 ();", "the name public.messages_p2026_12 is taken"),
];

#[tokio::test]
async fn what_is_in_the_way_is_told_and_nothing_is_changed() {
    all_refused(&CONVERT, CASES).await;
}

#[tokio::test]
async fn all_that_is_in_the_way_is_told_at_once() {
    let db = Database::create().await;
    db.batch(&format!("{TABLE} create table messages_legacy (); create unique index u on messages (body);"))
        .await;
    let refused = tend(&db, CONVERT).run().code(1);
    contains(&refused.stderr, "2 things are in the way");
}

#[tokio::test]
async fn what_is_asked_for_must_make_sense() {
    let db = Database::create().await;
    db.batch(TABLE).await;
    let before = fingerprint(&db).await;
    let said = |arguments: &'static [&'static str], code: i32, said: &'static str| {
        let output = tend(&db, ["partition", "convert"]).args(arguments).run().code(code);
        contains(&output.stderr, said);
    };
    said(&["messages"], 2, "nothing says by which column");
    said(&["messages", "--by", "When"], 2, "its columns are id, at, body");
    said(&["messages", "--by", "body"], 2, "epoch-s, epoch-ms, uuidv7, ulid, ksuid");
    said(&["message", "--by", "at"], 1, "did you mean `public.messages`?");
    said(&["messages", "--abort", "--undo"], 2, "cannot be used with");
    assert_eq!(before, fingerprint(&db).await);
    db.batch("create table parts (at date) partition by range (at)").await;
    said(&["parts", "--by", "at"], 1, "is a partitioned table already");
    said(&["parts", "--undo"], 1, "is a partitioned table already");
}

#[tokio::test]
async fn a_role_without_the_right_is_told_which() {
    let db = Database::create().await;
    db.batch(TABLE).await;
    let role = db.role("guest").await;
    db.batch(&format!("grant select on messages to {role}")).await;
    let denied = db.pgtend_as(&role, []).args(CONVERT).run().code(4);
    contains(&denied.stderr, "grant ");
}
