//! What the plan says, keys of other kinds, and runs that meet each other.
use crate::common::database::Database;
use crate::partition::convert::everything::{CONVERT, works_as_before};
use crate::partition::convert::table::everything;
use crate::partition::support::{contains, fingerprint, partitions, tend};

#[tokio::test]
async fn the_plan_tells_what_becomes_of_everything_and_changes_nothing() {
    let db = everything().await;
    let before = fingerprint(&db).await;
    let plan = tend(&db, CONVERT).args(["--dry-run"]).run().success().stdout;
    assert_eq!(before, fingerprint(&db).await);
    for told in [
        "foreign key reads_message_id_fkey of public.reads: refers to public.messages_ids instead",
        "view said: is defined again",
        "function public.how_many(): is defined again",
        "trigger tags: goes over",
        "publication told: the partitioned table takes the table's place",
        "identity of number: goes over",
        "index \"by Sender\": the partitioned table has it",
        "statements that say ON CONFLICT (id)",
        "disk needed: about ",
        "lock: ACCESS EXCLUSIVE on public.messages, for an instant",
        "if interrupted: nothing has happened, the table is as it was",
    ] {
        contains(&plan, told);
    }
    let json = tend(&db, CONVERT).args(["--dry-run", "--json"]).run().success().json();
    assert_eq!(json["schema"], "pgtend.partition.convert/1");
    assert!(json["plans"][0]["steps"].as_array().unwrap().len() > 5);
}

/// A name that would end the body of a function that pgtend makes, and begin a statement.
#[tokio::test]
async fn a_name_is_a_name_in_functions_too() {
    let db = Database::create().await;
    db.batch(
        r#"create table victim ();
           create table "a$function$;drop table victim;--" (id int primary key, at date not null);
           create table "a$do$;drop table victim;--" (id int references "a$function$;drop table victim;--");
           insert into "a$function$;drop table victim;--" values (1, '2026-01-01')"#,
    )
    .await;
    let name = "a$function$;drop table victim;--";
    let convert = ["partition", "convert", name, "--by", "at"];
    for policy in ["registry", "composite"] {
        tend(&db, convert).args(["--incoming-fk", policy]).run().success();
        db.batch(r#"insert into "a$function$;drop table victim;--" values (2, current_date)"#).await;
        db.batch(r#"insert into "a$do$;drop table victim;--" values (2)"#).await;
        db.batch(r#"delete from "a$do$;drop table victim;--""#).await;
        db.batch(r#"delete from "a$function$;drop table victim;--" where id = 2"#).await;
        tend(&db, ["partition", "convert", name, "--undo"]).run().success();
    }
    tend(&db, convert).args(["--incoming-fk", "registry"]).run().success();
    tend(&db, ["partition", "undo", name, "--yes"]).run().success();
    assert_eq!(db.value("select to_regclass('victim')").await, "victim");
}

#[tokio::test]
async fn more_than_the_disk_has_room_for_is_refused() {
    let db = everything().await;
    let before = fingerprint(&db).await;
    let full = tend(&db, CONVERT).args(["--disk-free-mb", "0"]).run().code(1);
    contains(&full.stderr, "about 1 MB of disk are needed, and the server has 0 MB free");
    assert_eq!(before, fingerprint(&db).await);
    let enough = tend(&db, CONVERT).args(["--dry-run", "--disk-free-mb", "5"]).run().success();
    contains(&enough.stdout, "disk needed: about 1 MB, free: 5 MB");
}

#[tokio::test]
async fn a_key_that_is_in_the_primary_key_keeps_its_references() {
    let db = Database::create().await;
    db.batch(
        "create table events (id bigint, day date, note text, primary key (id, day));
         alter table events replica identity full;
         create table notes (id bigint, day date, foreign key (id, day) references events on delete set null);
         insert into events select n, '2026-01-01'::date + n, 'n' from generate_series(1, 300) as n;
         insert into notes select id, day from events where id % 2 = 0;",
    )
    .await;
    tend(&db, ["partition", "convert", "events", "--by", "day", "--every", "quarter", "--ahead", "1"])
        .run()
        .success();
    let expected = ["events_legacy MINVALUE 2027-01-01", "events_p2027_q1 2027-01-01 2027-04-01"];
    assert_eq!(partitions(&db, "events").await, expected);
    let valid = "select string_agg(conname || convalidated, ' ') from pg_constraint where conrelid = 'notes'::regclass and contype = 'f' and conparentid = 0";
    assert_eq!(db.value(valid).await, "notes_id_day_fkeytrue");
    assert_eq!(db.value("select string_agg(distinct relreplident::text, '') from pg_class where relname ~ '^events' and relkind in ('r', 'p')").await, "f");
    db.batch("delete from events where id = 4").await;
    assert_eq!(db.value("select count(*) from notes where id is null").await, "1");
    tend(&db, ["partition", "convert", "events", "--undo"]).run().success();
    assert_eq!(db.value(valid).await, "notes_id_day_fkeytrue");
    assert_eq!(db.value("select count(*) from events").await, "299");
}

#[tokio::test]
async fn a_key_that_could_be_null_and_an_id_that_tells_the_time() {
    let db = Database::create().await;
    db.batch(
        "create table logs (at timestamp, what text);
         insert into logs select '2026-01-01'::timestamp + n * interval '1 hour', 'x' from generate_series(1, 1000) as n;
         create table things (id uuid primary key, what text);
         insert into things values ('019a0000-0000-7000-8000-000000000000', 'a');",
    )
    .await;
    tend(&db, ["partition", "convert", "logs", "--by", "at", "--ahead", "1"]).run().success();
    let expected =
        ["logs_legacy MINVALUE 2026-12-01 00:00:00", "logs_p2026_12 2026-12-01 00:00:00 2027-01-01 00:00:00"];
    assert_eq!(partitions(&db, "logs").await[0], expected[0]);
    assert_eq!(partitions(&db, "logs").await[1], expected[1]);
    tend(&db, ["partition", "convert", "logs", "--undo"]).run().success();
    db.batch("insert into logs values (null, 'no time')").await;
    tend(&db, ["partition", "convert", "things", "--by", "id", "--encoding", "uuidv7"]).run().success();
    assert_eq!(db.value("select count(*) from things").await, "1");
    tend(&db, ["partition", "create", "things", "--ahead", "5"]).run().success();
}

#[tokio::test]
async fn references_are_dropped_where_that_is_asked_for() {
    let db = everything().await;
    tend(&db, CONVERT).args(["--incoming-fk", "drop"]).run().code(2);
    let drop = ["partition", "convert", "messages", "--by", "createdAt", "--incoming-fk", "drop"];
    tend(&db, drop).run().success();
    assert_eq!(
        db.value("select count(*) from pg_constraint where conrelid = 'reads'::regclass and contype = 'f'")
            .await,
        "0"
    );
    assert_eq!(db.value("select to_regclass('messages_ids')").await, "");
}

#[tokio::test]
async fn two_runs_at_once_convert_it_once() {
    let db = everything().await;
    let (first, second) = (tend(&db, CONVERT), tend(&db, CONVERT));
    let other = std::thread::spawn(|| second.run());
    first.run().success();
    other.join().unwrap().success();
    works_as_before(&db).await;
}

#[tokio::test]
async fn what_changes_between_plan_and_cut_over_is_seen() {
    let db = everything().await;
    let reader = db.client().await;
    reader.batch_execute("begin; select from users limit 1").await.unwrap();
    let program = tend(&db, CONVERT);
    let run = std::thread::spawn(|| program.run());
    while db.value("select count(*) from pg_constraint where conname = 'pgtend_bound' and convalidated").await
        != "1"
    {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    while db
        .client()
        .await
        .batch_execute("set lock_timeout = '50ms'; grant delete on messages to public")
        .await
        .is_err()
    {}
    reader.batch_execute("commit").await.unwrap();
    let output = run.join().unwrap().code(1);
    contains(&output.stderr, "has changed since the plan was made");
    tend(&db, ["partition", "convert", "messages", "--abort"]).run().success();
    tend(&db, CONVERT).run().success();
    works_as_before(&db).await;
}

#[tokio::test]
async fn an_empty_partitioned_table_that_stands_ready_is_used() {
    let db = Database::create().await;
    db.batch(
        "create table logs (id text primary key, at timestamptz not null, kind text);
         insert into logs select 'l' || n, '2026-09-01Z'::timestamptz + n * interval '1 hour', 'k' from generate_series(1, 500) as n;
         create table logs_partitioned (like logs, primary key (id, at)) partition by range (at);
         create index by_kind on logs_partitioned (kind, at desc);
         create table logs_p2026_12 partition of logs_partitioned for values from ('2026-12-01Z') to ('2027-01-01Z');",
    )
    .await;
    let convert = ["partition", "convert", "logs", "--by", "at", "--ahead", "1"];
    db.batch("insert into logs_partitioned values ('x', '2026-12-02Z')").await;
    contains(&tend(&db, convert).run().code(1).stderr, "stands in its place, and holds rows");
    db.batch("truncate logs_partitioned").await;
    tend(&db, convert).run().success();
    let expected = [
        "logs_legacy MINVALUE 2026-12-01 00:00:00+00",
        "logs_p2026_12 2026-12-01 00:00:00+00 2027-01-01 00:00:00+00",
    ];
    assert_eq!(partitions(&db, "logs").await, expected);
    assert_eq!(db.value("select count(*) from logs").await, "500");
    assert_eq!(db.value("select to_regclass('logs_partitioned')").await, "");
    let indexes = "select string_agg(indexrelid::regclass::text, ' ' order by 1) from pg_index where indrelid = 'logs'::regclass";
    assert_eq!(db.value(indexes).await, "logs_kind_at_idx logs_pkey");
}

#[tokio::test]
async fn retention_takes_what_refers_to_a_month_by_way_of_the_registry() {
    let db = everything().await;
    tend(&db, CONVERT).run().success();
    let insert = "insert into messages (id, \"createdAt\", sender) values ('old', '2026-12-05Z', 1), ('kept', '2027-01-05Z', 1);
                  insert into reads values ('old', 1), ('kept', 1);";
    db.batch(insert).await;
    let drop =
        ["partition", "drop", "messages", "--keep", "1 month", "--no-archive", "--yes", "--every", "month"];
    crate::partition::support::at(&db, "2027-02-20T00:00:00Z", drop).run().success();
    assert_eq!(db.value("select string_agg(message_id, ' ') from reads").await, "kept");
    assert_eq!(db.value("select string_agg(id, ' ') from messages").await, "kept");
    assert_eq!(db.value("select string_agg(id, ' ') from messages_ids").await, "kept");
}
