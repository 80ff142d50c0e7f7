//! What the tests of the checks share: a verdict by name, and tables in every bad state.
use serde_json::Value;

use crate::common::database::Database;
use crate::common::program::Output;

/// The instant that the tests take for now.
pub const NOW: &str = "2026-11-15T12:00:00Z";

/// One check alone, as the superuser.
pub fn check(db: &Database, name: &str, arguments: &[&str]) -> Output {
    db.pgtend(["health", "--json", "--now", NOW, "--only", name]).args(arguments).run()
}

/// The verdict of a check in a document.
#[track_caller]
pub fn verdict(said: &Output, name: &str) -> Value {
    let document = said.json();
    assert_eq!(document["schema"], "pgtend.health/1");
    let checks = document["checks"].as_array().unwrap().clone();
    let found = checks.into_iter().find(|verdict| verdict["check"] == name);
    found.unwrap_or_else(|| panic!("no check {name} in {document:#}"))
}

/// That the check has come to the state, for a reason that holds these words.
#[track_caller]
pub fn comes_to(said: &Output, name: &str, state: &str, words: &str) {
    let verdict = verdict(said, name);
    assert_eq!(verdict["state"], state, "{verdict:#}");
    let message = verdict["message"].as_str().unwrap();
    assert!(message.contains(words), "no `{words}` in {verdict:#}");
}
