//! The same verdicts for people, programs, Nagios, Prometheus and CI.
use super::support::NOW;
use crate::common::database::Database;
use crate::common::program::Output;
use crate::support::contains;

/// A database whose tables have one warning, one alarm, one unknown, and an awkward name.
async fn mixed() -> Database {
    let db = Database::create().await;
    db.batch(
        "create sequence \"50% | <full>\" maxvalue 100; select setval('\"50% | <full>\"', 92);
         create table t (id int) with (autovacuum_enabled = off)",
    )
    .await;
    db
}

fn told(db: &Database, format: &str) -> Output {
    let checks = "sequences,autovacuum,slow_queries,matviews,archiver";
    db.pgtend(["health", "--now", NOW, "--only", checks, "--format", format]).run().code(2)
}

#[tokio::test]
async fn for_people_the_worst_stands_first() {
    let db = mixed().await;
    let said = told(&db, "table");
    let mut lines = said.stdout.lines();
    assert_eq!(
        lines.next(),
        Some("critical: 4 checks, 1 critical (sequences), 1 unknown (slow_queries), 1 warning (autovacuum)")
    );
    let states: Vec<&str> = lines.skip(1).map(|line| line.split_whitespace().next().unwrap()).collect();
    assert_eq!(states, ["critical", "unknown", "warning", "ok", "skipped"]);
    contains(&said.stdout, "alter table public.t reset (autovacuum_enabled)");
    let csv = told(&db, "csv").stdout;
    assert_eq!(csv.lines().next(), Some("state,group,check,message,remedy"));
    contains(told(&db, "markdown").stdout.lines().next().unwrap(), "| State ");
}

#[tokio::test]
async fn nagios_has_one_line_with_numbers_and_then_the_details() {
    let db = mixed().await;
    let said = told(&db, "nagios").stdout;
    let lines: Vec<&str> = said.lines().collect();
    let (text, numbers) = lines[0].split_once(" | ").unwrap();
    assert!(
        text.starts_with("PGTEND CRITICAL - sequences: public.\"50%   <full>\" is used to 92.0 %; "),
        "{text}"
    );
    assert!(text.len() <= 1024, "{text}");
    let numbers: Vec<&str> = numbers.split(' ').collect();
    assert_eq!(numbers, ["sequences=92%;75;90", "matviews=0;;1", "autovacuum=1;1"]);
    let words: Vec<&str> = lines[1..].iter().map(|line| line.split(' ').next().unwrap()).collect();
    assert_eq!(words, ["CRITICAL", "UNKNOWN", "WARNING"]);
}

#[tokio::test]
async fn prometheus_has_states_and_values() {
    let db = mixed().await;
    let said = told(&db, "prometheus").stdout;
    contains(&said, "pgtend_check_status{check=\"sequences\",group=\"tables\"} 2\n");
    contains(&said, "pgtend_check_status{check=\"slow_queries\",group=\"statements\"} 3\n");
    contains(&said, "pgtend_check_value{check=\"sequences\",unit=\"pct\"} 92\n");
    assert!(!said.contains("archiver"), "{said}");
}

#[tokio::test]
async fn ci_gets_cases_and_annotations() {
    let db = mixed().await;
    let junit = told(&db, "junit").stdout;
    contains(&junit, "tests=\"5\" failures=\"2\" errors=\"1\" skipped=\"1\"");
    contains(&junit, "message=\"public.&quot;50% | &lt;full&gt;&quot; is used to 92.0 %\"");
    let github = told(&db, "github").stdout;
    contains(
        &github,
        "::error title=pgtend sequences::critical public.\"50%25 | <full>\" is used to 92.0 %25",
    );
    contains(&github, "::warning title=pgtend slow_queries::unknown ");
    assert_eq!(github.lines().count(), 3, "{github}");
}

#[tokio::test]
async fn the_list_shows_the_limits_of_configuration_and_flags() {
    let db = Database::create().await;
    std::fs::write(
        db.home().join("pgtend.toml"),
        "[health]\nskip = [\"table_bloat\"]\ncache_hit = { critical = 55 }\n",
    )
    .unwrap();
    let said = db.pgtend(["health", "--list", "--crit", "slow_queries=2s", "--json"]).run().success();
    let checks = said.json()["checks"].as_array().unwrap().clone();
    let find = |name: &str| checks.iter().find(|check| check["check"] == name).cloned();
    assert_eq!(find("cache_hit").unwrap()["critical"], 55.0);
    assert_eq!(find("cache_hit").unwrap()["falling"], true);
    assert_eq!(find("connections").unwrap()["warning"], 80.0);
    assert_eq!(find("slow_queries").unwrap()["warning"], 100.0);
    assert_eq!(find("slow_queries").unwrap()["critical"], 2000.0);
    assert!(find("table_bloat").is_none());
    contains(&db.pgtend(["health", "--list"]).run().success().stdout, "< 55 %");
}
