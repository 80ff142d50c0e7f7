//! A whole `pgtend health`, as Nagios starts it: 100 tables, then 4,010 in ten partitioned ones.
use crate::figure::{Figure, Target, median};
use crate::ground::{Ground, milliseconds_since};

use std::process::Stdio;
use std::time::Instant;

const RUNS: usize = 15;

pub fn run() -> Vec<Figure> {
    let ground = Ground::new(false);
    ground.database("hundred", "");
    ground.batch("hundred", &hundred());
    ground.database("many", "");
    for parent in 1..=10 {
        ground.batch("many", &parent_of_400(parent));
    }
    ground.batch("hundred", "vacuum analyze");
    ground.batch("many", "vacuum analyze");
    vec![
        figure(&ground, "hundred", "health, all checks, 100 tables, whole process", 100.0),
        figure(&ground, "many", "health, all checks, 4,010 tables in ten, whole process", 250.0),
    ]
}

fn figure(ground: &Ground, database: &str, what: &str, limit: f64) -> Figure {
    let time = || {
        let mut command = ground.pgtend(database, &["health", "--json"]);
        let began = Instant::now();
        let output = command.stdin(Stdio::null()).output();
        let elapsed = milliseconds_since(began);
        // The server here does without fsync, which is a finding.
        assert!(output.is_ok_and(|output| output.status.code().is_some_and(|code| code <= 3)), "{what}");
        elapsed
    };
    time();
    let times: Vec<f64> = (0..RUNS).map(|_| time()).collect();
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

/// Two indexes each.
fn parent_of_400(parent: u32) -> String {
    format!(
        "create table p{parent} (id bigint not null, at timestamptz not null, primary key (id, at)) partition by range (at);
         create index on p{parent} (at);
         do $$ begin for n in 0..399 loop
             execute format('create table p{parent}_%s partition of p{parent} for values from (%L) to (%L)', n,
                            '2026-01-01 00:00+00'::timestamptz + n * interval '1 day',
                            '2026-01-01 00:00+00'::timestamptz + (n + 1) * interval '1 day');
         end loop; end $$"
    )
}
