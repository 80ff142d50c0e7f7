//! The figures that the README gives, each next to its peer or its limit in the same run.
//! `./x bench [NAME]`; every server is a private one.
#![expect(clippy::unwrap_used, reason = "a benchmark that cannot go on ends")]

mod archive;
mod blocking;
mod convert;
mod create;
mod default;
mod figure;
mod ground;
mod health;
mod index;
mod matview;
mod migrate;
mod noop;
mod normalize;
mod peer;
mod report;
mod split;
mod writers;

use std::env;

use figure::{Figure, table};

type Bench = fn() -> Vec<Figure>;

const BENCHES: &[(&str, Bench)] = &[
    ("noop", noop::run),
    ("create", create::run),
    ("blocking", blocking::run),
    ("default", default::run),
    ("archive", archive::run),
    ("convert", convert::run),
    ("split", split::run),
    ("matview", matview::run),
    ("health", health::run),
    ("index", index::run),
    ("migrate", migrate::run),
    ("normalize", normalize::run),
    ("normalize_merge", normalize::merge),
    ("report", report::run),
];

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "the table is what a benchmark is for")]
fn main() {
    // Cargo adds `--bench`.
    let names: Vec<String> = env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    if let Some(unknown) = names.iter().find(|name| BENCHES.iter().all(|(known, _)| known != name)) {
        eprintln!(
            "no benchmark `{unknown}`; there are {}",
            BENCHES.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
        );
        std::process::exit(2);
    }
    let mut figures = Vec::new();
    for (name, bench) in
        BENCHES.iter().filter(|(name, _)| names.is_empty() || names.iter().any(|n| n == name))
    {
        eprintln!("{name} ...");
        figures.extend(bench());
    }
    println!("{}", table(&figures));
}
