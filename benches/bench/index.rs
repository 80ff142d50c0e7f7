//! How long writers wait while an index is built on a partitioned table: beside pgtend, and beside the one statement
//! that one would type.
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::figure::{Figure, Target, median};
use crate::ground::{Ground, milliseconds_since};

const PARTITIONS: usize = 15;
const ROUNDS: usize = 5;
const WRITERS: usize = 4;
/// Four writers together 200 times a second.
const EVERY: Duration = Duration::from_millis(20);
const HELD: Duration = Duration::from_secs(5);

const TABLES: &str = "
create table messages (id bigint not null, part int not null, thread int not null, at timestamptz not null, body text)
    partition by list (part);
do $$ begin
    for n in 0..14 loop
        execute format('create table messages_%s partition of messages for values in (%s)', n, n);
    end loop;
end $$;
insert into messages
select n, n % 15, n % 5000, '2026-01-01Z'::timestamptz + n * interval '1 second', repeat('x', 80)
from generate_series(1, 3000000) as n;
vacuum analyze messages;
";
const CREATE: &str = "create index messages_thread_at_idx on messages (thread, at desc)";

pub fn run() -> Vec<Figure> {
    let ground = Ground::new(false);
    ground.database("idx", "");
    let (tables, vacuum) = TABLES.split_once("vacuum").unwrap();
    ground.batch("idx", tables);
    ground.batch("idx", &format!("vacuum{vacuum}"));
    let noise = ground.block_on(stall(&ground, async { tokio::time::sleep(HELD).await }));
    let (mut ours, mut plain, mut held) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        ours.push(ground.block_on(stall(&ground, pgtend(&ground))));
        ground.batch("idx", "drop index messages_thread_at_idx");
        plain.push(ground.block_on(stall(&ground, async {
            ground.client("idx").await.batch_execute(CREATE).await.unwrap();
        })));
        ground.batch("idx", "drop index messages_thread_at_idx");
        held.push(ground.block_on(stall(&ground, async {
            tokio::join!(hold(&ground), pgtend(&ground));
        })));
        ground.batch("idx", "drop index messages_thread_at_idx");
    }
    let peer = median(plain);
    let figure = |what: &str, times: Vec<f64>, limit: f64| Figure {
        what: what.to_owned(),
        note: format!("median of {ROUNDS}, worst {:.0} ms", times.iter().copied().fold(0.0, f64::max)),
        pgtend: median(times),
        against: ("plain create index".to_owned(), peer),
        target: Target::Below(limit),
        noise,
    };
    vec![
        figure(&format!("longest wait of a writer, {PARTITIONS} x 200k rows"), ours, 100.0),
        figure("the same with a transaction open for 5 s", held, 300.0),
    ]
}

async fn pgtend(ground: &Ground) {
    tokio::time::sleep(Duration::from_millis(200)).await;
    let mut command = ground.pgtend("idx", &["index", "create", "--sql", CREATE, "--quiet"]);
    let mut child = command.stdin(Stdio::null()).spawn().unwrap();
    while child.try_wait().unwrap().is_none() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(child.wait().unwrap().success());
}

async fn hold(ground: &Ground) {
    let client = ground.client("idx").await;
    let work = "begin; insert into messages values (0, 3, 1, '2026-01-01Z', 'held'); select count(*) from messages_4";
    client.batch_execute(work).await.unwrap();
    tokio::time::sleep(HELD).await;
    client.batch_execute("commit").await.unwrap();
}

/// The longest wait of any writer while the work goes on, from the time at which it meant to write.
async fn stall(ground: &Ground, work: impl Future<Output = ()>) -> f64 {
    let stop = Arc::new(AtomicBool::new(false));
    let mut writers = Vec::new();
    for writer in 0..WRITERS {
        let client = ground.client("idx").await;
        let stop = Arc::clone(&stop);
        writers.push(tokio::spawn(async move {
            let insert = "insert into messages values ($1, $2, 7, '2026-06-01Z', 'live')";
            let insert = client.prepare(insert).await.unwrap();
            let (mut longest, mut due): (f64, _) = (0.0, Instant::now());
            for id in 0_i64.. {
                if stop.load(Ordering::Relaxed) {
                    break;
                }
                tokio::time::sleep(due.saturating_duration_since(Instant::now())).await;
                let part = i32::try_from((id + i64::try_from(writer).unwrap()) % 15).unwrap();
                client.execute(&insert, &[&id, &part]).await.unwrap();
                longest = longest.max(milliseconds_since(due));
                due += EVERY;
            }
            longest
        }));
    }
    work.await;
    stop.store(true, Ordering::Relaxed);
    let mut longest: f64 = 0.0;
    for writer in writers {
        longest = longest.max(writer.await.unwrap());
    }
    longest
}
