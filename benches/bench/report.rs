//! Reports while every table is locked, or somebody waits to lock it; over 4,010 tables; and the history they answer from.
use std::path::Path;
use std::process::Stdio;

use tokio_postgres::Client;

use crate::figure::{Figure, Target, median};
use crate::ground::{Ground, NOW, milliseconds_since, parent_of_400, timed};
use crate::peer::{Limit, PG_EXTRAS};

const RUNS: usize = 5;
const REPORT_MS: f64 = 500.0;
const MANY_MS: f64 = 300.0;
const CAPTURE_MS: f64 = 150.0;
const ANSWER_MS: f64 = 100.0;
const REPORTS: [&str; 12] = [
    "slow-queries",
    "table-access",
    "index-usage",
    "locks",
    "activity",
    "vacuum",
    "sequences",
    "sizes",
    "bloat",
    "cache",
    "progress",
    "settings",
];

pub fn run() -> Vec<Figure> {
    let ground = Ground::with(false, &[("pg_stat_statements.max", "20000")]);
    let mut figures = locked(&ground);
    figures.extend(many(&ground));
    figures.extend(history(&ground));
    figures
}

fn limited(what: &str, pgtend: f64, limit: f64, note: String) -> Figure {
    let against = ("the limit".to_owned(), limit);
    Figure { what: what.to_owned(), pgtend, against, target: Target::Below(limit), noise: 0.0, note }
}

/// The slowest of all reports, each with its median.
fn slowest(ground: &Ground, database: &str) -> (f64, &'static str) {
    let time =
        |report| median((0..RUNS).map(|_| one(ground, database, &["report", report, "--json"])).collect());
    let times = REPORTS.map(|report| (time(report), report));
    times.into_iter().max_by(|a, b| a.0.total_cmp(&b.0)).unwrap_or((f64::NAN, "none"))
}

fn one(ground: &Ground, database: &str, arguments: &[&str]) -> f64 {
    timed(&mut ground.pgtend(database, arguments)).0
}

/// A hundred tables, of which each is locked, or waited for behind a reader.
fn locked(ground: &Ground) -> Vec<Figure> {
    ground.database("locked", "");
    let tables: String = (1..=100)
        .map(|n| format!("create table t{n} (id serial primary key, note text); insert into t{n} (note) values ('x');\n"))
        .collect();
    ground.batch("locked", &tables);
    ground.batch("locked", "create extension pg_stat_statements; analyze");
    let all: Vec<String> = (1..=100).map(|n| format!("t{n}")).collect();
    let all = all.join(", ");
    let ((held, worst_held), (queued, worst_queued)) = ground.block_on(async {
        let holder = ground.client("locked").await;
        holder.batch_execute(&format!("begin; lock table {all}")).await.unwrap();
        let held = slowest(ground, "locked");
        holder
            .batch_execute("rollback; begin; select count(*) from t1; select count(*) from t2")
            .await
            .unwrap();
        let waiting = tokio::spawn(wait(ground.client("locked").await));
        until_one_waits(&ground.client("locked").await).await;
        let queued = slowest(ground, "locked");
        waiting.abort();
        (held, queued)
    });
    let note = |worst: &str| format!("the slowest of {}, {worst}; median of {RUNS}", REPORTS.len());
    vec![
        limited("reports, ACCESS EXCLUSIVE held on 100 tables", held, REPORT_MS, note(worst_held)),
        limited("reports, ACCESS EXCLUSIVE waited for", queued, REPORT_MS, note(worst_queued)),
    ]
}

async fn wait(waiter: Client) {
    let _ = waiter.batch_execute("begin; lock table t1").await;
}

async fn until_one_waits(client: &Client) {
    let waiting = "select exists (select from pg_locks where not granted)";
    while !client.query_one(waiting, &[]).await.unwrap().get::<_, bool>(0) {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
}

/// Ten partitioned tables of 400 partitions each, and ten that are not.
fn many(ground: &Ground) -> Vec<Figure> {
    ground.database("many", "");
    for parent in 1..=10 {
        ground.batch("many", &parent_of_400(parent));
    }
    ground.batch("many", "vacuum analyze");
    let figure = |report: &str| {
        let arguments = ["report", report, "--json", "--since-reset"];
        let arguments = &arguments[..if report == "sizes" { 3 } else { 4 }];
        let (_, output) = timed(&mut ground.pgtend("many", arguments));
        let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(document["rows_total"], 10, "one row for each partitioned table");
        (
            median((0..RUNS).map(|_| one(ground, "many", arguments)).collect()),
            format!("10 rows; median of {RUNS}"),
        )
    };
    let (access, note) = figure("table-access");
    vec![
        limited("report table-access, 4,010 tables", access, MANY_MS, note),
        PG_EXTRAS.figure(
            "report sizes, 4,010 tables".to_owned(),
            figure("sizes"),
            Limit::Below(REPORT_MS),
            |program| pg_extras(ground, program),
        ),
    ]
}

fn pg_extras(ground: &Ground, program: &Path) -> Option<f64> {
    let mut command = ground.client_command(program);
    command.arg("total-table-size").env("DATABASE_URL", ground.url("many"));
    let began = std::time::Instant::now();
    let done = command.stdin(Stdio::null()).output().ok()?;
    done.status.success().then(|| milliseconds_since(began))
}

fn history(ground: &Ground) -> [Figure; 2] {
    ground.database("history", "");
    ground.batch("history", "create extension pg_stat_statements; create table wide ()");
    // Each a statement of its own: other columns.
    let columns: String = (0..80).map(|n| format!("alter table wide add c{n} int;")).collect();
    ground.batch("history", &columns);
    let statements: Vec<String> = (0..5000)
        .map(|n| format!("select c{}, c{} from wide where c{} > 0", n % 80, n / 80, (n * 7) % 80))
        .collect();
    timed(&mut ground.pgtend("history", &["stats", "init"]));
    let mut captures = Vec::new();
    for _ in 0..=RUNS {
        ground.block_on(async {
            let client = ground.client("history").await;
            for statement in &statements {
                client.simple_query(statement).await.unwrap();
            }
        });
        captures.push(one(ground, "history", &["stats", "capture"]));
    }
    // The first one reads the texts as well.
    captures.remove(0);
    let known = "select count(*)::float8 from pg_stat_statements";
    let known: f64 =
        ground.block_on(async { ground.client("history").await.query_one(known, &[]).await.unwrap().get(0) });
    ground.batch("history", &a_day());
    // What a capture does on the way, each time that an hour is over.
    timed(&mut ground.pgtend("history", &["stats", "prune"]));
    ground.batch("history", "vacuum analyze");
    let arguments = ["report", "slow-queries", "--since", "24h", "--json"];
    let (_, output) = timed(&mut ground.pgtend("history", &arguments));
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(document["window"]["captures"].as_i64() >= Some(144), "{:#}", document["window"]);
    let answer = median((0..RUNS).map(|_| one(ground, "history", &arguments)).collect());
    [
        limited(
            "stats capture, 5,000 statements all of which ran",
            median(captures),
            CAPTURE_MS,
            format!("{known} entries; median of {RUNS}"),
        ),
        limited(
            "slow-queries of 24 h, 300,000 rows in the store",
            answer,
            ANSWER_MS,
            format!("{} rows told; median of {RUNS}", document["rows_total"]),
        ),
    ]
}

/// 156 captures of 2,084 statements, of which every hundredth is slow, up to [`NOW`]: 300,000 rows of the last 24 hours, and
/// two hours before, as the last 24 hours are hardly ever a whole day of the calendar.
fn a_day() -> String {
    format!(
        "delete from pgtend.statement_delta; delete from pgtend.snapshot;
         insert into pgtend.statement (fingerprint, text) select n, 'select ' || n from generate_series(1, 2084) as n;
         insert into pgtend.snapshot (began, at, has_statements, server_version)
         select at - interval '10 min', at, true, 150000
         from generate_series('{NOW}'::timestamptz - interval '1550 min', '{NOW}', interval '10 min') as at;
         insert into pgtend.statement_delta
         select s.id, n, 1, 10, 5, 5 * t.ms, 5 * t.ms * t.ms, 0, 10, 20, 1, 0, 0, 0, 0, 0, t.ms
         from pgtend.snapshot as s cross join generate_series(1, 2084) as n
         cross join lateral (select case when n % 100 = 0 then 150.0 else 0.5 end as ms) as t
         -- As one capture after the other leaves them.
         order by s.id, n;
         update pgtend.last_reading set at = '{NOW}'"
    )
}
