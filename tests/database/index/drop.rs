//! `index drop`: plain and partitioned ones, and what is never dropped.
use super::support::{contains, fingerprint, indexes, tables};

#[tokio::test]
async fn a_plain_one_and_one_of_a_partitioned_table() {
    let db = tables().await;
    db.batch("create index p on plain (id); create index \"E x\" on events (id)").await;
    let said = db.pgtend(["index", "drop", "p"]).run().code(2);
    contains(&said.stderr, "Drop index public.p holding");
    contains(&said.stderr, "hint: pass --yes");
    let dry = db.pgtend(["index", "drop", "p", "-n"]).run().success();
    contains(&dry.stdout, "drop index concurrently \"public\".\"p\";");
    db.pgtend(["index", "drop", "p", "--yes"]).run().success();
    let said = db.pgtend(["index", "drop", "E x", "--yes"]).run().success();
    contains(&said.stderr, "the table and its partitions are locked for an instant");
    assert_eq!(indexes(&db).await, "");
    contains(&db.pgtend(["index", "drop", "p", "--yes"]).run().code(1).stderr, "no index `p`");
    let said = db.pgtend(["index", "drop", "p", "--if-exists", "--yes"]).run().success();
    contains(&said.stderr, "no index `p` in database");
}

#[tokio::test]
async fn what_others_rely_on_stays() {
    let db = tables().await;
    db.batch(
        "alter table plain add primary key (id); create index i on events (id);
         create unique index target on plain (id, at);
         create table refers (id int, at timestamptz, foreign key (id, at) references plain (id, at))",
    )
    .await;
    let before = fingerprint(&db).await;
    let said = db.pgtend(["index", "drop", "plain_pkey", "--yes"]).run().code(1);
    contains(&said.stderr, "public.plain_pkey belongs to the primary key `plain_pkey`");
    let said = db.pgtend(["index", "drop", "events_a_id_idx", "--yes"]).run().code(1);
    contains(&said.stderr, "is a part of the index of a partitioned table and cannot be dropped alone");
    let said = db.pgtend(["index", "drop", "target", "--yes"]).run().code(1);
    contains(&said.stderr, "SQLSTATE 2BP01");
    let unchanged = fingerprint(&db).await;
    let journal = |text: &str| text.lines().filter(|line| line.contains("plain")).count();
    assert_eq!(journal(&before), journal(&unchanged));
    assert_eq!(
        db.value("select count(*) from pg_index where indexrelid = 'target'::regclass and indisvalid").await,
        "1"
    );
}

#[tokio::test]
async fn an_interrupted_drop_is_finished() {
    let db = tables().await;
    db.batch("create index p on plain (id); update pg_index set indisvalid = false where indexrelid = 'p'::regclass").await;
    db.pgtend(["index", "drop", "p", "--yes"]).run().success();
    assert_eq!(indexes(&db).await, "");
}
