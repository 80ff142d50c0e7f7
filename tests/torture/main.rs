//! The long tests: `./x torture [NAME]` runs them, `cargo test` only counts them.
#![expect(clippy::unwrap_used, reason = "what helps a test may panic as the test may")]

#[path = "../common/mod.rs"]
#[expect(dead_code, reason = "these tests need a part of what the tests share")]
mod common;
#[path = "../kill/fingerprint.rs"]
mod fingerprint;
#[path = "../database/normalize/messages.rs"]
mod messages;
#[path = "../kill/scenario.rs"]
mod scenario;
#[path = "../kill/walk.rs"]
mod walk;

/// A test for each scenario: the function, given it.
macro_rules! at_each_scenario {
    ($walk:ident) => {
        at_each_scenario! {
            $walk;
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
    };
    ($walk:ident; $($name:ident: $scenario:ident,)*) => {$(
        #[tokio::test]
        #[ignore = "long; ./x torture runs it"]
        async fn $name() {
            $walk(scenario::$scenario).await;
        }
    )*};
}

mod kill;
mod migrate;
mod normalize;
mod pages;
mod race;
mod schedulers;
mod server_crash;
mod writers;
