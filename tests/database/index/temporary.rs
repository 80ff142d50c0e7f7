//! Temporary tables are their session's own: nothing lists them unasked, and nothing is changed on them.
use super::support::{contains, tables};

#[tokio::test]
async fn those_of_other_sessions_are_left_alone() {
    let db = tables().await;
    let other = db.client().await;
    other
        .batch_execute(
            "create temp table scratch (id int, note text); create index scratch_a on scratch (note);
             create index scratch_b on scratch (note); create temp table plain (id int); create index on plain (id);
             insert into scratch select n, 'x' from generate_series(1, 1000) as n",
        )
        .await
        .unwrap();
    let listed = db.pgtend(["index", "list", "--json"]).run().success().json();
    assert_eq!(listed["indexes"].as_array().unwrap().len(), 0, "{listed}");
    db.pgtend(["index", "check"]).run().success();
    db.pgtend(["index", "rebuild", "--invalid"]).run().success();
    // The name is that of the permanent table, whoever has a temporary one of it.
    db.pgtend(["index", "create", "plain", "--columns", "at"]).run().success();
    contains(&db.pgtend(["index", "list", "plain"]).run().success().stdout, "public.plain_at_idx");
    contains(&db.pgtend(["index", "create", "scratch", "--columns", "id"]).run().code(1).stderr, "scratch");
    let schema = db.value("select nspname from pg_class as c join pg_namespace as n on n.oid = relnamespace where relname = 'scratch'").await;
    let table = format!("{schema}.scratch");
    contains(&db.pgtend(["index", "list", &table]).run().success().stdout, "scratch_a");
    contains(&db.pgtend(["index", "check", &table]).run().code(3).stdout, "scratch_b");
    for change in [
        vec!["index", "create", &table, "--columns", "id"],
        vec!["index", "drop", &format!("{schema}.scratch_a"), "--yes"],
        vec!["index", "rebuild", &format!("{schema}.scratch_a")],
    ] {
        let said = db.pgtend([]).args(change).run().code(1);
        contains(&said.stderr, "temporary tables belong to the session that made them");
    }
}
