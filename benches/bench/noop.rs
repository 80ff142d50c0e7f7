//! `maintain` with nothing to do, over 50 tables of 12 partitions: the whole process, as cron starts it every hour.
use crate::figure::{Figure, Target, median};
use crate::ground::{Ground, fifty_parents, fifty_sections, timed};

const RUNS: usize = 21;

pub fn run() -> Vec<Figure> {
    let ground = Ground::new(false);
    ground.database("fifty", "");
    ground.batch("fifty", &fifty_parents());
    ground.file("pgtend.toml", &fifty_sections(11));
    timed(&mut ground.pgtend("fifty", &["partition", "maintain"]));
    let (mut ours, mut psql) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        let (time, output) = timed(&mut ground.pgtend("fifty", &["partition", "maintain"]));
        assert!(output.stdout.is_empty() && output.stderr.is_empty(), "something was to do: {output:?}");
        ours.push(time);
        if let Some(mut command) = ground.psql("fifty") {
            psql.push(timed(command.args(["-c", "select 1"])).0);
        }
    }
    let against = if psql.is_empty() {
        ("no psql here; the limit".to_owned(), 100.0)
    } else {
        ("psql -c 'select 1'".to_owned(), median(psql))
    };
    let least = ours.iter().copied().fold(f64::INFINITY, f64::min);
    vec![Figure {
        what: "maintain, nothing to do, 50 tables x 12 partitions, whole process".to_owned(),
        pgtend: median(ours),
        against,
        target: Target::Below(100.0),
        noise: 0.0,
        note: format!("median of {RUNS}, least {least:.1} ms"),
    }]
}
