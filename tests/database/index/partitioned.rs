//! `index create` on a partitioned table, two levels deep: from below, whatever is there of it already.
use super::create::KINDS;
use super::support::{contains, indexes, invalid, tables};

#[tokio::test]
async fn every_kind_comes_out_as_postgresql_makes_it() {
    let (ours, theirs) = (tables().await, tables().await);
    for kind in KINDS {
        let statement = format!("create index on events {kind}");
        ours.pgtend(["index", "create", "--sql", &statement]).run().success();
        theirs.batch(&statement).await;
    }
    assert_eq!(indexes(&ours).await, indexes(&theirs).await);
    assert_eq!(invalid(&ours).await, "0");
}

#[tokio::test]
async fn indexes_that_partitions_have_are_taken_over() {
    let db = tables().await;
    db.batch("create index mine on events_a (name); create index ours on events_b (name)").await;
    let before = db.value("select string_agg(relfilenode::text, ' ' order by oid) from pg_class where relkind = 'i' and relname ~ 'mine|events_b._name'").await;
    let said = db.pgtend(["index", "create", "events", "--columns", "name"]).run().success();
    assert!(!said.stderr.contains("build "), "{}", said.stderr);
    let after = db.value("select string_agg(relfilenode::text, ' ' order by oid) from pg_class where relkind = 'i' and relname ~ 'mine|events_b._name'").await;
    assert_eq!(before, after);
    assert_eq!(invalid(&db).await, "0");
    contains(&indexes(&db).await, "mine | t | events_name_idx");
}

#[tokio::test]
async fn a_half_made_one_is_finished() {
    let starts = [
        "create index i on only events (name)",
        "create index i on only events (name); create index a on events_a (name); alter index i attach partition a",
        "create index i on only events (name); create index b on only events_b (name);
         alter index i attach partition b; create index b0 on events_b0 (name); alter index b attach partition b0",
        "create index b on only events_b (name); create index b0 on events_b0 (name)",
    ];
    for start in starts {
        let db = tables().await;
        db.batch(start).await;
        db.pgtend(["index", "create", "events", "--columns", "name", "--name", "i"]).run().success();
        assert_eq!(invalid(&db).await, "0", "{start}");
        let parts = db.value("select count(*) from pg_partition_tree('i')").await;
        assert_eq!(parts, "5", "{start}\n{}", indexes(&db).await);
        let all = db.value("select count(*) from pg_class where relkind in ('i', 'I') and relnamespace = 'public'::regnamespace").await;
        assert_eq!(all, "5", "{start}\n{}", indexes(&db).await);
    }
}

#[tokio::test]
async fn a_part_that_was_attached_before_it_was_valid_is_healed() {
    let db = tables().await;
    db.batch("create unique index i on only events (id, at)").await;
    let broken = "insert into events_a select * from events_a limit 1";
    db.batch(broken).await;
    let error =
        db.client().await.batch_execute("create unique index concurrently a on events_a (id, at)").await;
    assert!(error.is_err());
    db.batch("alter index i attach partition a").await;
    db.batch(
        "delete from events_a as x where ctid > (select min(ctid) from events_a as o where o.id = x.id)",
    )
    .await;
    db.pgtend(["index", "create", "events", "--unique", "--columns", "id, at", "--name", "i"])
        .run()
        .success();
    assert_eq!(invalid(&db).await, "0", "{}", indexes(&db).await);
}

#[tokio::test]
async fn a_double_key_in_one_partition_leaves_what_a_second_run_finishes() {
    let db = tables().await;
    db.batch("insert into events_a select * from events_a limit 1").await;
    let create = ["index", "create", "events", "--unique", "--columns", "id, at"];
    let said = db.pgtend(create).run().code(1);
    contains(&said.stderr, "detail: Key (id, at)=(");
    // The whole waits for its last part; no part that is not valid is left.
    assert_eq!(
        db.value("select string_agg(indexrelid::regclass::text, ' ') from pg_index where not indisvalid")
            .await,
        "events_id_at_idx"
    );
    db.batch(
        "delete from events_a as x where ctid > (select min(ctid) from events_a as o where o.id = x.id)",
    )
    .await;
    db.pgtend(create).run().success();
    assert_eq!(invalid(&db).await, "0");
}

#[tokio::test]
async fn foreign_partitions_are_left_out_and_the_whole_is_valid() {
    let db = tables().await;
    db.batch(
        "create foreign data wrapper nothing; create server nowhere foreign data wrapper nothing;
         create foreign table events_far partition of events for values from ('2025-01-01Z') to ('2025-02-01Z')
             server nowhere",
    )
    .await;
    let said = db.pgtend(["index", "create", "events", "--columns", "name"]).run().success();
    contains(&said.stderr, "build events_a_name_idx on public.events_a");
    contains(&said.stderr, "create events_name_idx from the indexes of the partitions");
    assert_eq!(invalid(&db).await, "0");
    assert_eq!(db.value("select count(*) from pg_partition_tree('events_name_idx')").await, "5");
    let said = db.pgtend(["index", "create", "events", "--unique", "--columns", "id, at"]).run().code(1);
    contains(&said.stderr, "its partition public.events_far is a foreign table");
    assert_eq!(
        db.value(
            "select count(*) from pg_index where indisunique and indrelid::regclass::text like 'events%'"
        )
        .await,
        "0"
    );
}

#[tokio::test]
async fn a_table_without_partitions_and_one_in_the_middle() {
    let db = tables().await;
    db.batch("create table empty (id int) partition by list (id)").await;
    db.pgtend(["index", "create", "empty", "--columns", "id"]).run().success();
    db.pgtend(["index", "create", "events_b", "--columns", "name"]).run().success();
    assert_eq!(invalid(&db).await, "0", "{}", indexes(&db).await);
    assert_eq!(db.value("select count(*) from pg_partition_tree('events_b_name_idx')").await, "3");
}
