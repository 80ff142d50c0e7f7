//! The server that the tests of one binary share. `DATABASE_URL` is never used: the tests drop what they find.
use std::env;
use std::sync::OnceLock;

use pgtend::failure::Failure;
use pgtend::sandbox::{Options, Sandbox};

/// Started by the first test that asks; it ends with the process, by the sandbox's sentinel.
///
/// # Panics
/// When there is no PostgreSQL to start: nothing is skipped.
pub fn server() -> &'static Sandbox {
    static SERVER: OnceLock<Sandbox> = OnceLock::new();
    // Of many databases' statements none shall be forgotten while its test looks for it.
    let settings = vec![("pg_stat_statements.max".to_owned(), "20000".to_owned())];
    SERVER.get_or_init(|| match Sandbox::start(&Options { settings, ..options() }) {
        Ok(sandbox) => sandbox,
        Err(error) => {
            panic!("no server for the tests\n{}\nhint: ./x test gets what is missing", told(&error))
        }
    })
}

/// The error with all that its reader would see of it.
fn told(error: &anyhow::Error) -> String {
    let mut lines: Vec<String> = error.chain().map(ToString::to_string).collect();
    lines.dedup();
    for failure in error.chain().filter_map(|cause| cause.downcast_ref::<Failure>()) {
        lines.extend(failure.detail.clone());
        lines.extend(failure.hint.as_ref().map(|hint| format!("hint: {hint}")));
    }
    lines.join("\n")
}

/// For a test that needs a server of its own, to crash it for instance.
pub fn options() -> Options {
    Options { major: version(), ..Options::default() }
}

/// The major that `PGTEND_TEST_VERSION` asks for; the newest installed one otherwise.
///
/// # Panics
/// When it is no number, or when `PGTEND_TEST_VERSIONS` names several: a binary is run against one of them.
pub fn version() -> Option<u32> {
    let one =
        env::var("PGTEND_TEST_VERSION").or_else(|_| env::var("PGTEND_TEST_VERSIONS")).unwrap_or_default();
    if one.is_empty() {
        return None;
    }
    let major = one.trim().parse();
    assert!(major.is_ok(), "`{one}` is not one major; ./x test --versions {one} runs the tests against each");
    major.ok()
}
