//! A table with everything on it is the same to its users before and after, and after the way back.
use crate::common::database::Database;
use crate::partition::convert::held_up;
use crate::partition::convert::table::{assert_same, everything, properties};
use crate::partition::support::{contains, names, tend};
use crate::support::open_functions;

pub const CONVERT: [&str; 9] = [
    "partition",
    "convert",
    "messages",
    "--by",
    "createdAt",
    "--every",
    "month",
    "--incoming-fk",
    "registry",
];
pub const UNDO: [&str; 4] = ["partition", "convert", "messages", "--undo"];

#[tokio::test]
async fn nothing_that_users_see_changes() {
    let db = everything().await;
    let before = properties(&db).await;
    tend(&db, CONVERT).run().success();
    assert_same(&before, &properties(&db).await);
    let expected = ["messages_legacy", "messages_p2026_12", "messages_p2027_01", "messages_p2027_02"];
    assert_eq!(names(&db, "messages").await, expected);
    let again = tend(&db, CONVERT).args(["--verbose"]).run().success();
    contains(&again.stderr, "nothing to do");
    assert_eq!(open_functions(&db).await, "");
    works_as_before(&db).await;
}

#[tokio::test]
async fn the_way_back_leaves_the_table_as_it_was() {
    let db = everything().await;
    let (before, catalog) = (properties(&db).await, catalog(&db).await);
    tend(&db, CONVERT).run().success();
    db.batch("insert into messages (id, \"createdAt\", sender, counted, number) values ('late', '2027-01-05Z', 1, 0, 0)").await;
    tend(&db, UNDO).run().success();
    assert_eq!(db.value("select \"createdAt\"::date from messages where id = 'late'").await, "2027-01-05");
    db.batch("delete from messages where id = 'late'").await;
    assert_same(&before, &properties(&db).await);
    assert_eq!(catalog, self::catalog(&db).await);
    tend(&db, UNDO).run().success();
    works_as_before(&db).await;
}

#[tokio::test]
async fn abort_takes_back_what_was_prepared() {
    let db = everything().await;
    let catalog = catalog(&db).await;
    held_up(&db, &CONVERT).await;
    assert_ne!(catalog, self::catalog(&db).await);
    tend(&db, ["partition", "convert", "messages", "--abort"]).run().success();
    assert_eq!(catalog, self::catalog(&db).await);
    tend(&db, ["partition", "convert", "messages", "--abort"]).run().success();
    tend(&db, CONVERT).run().success();
    works_as_before(&db).await;
}

/// Names of all relations and constraints, with definitions; pgtend's journal is left out.
pub async fn catalog(db: &Database) -> String {
    db.value(
        "select string_agg(line, E'\n' order by line) from (
             select format('%s %s', c.oid::regclass, c.relkind) from pg_class as c
             join pg_namespace as n on n.oid = c.relnamespace
             where n.nspname = 'public'
             union all
             select format('%s %s %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) from pg_constraint
             where connamespace = 'public'::regnamespace and contype <> 'n'
             union all
             select pg_get_indexdef(indexrelid) from pg_index join pg_class as c on c.oid = indrelid
             where c.relnamespace = 'public'::regnamespace
             union all
             select format('%s %s', tgrelid::regclass, tgname) from pg_trigger where not tgisinternal
             union all
             select p.oid::regprocedure::text from pg_proc as p where p.pronamespace = 'public'::regnamespace
         ) as x(line)",
    )
    .await
}

/// Identity and sequence go on, keys stay unique, references are checked and cascade, triggers fire, a row that moves to
/// another month is one row.
pub async fn works_as_before(db: &Database) {
    let insert =
        "insert into messages (id, \"createdAt\", sender, body) values ('new', '2026-11-20Z', 1, 'n')
                  returning concat_ws(' ', number, counted, tags, loud)";
    assert_eq!(db.value(insert).await, "5001 5001 {} N");
    let client = db.client().await;
    let code = |error: tokio_postgres::Error| error.code().unwrap().code().to_owned();
    let again = "insert into messages (id, \"createdAt\", sender) values ('new', '2027-02-01Z', 1)";
    assert_eq!(code(client.batch_execute(again).await.unwrap_err()), "23505");
    let unknown = "insert into reads values ('nobody', 1)";
    assert_eq!(code(client.batch_execute(unknown).await.unwrap_err()), "23503");
    client.batch_execute("insert into reads values ('new', 1), ('m2', 7)").await.unwrap();
    client.batch_execute("update messages set \"createdAt\" = '2027-01-05Z' where id = 'new'").await.unwrap();
    client.batch_execute("update messages set id = 'newer' where id = 'new'").await.unwrap();
    assert_eq!(db.value("select count(*) from reads where message_id = 'newer'").await, "1");
    client.batch_execute("delete from messages where id in ('newer', 'm1')").await.unwrap();
    assert_eq!(db.value("select count(*) from reads where message_id in ('newer', 'm1')").await, "0");
    client
        .batch_execute("insert into messages (id, \"createdAt\", sender) values ('newer', '2026-12-01Z', 1)")
        .await
        .unwrap();
    assert_eq!(code(client.batch_execute("truncate messages").await.unwrap_err()), "0A000");
    client.batch_execute("delete from users where id = 2").await.unwrap();
    assert_eq!(db.value("select count(*) from messages where sender = 2").await, "0");
    assert_eq!(
        db.value("select count(*) from reads where not exists (select from messages where id = message_id)")
            .await,
        "0"
    );
}

/// Publications of some columns, privileges on a sequence, and defaults that would give everything to others.
#[tokio::test]
async fn what_only_some_may_have_stays_so_there_and_back() {
    let db = Database::create().await;
    let columns =
        if db.value("show server_version_num").await.as_str() < "15" { "" } else { "(id, at, open)" };
    let role = db.role("").await;
    db.batch(&format!(
        "create table notes (id bigint generated always as identity primary key, at date not null, hidden text, open text);
         insert into notes (at) values ('2026-11-01'), ('2026-11-02');
         create publication told_in_part for table notes {columns} with (publish_via_partition_root = true);
         grant usage on sequence notes_id_seq to {role};
         create table marks (id bigint, constraint a_first foreign key (id) references notes,
                             foreign key (id) references notes on delete cascade);
         alter default privileges grant all on tables to {role};
         alter default privileges grant all on sequences to {role}"
    ))
    .await;
    let state = "select (select string_agg(attnames::text, ' ') from pg_publication_tables where tablename = 'notes')
            || has_sequence_privilege('ROLE', 'notes_id_seq', 'usage') || has_sequence_privilege('ROLE', 'notes_id_seq', 'update')
            || (select string_agg(conname, ' ' order by conname) from pg_constraint
                where conrelid = 'marks'::regclass and contype = 'f' and conparentid = 0)"
        .replace("ROLE", &role);
    let state = if columns.is_empty() { state.replace("attnames::text", "tablename") } else { state };
    let before = db.value(&state).await;
    assert!(before.contains("notes") || before.contains("open"), "{before}");
    let convert =
        ["partition", "convert", "notes", "--by", "at", "--every", "month", "--incoming-fk", "registry"];
    tend(&db, convert).run().success();
    assert_eq!(db.value(&state).await, before);
    let may = format!("select has_table_privilege('{role}', 'notes_ids', 'select, delete, truncate')");
    assert_eq!(db.value(&may).await, "f");
    tend(&db, ["partition", "undo", "notes", "--yes"]).run().success();
    assert_eq!(db.value(&state).await, before);
}
