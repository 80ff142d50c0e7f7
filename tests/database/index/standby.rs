//! On a standby indexes are listed, checked and planned; what changes is refused before anything happens.
use crate::common::program::{Output, pgtend};
use crate::common::standby::Pair;
use crate::support::contains;

const TABLES: &str =
    "create table t (id int, note text); create index i on t (note); create index twin on t (note);
    insert into t select n, 'n' || n from generate_series(1, 100) as n;
    create table broken (id int); insert into broken values (1), (1)";

#[tokio::test]
async fn what_reads_is_answered_and_what_changes_is_refused() {
    let pair = Pair::start(&[]);
    let primary = pair.on_primary().await;
    primary.batch_execute(TABLES).await.unwrap();
    primary.batch_execute("create unique index concurrently half on broken (id)").await.unwrap_err();
    pair.caught_up().await;
    let run = |arguments: &[&str]| -> Output {
        pgtend([]).args(arguments).args(["-d", &pair.standby.url("postgres")]).run()
    };
    let listed = run(&["index", "list", "--json"]).success().json();
    assert_eq!(listed["indexes"].as_array().unwrap().len(), 3);
    let found = run(&["index", "check"]).code(3);
    contains(&found.stdout, "twin");
    contains(&found.stdout, "half");
    contains(
        &run(&["index", "create", "t", "--columns", "id", "-n"]).success().stdout,
        "create index concurrently",
    );
    let changes: [&[&str]; 6] = [
        &["index", "create", "t", "--columns", "id"],
        &["index", "rebuild", "i"],
        &["index", "rebuild", "--invalid"],
        &["index", "drop", "i", "--yes"],
        &["migrate", "up", "--set", "coffeebiz"],
        &["migrate", "baseline", "--set", "coffeebiz", "--to", "1"],
    ];
    for change in changes {
        let said = run(change).code(4);
        contains(&said.stderr, "is a standby; changes are made on the primary");
        contains(&said.stderr, "hint: connect with target_session_attrs=read-write");
    }
    let status = run(&["migrate", "status", "--set", "coffeebiz", "--check"]).code(3);
    contains(&status.stdout, "pending");
}
