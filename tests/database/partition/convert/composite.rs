//! Foreign keys that refer to both columns of the wider primary key: applications go on to write only the first.
use crate::common::database::Database;
use crate::partition::convert::bad_input::TABLE;
use crate::partition::convert::everything::{UNDO, catalog};
use crate::partition::convert::table::{assert_same, everything_with, properties};
use crate::partition::convert::{all_refused, held_up};
use crate::partition::support::{at, contains, fingerprint, tend};
use crate::support::open_functions;

pub const COMPOSITE: [&str; 9] = [
    "partition",
    "convert",
    "messages",
    "--by",
    "createdAt",
    "--every",
    "month",
    "--incoming-fk",
    "composite",
];
const ABORT: [&str; 4] = ["partition", "convert", "messages", "--abort"];

pub async fn version(db: &Database) -> u32 {
    db.value("select current_setting('server_version_num')::int / 10000").await.parse().unwrap()
}

/// What PostgreSQL 14 allows is less.
async fn everything() -> Database {
    let old = version(&Database::create().await).await < 15;
    everything_with(if old { "on update cascade" } else { "on update cascade on delete cascade" }).await
}

async fn code(db: &Database, sql: &str) -> String {
    db.client().await.batch_execute(sql).await.unwrap_err().code().unwrap().code().to_owned()
}

const PAIRS: &str = r#"select count(*) from reads left join messages on id = message_id and "createdAt" = "message_createdAt"
    where id is null or message_id is null"#;

#[tokio::test]
async fn nothing_that_users_see_changes() {
    let db = everything().await;
    let before = properties(&db).await;
    tend(&db, COMPOSITE).run().success();
    assert_same(&before, &properties(&db).await);
    assert_eq!(db.value(PAIRS).await, "0");
    let again = tend(&db, COMPOSITE).args(["--verbose"]).run().success();
    contains(&again.stderr, "nothing to do");
    assert_eq!(open_functions(&db).await, "");
    let replica =
        "set session_replication_role = replica; insert into reads (message_id, reader) values ('m2', 77)";
    db.client().await.batch_execute(replica).await.unwrap();
    assert_eq!(db.value(PAIRS).await, "0");
    db.batch("delete from reads where reader = 77").await;
    works(&db).await;
}

#[tokio::test]
async fn the_way_back_leaves_all_tables_as_they_were() {
    let db = everything().await;
    let (before, tables) = (properties(&db).await, catalog(&db).await);
    tend(&db, COMPOSITE).run().success();
    db.batch(
        r#"insert into messages (id, "createdAt", sender, counted, number) values ('late', '2027-01-05Z', 1, 0, 0);
           insert into reads values ('late', 7)"#,
    )
    .await;
    db.batch(r#"create table more (id text, at timestamptz, foreign key (id, at) references messages (id, "createdAt"))"#)
        .await;
    let more = "foreign key more_id_at_fkey of more refers to (id, createdAt), which will be no key";
    contains(&tend(&db, UNDO).run().code(1).stderr, more);
    db.batch("drop table more").await;
    tend(&db, UNDO).run().success();
    assert_eq!(db.value("select reader from reads where message_id = 'late'").await, "7");
    db.batch("delete from reads where message_id = 'late'; delete from messages where id = 'late'").await;
    assert_same(&before, &properties(&db).await);
    assert_eq!(tables, catalog(&db).await);
    tend(&db, UNDO).run().success();
    tend(&db, COMPOSITE).run().success();
    works(&db).await;
}

#[tokio::test]
async fn abort_takes_back_columns_too() {
    let db = everything().await;
    let tables = catalog(&db).await;
    held_up(&db, &COMPOSITE).await;
    assert_eq!(db.value(r#"select count(*) from reads where "message_createdAt" is null"#).await, "0");
    assert_eq!(code(&db, "insert into reads values ('nobody', 1)").await, "23503");
    let registry = COMPOSITE.map(|word| if word == "composite" { "registry" } else { word });
    contains(&tend(&db, registry).run().code(1).stderr, "an earlier run began with --incoming-fk composite");
    tend(&db, ABORT).run().success();
    assert_eq!(tables, catalog(&db).await);
    tend(&db, ABORT).run().success();
    tend(&db, COMPOSITE).run().success();
    works(&db).await;
}

/// Statements that know nothing of the second column, and some that do.
async fn works(db: &Database) {
    db.batch(
        r#"insert into messages (id, "createdAt", sender) values ('new', '2026-11-20Z', 1), ('late', '2027-01-20Z', 1);
           insert into reads values ('new', 1), ('late', 1), ('m2', 7);
           insert into reads (message_id, reader, "message_createdAt") values ('new', 2, '2020-01-01Z')"#,
    )
    .await;
    assert_eq!(db.value(PAIRS).await, "0");
    assert_eq!(code(db, "insert into reads values ('nobody', 1)").await, "23503");
    assert_eq!(code(db, "update reads set message_id = 'nobody' where message_id = 'new'").await, "23503");
    db.batch("update reads set message_id = 'late' where message_id = 'new' and reader = 2").await;
    db.batch(r#"update messages set "createdAt" = '2026-11-21Z' where id = 'new'"#).await;
    db.batch("update messages set id = 'newer' where id = 'new'").await;
    assert_eq!(db.value("select count(*) from reads where message_id = 'newer'").await, "1");
    assert_eq!(db.value(PAIRS).await, "0");
    let moved = r#"update messages set "createdAt" = '2027-02-01Z' where id = 'newer'"#;
    if version(db).await < 15 {
        assert_eq!(code(db, moved).await, "23503");
        assert_eq!(code(db, "delete from messages where id = 'newer'").await, "23503");
        db.batch("delete from reads where message_id in ('newer', 'm1')").await;
    } else {
        db.batch(moved).await;
        assert_eq!(db.value("select count(*) from reads where message_id = 'newer'").await, "1");
        assert_eq!(db.value(PAIRS).await, "0");
    }
    db.batch("delete from messages where id in ('newer', 'm1')").await;
    assert_eq!(db.value("select count(*) from reads where message_id in ('newer', 'm1')").await, "0");
    assert_eq!(code(db, "truncate messages").await, "0A000");
    // The same id twice: a reference that says which of them stands, one that does not means the later one.
    db.batch(
        r#"insert into messages (id, "createdAt", sender) values ('twice', '2026-11-20Z', 1), ('twice', '2027-01-20Z', 1);
           insert into reads (message_id, reader, "message_createdAt") values ('twice', 1, '2026-11-20Z'), ('twice', 2, null)"#,
    )
    .await;
    let months = r#"select string_agg(extract(month from "message_createdAt")::text, ' ' order by reader) from reads
                    where message_id = 'twice'"#;
    assert_eq!(db.value(months).await, "11 1");
}

#[tokio::test]
async fn the_plan_tells_what_tables_that_refer_get() {
    let db = everything().await;
    db.batch("create publication heard for table reads").await;
    let before = fingerprint(&db).await;
    let plan = tend(&db, COMPOSITE).args(["--dry-run"]).run().success().stdout;
    assert_eq!(before, fingerprint(&db).await);
    for told in [
        "refers to (id, \"createdAt\"), by a new column \"message_createdAt\", which trigger zz_pgtend_message_createdAt fills",
        "nothing keeps each one unique over all partitions; --incoming-fk registry would",
        "COPY without a list of columns has to give it",
        "publication heard of public.reads: its subscribers need the column",
        "lock: ACCESS EXCLUSIVE on public.reads, for an instant",
        "match full",
        "set session_replication_role = replica",
        "to fill \"message_createdAt\" of public.reads: ",
    ] {
        contains(&plan, told);
    }
}

const TWO: &str = r#"
create schema other;
create table "Things" (tenant int, id bigint, at date, primary key (tenant, id));
insert into "Things" select n % 3, n, '2026-10-01'::date + n % 50 from generate_series(1, 300) as n;
create table other.links (
    tenant int not null, "fromId" int not null, "toId" int not null, note text, touched int default 0,
    constraint "from it" foreign key (tenant, "fromId") references "Things",
    constraint "to it" foreign key (tenant, "toId") references "Things" on update cascade on delete restrict
);
create table marks (tenant int, thing int, foreign key (thing, tenant) references "Things" (id, tenant) match full);
insert into other.links select id % 3, id, id, 'n' from "Things";
insert into marks select tenant, id from "Things" union all select null, null;
create function touch() returns trigger language plpgsql as 'begin new.touched := old.touched + 1; return new; end';
create trigger touch before update on other.links for each row execute function touch();
create trigger redirect before insert on other.links for each row execute function redirect();
"#;
const REDIRECT: &str = r#"
create function redirect() returns trigger language plpgsql as
    'begin if new.note = ''self'' then new."toId" := new."fromId"; end if; return new; end';"#;

/// More columns, two foreign keys of one table, another schema, names to quote, triggers of the application's.
#[tokio::test]
async fn foreign_keys_of_all_kinds() {
    let db = Database::create().await;
    db.batch(&format!("{REDIRECT}{TWO}")).await;
    let tables = catalog(&db).await;
    let convert = ["partition", "convert", "Things", "--by", "at", "--incoming-fk", "composite"];
    tend(&db, convert).run().success();
    let columns = "select string_agg(attname, ' ' order by attnum) from pg_attribute where attrelid = 'other.links'::regclass
                   and attnum > 5 and not attisdropped";
    assert_eq!(db.value(columns).await, "fromAt toAt");
    let definitions = "select string_agg(conname || ' ' || pg_get_constraintdef(oid) || convalidated, E'\n' order by conname)
                       from pg_constraint where conrelid in ('other.links'::regclass, 'marks'::regclass)
                       and contype = 'f' and conparentid = 0";
    assert_eq!(
        db.value(definitions).await,
        "from it FOREIGN KEY (tenant, \"fromId\", \"fromAt\") REFERENCES \"Things\"(tenant, id, at) MATCH FULL ON UPDATE CASCADEtrue\n\
         marks_thing_tenant_fkey FOREIGN KEY (thing, tenant, thing_at) REFERENCES \"Things\"(id, tenant, at) MATCH FULL ON UPDATE CASCADEtrue\n\
         to it FOREIGN KEY (tenant, \"toId\", \"toAt\") REFERENCES \"Things\"(tenant, id, at) MATCH FULL ON UPDATE CASCADE ON DELETE RESTRICTtrue"
    );
    assert_eq!(db.value("select max(touched) from other.links").await, "0");
    db.batch(r#"insert into other.links (tenant, "fromId", "toId", note) values (1, 4, -1, 'self'), (1, 4, 7, '')"#).await;
    let same = r#"select string_agg((l."toAt" = t.at and l."fromAt" = f.at)::text, ' ') from other.links as l
                  join "Things" as t on t.id = l."toId" join "Things" as f on f.id = l."fromId" where l."fromId" = 4"#;
    assert_eq!(db.value(same).await, "true true true");
    db.batch("insert into marks values (null, null)").await;
    assert_eq!(code(&db, "insert into marks values (1, null)").await, "23503");
    assert_eq!(code(&db, r#"delete from "Things" where id = 7"#).await, "23503");
    tend(&db, ["partition", "convert", "Things", "--undo"]).run().success();
    assert_eq!(tables, catalog(&db).await);
    assert_eq!(db.value("select count(*) from other.links where touched > 0").await, "0");
    let registry = convert.map(|word| if word == "composite" { "registry" } else { word });
    tend(&db, registry).run().success();
    assert_eq!(code(&db, "insert into marks values (1, -1)").await, "23503");
    db.batch("insert into marks values (1, 4)").await;
    tend(&db, ["partition", "convert", "Things", "--undo"]).run().success();
    assert_eq!(tables, catalog(&db).await);
}

#[tokio::test]
async fn what_delete_does_it_does_as_before() {
    let db = Database::create().await;
    db.batch(
        "create table messages (id int primary key, at timestamptz);
         insert into messages select n, '2026-09-01Z' from generate_series(1, 9) as n;
         create table nulls (message_id int references messages on delete set null, n int);
         create table defaults (message_id int default 1 references messages on delete set default, n int);
         create table strict (message_id int references messages on delete restrict, n int);
         insert into nulls values (2, 1), (null, 2);
         insert into defaults values (2, 1), (null, 2), (1, 3);
         insert into strict values (3, 1);",
    )
    .await;
    let before = fingerprint(&db).await;
    let output = tend(&db, REFUSED).run();
    if version(&db).await < 15 {
        let refused = output.code(1).stderr;
        for told in ["nulls", "defaults"] {
            contains(
                &refused,
                &format!("{told}_message_id_fkey of public.{told} acts on delete, and before PostgreSQL 15"),
            );
        }
        assert!(!refused.contains("strict"), "{refused}");
        assert_eq!(before, fingerprint(&db).await);
        return;
    }
    output.success();
    db.batch("delete from messages where id = 2; update messages set at = '2027-01-01Z' where id in (1, 3)")
        .await;
    let rows = |table| {
        format!(
            "select string_agg(concat_ws(' ', n, message_id, extract(year from message_at)), ', ' order by n) from {table}"
        )
    };
    assert_eq!(db.value(&rows("nulls")).await, "1, 2");
    assert_eq!(db.value(&rows("defaults")).await, "1 1 2027, 2, 3 1 2027");
    assert_eq!(db.value(&rows("strict")).await, "1 3 2027");
    // RESTRICT has a code of its own since PostgreSQL 18.
    assert!(["23001", "23503"].contains(&code(&db, "delete from messages where id = 3").await.as_str()));
}

/// A key of another kind, which could be null: nothing can refer to it before that is out of the question.
#[tokio::test]
async fn a_key_that_could_be_null() {
    let db = Database::create().await;
    db.batch(
        r#"create table notes (id uuid primary key default gen_random_uuid(), ulid text collate "C");
           create table marks (note uuid references notes);
           insert into notes (ulid) select '01KAHZ' || lpad(n::text, 20, '0') from generate_series(1, 300) as n;
           insert into marks select id from notes;"#,
    )
    .await;
    let convert =
        ["partition", "convert", "notes", "--by", "ulid", "--encoding", "ulid", "--incoming-fk", "composite"];
    tend(&db, convert).run().success();
    assert_eq!(
        db.value("select count(*) from marks join notes on id = note and ulid = note_ulid").await,
        "300"
    );
    let collation =
        "select attcollation = '\"C\"'::regcollation from pg_attribute where attname = 'note_ulid'";
    assert_eq!(db.value(collation).await, "t");
    tend(&db, ["partition", "convert", "notes", "--undo"]).run().success();
}

#[tokio::test]
async fn partitions_are_split_and_the_table_is_made_an_ordinary_one() {
    let db = everything().await;
    tend(&db, COMPOSITE).run().success();
    let before = properties(&db).await;
    tend(
        &db,
        ["partition", "split", "messages", "--every", "month", "--partition", "messages_legacy", "--yes"],
    )
    .run()
    .success();
    assert_same(&before, &properties(&db).await);
    db.batch("insert into reads values ('m10', 9)").await;
    assert_eq!(db.value(PAIRS).await, "0");
    tend(&db, ["partition", "undo", "messages", "--yes"]).run().success();
    assert_eq!(db.value("select relkind from pg_class where oid = 'messages'::regclass").await, "r");
    db.batch("insert into reads values ('m12', 9)").await;
    assert_eq!(code(&db, "insert into reads values ('nobody', 9)").await, "23503");
    assert_eq!(db.value(PAIRS).await, "0");
    let valid = "select pg_get_constraintdef(oid) || convalidated from pg_constraint where conrelid = 'reads'::regclass and contype = 'f'";
    contains(
        &db.value(valid).await,
        "(message_id, \"message_createdAt\") REFERENCES messages(id, \"createdAt\") MATCH FULL",
    );
    // Its primary key has both columns, so that nothing has to be added.
    let convert = ["partition", "convert", "messages", "--by", "createdAt", "--every", "month"];
    tend(&db, convert).run().success();
    assert_eq!(db.value(PAIRS).await, "0");
}

#[tokio::test]
async fn retention_takes_what_refers_to_a_month() {
    let db = everything().await;
    tend(&db, COMPOSITE).run().success();
    db.batch(
        r#"insert into messages (id, "createdAt", sender) values ('old', '2026-12-05Z', 1), ('kept', '2027-01-05Z', 1);
           insert into reads values ('kept', 1);"#,
    )
    .await;
    if version(&db).await >= 15 {
        db.batch("insert into reads values ('old', 1)").await;
    } else {
        db.batch("delete from reads where message_id like 'm%'").await;
    }
    let drop =
        ["partition", "drop", "messages", "--keep", "1 month", "--no-archive", "--yes", "--every", "month"];
    at(&db, "2027-02-20T00:00:00Z", drop).run().success();
    assert_eq!(db.value("select string_agg(message_id, ' ') from reads").await, "kept");
    assert_eq!(db.value("select string_agg(id, ' ') from messages").await, "kept");
}

const REFUSED: [&str; 7] = ["partition", "convert", "messages", "--by", "at", "--incoming-fk", "composite"];

/// Setup after [`TABLE`], what is said.
const CASES: &[(&str, &str)] = &[
    (
        "create table reads (message_id text references messages deferrable);",
        "reads_message_id_fkey of public.reads is deferrable",
    ),
    (
        "create table reads (message_id text references messages on update set null);",
        "sets its columns on update",
    ),
    (
        "create table reads (message_id text references messages); create rule r as on update to reads do instead nothing;",
        "public.reads has a rule r, which would act on each row",
    ),
    (
        "create table reads (message_id text references messages, message_at text);",
        "public.reads has a column message_at already",
    ),
    (
        "create table reads (message_id text references messages, constraint again foreign key (message_id) references messages);",
        "two foreign keys of public.reads would need a column message_at",
    ),
    (
        "create table reads (message_id text references messages) partition by range (message_id);",
        "public.reads is partitioned",
    ),
    (
        "create table reads (message_id text) partition by list (message_id);
         create table part partition of reads (foreign key (message_id) references messages) default;",
        "public.part is a partition of another table",
    ),
    (
        "create table reads (message_id text references messages); create table child () inherits (reads);",
        "public.reads takes part in inheritance",
    ),
    (
        "create table reads (message_id text references messages);
         create function reads_message_at() returns int language sql as 'select 1';",
        "the name of function public.reads_message_at is taken",
    ),
    (
        "create table reads (message_id text references messages); alter table messages enable row level security, force row level security;",
        "its row level security is forced",
    ),
    (
        "create table reads (message_id text references messages);
         alter table reads enable row level security, force row level security;",
        "public.reads has forced row level security",
    ),
    (
        "create table reads (message_id text references messages); create publication heard for table reads;",
        "public.reads is published by heard and has no replica identity",
    ),
    (
        "create table reads (message_id text references messages, n int); insert into reads values (null, 1);
         alter table reads add constraint large check (n > 1) not valid;",
        "public.reads has a check large that is not valid",
    ),
    (
        "create table reads (message_id text references messages);
         create function f() returns trigger language plpgsql as 'begin return new; end';
         create trigger heard before update on reads for each row execute function f();
         alter table reads enable always trigger heard;",
        "trigger heard of public.reads would fire for each row",
    ),
    (
        "create table reads (message_id text); alter table reads add foreign key (message_id) references messages not valid;",
        "is not valid: validate it before",
    ),
    (
        "alter table messages add tenant int not null default 1, drop constraint messages_pkey, add primary key (tenant, id);
         create table reads (tenant int, message_id text, foreign key (tenant, message_id) references messages);",
        "has columns that may be null each by itself",
    ),
];

#[tokio::test]
async fn what_is_in_the_way_is_told_and_nothing_is_changed() {
    all_refused(&REFUSED, CASES).await;
}

/// Of tables' owners only; triggers of the application's stay silent where the role may see to that.
#[tokio::test]
async fn a_role_needs_the_tables_and_no_more() {
    let db = Database::create().await;
    let role = db.role("").await;
    db.batch(&format!(
        "{TABLE}
         insert into messages select 'm' || n, '2026-09-01Z', 'b' from generate_series(1, 100) as n;
         create table reads (message_id text references messages, touched int default 0);
         insert into reads select id from messages;
         alter table messages owner to {role};
         grant all on schema public to {role};
         grant create on database \"{}\" to {role};",
        db.name()
    ))
    .await;
    let convert = || db.pgtend_as(&role, []).args(REFUSED).args(["--now", "2026-11-15T12:00:00Z"]);
    contains(&convert().run().code(1).stderr, "the table belongs to another role");
    let guest = db.role("guest").await;
    db.batch(&format!("grant insert, select (message_id, touched) on reads to {guest}")).await;
    db.batch(&format!(
        "alter table reads owner to {role};
         create function f() returns trigger language plpgsql as 'begin new.touched := 1; return new; end';
         create trigger touch before update on reads for each row execute function f();"
    ))
    .await;
    contains(&convert().run().code(1).stderr, "let a role do it that may set session_replication_role");
    if version(&db).await >= 15 {
        db.batch(&format!("grant set on parameter session_replication_role to {role}")).await;
    } else {
        db.batch("drop trigger touch on reads").await;
    }
    convert().run().success();
    assert_eq!(
        db.value("select count(*) from reads where touched = 0 and message_at = '2026-09-01Z'").await,
        "100"
    );
    if version(&db).await >= 15 {
        db.batch(&format!("revoke all on parameter session_replication_role from {role}")).await;
    }
    // Who writes needs no right to read what is referred to, and who could read all columns still can.
    db.batch(&format!("set role {guest}; insert into reads values ('m1'); select * from reads")).await;
}
