//! A run that is killed at any of its requests and run again comes to the same end: a short walk.
//! `./x torture kill` walks all of it.
#![expect(clippy::unwrap_used, reason = "what helps a test may panic as the test may")]

#[path = "../common/mod.rs"]
#[expect(dead_code, reason = "these tests need a part of what the tests share")]
mod common;

mod fingerprint;
#[expect(dead_code, reason = "the whole walk has more scenarios")]
mod scenario;
#[expect(dead_code, reason = "the whole walk kills in more ways")]
mod walk;

use scenario::Scenario;
use walk::{Blow, Walk};

async fn walk(scenario: Scenario, stride: usize) {
    walk_by(scenario, stride, Blow::KilledThenAtOnce).await;
}

async fn walk_by(scenario: Scenario, stride: usize, blow: Blow) {
    let walk = Walk::prepare(scenario).await;
    let kills = walk.short(stride, blow).await;
    assert!(kills >= 10, "{kills} kills are no walk");
}

#[tokio::test]
async fn create_ahead_for_the_first_time() {
    walk(scenario::CREATE_FIRST_RUN, 3).await;
}

#[tokio::test]
async fn create_beside_a_default_partition_with_rows() {
    walk(scenario::CREATE_DEFAULT, 3).await;
}

#[tokio::test]
async fn drop_what_another_table_refers_to() {
    walk(scenario::DROP_FK_IN, 5).await;
}

#[tokio::test]
async fn drop_what_is_archived_first() {
    walk(scenario::DROP_ARCHIVED, 11).await;
}

#[tokio::test]
async fn restore_and_attach() {
    walk(scenario::RESTORE_ATTACHED, 8).await;
}

#[tokio::test]
async fn archive_rows() {
    walk(scenario::ARCHIVE_ROWS, 8).await;
}

#[tokio::test]
async fn maintain_three_tables() {
    walk(scenario::MAINTAIN_THREE, 13).await;
}

/// A view that the killed run still has is left alone by a run at once, so the next one comes later.
#[tokio::test]
async fn swap_a_materialized_view() {
    walk_by(scenario::SWAP, 5, Blow::KilledThenLater).await;
}

#[tokio::test]
async fn detach_while_a_reader_holds_it_up() {
    let walk = Walk::prepare(scenario::DROP_PLAIN).await;
    walk.in_mid_detach(Blow::KilledThenLater).await;
    walk.in_mid_detach(Blow::KilledThenAtOnce).await;
}

#[tokio::test]
async fn index_on_two_levels_of_partitions() {
    walk(scenario::INDEX_CREATE_TREE, 17).await;
}

#[tokio::test]
async fn index_rebuilt_part_by_part() {
    walk(scenario::INDEX_REBUILD_PARTS, 8).await;
}

#[tokio::test]
async fn index_dropped_with_its_partitions() {
    walk(scenario::INDEX_DROP_PARTS, 2).await;
}

#[tokio::test]
async fn files_in_every_mode() {
    walk(scenario::MIGRATE, 61).await;
}

#[tokio::test]
async fn convert_a_table() {
    walk(scenario::CONVERT_TABLE, 11).await;
}

#[tokio::test]
async fn convert_with_sessions_terminated() {
    walk_by(scenario::CONVERT_TABLE, 17, Blow::Terminated).await;
    walk_by(scenario::CONVERT_TABLE, 16, Blow::OneTerminated).await;
}

#[tokio::test]
async fn convert_a_table_with_a_second_column_for_what_refers_to_it() {
    walk(scenario::CONVERT_COMPOSITE, 17).await;
}

#[tokio::test]
async fn take_a_second_column_back() {
    walk(scenario::COMPOSITE_UNDO, 13).await;
}

#[tokio::test]
async fn undo_a_partitioned_table() {
    walk(scenario::UNDO_TABLE, 23).await;
}

#[tokio::test]
async fn take_a_conversion_back() {
    walk(scenario::CONVERT_UNDO, 13).await;
}
