//! A month of a million rows into an archive: copied out, hashed by the server, compressed, read back, dropped; and the
//! way back. Against the COPY alone, which proves nothing.
use std::path::PathBuf;

use crate::figure::{Figure, Target, median};
use crate::ground::{Ground, timed};

const RUNS: usize = 3;
const ROWS: u32 = 1_000_000;

const TABLE: &str = "
create table events (id bigint not null, at timestamptz not null, payload text, primary key (id, at))
    partition by range (at);
create table events_p2026_08 partition of events for values from ('2026-08-01Z') to ('2026-09-01Z');
create table events_p2026_11 partition of events for values from ('2026-11-01Z') to ('2026-12-01Z');
insert into events
select n, '2026-08-01Z'::timestamptz + n * interval '2 seconds', repeat(md5(n::text), 5)
from generate_series(1, 1000000) as n;
";

const DROP: [&str; 8] =
    ["partition", "drop", "events", "--keep", "2 months", "--archive", "archive", "--yes"];

pub fn run() -> Vec<Figure> {
    let ground = Ground::new(false);
    ground.database("filled", "");
    ground.batch("filled", TABLE);
    ground.batch("filled", "vacuum analyze events");
    let (mut out, mut back, mut copies) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..RUNS {
        ground.database("month", "filled");
        if let Some(mut psql) = ground.psql("month") {
            let copy = "copy events_p2026_08 to stdout (format csv)";
            copies.push(timed(psql.args(["-o", "/dev/null", "-c", copy])).0);
        }
        let folder = ground.file("archive.here", "").with_file_name("archive");
        let _ = std::fs::remove_dir_all(&folder);
        out.push(timed(&mut ground.pgtend("month", &DROP)).0);
        let manifest = manifest(&folder);
        let restore = ["partition", "restore", manifest.to_str().unwrap(), "--attach"];
        back.push(timed(&mut ground.pgtend("month", &restore)).0);
    }
    let against = if copies.is_empty() {
        ("no psql here; the limit".to_owned(), f64::from(ROWS) / 300.0)
    } else {
        ("COPY of the same rows to nowhere".to_owned(), median(copies))
    };
    let figure = |what: &str, times: Vec<f64>| {
        let time = median(times);
        Figure {
            what: what.to_owned(),
            pgtend: time,
            against: against.clone(),
            // 300,000 rows a second.
            target: Target::Below(f64::from(ROWS) / 300.0),
            noise: 0.0,
            note: format!("{:.0} rows/s; median of {RUNS}", f64::from(ROWS) / time * 1000.0),
        }
    };
    vec![
        figure("drop a month of 1M rows into an archive: hashed, compressed, read back", out),
        figure("restore it as a partition: verified, loaded, indexed, hashed, attached", back),
    ]
}

fn manifest(folder: &std::path::Path) -> PathBuf {
    let files = std::fs::read_dir(folder.join("public.events")).unwrap().map(|entry| entry.unwrap().path());
    files.into_iter().find(|path| path.extension().is_some_and(|e| e == "json")).unwrap()
}
