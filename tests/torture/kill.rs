//! Every moment of every scenario: the program killed, or its sessions terminated, before and after each request.
//! `PGTEND_TORTURE_PASSES=1` strikes each request once, by one of the blows in turn, instead of by all of them.
use std::env;

use crate::scenario::{self, Scenario};
use crate::walk::{BLOWS, Blow, Walk};

macro_rules! whole_walks {
    ($($name:ident: $scenario:ident,)*) => {$(
        #[tokio::test]
        #[ignore = "long; ./x torture runs it"]
        async fn $name() {
            walk(scenario::$scenario).await;
        }
    )*};
}

whole_walks! {
    create_first_run: CREATE_FIRST_RUN,
    create_default: CREATE_DEFAULT,
    create_fk_out: CREATE_FK_OUT,
    create_fk_in: CREATE_FK_IN,
    drop_plain: DROP_PLAIN,
    drop_fk_out: DROP_FK_OUT,
    drop_fk_in: DROP_FK_IN,
    drop_default: DROP_DEFAULT,
    drop_archived: DROP_ARCHIVED,
    restore_attached: RESTORE_ATTACHED,
    archive_rows: ARCHIVE_ROWS,
    detach: DETACH_ONLY,
    maintain: MAINTAIN_THREE,
    index_create: INDEX_CREATE_TREE,
    index_rebuild: INDEX_REBUILD_PARTS,
    index_drop: INDEX_DROP_PARTS,
    index_drop_one: INDEX_DROP_ONE,
    convert: CONVERT_TABLE,
    convert_undo: CONVERT_UNDO,
    convert_composite: CONVERT_COMPOSITE,
    composite_undo: COMPOSITE_UNDO,
    split: SPLIT_TABLE,
    drain: DRAIN_TABLE,
    merge: MERGE_TABLE,
    undo: UNDO_TABLE,
    undo_converted: UNDO_CONVERTED,
}

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
