//! What programs read from a run: lines of JSON, each with its schema, the outcome last.
use serde_json::{Value, json};

use super::support::{contains, events, tend};

fn lines(stdout: &str) -> Vec<Value> {
    stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}\n{line}")))
        .collect()
}

#[tokio::test]
async fn events_and_then_the_outcome() {
    let db = events(["2026-11"]).await;
    let said = tend(&db, ["partition", "create", "events", "--ahead", "1", "--json"]).run().success();
    let lines = lines(&said.stdout);
    let kinds: Vec<&Value> = lines.iter().map(|line| &line["event"]).collect();
    assert_eq!(kinds, [&json!("step_started"), &json!("step_finished"), &Value::Null]);
    assert_eq!(lines[0]["schema"], "pgtend.event/1");
    let finished = &lines[1];
    assert_eq!(
        [
            &finished["target"],
            &finished["step"],
            &finished["steps"],
            &finished["summary"],
            &finished["attempts"]
        ],
        [&json!("public.events"), &json!(1), &json!(1), &json!("create public.events_p2026_12"), &json!(1)]
    );
    assert!(
        finished["lock_wait_ms"].is_f64()
            && finished["lock_held_ms"].is_f64()
            && finished["elapsed_ms"].is_f64()
    );
    let outcome = lines.last().unwrap();
    assert_eq!(outcome["schema"], "pgtend.partition.create/1");
    assert_eq!(outcome["exit_code"], 0);
    assert_eq!(
        outcome["tables"],
        json!([{"table": "public.events", "outcome": "done", "steps": 1, "error": null}])
    );

    let said = tend(&db, ["partition", "create", "events", "--ahead", "1", "--json"]).run().success();
    let outcome = self::lines(&said.stdout).pop().unwrap();
    assert_eq!(outcome["tables"][0]["outcome"], "nothing_to_do");
}

#[tokio::test]
async fn errors_of_tables_and_of_the_whole() {
    let db = events(["2026-11"]).await;
    let said =
        tend(&db, ["partition", "create", "events", "nowhere", "--ahead", "1", "--json"]).run().code(6);
    let lines = lines(&said.stdout);
    let error = lines.iter().find(|line| line["event"] == "error").unwrap();
    assert_eq!(error["schema"], "pgtend.error/1");
    assert_eq!(error["exit_code"], 1);
    assert!(error["message"].as_str().unwrap().starts_with("no table `nowhere`"), "{error}");
    let outcome = lines.last().unwrap();
    assert_eq!(outcome["exit_code"], 6);
    assert_eq!(outcome["tables"].as_array().unwrap().len(), 2);

    let said = tend(&db, ["partition", "drop", "events", "--json"]).run().code(2);
    let error = self::lines(&said.stdout).pop().unwrap();
    assert_eq!((&error["event"], &error["exit_code"]), (&json!("error"), &json!(2)));
    assert!(error["hints"][0].as_str().unwrap().contains("--keep"), "{error}");
}

#[tokio::test]
async fn busy_locks_name_their_holders() {
    let db = events(["2026-11"]).await;
    let holder = db.client().await;
    holder
        .batch_execute("set application_name = 'nightly'; begin; lock table only events in exclusive mode")
        .await
        .unwrap();
    let said =
        tend(&db, ["partition", "create", "events", "--ahead", "1", "--json", "--lock-budget", "500ms"])
            .run()
            .code(5);
    let lines = lines(&said.stdout);
    let busy = lines.iter().find(|line| line["event"] == "lock_busy").unwrap();
    let blocker = &busy["blockers"][0];
    assert_eq!(
        [&blocker["application"], &blocker["state"], &blocker["mode"]],
        ["nightly", "idle in transaction", "ExclusiveLock on public.events"]
    );
    assert!(blocker["pid"].as_i64().unwrap() > 0 && blocker["age_s"].as_f64().unwrap() >= 0.0);
    assert_eq!(lines.last().unwrap()["exit_code"], 5);
}

#[tokio::test]
async fn a_dry_run_is_one_document_with_the_tables_that_failed() {
    let db = events(["2026-11"]).await;
    let said = tend(&db, ["partition", "create", "events", "nowhere", "--ahead", "1", "--json", "--dry-run"])
        .run()
        .code(6);
    let document = said.json();
    assert_eq!(document["plans"][0]["target"], "public.events");
    assert_eq!(document["failed"][0]["target"], "nowhere");
    contains(document["failed"][0]["error"].as_str().unwrap(), "no table `nowhere`");
    contains(&said.stderr, "error: no table `nowhere`");
}
