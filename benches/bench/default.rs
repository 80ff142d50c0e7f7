//! Twelve months attached beside a DEFAULT partition of a million rows: how long nobody can use the DEFAULT.
use std::time::Instant;

use serde_json::Value;

use crate::figure::{Figure, Target};
use crate::ground::{Ground, milliseconds_since, timed};

const TABLE: &str = "
create table events (id bigint not null, at timestamptz not null, payload text, primary key (id, at))
    partition by range (at);
create table events_default partition of events default;
insert into events
select n, '2020-01-01Z'::timestamptz + n * interval '1 minute', repeat(md5(n::text), 6)
from generate_series(1, 1000000) as n;
vacuum analyze events;
";

const ARGUMENTS: [&str; 8] = ["partition", "create", "events", "--every", "month", "--ahead", "11", "--json"];

pub fn run() -> Vec<Figure> {
    let ground = Ground::new(false);
    ground.database("filled", "");
    for statement in TABLE.split_inclusive(';').filter(|statement| !statement.trim().is_empty()) {
        ground.batch("filled", statement);
    }
    ground.database("ours", "filled");
    ground.database("plain", "filled");
    let (_, output) = timed(&mut ground.pgtend("ours", &ARGUMENTS));
    let holds = holds(&output.stdout);
    let plain = ground.block_on(plain(&ground));
    let longest = |times: &[f64]| times.iter().copied().fold(0.0, f64::max);
    vec![
        Figure {
            what: "attach 12 months beside a DEFAULT of 1M rows: ACCESS EXCLUSIVE on it held in all"
                .to_owned(),
            pgtend: holds.iter().sum(),
            against: ("12 plain ATTACHes".to_owned(), plain.iter().sum()),
            target: Target::Ratio(0.1),
            noise: 0.0,
            note: format!("in {} transactions against 12", holds.len()),
        },
        Figure {
            what: "the same, the longest hold".to_owned(),
            pgtend: longest(&holds),
            against: ("the longest of them".to_owned(), longest(&plain)),
            target: Target::Ratio(1.0),
            noise: 0.0,
            note: "12 months at once against one".to_owned(),
        },
    ]
}

/// How long each of the steps that lock the default partition held the lock, as pgtend reports it.
fn holds(stdout: &[u8]) -> Vec<f64> {
    let lines = stdout.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let events = lines.map(|line| serde_json::from_slice::<Value>(line).unwrap());
    let finished = events.filter(|event| event["event"] == "step_finished");
    finished.filter_map(|event| event["lock_held_ms"].as_f64()).collect()
}

/// The times of twelve ATTACHes of empty tables; each locks the default partition while it reads it.
async fn plain(ground: &Ground) -> Vec<f64> {
    let client = ground.client("plain").await;
    let mut times = Vec::new();
    for month in 1..=12 {
        let create = format!("create table events_p2027_{month:02} (like events including all)");
        client.batch_execute(&create).await.unwrap();
        let (year, next) = if month == 12 { (2028, 1) } else { (2027, month + 1) };
        let attach = format!(
            "alter table events attach partition events_p2027_{month:02}
                 for values from ('2027-{month:02}-01Z') to ('{year}-{next:02}-01Z')"
        );
        let began = Instant::now();
        client.batch_execute(&attach).await.unwrap();
        times.push(milliseconds_since(began));
    }
    times
}
