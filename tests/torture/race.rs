//! Eight runs of the same `maintain` at once: one does the work, the others find it done or the table taken.
use std::thread;

use crate::common::database::Database;
use crate::common::program::Output;
use crate::scenario::{MAINTAIN_THREE, Scenario};
use crate::walk::Walk;

const RUNNERS: usize = 8;
const ROUNDS: usize = 20;

#[tokio::test]
#[ignore = "long; ./x torture runs it"]
async fn race() {
    // In turn: the journal has to be made as well, and it is there.
    let fresh = Walk::prepare(MAINTAIN_THREE).await;
    let existing = Walk::prepare(Scenario { later_run: true, ..MAINTAIN_THREE }).await;
    let (mut done, mut busy) = (0, 0);
    for round in 0..ROUNDS {
        let walk = if round % 2 == 0 { &fresh } else { &existing };
        let database = walk.copy().await;
        for output in all_at_once(walk, &database) {
            match output.code {
                Some(0) => done += 1,
                Some(5) => busy += 1,
                code => panic!("round {round}: {code:?}\n{}", output.stderr),
            }
        }
        walk.assert_end(&database, &format!("round {round}")).await;
    }
    println!("race: {ROUNDS} rounds of {RUNNERS} runs, {done} ended well, {busy} were told that it is busy");
    assert!(done >= ROUNDS, "not even one run in each round came to its end");
}

fn all_at_once(walk: &Walk, database: &Database) -> Vec<Output> {
    let start = || {
        let program = walk.command(database, &database.url());
        thread::spawn(move || program.run())
    };
    let running: Vec<_> = (0..RUNNERS).map(|_| start()).collect();
    running.into_iter().map(|run| run.join().unwrap()).collect()
}
