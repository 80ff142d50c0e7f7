//! `index rebuild`: beside the old one, and every kind of index that is not valid.
use super::create::leave_invalid;
use super::support::{contains, indexes, invalid, tables};

const FILES: &str = "select string_agg(relfilenode::text, ' ' order by relname) from pg_class
                     where relkind = 'i' and relname ~ '^(plain|events).*_id_idx$'";

#[tokio::test]
async fn an_index_that_serves_is_built_anew() {
    let db = tables().await;
    db.batch(
        "create index on plain (id); create index on events (id); alter table plain add primary key (at)",
    )
    .await;
    let (before, files) = (indexes(&db).await, db.value(FILES).await);
    for name in ["plain_id_idx", "events_id_idx", "plain_pkey"] {
        db.pgtend(["index", "rebuild", name]).run().success();
    }
    assert_eq!(indexes(&db).await, before);
    let rebuilt = db.value(FILES).await;
    for file in files.split(' ') {
        assert!(!rebuilt.contains(file), "{file} in {rebuilt}");
    }
}

#[tokio::test]
async fn everything_that_is_not_valid_is_mended() {
    let db = tables().await;
    leave_invalid(&db, "create unique index concurrently single on plain ((id % 700))").await;
    db.batch("delete from plain where id > 700").await;
    db.batch("create index half on only events (name); create index part on events_a (name)").await;
    db.batch(
        "create index good on plain (name); create index good_ccnew on plain (name);
              update pg_index set indisvalid = false where indexrelid = 'good_ccnew'::regclass",
    )
    .await;
    let check = db.pgtend(["index", "check"]).run().code(3);
    contains(&check.stdout, "left by an interrupted rebuild");
    let dry = db.pgtend(["index", "rebuild", "--invalid", "-n"]).run().success();
    contains(&dry.stdout, "reindex index concurrently \"public\".\"single\";");
    contains(&dry.stdout, "drop index concurrently \"public\".\"good_ccnew\";");
    assert_eq!(invalid(&db).await, "3");
    db.pgtend(["index", "rebuild", "--invalid"]).run().success();
    assert_eq!(invalid(&db).await, "0", "{}", indexes(&db).await);
    assert_eq!(db.value("select count(*) from pg_class where relname ~ 'cc(new|old)'").await, "0");
    assert_eq!(db.value("select count(*) from pg_partition_tree('half')").await, "5");
    db.pgtend(["index", "rebuild", "--invalid"]).run().success();
}

#[tokio::test]
async fn a_rebuild_that_fails_leaves_nothing_more() {
    let db = tables().await;
    leave_invalid(&db, "create unique index concurrently single on plain ((id % 700))").await;
    let said = db.pgtend(["index", "rebuild", "single"]).run().code(1);
    contains(&said.stderr, "detail: Key ((id % 700))=(");
    assert_eq!(invalid(&db).await, "1", "{}", indexes(&db).await);
}
