//! Files: what the runner cannot read, or reads otherwise than meant.
use crate::operations::lint::file::{Fault, File};
use crate::operations::lint::rule::{Family, Hit, Level, Look, Rule, Waits, Work, when};

/// A rule of files holds up nobody.
const fn rule(
    name: &'static str,
    level: Level,
    danger: &'static str,
    instead: &'static str,
    look: Look,
) -> Rule {
    Rule {
        name,
        level,
        danger,
        lock: "none",
        instead,
        waits: Waits::Nobody,
        work: Work::Catalog,
        squawk: &[],
        look,
    }
}

pub const FAMILY: Family = Family {
    name: "files",
    rules: &[
        rule(
            "syntax",
            Level::Error,
            "the file cannot be taken apart into statements",
            "close what is open",
            Look::File(|file| fault(file, Fault::Syntax)),
        ),
        rule(
            "psql-command",
            Level::Error,
            "a command of psql, which the server does not know",
            "SQL; `-- pgtend: vars=name` declares a variable that is written ${name}",
            Look::File(|file| fault(file, Fault::Psql)),
        ),
        rule(
            "copy-from-stdin",
            Level::Error,
            "data between statements, which only psql can send",
            "INSERT with VALUES, or COPY from a file by the application",
            Look::File(|file| fault(file, Fault::Copy)),
        ),
        rule(
            "waiver",
            Level::Error,
            "a waiver that waives nothing",
            "-- pgtend: allow=RULE reason=\"why this is safe here\"",
            Look::File(waiver),
        ),
        rule(
            "unused-waiver",
            Level::Info,
            "nothing is found where this waiver would allow it",
            "take it out",
            Look::File(|_| Vec::new()),
        ),
        rule(
            "no-transaction-implied",
            Level::Info,
            "every statement of the file must run outside a transaction: pgtend does so, other tools do not",
            "-- pgtend: no-transaction, as the first line",
            Look::File(no_transaction_implied),
        ),
        rule(
            "empty-file",
            Level::Warning,
            "the file holds no statement, and is recorded as applied",
            "write the statements before it is applied",
            Look::File(empty_file),
        ),
        rule(
            "missing-semicolon",
            Level::Info,
            "the last statement is not ended: what is added below becomes a part of it",
            "end it with a semicolon",
            Look::File(missing_semicolon),
        ),
        rule(
            "crlf",
            Level::Info,
            "lines end with CR LF: tools that do not even them out see another checksum on another system",
            "LF, and `*.sql text eol=lf` in .gitattributes",
            Look::File(crlf),
        ),
        rule(
            "bom",
            Level::Info,
            "the file begins with a byte order mark, which other tools send to the server",
            "save it as UTF-8 without a byte order mark",
            Look::File(bom),
        ),
    ],
};

fn fault(file: &File, kind: Fault) -> Vec<Hit> {
    let broken = file.broken.iter().filter(|broken| broken.fault == kind);
    broken.map(|broken| Hit::default().at(&broken.span).note(broken.message.clone())).collect()
}

fn waiver(file: &File) -> Vec<Hit> {
    let wrong = file.waivers.iter().flat_map(|waiver| waiver.problems.iter().map(|p| (&waiver.span, p)));
    wrong.map(|(span, problem)| Hit::default().at(span).note(problem.clone())).collect()
}

fn no_transaction_implied(file: &File) -> Vec<Hit> {
    let first = file.items.first().map(|item| item.span.clone()).unwrap_or_default();
    when(file.in_transaction() && file.implies_no_transaction(), Hit::default().at(&first))
}

fn empty_file(file: &File) -> Vec<Hit> {
    when(file.items.is_empty() && file.broken.is_none(), Hit::default())
}

fn missing_semicolon(file: &File) -> Vec<Hit> {
    let last = file.items.last().filter(|item| !item.ended);
    last.map(|item| Hit::default().at(&(item.span.end..item.span.end))).into_iter().collect()
}

fn crlf(file: &File) -> Vec<Hit> {
    let at = file.text.find("\r\n");
    at.map(|at| Hit::default().at(&(at..at + 2))).into_iter().collect()
}

fn bom(file: &File) -> Vec<Hit> {
    when(file.text.starts_with('\u{feff}'), Hit::default())
}
