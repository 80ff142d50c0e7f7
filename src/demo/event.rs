//! What happens while a story is told. Who listens decides how it looks.
use std::path::Path;
use std::time::Duration;

use super::application::Observed;

#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    Chapter {
        number: usize,
        title: &'a str,
    },
    /// A server is up; `directory` is that of its socket.
    Started {
        version: &'a str,
        directory: &'a Path,
    },
    Said(&'a str),
    /// Lines of the shell; what the program answers follows on the same stream, or as [`Event::Answered`].
    Typed(&'a str),
    /// A statement, as psql shows it, without its semicolon.
    Stated {
        database: &'a str,
        statement: &'a str,
    },
    Answered(&'a str),
    /// The exit code of the command before.
    Ended(i32),
    /// `done` of `total` statements of the filling have ended.
    Filling {
        done: usize,
        total: usize,
        table: &'a str,
    },
    Filled {
        table: &'a str,
        rows: u64,
        elapsed: Duration,
    },
    FilledAll {
        rows: u64,
        bytes: i64,
        elapsed: Duration,
    },
    /// How the application fared alone, and beside the command.
    Compared {
        alone: &'a Observed,
        beside: &'a Observed,
    },
    /// A command line for the reader, and what it is for.
    Suggested {
        line: &'a str,
        why: &'a str,
    },
}

/// The listener. It fails when nobody reads any more.
pub type Tell<'a> = dyn Fn(&Event<'_>) -> anyhow::Result<()> + 'a;
