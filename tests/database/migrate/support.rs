//! What the tests of migrations share: a folder of files beside the database, and how the history is told.
use crate::common::database::Database;
use crate::common::program::{Output, Program};
pub use crate::support::{contains, fingerprint};

/// Writes files into the folder `db` of the program's home.
pub fn write<const N: usize>(db: &Database, files: [(&str, &str); N]) {
    let folder = db.home().join("db");
    std::fs::create_dir_all(&folder).unwrap();
    for (name, text) in files {
        std::fs::write(folder.join(name), text).unwrap();
    }
}

/// `pgtend migrate ARGUMENTS --dir db`
pub fn migrate<const N: usize>(db: &Database, arguments: [&str; N]) -> Program {
    db.pgtend(["migrate"]).args(arguments).args(["--dir", "db"])
}

pub fn up(db: &Database) -> Output {
    migrate(db, ["up"]).run()
}

/// `1 a, 2 b`
pub async fn history(db: &Database) -> String {
    db.value("select string_agg(version || ' ' || name, ', ' order by version) from refinery_schema_history")
        .await
}

/// `1 ok 2/2`, entry by entry.
pub async fn log(db: &Database) -> String {
    db.value(
        "select string_agg(concat_ws(' ', version, status, stmt_done || '/' || stmt_total), ', ' order by id)
         from pgtend.migration_log",
    )
    .await
}

/// Indexes that are not valid.
pub async fn invalid(db: &Database) -> String {
    db.value("select count(*) from pg_index where not indisvalid").await
}
