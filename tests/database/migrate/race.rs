//! Many runs at once: one applies, the others find it done, none fails.
use std::thread;

use super::support::*;
use crate::common::database::Database;

#[tokio::test]
async fn thirty_two_runs_at_once() {
    let db = Database::create().await;
    for round in 1..=2 {
        let name = format!("V{round}1__a.sql");
        let index = format!("V{round}2__i.sql");
        write(
            &db,
            [
                (
                    name.as_str(),
                    format!("create table a{round} as select g as b from generate_series(1, 1000) as g")
                        .as_str(),
                ),
                (index.as_str(), format!("create index concurrently i{round} on a{round} (b)").as_str()),
            ],
        );
        let runs: Vec<_> = (0..32)
            .map(|_| {
                let program = migrate(&db, ["up"]);
                thread::spawn(move || program.run())
            })
            .collect();
        let applied = runs
            .into_iter()
            .filter(|_| true)
            .map(|run| run.join().unwrap().success())
            .filter(|output| output.stderr.contains("2 files applied"))
            .count();
        assert_eq!(applied, 1);
    }
    assert_eq!(history(&db).await, "11 a, 12 i, 21 a, 22 i");
    assert_eq!(invalid(&db).await, "0");
}

#[tokio::test]
async fn who_holds_the_set_is_named() {
    let db = Database::create().await;
    write(&db, [("V1__a.sql", "select pg_sleep(3)")]);
    let first = migrate(&db, ["up"]);
    let first = thread::spawn(move || first.run());
    let held = "select count(*) from pg_locks where locktype = 'advisory' and granted and database = (select oid from pg_database where datname = current_database())";
    while db.value(held).await == "0" {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    let output = migrate(&db, ["up", "--lock-wait", "0s"]).run().code(5);
    contains(&output.stderr, "another run holds");
    contains(&output.stderr, "application pgtend migrate up");
    first.join().unwrap().success();
}
