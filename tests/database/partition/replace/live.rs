//! Writers that keep a log of what was acknowledged, while partitions are split, merged, drained and undone: no row lost, none
//! stale, none back from the dead, none out of sight, no error seen.
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio_postgres::Client;

use crate::common::database::Database;
use crate::partition::replace::steps::{DRAIN, MERGE, SPLIT, UNDO};
use crate::partition::replace::table::{left, with_default};
use crate::partition::support::tend;

const WRITERS: i64 = 3;
const MARGIN: Duration = Duration::from_millis(150);
const DAYS: [&str; 6] =
    ["2026-08-20Z", "2026-09-20Z", "2026-10-20Z", "2026-11-20Z", "2026-12-20Z", "2027-01-25Z"];

/// Id of a row to its last acknowledged body; none once its deletion was acknowledged.
type Log = HashMap<i64, Option<String>>;

#[tokio::test]
async fn writers_notice_nothing() {
    let db = with_default().await;
    live(&db, &[SPLIT.as_slice(), DRAIN.as_slice(), MERGE.as_slice()]).await;
}

#[tokio::test]
async fn writers_do_not_notice_that_the_table_is_an_ordinary_one() {
    let db = with_default().await;
    live(&db, &[UNDO.as_slice()]).await;
    assert_eq!(db.value("select relkind from pg_class where oid = 'events'::regclass").await, "r");
}

async fn live(db: &Database, commands: &[&[&str]]) {
    let stop = Arc::new(AtomicBool::new(false));
    let mut writers: Vec<JoinHandle<Log>> = Vec::new();
    for lane in 0..WRITERS {
        writers.push(tokio::spawn(write(db.client().await, lane, Arc::clone(&stop))));
    }
    let reader = tokio::spawn(read(db.client().await, Arc::clone(&stop)));
    for command in commands {
        tokio::time::sleep(MARGIN).await;
        let program = tend(db, []).args(*command).args(["--yes"]);
        tokio::task::spawn_blocking(|| program.run().success()).await.unwrap();
    }
    tokio::time::sleep(MARGIN).await;
    stop.store(true, Ordering::Relaxed);
    let mut log = Log::new();
    for writer in writers {
        log.extend(writer.await.unwrap());
    }
    assert!(reader.await.unwrap() > 10, "hardly anybody read");
    assert!(log.len() > 100, "{} rows are no life", log.len());
    compare(db, &log).await;
    assert_eq!(left(db).await, "");
}

/// Inserts, changes, moves and deletes rows, and the users that they refer to; any error ends the test. Every other
/// transaction is a serious one, begun before.
async fn write(client: Client, lane: i64, stop: Arc<AtomicBool>) -> Log {
    let insert = "insert into events (id, at, sender, body) values ($1, $2::text::timestamptz, $3, $4)";
    let insert = client.prepare(insert).await.unwrap();
    let update = client.prepare("update events set body = $2 where id = $1").await.unwrap();
    let shift = client
        .prepare("update events set at = $2::text::timestamptz, body = $3 where id = $1")
        .await
        .unwrap();
    let delete = client.prepare("delete from events where id = $1").await.unwrap();
    let mut log = Log::new();
    for number in 0.. {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let id = 1_000_000 * (lane + 1) + number;
        let day = || DAYS[fastrand::usize(..DAYS.len())];
        let user = 1000 + i32::try_from(id % 1_000_000).unwrap() * 10 + i32::try_from(lane).unwrap();
        client.execute("insert into users values ($1)", &[&user]).await.unwrap();
        assert_eq!(client.execute(&insert, &[&id, &day(), &user, &"first"]).await.unwrap(), 1);
        log.insert(id, Some("first".to_owned()));
        let old = 1_000_000 * (lane + 1) + fastrand::i64(0..=number);
        if log.get(&old).is_none_or(Option::is_none) {
            continue;
        }
        let body = format!("changed {number}");
        match fastrand::u8(..3) {
            0 => {
                assert_eq!(client.execute(&update, &[&old, &body]).await.unwrap(), 1, "{old} was there");
                log.insert(old, Some(body));
            }
            1 => {
                assert_eq!(
                    client.execute(&shift, &[&old, &day(), &body]).await.unwrap(),
                    1,
                    "{old} was there"
                );
                log.insert(old, Some(body));
            }
            _ => {
                assert_eq!(client.execute(&delete, &[&old]).await.unwrap(), 1, "{old} was there");
                log.insert(old, None);
                let user = 1000 + i32::try_from(old % 1_000_000).unwrap() * 10 + i32::try_from(lane).unwrap();
                client.execute("delete from users where id = $1", &[&user]).await.unwrap();
            }
        }
    }
    log
}

/// The rows that nobody changes are all there, always.
async fn read(client: Client, stop: Arc<AtomicBool>) -> usize {
    let mut reads = 0;
    while !stop.load(Ordering::Relaxed) {
        let count: i64 =
            client.query_one("select count(*) from events where id < 1000000", &[]).await.unwrap().get(0);
        assert_eq!(count, 3002, "rows are out of sight");
        reads += 1;
    }
    reads
}

async fn compare(db: &Database, log: &Log) {
    let rows = db.client().await.query("select id, body from events where id >= 1000000", &[]).await.unwrap();
    let there: HashMap<i64, String> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
    assert_eq!(there.len(), rows.len(), "rows are there twice");
    let lost = log.iter().filter(|(id, body)| body.is_some() && !there.contains_key(*id)).count();
    let back = log.iter().filter(|(id, body)| body.is_none() && there.contains_key(*id)).count();
    let stale = log.iter().filter(|(id, body)| body.is_some() && there.get(*id) != body.as_ref()).count();
    assert_eq!((lost, stale, back), (0, 0, 0), "lost, stale, back from the dead of {}", log.len());
}
