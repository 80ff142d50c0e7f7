//! Archives in Parquet from a program that was built without it: a word, and nothing changed.
use std::fs;

use super::support::{contains, events, fingerprint, tend};

#[tokio::test]
async fn it_is_said_and_nothing_is_changed() {
    let db = events(["2026-08", "2026-10", "2026-11"]).await;
    let before = fingerprint(&db).await;
    let drop = ["partition", "drop", "events", "--keep", "2 months", "--archive", "archive", "--yes"];
    let config = "[[partition]]\ntable = \"events\"\nkeep = \"2 months\"\nahead = 0\narchive = \"archive\"\n\
                  archive_format = \"parquet\"\n";
    fs::write(db.home().join("pgtend.toml"), config).unwrap();
    for said in [
        tend(&db, drop).args(["--archive-format", "parquet"]).run(),
        tend(&db, drop).args(["--archive-format", "parquet", "--dry-run"]).run(),
        tend(&db, ["partition", "maintain", "--yes"]).run(),
    ] {
        let said = said.code(2);
        contains(&said.stderr, "this pgtend was built without Parquet");
        contains(&said.stderr, "--archive-format csv");
        assert_eq!(fingerprint(&db).await, before);
    }
    tend(&db, drop).args(["--archive-format", "csv"]).run().success();
}
