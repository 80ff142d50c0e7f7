//! Writers on `messages` in the database `busy` that keep a log of what was acknowledged, and what became of it.
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tokio::task::JoinHandle;
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

use crate::ground::{Ground, milliseconds_since};

const MARGIN: Duration = Duration::from_millis(500);

/// What the writers saw, and what was there afterwards.
#[derive(Default)]
pub struct Seen {
    /// The longest write, in milliseconds.
    pub longest: f64,
    written: usize,
    lost: usize,
    stale: usize,
    back: usize,
    errors: usize,
}

impl Seen {
    pub fn words(&self) -> String {
        let Self { written, lost, stale, back, errors, .. } = self;
        format!(
            "of {written} rows written {lost} lost, {stale} stale, {back} back from the dead, {errors} errors"
        )
    }
}

/// One of some writers.
struct Lane {
    lane: i64,
    lanes: i64,
    rows: i64,
}

#[derive(Default)]
struct Log {
    rows: HashMap<i64, Option<String>>,
    longest: f64,
    errors: usize,
}

/// So many writers from before the act until after it, on a table whose ids go up to `rows`; and what the act returned.
pub fn live<T: Send>(
    ground: &Ground,
    lanes: i64,
    rows: u32,
    act: impl FnOnce(&Ground) -> T + Send,
) -> (Seen, T) {
    std::thread::scope(|scope| {
        ground.block_on(async {
            let stop = Arc::new(AtomicBool::new(false));
            let mut writers: Vec<JoinHandle<Log>> = Vec::new();
            for lane in 0..lanes {
                let lane = Lane { lane, lanes, rows: i64::from(rows) };
                writers.push(tokio::spawn(write(ground.client("busy").await, lane, Arc::clone(&stop))));
            }
            tokio::time::sleep(MARGIN).await;
            let acting = scope.spawn(|| act(ground));
            while !acting.is_finished() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            let done = acting.join().unwrap();
            tokio::time::sleep(MARGIN).await;
            stop.store(true, Ordering::Relaxed);
            let mut seen = Seen::default();
            let mut written = HashMap::new();
            for writer in writers {
                let log = writer.await.unwrap();
                seen.longest = seen.longest.max(log.longest);
                seen.errors += log.errors;
                written.extend(log.rows);
            }
            compare(&ground.client("busy").await, &written, &mut seen).await;
            (seen, done)
        })
    })
}

/// Inserts rows, changes and deletes old ones.
async fn write(client: Client, lane: Lane, stop: Arc<AtomicBool>) -> Log {
    let Lane { lane, lanes, rows } = lane;
    let mut log = Log::default();
    for number in 0.. {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let new = rows * 20 + number * lanes + lane;
        let old = fastrand::i64(1..rows / lanes) * lanes + lane;
        let body = format!("changed {number}");
        let text = match number % 3 {
            0 => format!("insert into messages values ({new}, '2026-11-15Z', 1, '{body}')"),
            1 => format!("update messages set body = '{body}' where id = {old}"),
            _ => format!("delete from messages where id = {old}"),
        };
        let began = Instant::now();
        let done = client.execute(text.as_str(), &[]).await;
        log.longest = log.longest.max(milliseconds_since(began));
        match (done, number % 3) {
            (Ok(1), 0) => drop(log.rows.insert(new, Some(body))),
            (Ok(1), 1) => drop(log.rows.insert(old, Some(body))),
            (Ok(1), _) => drop(log.rows.insert(old, None)),
            (Ok(_), _) => {}
            (Err(_), _) => log.errors += 1,
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    log
}

async fn compare(client: &Client, rows: &HashMap<i64, Option<String>>, seen: &mut Seen) {
    let ids: Vec<i64> = rows.keys().copied().collect();
    let found = client.query("select id, body from messages where id = any ($1)", &[&ids]).await.unwrap();
    let there: HashMap<i64, String> = found.iter().map(|row| (row.get(0), row.get(1))).collect();
    seen.written = rows.len();
    for (id, body) in rows {
        match (body, there.get(id)) {
            (Some(_), None) => seen.lost += 1,
            (Some(body), Some(found)) if body != found => seen.stale += 1,
            (None, Some(_)) => seen.back += 1,
            _ => {}
        }
    }
}

/// `messages` as a partitioned table, empty, with a partition for each month from the first to the last.
pub fn months(first: &str, last: &str) -> String {
    format!(
        "create table messages_new (like messages including defaults) partition by range (at);
         do $$
         declare
             month timestamptz;
         begin
             for month in select generate_series('{first}'::timestamptz, '{last}', '1 month') loop
                 execute format('create table messages_%s partition of messages_new for values from (%L) to (%L)',
                                to_char(month, 'YYYY_MM'), month, month + '1 month');
             end loop;
         end
         $$;
         alter table messages_new add primary key (id, at);
         create index on messages_new (sender, at desc)"
    )
}

/// Attempts at a transaction that writers are in the way of, before it is left.
const ATTEMPTS: usize = 20;

/// Runs a transaction, again while the server breaks it off for the writers' sake; returns how often it did.
pub fn insist(ground: &Ground, statements: &str) -> usize {
    (0..ATTEMPTS).take_while(|_| breaks_off(ground, statements)).count()
}

fn breaks_off(ground: &Ground, statements: &str) -> bool {
    // A deadlock, or a row that came after the others had been moved.
    let writers = [SqlState::T_R_DEADLOCK_DETECTED, SqlState::CHECK_VIOLATION];
    ground.block_on(async {
        match ground.client("busy").await.batch_execute(statements).await {
            Ok(()) => false,
            Err(error) if error.code().is_some_and(|code| writers.contains(code)) => true,
            Err(error) => panic!("{error:?}\n{statements}"),
        }
    })
}
