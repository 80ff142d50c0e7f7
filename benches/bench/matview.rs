//! Refreshes of a view of a million rows while somebody reads it all the while: how long that reader waits, and how
//! long the refresh takes, against `REFRESH MATERIALIZED VIEW` in the same run.
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tokio_postgres::Client;

use crate::figure::{Figure, Target, median, milliseconds};
use crate::ground::{Ground, milliseconds_since, timed};

const ROUNDS: usize = 3;
const PAUSE: Duration = Duration::from_millis(2);
const MARGIN: Duration = Duration::from_millis(300);
const HELD: Duration = Duration::from_secs(4);

const TABLE: &str = "
create table sales (id int primary key, customer int not null, amount int not null, note text not null);
insert into sales select n, n % 50000, n % 1000, md5(n::text) from generate_series(1, 1000000) as n;
create materialized view big as select id, customer, amount * 2 as amount, note from sales;
create unique index on big (id);
create index on big (customer);
vacuum analyze;
";
const QUARTERS: &str = "
create table sales (id int primary key, customer int not null, amount int not null, note text not null);
insert into sales select n, n % 50000, n % 1000, md5(n::text) from generate_series(1, 300000) as n;
create materialized view a as select customer, amount, md5(note) as x from sales order by 3;
create materialized view b as select customer, amount, md5(note) as x from sales order by 3;
create materialized view c as select customer, amount, md5(note) as x from sales order by 3;
create materialized view d as select customer, amount, md5(note) as x from sales order by 3;
vacuum analyze;
";
const PLAIN: &str = "refresh materialized view big";
const READ: &str = "select count(*) from big where customer = 4711";

/// What a reader met, and how long the work took, in milliseconds.
struct Met {
    longest: f64,
    took: f64,
}

pub fn run() -> Vec<Figure> {
    let ground = Ground::new(false);
    fill(&ground, "big", TABLE);
    fill(&ground, "four", QUARTERS);
    let idle = median((0..ROUNDS).map(|_| met(&ground, || std::thread::sleep(HELD / 4)).longest).collect());
    let plain: Vec<Met> = (0..ROUNDS).map(|_| met(&ground, || ground.batch("big", PLAIN))).collect();
    let swap = rounds(&ground, ROUNDS, &["--mode", "swap", "--force"]);
    let mut figures = waits("by swap", idle, &swap, &plain);
    figures.push(Figure {
        what: "refresh by swap: in all".to_owned(),
        pgtend: median(swap.iter().map(|met| met.took).collect()),
        against: ("plain REFRESH".to_owned(), median(plain.iter().map(|met| met.took).collect())),
        target: Target::Ratio(1.6),
        noise: 0.0,
        note: format!("medians of {ROUNDS}"),
    });
    ground.batch("big", "update sales set amount = amount + 1 where id % 100 = 0");
    figures.extend(waits("auto, 1 % changed", idle, &rounds(&ground, 1, &[]), &plain));
    figures.push(unchanged(&ground));
    figures.push(queue(&ground));
    figures.push(jobs(&ground));
    figures
}

/// Each statement a transaction of its own: VACUUM wants that.
fn fill(ground: &Ground, database: &str, statements: &str) {
    ground.database(database, "");
    for statement in statements.split_inclusive(';').filter(|statement| !statement.trim().is_empty()) {
        ground.batch(database, statement);
    }
}

fn rounds(ground: &Ground, rounds: usize, arguments: &[&str]) -> Vec<Met> {
    let command = [&["matview", "refresh", "big"], arguments].concat();
    (0..rounds)
        .map(|_| {
            met(ground, || {
                timed(&mut ground.pgtend("big", &command));
            })
        })
        .collect()
}

fn waits(what: &str, idle: f64, ours: &[Met], plain: &[Met]) -> Vec<Figure> {
    let longest = |all: &[Met]| median(all.iter().map(|met| met.longest).collect());
    let worst = ours.iter().map(|met| met.longest).fold(0.0, f64::max);
    let took = median(ours.iter().map(|met| met.took).collect());
    vec![Figure {
        what: format!("refresh a view of 1M rows, {what}: longest wait of a reader"),
        pgtend: longest(ours),
        against: ("plain REFRESH".to_owned(), longest(plain)),
        target: Target::Below(150.0),
        noise: idle,
        note: format!(
            "without any refresh {}; worst of {} {}; took {}",
            milliseconds(idle),
            ours.len(),
            milliseconds(worst),
            milliseconds(took)
        ),
    }]
}

/// A view below which nothing has changed: how much longer the process runs than where there is no view to look at.
fn unchanged(ground: &Ground) -> Figure {
    let run = |database: &str, view: &[&str]| {
        let command = [&["matview", "refresh"], view].concat();
        median((0..9).map(|_| timed(&mut ground.pgtend(database, &command)).0).collect())
    };
    ground.database("empty", "");
    let nothing = run("empty", &["--all"]);
    let skipped = run("big", &["big"]);
    Figure {
        what: "what a view adds to a run when nothing below it has changed".to_owned(),
        pgtend: skipped - nothing,
        against: ("the whole process without views".to_owned(), nothing),
        target: Target::Below(20.0),
        noise: 0.0,
        note: format!("the whole process {}; medians of 9", milliseconds(skipped)),
    }
}

/// Somebody reads for four seconds before the refresh comes; somebody else comes after it.
fn queue(ground: &Ground) -> Figure {
    let behind = |act: &(dyn Fn() + Sync)| {
        std::thread::scope(|scope| {
            let holder = scope.spawn(|| {
                ground.block_on(async {
                    let client = ground.client("big").await;
                    client.batch_execute(&format!("begin; {READ}")).await.unwrap();
                    tokio::time::sleep(HELD).await;
                    client.batch_execute("commit").await.unwrap();
                });
            });
            std::thread::sleep(MARGIN);
            // The run of the refresh itself stops readers in this mode; what counts is the time before.
            let stop = Arc::new(AtomicBool::new(false));
            let seen = Arc::clone(&stop);
            let reader =
                scope.spawn(move || ground.block_on(async { read(ground.client("big").await, seen).await }));
            let acting = scope.spawn(act);
            std::thread::sleep(HELD - 2 * MARGIN);
            stop.store(true, Ordering::Relaxed);
            let longest = reader.join().unwrap();
            holder.join().unwrap();
            acting.join().unwrap();
            longest
        })
    };
    let ours = behind(&|| {
        timed(&mut ground.pgtend("big", &["matview", "refresh", "big", "--mode", "plain", "--force"]));
    });
    let plain = behind(&|| ground.batch("big", PLAIN));
    Figure {
        what: "a plain refresh queued behind a reader of 4 s: longest wait of another reader meanwhile"
            .to_owned(),
        pgtend: ours,
        against: ("plain REFRESH".to_owned(), plain),
        target: Target::Below(300.0),
        noise: 0.0,
        note: String::new(),
    }
}

fn jobs(ground: &Ground) -> Figure {
    let run = |jobs: &str| {
        let command = ["matview", "refresh", "--all", "--mode", "plain", "--force", "--jobs", jobs];
        timed(&mut ground.pgtend("four", &command)).0
    };
    let (mut one, mut two) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        one.push(run("1"));
        two.push(run("2"));
    }
    Figure {
        what: "4 independent views with 2 jobs".to_owned(),
        pgtend: median(two),
        against: ("one after the other".to_owned(), median(one)),
        target: Target::Ratio(1.0 / 1.3),
        noise: 0.0,
        note: format!("medians of {ROUNDS}"),
    }
}

/// Does something while somebody reads.
fn met(ground: &Ground, act: impl FnOnce() + Send) -> Met {
    let stop = Arc::new(AtomicBool::new(false));
    std::thread::scope(|scope| {
        let seen = Arc::clone(&stop);
        let reader =
            scope.spawn(move || ground.block_on(async { read(ground.client("big").await, seen).await }));
        std::thread::sleep(MARGIN);
        let began = Instant::now();
        act();
        let took = milliseconds_since(began);
        std::thread::sleep(MARGIN);
        stop.store(true, Ordering::Relaxed);
        Met { longest: reader.join().unwrap(), took }
    })
}

async fn read(client: Client, stop: Arc<AtomicBool>) -> f64 {
    let mut longest: f64 = 0.0;
    while !stop.load(Ordering::Relaxed) {
        let began = Instant::now();
        client.batch_execute(READ).await.unwrap();
        longest = longest.max(milliseconds_since(began));
        tokio::time::sleep(PAUSE).await;
    }
    longest
}
