//! Every moment of every scenario: the program killed, or its sessions terminated, before and after each request.
//! `PGTEND_TORTURE_PASSES=1` strikes each request once, by one of the blows in turn, instead of by all of them.
use std::env;

use crate::scenario::{self, Scenario};
use crate::walk::{BLOWS, Blow, Walk};

at_each_scenario!(walk);

#[expect(clippy::print_stdout, reason = "says what was walked")]
async fn walk(scenario: Scenario) {
    let walk = Walk::prepare(scenario).await;
    for pass in 0..passes() {
        let struck = walk.pass(pass).await;
        assert!(struck >= 10, "{struck} blows are no walk");
        println!("{}, pass {}: struck {struck} times, always the same end", scenario.name, pass + 1);
    }
}

fn passes() -> usize {
    env::var("PGTEND_TORTURE_PASSES").map_or(BLOWS.len(), |passes| passes.parse().unwrap())
}

#[tokio::test]
#[ignore = "long; ./x torture runs it"]
async fn swap() {
    // A run at once leaves a view alone that the server still works on for the killed one.
    let kills = Walk::prepare(scenario::SWAP).await.short(1, Blow::KilledThenLater).await;
    assert!(kills >= 30, "{kills} kills are no walk");
    println!("{}: killed {kills} times, always the same end", scenario::SWAP.name);
}

#[tokio::test]
#[ignore = "long; ./x torture runs it"]
async fn in_mid_detach() {
    for scenario in [scenario::DROP_PLAIN, scenario::DROP_FK_OUT, scenario::DROP_FK_IN, scenario::DETACH_ONLY]
    {
        let walk = Walk::prepare(scenario).await;
        for blow in [Blow::KilledThenLater, Blow::KilledThenAtOnce] {
            for _ in 0..5 {
                walk.in_mid_detach(blow).await;
            }
        }
        println!("{}: killed in mid-detach 10 times, always the same end", scenario.name);
    }
}
