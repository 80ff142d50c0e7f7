//! `migrate up` killed before and after each of its requests and at 200 moments taken at random, and started by 32 at
//! once: the same end every time, nothing run twice.
use std::thread;
use std::time::{Duration, Instant};

use crate::common::database::Database;
use crate::common::program::Output;
use crate::scenario::{MIGRATE, Scenario};
use crate::walk::{Blow, Walk};

const KILLS: usize = 200;
const ROUNDS: usize = 20;
const RUNNERS: usize = 32;
/// So that most of the time goes by on the server, within the builds.
const MANY_ROWS: &str = "
insert into events
select n, '2026-07-01Z'::timestamptz + n % 1100 * interval '3 hours', 1 + n % 20, md5(n::text)
from generate_series(10001, 90000) as n;
";

#[tokio::test]
#[ignore = "long; ./x torture runs it"]
async fn migrate_at_every_request() {
    let walk = Walk::prepare(MIGRATE).await;
    for blow in [Blow::KilledThenLater, Blow::KilledThenAtOnce] {
        let kills = walk.short(1, blow).await;
        assert!(kills >= 200, "{kills} kills are no walk");
        println!("{}: {blow:?} {kills} times, always the same end", MIGRATE.name);
    }
}

#[tokio::test]
#[ignore = "long; ./x torture runs it"]
async fn migrate_at_any_time() {
    let setup = format!("{}{MANY_ROWS}", MIGRATE.setup).leak();
    let walk = Walk::prepare(Scenario { setup, ..MIGRATE }).await;
    let (usual, mut kills) = (usual_time(&walk).await, 0);
    while kills < KILLS {
        let database = walk.copy().await;
        let mut child = walk.command(&database, &database.url()).spawn();
        let after = usual.mul_f64(fastrand::f64());
        tokio::time::sleep(after).await;
        child.kill().unwrap();
        let output = child.wait_with_output().unwrap();
        kills += usize::from(output.status.code().is_none());
        walk.finish(&database, &format!("killed after {} ms", after.as_millis())).await;
    }
    println!("{}: killed {kills} times within {} ms, always the same end", MIGRATE.name, usual.as_millis());
}

async fn usual_time(walk: &Walk) -> Duration {
    let database = walk.copy().await;
    let began = Instant::now();
    walk.command(&database, &database.url()).run().success();
    began.elapsed()
}

#[tokio::test]
#[ignore = "long; ./x torture runs it"]
async fn migrate_race() {
    let walk = Walk::prepare(MIGRATE).await;
    for round in 0..ROUNDS {
        let database = walk.copy().await;
        // In turn: everything has to be made, and some of it is there.
        if round % 2 == 1 {
            walk.command(&database, &database.url()).args(["--steps", "1"]).run().success();
        }
        let applied = all_at_once(&walk, &database).into_iter().map(Output::success);
        let applied = applied.filter(|output| output.stderr.contains("files applied")).count();
        assert_eq!(applied, 1, "round {round}: so many runs have applied files");
        walk.assert_end(&database, &format!("round {round}")).await;
    }
    println!("migrate up: {ROUNDS} rounds of {RUNNERS} runs, in each one applied and 31 found it done");
}

fn all_at_once(walk: &Walk, database: &Database) -> Vec<Output> {
    let start = |_| {
        let program = walk.command(database, &database.url());
        thread::spawn(move || program.run())
    };
    let running: Vec<_> = (0..RUNNERS).map(start).collect();
    running.into_iter().map(|run| run.join().unwrap()).collect()
}
