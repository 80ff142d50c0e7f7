//! Files against history: what each version is, all that is wrong at once, and what is due.
use refinery_core::traits::sync::{Migrate, Query, Transaction};
use refinery_core::{Migration as Refinery, Runner, Target};
use serde::Serialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::operations::migrate::books::{Applied, Books};
use crate::operations::migrate::file::Migration;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Applied,
    Pending,
    /// Some of its statements are done.
    Partial,
    /// Not applied, and older than what is.
    OutOfOrder,
    /// Applied, and changed since.
    Divergent,
    /// Applied, and its file is gone.
    Missing,
}

impl State {
    pub const fn word(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Pending => "pending",
            Self::Partial => "partial",
            Self::OutOfOrder => "out of order",
            Self::Divergent => "divergent",
            Self::Missing => "missing",
        }
    }

    /// Files and history do not fit together.
    pub const fn is_drift(self) -> bool {
        matches!(self, Self::OutOfOrder | Self::Divergent | Self::Missing)
    }
}

/// One version.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    pub set: String,
    pub version: i64,
    pub name: String,
    /// Null when it is missing.
    pub file: Option<String>,
    pub state: State,
    /// RFC 3339.
    pub applied_on: Option<String>,
    /// Null for what pgtend has not run.
    pub duration_ms: Option<f64>,
    pub statements_done: Option<usize>,
    pub checksum: Option<String>,
    pub applied_checksum: Option<String>,
    /// Of the last attempt.
    pub error: Option<String>,
}

/// Every version of the files and of the history.
pub fn compare(set: &str, files: &[Migration], books: &Books) -> Vec<Row> {
    let newest = books.applied.last().map(|applied| applied.version);
    let mut rows: Vec<Row> = files
        .iter()
        .map(|file| {
            let applied = books.applied(file.version);
            let entry = books.entry(file.version);
            let begun = entry.filter(|entry| applied.is_none() && entry.is_open());
            let done = begun.map(|entry| entry.done_sha256.len()).filter(|done| *done > 0);
            let late = newest.is_some_and(|newest| file.version < newest) && !file.unordered;
            let state = match applied {
                Some(applied) if same(file, applied) => State::Applied,
                Some(_) => State::Divergent,
                None if late => State::OutOfOrder,
                None if done.is_some() => State::Partial,
                None => State::Pending,
            };
            Row {
                set: set.to_owned(),
                version: file.version,
                name: file.name.clone(),
                file: Some(file.file.clone()),
                state,
                applied_on: applied.and_then(|applied| applied.applied_on.clone()),
                duration_ms: applied.and(entry).and_then(|entry| entry.duration_ms),
                statements_done: done,
                checksum: Some(file.checksum().to_string()),
                applied_checksum: applied.map(|applied| applied.checksum.clone()),
                error: begun.and_then(|entry| entry.error.clone()),
            }
        })
        .collect();
    let gone = |applied: &&Applied| of_version(files, applied.version).is_none();
    rows.extend(books.applied.iter().filter(gone).map(|applied| Row {
        set: set.to_owned(),
        version: applied.version,
        name: applied.name.clone(),
        file: None,
        state: State::Missing,
        applied_on: applied.applied_on.clone(),
        duration_ms: books.entry(applied.version).and_then(|entry| entry.duration_ms),
        statements_done: None,
        checksum: None,
        applied_checksum: Some(applied.checksum.clone()),
        error: None,
    }));
    rows.sort_by_key(|row| row.version);
    rows
}

/// Files are in the order of their versions.
fn of_version(files: &[Migration], version: i64) -> Option<&Migration> {
    files.get(files.binary_search_by_key(&version, |file| file.version).ok()?)
}

fn same(file: &Migration, applied: &Applied) -> bool {
    file.name == applied.name && applied.checksum.parse().is_ok_and(|checksum| file.has_checksum(checksum))
}

/// The files that refinery would run now, in its order, up to a version.
///
/// # Errors
/// What refinery has against running any.
pub fn due<'a>(files: &'a [Migration], books: &Books, to: Option<i64>) -> anyhow::Result<Vec<&'a Migration>> {
    // The usual case, which refinery takes long to find out in a large folder.
    if files.iter().all(|file| books.applied(file.version).is_some_and(|applied| same(file, applied))) {
        return Ok(Vec::new());
    }
    let applied = books.applied.iter().map(|applied| {
        let known = of_version(files, applied.version).filter(|file| same(file, applied));
        let on = applied.applied_on.as_deref().and_then(|on| OffsetDateTime::parse(on, &Rfc3339).ok());
        let checksum =
            known.map_or_else(|| applied.checksum.parse().unwrap_or_default(), Migration::checksum);
        let on = on.unwrap_or(OffsetDateTime::UNIX_EPOCH);
        Refinery::applied(applied.version, applied.name.clone(), on, checksum)
    });
    let mut driver = Recorder { applied: applied.collect() };
    let all: Vec<Refinery> = files.iter().map(|file| file.refinery.clone()).collect();
    let runner = Runner::new(&all).set_target(to.map_or(Target::Latest, Target::Version));
    let report = runner.run(&mut driver).map_err(|error| anyhow::anyhow!("{error}"))?;
    let versions: Vec<i64> = report.applied_migrations().iter().map(Refinery::version).collect();
    Ok(files.iter().filter(|file| versions.contains(&file.version)).collect())
}

/// Lets refinery decide what is due; what it would run is for a plan to run.
struct Recorder {
    applied: Vec<Refinery>,
}

impl Transaction for Recorder {
    type Error = std::fmt::Error;

    fn execute<'a, T: Iterator<Item = &'a str>>(&mut self, queries: T) -> Result<usize, Self::Error> {
        Ok(queries.count())
    }
}

impl Query<Vec<Refinery>> for Recorder {
    fn query(&mut self, _: &str) -> Result<Vec<Refinery>, Self::Error> {
        Ok(self.applied.clone())
    }
}

impl Migrate for Recorder {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operations::migrate::load::{Found, load};

    fn files<const N: usize>(names: [&str; N]) -> Vec<Migration> {
        let found = names.map(|name| Found { path: format!("{name}.sql"), bytes: name.as_bytes().to_vec() });
        load(&found).unwrap()
    }

    fn books(files: &[Migration]) -> Books {
        let applied = |file: &Migration| Applied {
            version: file.version,
            name: file.name.clone(),
            applied_on: Some("2026-11-21T09:30:00Z".to_owned()),
            checksum: file.checksum().to_string(),
        };
        Books { applied: files.iter().map(applied).collect(), ..Books::default() }
    }

    #[test]
    fn every_problem_is_told() {
        let all = files(["V1__a", "V2__b", "V3__c", "U4__d", "V6__f", "V7__g"]);
        let mut books = books(&files(["V1__a", "V2__b", "V5__e", "V6__f"]));
        books.applied[1].checksum = "1".to_owned();
        let states: Vec<(i64, State)> =
            compare("s", &all, &books).iter().map(|row| (row.version, row.state)).collect();
        use State::{Applied as A, Divergent, Missing, OutOfOrder, Pending};
        assert_eq!(
            states,
            [(1, A), (2, Divergent), (3, OutOfOrder), (4, Pending), (5, Missing), (6, A), (7, Pending)]
        );
        assert!(due(&all, &books, None).is_err());
    }

    #[test]
    fn due_is_what_refinery_says() {
        let all = files(["V1__a", "V2__b", "U3__c", "V4__d", "V5__e"]);
        let books = books(&files(["V1__a", "V2__b"]));
        let due = |to| due(&all, &books, to).unwrap().iter().map(|file| file.version).collect::<Vec<_>>();
        assert_eq!((due(None), due(Some(4)), due(Some(2))), (vec![3, 4, 5], vec![3, 4], vec![]));
    }
}
