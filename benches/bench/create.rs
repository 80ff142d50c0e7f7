//! 600 partitions, 12 for each of 50 tables with 4 indexes: pgtend against the same LIKE and ATTACH typed into psql, one
//! transaction a table, with commits that go to disk.
use std::fmt::Write as _;
use std::path::Path;
use std::time::Instant;

use chrono::{Months, NaiveDate};

use crate::figure::{Figure, Target, median};
use crate::ground::{Ground, fifty_parents, fifty_sections, milliseconds_since, timed};

const RUNS: usize = 5;

pub fn run() -> Vec<Figure> {
    let ground = Ground::new(true);
    ground.database("parents", "");
    ground.batch("parents", &fifty_parents());
    ground.file("pgtend.toml", &fifty_sections(11));
    let script = ground.file("peer.sql", &peer_script());
    let (mut ours, mut peers) = (Vec::new(), Vec::new());
    for round in 0..RUNS {
        for turn in 0..2 {
            ground.database("fifty", "parents");
            if (round + turn) % 2 == 0 {
                ours.push(timed(&mut ground.pgtend("fifty", &["partition", "maintain"])).0);
            } else {
                peers.push(peer(&ground, &script));
            }
            assert_eq!(partitions(&ground), 600);
        }
    }
    let (least, peers_least) = (least(&ours), least(&peers));
    vec![Figure {
        what: "create 600 partitions, 50 tables x 12, 4 indexes each".to_owned(),
        pgtend: median(ours),
        against: (format!("the same SQL in one {} session", peer_name(&ground)), median(peers)),
        target: Target::Ratio(1.2),
        noise: 0.0,
        note: format!("medians of {RUNS}; least {least:.0} against {peers_least:.0} ms"),
    }]
}

fn least(times: &[f64]) -> f64 {
    times.iter().copied().fold(f64::INFINITY, f64::min)
}

fn peer(ground: &Ground, script: &Path) -> f64 {
    match ground.psql("fifty") {
        Some(mut psql) => timed(psql.arg("-f").arg(script)).0,
        None => {
            let began = Instant::now();
            ground.batch("fifty", &std::fs::read_to_string(script).unwrap());
            milliseconds_since(began)
        }
    }
}

fn peer_name(ground: &Ground) -> &'static str {
    if ground.psql("fifty").is_some() { "psql" } else { "tokio-postgres" }
}

fn peer_script() -> String {
    let mut script = String::new();
    for table in 1..=50 {
        let (mut create, mut attach) = (String::new(), String::new());
        for ahead in 0..12 {
            let from = NaiveDate::from_ymd_opt(2026, 11, 1).unwrap() + Months::new(ahead);
            let to = from + Months::new(1);
            let name = format!("t{table}_p{}", from.format("%Y_%m"));
            writeln!(create, "create table {name} (like t{table} including all);").unwrap();
            let bounds = format!("from ('{from} 00:00:00+00') to ('{to} 00:00:00+00')");
            writeln!(attach, "alter table t{table} attach partition {name} for values {bounds};").unwrap();
        }
        writeln!(script, "begin;\n{create}{attach}commit;").unwrap();
    }
    script
}

fn partitions(ground: &Ground) -> i64 {
    ground.block_on(async {
        let query = "select count(*) from pg_class where relispartition and relkind = 'r'";
        ground.client("fifty").await.query_one(query, &[]).await.unwrap().get(0)
    })
}
