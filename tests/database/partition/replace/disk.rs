//! What needs more room than the disk has is refused before anything changes.
use crate::partition::replace::steps::{SPLIT, UNDO};
use crate::partition::replace::table::events;
use crate::partition::support::{NOW, contains, fingerprint, tend};

#[tokio::test]
async fn more_than_the_disk_has_room_for_is_refused() {
    let db = events().await;
    let before = fingerprint(&db).await;
    for command in [&SPLIT[..], &UNDO[..]] {
        let full = tend(&db, []).args(command).args(["--yes", "--disk-free-mb", "0"]).run().code(1).stderr;
        contains(&full, "of disk are needed, and the server has");
        assert_eq!(before, fingerprint(&db).await);
    }
    let enough = tend(&db, SPLIT).args(["--dry-run", "--disk-free-mb", "3"]).run().success();
    contains(&enough.stdout, "free: 3 MB");
}

#[tokio::test]
async fn the_system_is_asked_where_the_server_tells_where_its_files_are() {
    let db = events().await;
    contains(&tend(&db, SPLIT).args(["--dry-run"]).run().success().stdout, "MB, free: ");
    let role = db.role("keeper").await;
    db.batch(&format!(
        "grant all on schema public to {role}; 
         alter table events owner to {role}; alter table events_legacy owner to {role};
         alter table reads owner to {role}"
    ))
    .await;
    let keeper = db.pgtend_as(&role, ["--now", NOW]).args(SPLIT).args(["--dry-run"]).run().success();
    contains(&keeper.stdout, "how much is free cannot be seen from here");
}
