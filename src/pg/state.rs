//! What the server answered when it refused: its own words with the SQLSTATE and the file of the statement.
//! The few conditions that pgtend branches on are named here (manual: appendix A, "PostgreSQL Error Codes").
use std::fmt;

use tokio_postgres::error::{ErrorPosition, SqlState};

use crate::failure::{Exit, Explain as _};
use crate::pg::script::Excerpt;
use crate::pg::sql::Sql;

/// An error of one statement. `file` is the SQL file that it came from.
#[derive(Clone, Debug)]
pub struct ServerError {
    file: &'static str,
    message: String,
    state: Option<SqlState>,
    detail: Option<String>,
    hint: Option<String>,
    place: Option<Box<Place>>,
}

/// Where in the text of others it happened.
#[derive(Clone, Debug)]
struct Place {
    excerpt: Excerpt,
    /// Which function's code it was.
    context: Option<String>,
}

impl ServerError {
    pub fn new(file: &'static str, error: &tokio_postgres::Error) -> Self {
        match error.as_db_error() {
            Some(db) => Self {
                file,
                message: db.message().to_owned(),
                state: Some(db.code().clone()),
                detail: db.detail().map(str::to_owned),
                hint: db.hint().map(str::to_owned),
                place: None,
            },
            None => Self::local(file, chain(error)),
        }
    }

    /// An error of a statement that knows its place in a file.
    pub fn of(sql: &Sql, error: &tokio_postgres::Error) -> Self {
        let plain = Self::new(sql.file, error);
        let Some(origin) = sql.origin() else { return plain };
        let db = error.as_db_error();
        let character = db.and_then(|db| match db.position() {
            Some(ErrorPosition::Original(character)) => Some(*character),
            _ => None,
        });
        let context = db.and_then(|db| db.where_()).map(str::to_owned);
        let place = Place { excerpt: origin.excerpt(character), context };
        Self { place: Some(Box::new(place)), ..plain }
    }

    /// The server's words alone.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// None when the server did not answer.
    pub fn sqlstate(&self) -> Option<&str> {
        self.state.as_ref().map(SqlState::code)
    }

    /// An answer of the server that pgtend could not make sense of.
    pub fn local(file: &'static str, message: String) -> Self {
        Self { file, message, state: None, detail: None, hint: None, place: None }
    }

    pub fn is(&self, state: &SqlState) -> bool {
        self.state.as_ref() == Some(state)
    }

    /// The lock was not to be had in time, the row went to another partition while it was waited for, or the server chose
    /// us as a deadlock's victim: nothing happened.
    pub fn lock_busy(&self) -> bool {
        [SqlState::LOCK_NOT_AVAILABLE, SqlState::T_R_DEADLOCK_DETECTED, SqlState::T_R_SERIALIZATION_FAILURE]
            .iter()
            .any(|state| self.is(state))
    }

    /// The connection is gone; whether the statement took effect is for the catalog to say.
    pub fn connection_lost(&self) -> bool {
        match &self.state {
            None => true,
            Some(state) => state.code().starts_with("08") || state.code().starts_with("57P"),
        }
    }

    /// The error for the reader: server detail and hint, exit code, and a way out for the frequent conditions.
    pub fn explained(self) -> anyhow::Error {
        let (state, detail, hint) = (self.state.clone(), self.detail.clone(), self.hint.clone());
        let lost = self.connection_lost();
        let place = self.place.clone();
        let mut error = anyhow::Error::new(self);
        if let Some(place) = place {
            error = error.detail(place.excerpt.to_string());
            if let Some(context) = place.context {
                error = error.detail(format!("in {context}"));
            }
        }
        if let Some(detail) = detail {
            error = error.detail(detail);
        }
        if let Some(hint) = hint {
            error = error.hint(hint);
        }
        let Some(state) = state else { return if lost { error.hint(AGAIN) } else { error } };
        match state {
            SqlState::INSUFFICIENT_PRIVILEGE => error.exit(Exit::Denied),
            SqlState::READ_ONLY_SQL_TRANSACTION => error.exit(Exit::Denied).hint(
                "the session cannot write: connect to the primary (target_session_attrs=read-write finds it), or see \
                 whether default_transaction_read_only is on for this role or database",
            ),
            SqlState::LOCK_NOT_AVAILABLE => error.exit(Exit::Busy),
            SqlState::CHARACTER_NOT_IN_REPERTOIRE => error.hint(
                "a name here, or a statement that the server remembers of some database, is in no encoding that it \
                 knows, as SQL_ASCII lets them be; of statements: select pg_stat_statements_reset() forgets them",
            ),
            SqlState::DISK_FULL => error.hint("free space on the server, then run the same command again"),
            _ if lost => error.hint(AGAIN),
            _ => error,
        }
    }
}

const AGAIN: &str =
    "the connection was lost; run the same command again, it continues from what the catalog shows";

impl fmt::Display for ServerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place =
            self.place.as_ref().map(|place| format!("{}:{}", place.excerpt.file, place.excerpt.position));
        let file = place.as_deref().unwrap_or(self.file);
        match &self.state {
            Some(state) => write!(f, "{} (SQLSTATE {}, {file})", self.message, state.code()),
            None => write!(f, "{} ({file})", self.message),
        }
    }
}

impl std::error::Error for ServerError {}

fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text = format!("{text}: {cause}");
        next = cause.source();
    }
    text
}
