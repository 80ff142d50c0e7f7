//! A whole `pgtend health`, as Nagios starts it: 100 tables, then 4,010 in ten partitioned ones; against the plugins
//! that make one check in a process. A scrape of its numbers, against postgres_exporter.
use std::process::Stdio;
use std::time::Instant;

use crate::figure::{Figure, Target, median};
use crate::ground::{Ground, milliseconds_since, parent_of_400};
use crate::peer::{CHECK_PGACTIVITY, CHECK_POSTGRES, Limit, POSTGRES_EXPORTER, Serving, calls};

const RUNS: usize = 15;
/// What both can: connections, waiting, sequences, wraparound, vacuum, bloat, old transactions, the answer itself.
const CHECK_POSTGRES_ACTIONS: [&[&str]; 8] = [
    &["--action=connection"],
    &["--action=backends"],
    &["--action=locks", "--warning=100", "--critical=150"],
    &["--action=sequence"],
    &["--action=txn_wraparound"],
    &["--action=last_vacuum", "--warning=1d", "--critical=2d"],
    &["--action=bloat", "--warning=1GB", "--critical=2GB"],
    &["--action=txn_idle", "--warning=1 minute", "--critical=10 minutes"],
];
const CHECK_PGACTIVITY_SERVICES: [&[&str]; 7] = [
    &["-s", "connection"],
    &["-s", "backends", "-w", "80%", "-c", "95%"],
    &["-s", "longest_query", "-w", "5m", "-c", "1h"],
    &["-s", "oldest_idlexact", "-w", "1m", "-c", "10m"],
    &["-s", "sequences_exhausted", "-w", "75%", "-c", "90%"],
    &["-s", "max_freeze_age", "-w", "60%", "-c", "80%"],
    &["-s", "invalid_indexes"],
];

pub fn run() -> Vec<Figure> {
    let ground = Ground::with(false, &[("pg_stat_statements.track_planning", "on")]);
    ground.database("hundred", "");
    ground.batch("hundred", &hundred());
    ground.database("many", "");
    for parent in 1..=10 {
        ground.batch("many", &parent_of_400(parent));
    }
    ground.batch("hundred", "vacuum analyze");
    ground.batch("hundred", "create extension pg_stat_statements");
    ground.batch("many", "vacuum analyze");
    let hundred = median(times(&ground, "hundred"));
    let all = format!("median of {RUNS}; all checks");
    vec![
        figure(&ground, "hundred", "health, all checks, 100 tables, whole process", 100.0),
        server_time(&ground),
        figure(&ground, "many", "health, all checks, 4,010 tables in ten, whole process", 250.0),
        CHECK_POSTGRES.figure(
            "health, 100 tables, against 8 actions".to_owned(),
            (hundred, all.clone()),
            Limit::Ratio(0.25),
            |program| {
                let actions = CHECK_POSTGRES_ACTIONS.map(|action| [action, &["--dbname=hundred"]].concat());
                calls(&ground, program, &actions.each_ref().map(Vec::as_slice))
            },
        ),
        CHECK_PGACTIVITY.figure(
            "health, 100 tables, against 7 services".to_owned(),
            (hundred, all),
            Limit::Ratio(0.25),
            |program| calls(&ground, program, &CHECK_PGACTIVITY_SERVICES),
        ),
        scrape(&ground),
    ]
}

fn times(ground: &Ground, database: &str) -> Vec<f64> {
    let time = || {
        let mut command = ground.pgtend(database, &["health", "--json"]);
        let began = Instant::now();
        let output = command.stdin(Stdio::null()).output();
        let elapsed = milliseconds_since(began);
        // The server here does without fsync, which is a finding.
        assert!(output.is_ok_and(|output| output.status.code().is_some_and(|code| code <= 3)), "{database}");
        elapsed
    };
    time();
    (0..RUNS).map(|_| time()).collect()
}

fn figure(ground: &Ground, database: &str, what: &str, limit: f64) -> Figure {
    let times = times(ground, database);
    let psql: Vec<f64> = (0..RUNS)
        .filter_map(|_| {
            let mut command = ground.psql(database)?;
            Some(crate::ground::timed(command.args(["-c", "select 1"])).0)
        })
        .collect();
    let against = match psql.is_empty() {
        true => ("no psql here; the limit".to_owned(), limit),
        false => ("psql -c 'select 1'".to_owned(), median(psql)),
    };
    let least = times.iter().copied().fold(f64::INFINITY, f64::min);
    Figure {
        what: what.to_owned(),
        pgtend: median(times),
        against,
        target: Target::Below(limit),
        noise: 0.0,
        note: format!("median of {RUNS}, least {least:.1} ms"),
    }
}

/// Planning and execution of all that a run sends, as the server counts it.
fn server_time(ground: &Ground) -> Figure {
    const LIMIT: f64 = 60.0;
    ground.batch("hundred", "select pg_stat_statements_reset()");
    let whole = median(times(ground, "hundred"));
    let spent = "select sum(total_plan_time + total_exec_time) from pg_stat_statements
                 where query not like '%pg_stat_statements_reset%'";
    let spent: f64 = ground.block_on(async {
        ground.client("hundred").await.query_one(spent, &[]).await.map_or(f64::NAN, |row| row.get(0))
    });
    Figure {
        what: "health, all checks, 100 tables, time of the server".to_owned(),
        // One more warms up.
        pgtend: spent / (RUNS + 1) as f64,
        against: ("the whole process".to_owned(), whole),
        target: Target::Below(LIMIT),
        noise: 0.0,
        note: format!("planned and executed, mean of {}", RUNS + 1),
    }
}

fn scrape(ground: &Ground) -> Figure {
    let own = Serving::start(|address| ground.pgtend("hundred", &["metrics", "--listen", address]));
    let own: Vec<f64> = own.iter().flat_map(|own| (0..RUNS).map(|_| fresh(own))).collect();
    let mut exporter = None;
    POSTGRES_EXPORTER.figure(
        "metrics, one scrape, health among it".to_owned(),
        (if own.is_empty() { f64::NAN } else { median(own) }, format!("median of {RUNS}")),
        Limit::Below(150.0),
        |program| {
            if exporter.is_none() {
                exporter = Serving::start(|address| {
                    let mut command = ground.client_command(program);
                    command.env("DATA_SOURCE_NAME", ground.url("hundred"));
                    command.arg(format!("--web.listen-address={address}"));
                    command
                });
            }
            exporter.as_ref()?.scrape()
        },
    )
}

/// Scrapes that follow one another at once share one reading.
fn fresh(own: &Serving) -> f64 {
    std::thread::sleep(std::time::Duration::from_millis(1100));
    own.scrape().unwrap_or(f64::NAN)
}

fn hundred() -> String {
    let table = |n| {
        format!(
            "create table t{n} (id bigserial primary key, other bigint references t{other}, note text);
             create index on t{n} (other);
             insert into t{n} (note) select 'note' from generate_series(1, 500);\n",
            other = if n == 1 { 1 } else { n - 1 }
        )
    };
    (1..=100).map(table).collect()
}
