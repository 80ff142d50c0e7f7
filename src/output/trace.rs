//! What `-v` shows, and what is left to say when pgtend itself is wrong.
use std::io::{self, Write as _};
use std::process;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::failure::Exit;

/// Sends every statement, and every notice of the server, to stderr.
pub fn show_statements() {
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(io::stderr)
        .with_target(false)
        .without_time()
        .with_level(false);
    let ours = Targets::new().with_target("pgtend", LevelFilter::DEBUG);
    // A second call in one process changes nothing.
    let _ = tracing_subscriber::registry().with(lines).with(ours).try_init();
}

/// Makes a panic an error of one line. The panic's own text stays out: it might hold what a connection string held.
pub fn explain_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map_or_else(String::new, ToString::to_string);
        let mut err = io::stderr().lock();
        let _ = writeln!(
            err,
            "error: a fault in pgtend {} at {place}; what the server has committed stays, the rest is rolled back\n  \
             hint: run the same command again; if it fails again, report this line",
            env!("CARGO_PKG_VERSION")
        );
        process::exit(Exit::Failed.code().into());
    }));
}
