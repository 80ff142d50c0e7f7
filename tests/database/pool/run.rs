//! What commands make of the pool.
use std::fs;

use crate::common::database::Database;
use crate::common::program::pgtend;
use crate::support::contains;

const POOL: &str =
    "[pool]\nmax = 1\nmin = 1\nconnect = \"200ms\"\nidle = \"30s\"\nuses = 7500\nage = \"1h\"\n";

#[tokio::test]
async fn a_pool_of_one_lets_every_view_be_refreshed() {
    let db = Database::create().await;
    for view in 1..=6 {
        db.batch(&format!("create materialized view mv{view} as select {view} as id")).await;
    }
    let config = db.home().join("pgtend.toml");
    fs::write(&config, POOL).unwrap();
    let program = db.pgtend(["matview", "refresh", "--all", "--jobs", "4", "--force", "--json"]);
    let outcome = program.args(["--config", config.to_str().unwrap()]).run().success();
    assert_eq!(outcome.stdout.matches("\"refreshed\"").count(), 6, "{}", outcome.stdout);
}

#[tokio::test]
async fn numbers_tell_how_much_of_the_pool_is_taken() {
    let db = Database::create().await;
    let config = db.home().join("pgtend.toml");
    fs::write(&config, POOL).unwrap();
    let text = db.pgtend(["metrics", "--config", config.to_str().unwrap()]).run().success().stdout;
    for line in ["pgtend_pool_sessions_max 1", "pgtend_pool_sessions 1", "pgtend_pool_waiting 0"] {
        contains(&text, &format!("\n{line}\n"));
    }
}

#[test]
fn a_pool_that_cannot_be_is_refused() {
    for (section, word) in
        [("max = 0", "`max` must be"), ("min = 3\nmax = 2", "`min` is larger"), ("maxx = 2", "did you mean")]
    {
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("pgtend.toml");
        fs::write(&config, format!("[pool]\n{section}\n")).unwrap();
        contains(&pgtend(["metrics", "--config"]).args([&config]).run().code(2).stderr, word);
    }
}
