//! Archives of partitions that other tables refer to: ON DELETE is honoured, the archive holds what the partition held,
//! and a run that is stopped half-way is finished by the next one.
use super::archive::manifest;
use super::support::{at, contains, events, fingerprint, names, tend};
use crate::common::database::Database;

const DROP: [&str; 8] =
    ["partition", "drop", "events", "--keep", "2 months", "--archive", "archive", "--yes"];

/// `orders` refers to rows of August, and `before` keeps what August held.
async fn referenced(on_delete: &str) -> Database {
    let db = events(["2026-08", "2026-10", "2026-11"]).await;
    db.batch(&format!(
        "alter table events add primary key (id, at), add twice bigint generated always as (id * 2) stored;
         create table orders (number int primary key, event_id bigint, event_at timestamptz,
                              constraint of_event foreign key (event_id, event_at) references events {on_delete});
         insert into events select g, timestamptz '2026-08-05Z' + g * interval '1 minute', 'note ' || g
             from generate_series(1, 6000) as g;
         insert into events values (1, '2026-11-05');
         insert into orders select g, id, at from generate_series(10, 11) as g join events on id = g - 9 and at < '2026-09-01Z';
         insert into orders values (12, 1, '2026-11-05'), (13, null, null);
         create table before as select * from events where at < '2026-09-01Z';
         -- It finds its table by the search path of whoever deletes.
         create table forgotten (id bigint);
         create function forget() returns trigger language plpgsql as
             $$ begin insert into forgotten values (old.id); return null; end $$;
         create trigger forget after delete on events for each row execute function forget()"
    ))
    .await;
    db
}

async fn ensure_gone_and_archived(db: &Database) {
    assert_eq!(names(db, "events").await, ["events_p2026_10", "events_p2026_11"]);
    assert_eq!(db.value("select count(*) from pg_class where relname like 'events_p2026_08%'").await, "0");
    tend(db, ["partition", "restore", manifest(db).to_str().unwrap(), "--as", "august"]).run().success();
    let differing = "select count(*) from ((table august except all table before)
                     union all (table before except all table august)) as d";
    assert_eq!(db.value(differing).await, "0");
    assert_eq!(db.value("select count(*) from august").await, "6000");
}

const ORDERS: &str =
    "select string_agg(number || ':' || coalesce(event_id::text, ''), ' ' order by number) from orders";

#[tokio::test]
async fn on_delete_is_honoured_and_every_row_archived() {
    for (on_delete, orders) in [("on delete cascade", "12:1 13:"), ("on delete set null", "10: 11: 12:1 13:")]
    {
        let db = referenced(on_delete).await;
        let said = tend(&db, DROP).run().success();
        contains(&said.stderr, "archived 6000 rows");
        assert_eq!(db.value(ORDERS).await, orders);
        assert_eq!(db.value("select count(*) from forgotten").await, "6000");
        ensure_gone_and_archived(&db).await;
        // The rule still stands.
        let broken =
            db.client().await.batch_execute("insert into orders values (20, 99, '2026-11-05')").await;
        assert_eq!(broken.unwrap_err().code().unwrap().code(), "23503");
    }
}

#[tokio::test]
async fn rows_that_must_not_lose_what_they_refer_to_stop_it_before_anything_is_done() {
    for on_delete in ["", "on delete restrict"] {
        let db = referenced(on_delete).await;
        let before = fingerprint(&db).await;
        let said = tend(&db, DROP).run().code(1);
        contains(
            &said.stderr,
            "2 rows of public.orders refer to public.events_p2026_08 (of_event, ON DELETE ",
        );
        assert_eq!(fingerprint(&db).await, before);
        db.batch("delete from orders where number in (10, 11)").await;
        tend(&db, DROP).run().success();
        ensure_gone_and_archived(&db).await;
    }
}

#[tokio::test]
async fn a_registry_loses_the_keys_and_what_refers_to_them() {
    let db = Database::create().await;
    db.batch(
        "create table events (id bigint primary key, at timestamptz not null, note text);
         create table orders (number int primary key, event_id bigint references events on delete cascade);
         insert into events select g, timestamptz '2026-08-05Z' + g * interval '1 minute' from generate_series(1, 6000) as g;
         create table before as select * from events;
         insert into orders values (10, 1), (11, 2)",
    )
    .await;
    let convert =
        ["partition", "convert", "events", "--by", "at", "--every", "month", "--incoming-fk", "registry"];
    at(&db, "2026-08-15T12:00:00Z", convert).args(["--yes"]).run().success();
    db.batch("insert into events values (7000, '2026-11-05'); insert into orders values (12, 7000)").await;
    assert_eq!(db.value("select count(*) from events_ids").await, "6001");
    let said = tend(&db, DROP).run().success();
    contains(&said.stderr, "archived 6000 rows");
    assert_eq!(db.value("select string_agg(id::text, ' ') from events_ids").await, "7000");
    assert_eq!(db.value(ORDERS).await, "12:7000");
    let manifest = manifest(&db);
    let restore = ["partition", "restore", manifest.to_str().unwrap()];
    let refused = tend(&db, restore).args(["--attach"]).run().code(1).stderr;
    contains(&refused, "its keys stand in a registry");
    tend(&db, restore).args(["--as", "august"]).run().success();
    assert_eq!(db.value("select count(*) from (table august except all table before) as d").await, "0");
    db.batch(refused.split_once("after: ").unwrap().1).await;
    db.batch("insert into events table august").await;
    assert_eq!(db.value("select count(*) from events_ids").await, "6001");
}

#[tokio::test]
async fn a_month_with_foreign_keys_is_a_partition_again() {
    let db = referenced("on delete cascade").await;
    db.batch(
        "create table people (id bigint primary key);
         insert into people select distinct id from events;
         alter table events add constraint of_people foreign key (id) references people",
    )
    .await;
    let state = async |db: &Database| (names(db, "events").await, fingerprint(db).await);
    tend(&db, DROP).run().success();
    let manifest = manifest(&db);
    let restore = ["partition", "restore", manifest.to_str().unwrap(), "--attach"];
    // Somebody has gone meanwhile.
    db.batch("delete from people where id = 4711").await;
    let gone = tend(&db, restore).run().code(1);
    contains(&gone.stderr, "prove of_people of public.events_p2026_08");
    contains(&gone.stderr, "23503");
    assert_eq!(names(&db, "events").await, ["events_p2026_10", "events_p2026_11"]);
    db.batch("insert into people values (4711)").await;
    tend(&db, restore).run().success();
    assert_eq!(names(&db, "events").await.len(), 3);
    let same = "select count(*) from (select * from events_p2026_08 except all table before) as d";
    assert_eq!(db.value(same).await, "0");
    let keys = "select string_agg(conname || ' ' || convalidated || ' ' || (conparentid <> 0), ', ' order by conname)
                from pg_constraint where conrelid = 'events_p2026_08'::regclass and contype = 'f'";
    assert_eq!(db.value(keys).await, "of_people true true");
    db.batch("insert into orders values (20, 1, (select at from events_p2026_08 where id = 1))").await;
    let restored = state(&db).await;
    // There it is.
    contains(&tend(&db, restore).run().code(1).stderr, "is there already");
    assert_eq!(state(&db).await, restored);
}

/// As a run leaves it that was stopped when some rows were set aside.
async fn stopped_half_way() -> Database {
    let db = referenced("on delete cascade").await;
    db.batch(
        "create function refuse() returns trigger language plpgsql as
             $$ begin if old.id = 5500 then raise 'not this one'; end if; return old; end $$;
         create trigger refuse before delete on events_p2026_08 for each row execute function refuse()",
    )
    .await;
    let said = tend(&db, DROP).run().code(1);
    contains(&said.stderr, "some rows are set aside; the next run goes on with the rest");
    assert_eq!(
        db.value(
            "select (select count(*) from events_p2026_08) + (select count(*) from events_p2026_08_retired)"
        )
        .await,
        "6000"
    );
    db.batch("drop trigger refuse on events_p2026_08").await;
    db
}

#[tokio::test]
async fn a_run_that_was_stopped_is_finished_by_the_next() {
    let db = stopped_half_way().await;
    // Nobody who may read new tables by default reads these rows.
    assert_eq!(
        db.value("select relrowsecurity from pg_class where relname = 'events_p2026_08_retired'").await,
        "t"
    );
    let said =
        tend(&db, ["partition", "drop", "events", "--keep", "2 months", "--mode", "detach"]).run().code(2);
    contains(&said.stderr, "rows of public.events_p2026_08 are in public.events_p2026_08_retired already");
    tend(&db, DROP).run().success();
    ensure_gone_and_archived(&db).await;
}

#[tokio::test]
async fn a_run_that_was_stopped_after_the_detach_is_finished_by_the_next() {
    let db = stopped_half_way().await;
    db.batch("delete from orders; alter table events detach partition events_p2026_08").await;
    super::support::mark_as(&db, "events_p2026_08", "events_p2026_08_retired").await;
    tend(&db, DROP).run().success();
    ensure_gone_and_archived(&db).await;
}

#[tokio::test]
async fn a_table_of_that_name_is_nobody_elses() {
    let db = referenced("on delete cascade").await;
    db.batch("create table events_p2026_08_retired (id int)").await;
    let before = fingerprint(&db).await;
    let said = tend(&db, DROP).run().code(1);
    contains(&said.stderr, "would be set aside in public.events_p2026_08_retired, which is there already");
    assert_eq!(fingerprint(&db).await, before);
}
