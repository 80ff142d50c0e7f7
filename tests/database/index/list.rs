//! `index list`: every index once.
use super::support::{contains, tables};

#[tokio::test]
async fn partitions_are_rolled_up_and_told_apart_when_asked() {
    let db = tables().await;
    db.batch(
        "alter table plain add primary key (id); create unique index on plain (at, id);
         create index on events (lower(name)) where id > 3; create index half on only events (at)",
    )
    .await;
    let all = db.pgtend(["index", "list", "--json"]).run().success().json();
    assert_eq!(all["schema"], "pgtend.index.list/1");
    let rows = all["indexes"].as_array().unwrap();
    let told: Vec<String> = rows
        .iter()
        .map(|row| {
            let text = |name: &str| row[name].as_str().unwrap().to_owned();
            format!(
                "{} {} {} {} {}",
                text("index"),
                text("kind"),
                row["valid"],
                row["parts"],
                text("definition")
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            "public.events_lower_idx index true 3 btree (lower((name)::text)) where (id > 3)",
            "public.half index false 0 btree (at)",
            "public.plain_at_id_idx unique index true 1 btree (at, id)",
            "public.plain_pkey primary key true 1 btree (id)",
        ]
    );
    assert!(rows[0]["size_bytes"].as_i64().unwrap() >= 3 * 8192);
    let parts = db.pgtend(["index", "list", "events", "--partitions", "--json"]).run().success().json();
    let parts = parts["indexes"].as_array().unwrap();
    assert_eq!(parts.len(), 6);
    assert!(parts.iter().any(|row| row["part_of"] == "public.events_b_lower_idx"));
    let csv = db.pgtend(["index", "list", "plain", "--format", "csv"]).run().success().stdout;
    contains(&csv, "index,table,kind,valid,parts,size_bytes,scans,last_scan,definition\n");
}

#[tokio::test]
async fn a_locked_table_holds_nothing_up() {
    let db = tables().await;
    db.batch("create index on plain (lower(name)); create index on plain (id)").await;
    let holder = db.client().await;
    holder.batch_execute("begin; lock table plain in access exclusive mode").await.unwrap();
    let rows = db.pgtend(["index", "list", "--json"]).run().success().json();
    let definition = |at: usize| rows["indexes"][at]["definition"].as_str().map(str::to_owned);
    assert_eq!((definition(0).as_deref(), definition(1)), (Some("btree (id)"), None));
    let check = db.pgtend(["index", "check"]).run().success();
    contains(&check.stderr, "not compared, because a session locks the table: public.plain_lower_idx");
}
