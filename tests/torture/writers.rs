//! Sessions that read and write all the while: what was acknowledged is there in the end, and nobody sees an error but
//! for rows of a range that retention takes away.
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, TimeZone as _, Utc};
use tokio::task::JoinHandle;
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

use crate::common::database::Database;
use crate::scenario::{CREATE, DEFAULT, DROP, FK_BOTH, FK_OUT, SCHEMA};

const ROUNDS: usize = 10;
const WRITERS: i64 = 3;
const READERS: usize = 2;
const BEFORE_AND_AFTER: Duration = Duration::from_millis(300);

#[tokio::test]
#[ignore = "long; ./x torture runs it"]
async fn writers() {
    let setups = [vec![FK_OUT, DEFAULT], vec![FK_OUT], vec![FK_BOTH]];
    let (mut rows, mut refused, mut reads) = (0, 0, 0);
    for round in 0..ROUNDS {
        let setup = &setups[round % setups.len()];
        let database = Database::create().await;
        database.batch(&format!("{SCHEMA}{}", setup.concat())).await;
        let life = Life::begin(&database, setup.contains(&DEFAULT), setup.contains(&FK_BOTH)).await;
        tokio::time::sleep(BEFORE_AND_AFTER).await;
        for command in [CREATE, DROP] {
            let program = database.pgtend([]).args(command);
            tokio::task::spawn_blocking(|| program.run().success()).await.unwrap();
            tokio::time::sleep(BEFORE_AND_AFTER).await;
        }
        let seen = life.end(&database).await;
        rows += seen.kept.len();
        refused += seen.refused;
        reads += seen.reads;
        assert!(seen.kept.len() > 50, "round {round}: {} rows are no life", seen.kept.len());
    }
    println!(
        "writers: {ROUNDS} rounds, {rows} acknowledged rows all there, {reads} reads saw all of them, \
         {refused} inserts into ranges that were dropped refused"
    );
}

/// What the sessions saw; `kept` are ids of acknowledged rows that must be there.
#[derive(Default)]
struct Seen {
    kept: Vec<i64>,
    refused: usize,
    reads: usize,
}

struct Life {
    stop: Arc<AtomicBool>,
    sessions: Vec<JoinHandle<Seen>>,
}

impl Life {
    async fn begin(database: &Database, early: bool, reads: bool) -> Self {
        let (stop, acknowledged) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicI64::new(0)));
        let mut sessions = Vec::new();
        for lane in 1..=WRITERS {
            let (client, stop) = (database.client().await, Arc::clone(&stop));
            let writer = Writer { client, early, reads, acknowledged: Arc::clone(&acknowledged) };
            sessions.push(tokio::spawn(async move { writer.write(lane * 1_000_000, &stop).await }));
        }
        for _ in 0..READERS {
            let (client, stop) = (database.client().await, Arc::clone(&stop));
            let acknowledged = Arc::clone(&acknowledged);
            sessions.push(tokio::spawn(async move { read(&client, &acknowledged, &stop).await }));
        }
        Self { stop, sessions }
    }

    async fn end(self, database: &Database) -> Seen {
        self.stop.store(true, Ordering::Relaxed);
        let mut seen = Seen::default();
        for session in self.sessions {
            let one = session.await.unwrap();
            seen.kept.extend(one.kept);
            seen.refused += one.refused;
            seen.reads += one.reads;
        }
        let rows = database.client().await.query("select id from events", &[]).await.unwrap();
        let there: HashSet<i64> = rows.iter().map(|row| row.get(0)).collect();
        let lost: Vec<_> = seen.kept.iter().filter(|id| !there.contains(id)).collect();
        assert!(lost.is_empty(), "{} acknowledged rows are lost: {lost:?}", lost.len());
        seen
    }
}

struct Writer {
    client: Client,
    /// There is a default partition, which takes rows from before the first month.
    early: bool,
    /// Another table refers to the rows.
    reads: bool,
    acknowledged: Arc<AtomicI64>,
}

impl Writer {
    async fn write(&self, first: i64, stop: &AtomicBool) -> Seen {
        let insert = "insert into events values ($1, $2, (1 + $1::bigint % 20)::int, 'live')";
        let insert = self.client.prepare(insert).await.unwrap();
        let mut seen = Seen::default();
        for id in first.. {
            if stop.load(Ordering::Relaxed) {
                break;
            }
            let (at, kept) = self.moment();
            match self.client.execute(&insert, &[&id, &at]).await {
                Ok(_) if kept => {
                    seen.kept.push(id);
                    if at >= month(9) {
                        self.acknowledged.fetch_add(1, Ordering::SeqCst);
                    }
                    self.beside(id, at).await;
                }
                Ok(_) => {}
                // No partition of the table is for the row.
                Err(error) if !kept && error.code() == Some(&SqlState::CHECK_VIOLATION) => seen.refused += 1,
                Err(error) => panic!("insert of a row at {at}: {error:?}"),
            }
        }
        seen
    }

    /// A random time, and whether rows of that time are kept.
    fn moment(&self) -> (DateTime<Utc>, bool) {
        let within = |from, days: i64| from + TimeDelta::seconds(fastrand::i64(0..days * 86_400));
        match fastrand::u32(..10) {
            0..2 => (within(month(7), 60), false),
            2 if self.early => (within(month(1) - TimeDelta::days(2000), 30), true),
            _ => (within(month(9), 90), true),
        }
    }

    /// Writes to the tables on both ends of the foreign keys.
    async fn beside(&self, id: i64, at: DateTime<Utc>) {
        let update = "update users set name = 'user' where id = 1 + $1::bigint % 20";
        self.client.execute(update, &[&id]).await.unwrap();
        if self.reads {
            self.client.execute("insert into reads values ($1, $2, 2)", &[&id, &at]).await.unwrap();
        }
    }
}

async fn read(client: &Client, acknowledged: &AtomicI64, stop: &AtomicBool) -> Seen {
    let live = "select count(*) from events where at >= '2026-09-01Z' and payload = 'live'";
    let live = client.prepare(live).await.unwrap();
    let joined = "select count(*) from events as e join users as u on u.id = e.user_id";
    let mut seen = Seen::default();
    while !stop.load(Ordering::Relaxed) {
        let expected = acknowledged.load(Ordering::SeqCst);
        let found: i64 = client.query_one(&live, &[]).await.unwrap().get(0);
        assert!(found >= expected, "{found} rows are seen, {expected} were acknowledged before");
        client.query_one(joined, &[]).await.unwrap();
        seen.reads += 2;
    }
    seen
}

fn month(number: u32) -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, number, 1, 0, 0, 0).unwrap()
}
