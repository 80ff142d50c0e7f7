//! One line of `create index concurrently` on a partitioned table, which PostgreSQL refuses and pgtend expands.
use super::support::*;
use crate::common::database::Database;

async fn partitioned() -> Database {
    let db = Database::create().await;
    db.batch(
        "create table t (a int, b int, at int not null) partition by range (at);
         create table t_1 partition of t for values from (1) to (2);
         create table t_2 partition of t for values from (2) to (4) partition by range (at);
         create table t_2a partition of t_2 for values from (2) to (3);
         create table t_2b partition of t_2 for values from (3) to (4);
         insert into t select g, g % 2, 1 + g % 3 from generate_series(1, 999) as g",
    )
    .await;
    db
}

const INDEXES: &str =
    "select string_agg(c.relname || ' ' || i.indisvalid, ', ' order by c.relname) from pg_index as i
     join pg_class as c on c.oid = i.indexrelid where i.indrelid in (select relid from pg_partition_tree('t'))";

#[tokio::test]
async fn one_line_makes_the_whole_index() {
    let db = partitioned().await;
    write(
        &db,
        [(
            "V1__i.sql",
            "create index concurrently t_a on t (a) where b = 1;\ncreate index concurrently on t (b);\n",
        )],
    );
    contains(&migrate(&db, ["up", "-n"]).run().success().stdout, "only");
    up(&db).success();
    let made = db.value(INDEXES).await;
    assert_eq!(made.matches("true").count(), 10, "{made}");
    assert_eq!((invalid(&db).await, log(&db).await), ("0".to_owned(), "1 ok 2/2".to_owned()));
    write(&db, [("V2__d.sql", "reindex index concurrently t_a;\ndrop index concurrently t_a;")]);
    up(&db).success();
    assert_eq!(db.value(INDEXES).await.matches("true").count(), 5);
}

#[tokio::test]
async fn a_build_that_fails_is_gone_on_with() {
    let db = partitioned().await;
    db.batch("update t set b = a; update t set b = 0 where at = 3 and a in (2, 5)").await;
    write(
        &db,
        [(
            "V1__i.sql",
            "create unique index concurrently t_b on t (b, at);\nselect 1;"
                .replace("\nselect 1;", "")
                .as_str(),
        )],
    );
    contains(&up(&db).code(1).stderr, "SQLSTATE 23505");
    db.batch("update t set b = a").await;
    up(&db).success();
    assert_eq!((invalid(&db).await, history(&db).await), ("0".to_owned(), "1 i".to_owned()));
}
