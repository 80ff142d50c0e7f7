//! Databases that are set against whoever looks at them: every report, the checks and the numbers answer all the same, or
//! say why they cannot.
use pgtend::sandbox::{Options, Sandbox};

use super::support::verdict;
use crate::common::database::Database;
use crate::common::program::{Output, pgtend};
use crate::common::server::options;
use crate::common::standby::connect;
use crate::metrics::well_formed;
use crate::report::REPORTS;
use crate::support::contains;

/// Every command that reads, by any role: nothing but an answer, and nothing of `never` in it.
fn all_answer(run: impl Fn(&[&str]) -> Output, never: &str) {
    let mut said: Vec<Output> = Vec::new();
    for report in REPORTS {
        let answer = run(&["report", report, "--json"]);
        let lacks_statements = report == "slow-queries" && answer.code == Some(1);
        assert!(answer.code == Some(0) || lacks_statements, "{report}: {}", answer.stderr);
        said.push(answer);
    }
    let health = run(&["health", "--json"]);
    assert!(matches!(health.code, Some(0..=3)), "{}", health.stderr);
    let metrics = run(&["metrics"]).success();
    well_formed(&metrics.stdout);
    contains(&metrics.stdout, "pgtend_scrape_errors 0\n");
    let doctor = run(&["doctor", "--json"]);
    assert!(matches!(doctor.code, Some(0 | 3)), "{}", doctor.stderr);
    said.extend([health, metrics, doctor]);
    for answer in said {
        assert!(!answer.stdout.contains(never) && !answer.stderr.contains(never), "{answer:?}");
    }
}

#[tokio::test]
async fn a_database_with_nothing_in_it() {
    let db = Database::create().await;
    let role = db.role("plain").await;
    db.batch("drop schema public cascade").await;
    all_answer(|arguments| db.pgtend_as(&role, []).args(arguments).run(), "panicked");
    all_answer(|arguments| db.pgtend([]).args(arguments).run(), "panicked");
}

/// Whoever owns a database may say how its names are found, and must gain nothing by it.
#[tokio::test]
async fn names_are_never_found_in_a_schema_of_strangers() {
    let db = Database::create().await;
    db.batch("create extension pg_stat_statements; create table public.orders (id serial primary key)").await;
    let trap = |name: &str, takes: &str, gives: &str| {
        format!(
            "create function evil.{name}({takes}) returns {gives} language plpgsql
             as $$ begin raise exception 'trapped by {name}'; end $$;"
        )
    };
    let functions = [
        ("current_setting", "text", "text"),
        ("current_setting", "text, boolean", "text"),
        ("pg_is_in_recovery", "", "boolean"),
        ("age", "xid", "integer"),
        ("pg_relation_size", "regclass, text", "bigint"),
        ("left", "text, integer", "text"),
        ("max", "bigint", "bigint"),
        ("texts_are_equal", "text, text", "boolean"),
        ("names_are_equal", "name, text", "boolean"),
        ("chars_are_equal", "\"char\", \"char\"", "boolean"),
        ("numbers_times", "numeric, integer", "numeric"),
    ];
    let functions: String = functions.map(|(name, takes, gives)| trap(name, takes, gives)).concat();
    db.batch(&format!(
        "create schema evil; grant usage on schema evil to public; {functions}
         create operator evil.= (leftarg = text, rightarg = text, function = evil.texts_are_equal);
         create operator evil.= (leftarg = name, rightarg = text, function = evil.names_are_equal);
         create operator evil.= (leftarg = \"char\", rightarg = \"char\", function = evil.chars_are_equal);
         create operator evil.* (leftarg = numeric, rightarg = integer, function = evil.numbers_times);
         create view evil.pg_class as select evil.current_setting('a') as oid;
         create view evil.pg_stat_activity as select evil.current_setting('a') as pid;
         create view evil.pg_settings as select evil.current_setting('a') as name;
         alter database {} set search_path = evil, pg_catalog, public",
        db.name()
    ))
    .await;
    all_answer(|arguments| db.pgtend([]).args(arguments).run(), "trapped");
    let url = format!("{}&target_session_attrs=read-write", db.url());
    db.pgtend_at(&url, ["report", "sizes"]).run().success();
    db.pgtend(["stats", "capture"]).run().success();
    let early = db.pgtend(["report", "slow-queries", "--since", "1h"]).run().code(1);
    contains(&early.stderr, "the snapshot store has no capture in this window");
    db.pgtend(["stats", "capture"]).run().success();
    db.pgtend(["report", "slow-queries", "--since", "1h"]).run().success();
}

#[tokio::test]
async fn a_role_without_time_is_given_some() {
    let db = Database::create().await;
    let role = db.role("hurried").await;
    db.batch(&format!(
        "alter role {role} set statement_timeout = '1ms'; alter role {role} set lock_timeout = '1ms'"
    ))
    .await;
    all_answer(|arguments| db.pgtend_as(&role, []).args(arguments).run(), "statement timeout");
}

#[tokio::test]
async fn statements_are_found_wherever_the_extension_lives() {
    let db = Database::create().await;
    db.batch("create schema \"My Ext\"; create extension pg_stat_statements schema \"My Ext\"").await;
    all_answer(|arguments| db.pgtend([]).args(arguments).run(), "does not exist");
    let said = db.pgtend(["health", "--json", "--only", "slow_queries,statements_fill"]).run();
    assert_ne!(verdict(&said, "statements_fill")["state"], "unknown", "{}", said.stdout);
    let role = db.role("plain").await;
    let said = db.pgtend_as(&role, ["health", "--json", "--only", "slow_queries"]).run().code(3);
    db.batch(verdict(&said, "slow_queries")["remedy"].as_str().unwrap()).await;
    let said = db.pgtend_as(&role, ["health", "--json", "--only", "slow_queries"]).run();
    assert_ne!(verdict(&said, "slow_queries")["state"], "unknown", "{}", said.stdout);
}

#[tokio::test]
async fn an_extension_that_was_never_updated_is_said_to_be_so() {
    let db = Database::create().await;
    db.batch("create extension pg_stat_statements version '1.8'").await;
    let said = db.pgtend(["health", "--json", "--only", "slow_queries"]).run().code(3);
    contains(
        verdict(&said, "slow_queries")["remedy"].as_str().unwrap(),
        "alter extension pg_stat_statements update",
    );
    let said = db.pgtend(["report", "slow-queries"]).run().code(1);
    contains(&said.stderr, "alter extension pg_stat_statements update");
    all_answer(|arguments| db.pgtend([]).args(arguments).run(), "panicked");
}

fn without_library() -> Sandbox {
    let settings = vec![("shared_preload_libraries".to_owned(), String::new())];
    Sandbox::start(&Options { settings, ..options() }).unwrap()
}

#[tokio::test]
async fn an_extension_without_its_library_counts_nothing() {
    let server = without_library();
    let client = connect(&server).await;
    client.batch_execute("create extension pg_stat_statements").await.unwrap();
    let url = server.url("postgres");
    let run = |arguments: &[&str]| pgtend([]).args(arguments).args(["-d", &url]).run();
    let said = run(&["health", "--json", "--only", "slow_queries,statements_fill"]).code(3);
    for check in ["slow_queries", "statements_fill"] {
        contains(verdict(&said, check)["message"].as_str().unwrap(), "shared_preload_libraries");
        assert!(verdict(&said, check)["remedy"].is_string(), "{}", said.stdout);
    }
    contains(&run(&["report", "slow-queries"]).code(1).stderr, "shared_preload_libraries");
    all_answer(run, "panicked");

    // Nothing counted is no evidence.
    client
        .batch_execute("create table t (id int); insert into t select generate_series(1, 1000); analyze t")
        .await
        .unwrap();
    client.batch_execute("alter database postgres set track_counts = off").await.unwrap();
    let run = |arguments: &[&str]| pgtend([]).args(arguments).args(["-d", &url]).run();
    let checks = "dead_rows,cache_hit,unused_indexes,settings";
    let said = run(&["health", "--json", "--only", checks]).code(2);
    for check in ["dead_rows", "cache_hit", "unused_indexes"] {
        assert_eq!(verdict(&said, check)["state"], "unknown", "{}", said.stdout);
    }
    for report in ["vacuum", "table-access", "cache", "index-usage"] {
        let document = run(&["report", report, "--json"]).success().json();
        contains(&document["notes"].to_string(), "track_counts is off");
        let verdict = document["verdict"].as_str().unwrap();
        assert!(report == "index-usage" || verdict.contains("not known"), "{report}: {verdict}");
    }
    all_answer(run, "panicked");
}

/// A backend that dies takes all sessions along; until the server is back, nothing is known, and nothing is fine.
#[tokio::test]
async fn a_server_that_recovers_is_no_riddle() {
    let server = Sandbox::start(&options()).unwrap();
    let client = connect(&server).await;
    let pid: i32 = client.query_one("select pg_backend_pid()", &[]).await.unwrap().get(0);
    let url = server.url("postgres");
    rustix::process::kill_process(
        rustix::process::Pid::from_raw(pid).unwrap(),
        rustix::process::Signal::KILL,
    )
    .unwrap();
    let mut up = false;
    for _ in 0..60 {
        let said = pgtend(["health", "--json", "--only", "sequences,connect", "-d", &url]).run();
        let (connect, sequences) = (verdict(&said, "connect"), verdict(&said, "sequences"));
        up = connect["state"] != "critical" && sequences["state"] == "ok";
        assert!(up || said.code != Some(0), "{}", said.stdout);
        let report = pgtend(["report", "sizes", "-d", &url]).run();
        assert!(matches!(report.code, Some(0 | 1 | 4)), "{}", report.stderr);
        if up {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    assert!(up, "the server came not back");
}
