//! What the tests of the packs share: a pack's schema as its application made it, filled as the demo fills it, and the
//! pack applied.
use std::fs;
use std::path::{Path, PathBuf};

use tokio_postgres::Client;

use crate::common::database::Database;

pub const PACKS: [&str; 5] = ["bisman", "coffeebiz", "realtime_connect", "redbut", "servio"];

/// A database with the application's tables, empty.
pub async fn schema(pack: &str) -> Database {
    let db = Database::create().await;
    db.batch(&demo_file(pack, "schema")).await;
    db
}

/// The same with rows, by the files of the demo.
pub async fn filled(pack: &str, rows: i64, files: &[&str]) -> Database {
    let db = schema(pack).await;
    let client = db.client().await;
    send(&client, &demo_file("life", "begin")).await;
    let now = db.value("select now()").await;
    send(&client, &format!("insert into life values ('{now}', {rows})")).await;
    for file in files {
        send(&client, &demo_file(pack, file)).await;
    }
    send(&client, "analyze").await;
    db
}

/// Applies the pack's files in their order.
pub async fn apply(db: &Database, pack: &str) {
    db.pgtend(["migrate", "up", "--set", pack]).run().success();
}

async fn send(client: &Client, text: &str) {
    if let Err(error) = client.batch_execute(text).await {
        panic!("{error:?}\n{text}");
    }
}

fn demo_file(story: &str, name: &str) -> String {
    read(&Path::new("sql/demo").join(story).join(format!("{name}.sql")))
}

pub fn read(file: &Path) -> String {
    let file: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// Rows as text, a row a line, columns parted by `|`.
pub async fn rows(db: &Database, query: &str) -> String {
    let messages = db.client().await.simple_query(query).await;
    let messages = messages.unwrap_or_else(|error| panic!("{error:?}\n{query}"));
    let rows = messages.iter().filter_map(|message| match message {
        tokio_postgres::SimpleQueryMessage::Row(row) => {
            let cells: Vec<&str> = (0..row.len()).map(|place| row.get(place).unwrap_or("")).collect();
            Some(cells.join("|"))
        }
        _ => None,
    });
    rows.collect::<Vec<_>>().join("\n")
}

/// Its SQLSTATE and message.
pub async fn refused(db: &Database, statement: &str) -> String {
    let error = db.client().await.batch_execute(statement).await.expect_err(statement);
    let error = error.as_db_error().unwrap();
    format!("{} {}", error.code().code(), error.message())
}
