//! Servers that do not answer, that refuse, and that are asked wrongly: never taken for healthy, never for worse than
//! they are.
use std::net::TcpListener;

use super::support::verdict;
use crate::common::database::Database;
use crate::common::program::pgtend;
use crate::support::contains;

#[test]
fn a_server_that_is_not_there_is_critical() {
    let said = pgtend(["health", "--json", "-d", "postgresql://u@127.0.0.1:1/d"]).run().code(2);
    assert_eq!(said.json()["server"], serde_json::Value::Null);
    assert_eq!(verdict(&said, "connect")["state"], "critical");
    assert_eq!(verdict(&said, "sequences")["state"], "unknown");
    let said = pgtend(["health", "--format", "nagios", "-d", "postgresql://u@127.0.0.1:1/d"]).run().code(2);
    contains(&said.stdout, "PGTEND CRITICAL - connect: ");
}

#[test]
fn a_server_that_says_nothing_is_given_up() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("postgresql://u@{}/d?sslmode=disable", silent.local_addr().unwrap());
    let said = pgtend(["health", "--probe", "live", "--timeout", "300ms", "--json"])
        .args(["-d", &url])
        .run()
        .code(2);
    contains(verdict(&said, "connect")["message"].as_str().unwrap(), "no answer within 300ms");
}

#[tokio::test]
async fn a_role_that_is_refused_knows_nothing() {
    let db = Database::create().await;
    let said = db.pgtend_as("nobody_has_this_name", ["health", "--json", "--probe", "live"]).run().code(3);
    assert_eq!(verdict(&said, "connect")["state"], "unknown");
}

#[tokio::test]
async fn probes_ask_for_no_more_than_they_say() {
    let db = Database::create().await;
    let names = |probe: &str| -> Vec<String> {
        let said = db.pgtend(["health", "--json"]).args(["--probe", probe]).run();
        let checks = said.json()["checks"].as_array().unwrap().clone();
        checks.iter().map(|verdict| verdict["check"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names("live"), ["connect"]);
    assert_eq!(names("ready"), ["connect", "connections"]);
    let (basic, full) = (names("basic"), names("full"));
    assert!(
        basic.contains(&"sequences".to_owned()) && !basic.contains(&"table_bloat".to_owned()),
        "{basic:?}"
    );
    assert!(full.len() >= 30 && basic.iter().all(|name| full.contains(name)), "{full:?}");
}

/// To Nagios exit 2 is an alarm.
#[test]
fn wrong_use_is_unknown_and_not_critical() {
    let wrong: [&[&str]; 7] = [
        &["health", "--nonsense"],
        &["health", "--only", "conections"],
        &["health", "--skip", "nothing"],
        &["health", "--warn", "connections"],
        &["health", "--warn", "connections=many"],
        &["health", "--probe", "dead"],
        &["health", "--config", "/nonexistent/pgtend.toml"],
    ];
    for arguments in wrong {
        let said = pgtend([]).args(arguments).run();
        assert_eq!(said.code, Some(3), "{arguments:?}: {}", said.stderr);
        assert!(said.stdout.is_empty() && !said.stderr.is_empty(), "{arguments:?}: {}", said.stdout);
    }
    contains(&pgtend(["health", "--only", "conections"]).run().stderr, "did you mean `connections`?");
    let said = pgtend(["health", "--format", "nagios", "--only", "nothing"]).run().code(3);
    contains(&said.stdout, "PGTEND UNKNOWN - no check `nothing`");
    pgtend(["partition", "list", "--format", "nagios"]).run().code(2);
}
