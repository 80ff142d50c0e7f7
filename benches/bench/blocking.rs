//! How long other sessions wait while partitions come and go. Some read and write all the while, and one holds a SELECT
//! open, for which a careless statement waits, and with it everybody who comes after.
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tokio::task::JoinHandle;
use tokio_postgres::Client;

use crate::figure::{Figure, Target, median, milliseconds};
use crate::ground::{Ground, milliseconds_since, timed};

const ROUNDS: usize = 5;
const PAUSE: Duration = Duration::from_millis(2);
const HELD: Duration = Duration::from_secs(2);
const MARGIN: Duration = Duration::from_millis(300);

const TABLE: &str = "
create table events (id bigint not null, at timestamptz not null, payload text, primary key (id, at))
    partition by range (at);
create table events_p2026_08 partition of events for values from ('2026-08-01Z') to ('2026-09-01Z');
create table events_p2026_10 partition of events for values from ('2026-10-01Z') to ('2026-11-01Z');
create table events_p2026_11 partition of events for values from ('2026-11-01Z') to ('2026-12-01Z');
insert into events select n, '2026-08-01Z'::timestamptz + n * interval '1 minute', 'old' from generate_series(1, 40000) n;
insert into events select n, '2026-10-01Z'::timestamptz + n * interval '1 minute', 'new' from generate_series(1, 80000) n;
";
const DEFAULT: &str = "
create table events_default partition of events default;
insert into events select n, '2020-01-01Z'::timestamptz + n * interval '1 minute', 'far' from generate_series(1, 40000) n;
";

const CREATE: &[&str] = &["partition", "create", "events", "--every", "month", "--ahead", "3"];
const DROP: &[&str] = &["partition", "drop", "events", "--keep", "1 month", "--no-archive", "--yes"];
/// Comes by one partition.
const BY_TIME: &str = "select count(*) from events where at >= '2026-11-10Z' and at < '2026-11-10 01:00Z'";
/// Comes by all of them.
const BY_ID: &str = "select count(*) from events where id = 4711";

/// A change, and the statement that most people would type instead.
struct Change {
    what: &'static str,
    default: bool,
    command: &'static [&'static str],
    naive: &'static str,
    naive_name: &'static str,
    limit: f64,
}

const PLAIN_CREATE: Change = Change {
    what: "create",
    default: false,
    command: CREATE,
    naive: "create table events_p2027_03 partition of events for values from ('2027-03-01Z') to ('2027-04-01Z')",
    naive_name: "CREATE TABLE ... PARTITION OF",
    limit: 10.0,
};
const PLAIN_DROP: Change = Change {
    what: "drop",
    default: false,
    command: DROP,
    naive: "drop table events_p2026_08",
    naive_name: "DROP TABLE of a partition",
    limit: 10.0,
};
/// With a DEFAULT the server wants ACCESS EXCLUSIVE; then the lock timeout is the limit.
const CHANGES: [Change; 4] = [
    PLAIN_CREATE,
    Change { what: "create beside a DEFAULT", default: true, limit: 200.0, ..PLAIN_CREATE },
    PLAIN_DROP,
    Change { what: "drop beside a DEFAULT", default: true, limit: 200.0, ..PLAIN_DROP },
];

pub fn run() -> Vec<Figure> {
    let ground = Ground::new(false);
    ground.database("plain", "");
    ground.batch("plain", TABLE);
    ground.database("with_default", "plain");
    ground.batch("with_default", DEFAULT);
    CHANGES.iter().map(|change| measure(&ground, change)).collect()
}

/// The longest operation of another session, the median over some rounds: while nothing else happens, while pgtend
/// works, while the naive statement does.
fn measure(ground: &Ground, change: &Change) -> Figure {
    let template = if change.default { "with_default" } else { "plain" };
    let (mut idle, mut ours, mut naive) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        ground.database("busy", template);
        idle.push(longest(ground, || {}));
        ours.push(longest(ground, || {
            timed(&mut ground.pgtend("busy", change.command));
        }));
        ground.database("busy", template);
        naive.push(longest(ground, || ground.batch("busy", change.naive)));
    }
    let worst = ours.iter().copied().fold(0.0, f64::max);
    let (idle, ours) = (median(idle), median(ours));
    Figure {
        what: format!("{}: longest delay added to a SELECT or INSERT of others", change.what),
        pgtend: (ours - idle).max(0.0),
        against: (change.naive_name.to_owned(), median(naive)),
        target: Target::Below(change.limit),
        noise: idle,
        note: format!(
            "longest {}, without any DDL {}; medians of {ROUNDS}, worst {}",
            milliseconds(ours),
            milliseconds(idle),
            milliseconds(worst)
        ),
    }
}

/// The longest operation, in milliseconds, of the sessions that read and write while `act` runs and a SELECT is open.
fn longest(ground: &Ground, act: impl FnOnce() + Send) -> f64 {
    std::thread::scope(|scope| {
        ground.block_on(async {
            let stop = Arc::new(AtomicBool::new(false));
            let mut sessions = Vec::new();
            for query in [BY_TIME, BY_ID] {
                sessions.push(tokio::spawn(read(ground.client("busy").await, query, Arc::clone(&stop))));
                let first = fastrand::i64(1_000_000..i64::MAX / 2);
                sessions.push(tokio::spawn(write(ground.client("busy").await, first, Arc::clone(&stop))));
            }
            let holder = tokio::spawn(hold(ground.client("busy").await));
            tokio::time::sleep(MARGIN).await;
            let acting = scope.spawn(act);
            holder.await.unwrap();
            while !acting.is_finished() {
                tokio::time::sleep(PAUSE).await;
            }
            acting.join().unwrap();
            tokio::time::sleep(MARGIN).await;
            stop.store(true, Ordering::Relaxed);
            longest_of(sessions).await
        })
    })
}

async fn longest_of(sessions: Vec<JoinHandle<f64>>) -> f64 {
    let mut longest: f64 = 0.0;
    for session in sessions {
        longest = longest.max(session.await.unwrap());
    }
    longest
}

async fn hold(client: Client) {
    client.batch_execute("begin; select count(*) from events").await.unwrap();
    tokio::time::sleep(HELD).await;
    client.batch_execute("commit").await.unwrap();
}

async fn read(client: Client, query: &str, stop: Arc<AtomicBool>) -> f64 {
    let query = client.prepare(query).await.unwrap();
    let mut longest: f64 = 0.0;
    while !stop.load(Ordering::Relaxed) {
        let began = Instant::now();
        client.query(&query, &[]).await.unwrap();
        longest = longest.max(milliseconds_since(began));
        tokio::time::sleep(PAUSE).await;
    }
    longest
}

async fn write(client: Client, first: i64, stop: Arc<AtomicBool>) -> f64 {
    let insert = "insert into events values ($1, '2026-11-20Z', 'live')";
    let insert = client.prepare(insert).await.unwrap();
    let mut longest: f64 = 0.0;
    for id in first.. {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let began = Instant::now();
        client.execute(&insert, &[&id]).await.unwrap();
        longest = longest.max(milliseconds_since(began));
        tokio::time::sleep(PAUSE).await;
    }
    longest
}
