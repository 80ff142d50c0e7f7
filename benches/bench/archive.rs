//! A month of a million rows into an archive: copied out, hashed by the server, compressed, read back, dropped; and the
//! way back, in each format. Against the COPY alone, which proves nothing.
use std::path::{Path, PathBuf};

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
    ["partition", "drop", "events", "--keep", "2 months", "--yes", "--archive", "archive"];

pub fn run() -> Vec<Figure> {
    let ground = Ground::new(false);
    ground.database("filled", "");
    ground.batch("filled", TABLE);
    ground.batch("filled", "vacuum analyze events");
    let mut copies = Vec::new();
    let csv = runs(&ground, "csv", &mut copies);
    let parquet = cfg!(feature = "parquet").then(|| runs(&ground, "parquet", &mut copies));
    let against = if copies.is_empty() {
        ("no psql here; the limit".to_owned(), f64::from(ROWS) / 300.0)
    } else {
        ("COPY of the same rows to nowhere".to_owned(), median(copies))
    };
    let figure = |what: &str, times: Vec<f64>, target: Target| {
        let time = median(times);
        Figure {
            what: what.to_owned(),
            pgtend: time,
            against: against.clone(),
            target,
            noise: 0.0,
            note: format!("{:.0} rows/s; median of {RUNS}", f64::from(ROWS) / time * 1000.0),
        }
    };
    // 300,000 rows a second.
    let limit = || Target::Below(f64::from(ROWS) / 300.0);
    let [out, back] = csv;
    let mut figures = vec![
        figure("drop a month of 1M rows into an archive: hashed, compressed, read back", out, limit()),
        figure("restore it as a partition: verified, loaded, indexed, hashed, attached", back, limit()),
    ];
    if let Some([out, back]) = parquet {
        figures.push(figure("the same archive in Parquet: typed, compressed, read back", out, Target::Shown));
        figures.push(figure("restore it from Parquet", back, Target::Shown));
    }
    figures
}

/// Times of archiving and of restoring.
fn runs(ground: &Ground, format: &str, copies: &mut Vec<f64>) -> [Vec<f64>; 2] {
    let (mut out, mut back) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        ground.database("month", "filled");
        if let Some(mut psql) = ground.psql("month") {
            let copy = "copy events_p2026_08 to stdout (format csv)";
            copies.push(timed(psql.args(["-o", "/dev/null", "-c", copy])).0);
        }
        let folder = ground.file("archive.here", "").with_file_name("archive");
        let _ = std::fs::remove_dir_all(&folder);
        out.push(
            timed(&mut ground.pgtend("month", &[DROP.as_slice(), &["--archive-format", format]].concat())).0,
        );
        let manifest = manifest(&folder).unwrap();
        let restore = ["partition", "restore", manifest.to_str().unwrap(), "--attach"];
        back.push(timed(&mut ground.pgtend("month", &restore)).0);
    }
    [out, back]
}

/// The one that lies somewhere below.
fn manifest(folder: &Path) -> Option<PathBuf> {
    std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).find_map(|path| {
        match path.is_dir() {
            true => manifest(&path),
            false => Some(path).filter(|path| path.extension().is_some_and(|extension| extension == "json")),
        }
    })
}
