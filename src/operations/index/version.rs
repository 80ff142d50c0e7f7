//! Servers on which building an index concurrently loses rows of it without a word.
use anyhow::anyhow;

use crate::failure::{Exit, Explain as _};
use crate::pg::version::Version;

/// # Errors
/// On PostgreSQL 14.0 to 14.3.
pub fn refuse_corrupting(version: Version) -> anyhow::Result<()> {
    if !version.is_between(140_000, 140_003) {
        return Ok(());
    }
    Err(anyhow!(
        "the server is PostgreSQL {version}, on which CREATE INDEX CONCURRENTLY and REINDEX CONCURRENTLY can leave \
         rows out of the index without an error"
    )
    .exit(Exit::Failed)
    .hint("update the server to 14.4 or newer; bt_index_check(index, true) of amcheck tells which indexes are damaged"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_four_releases_are_refused_and_no_other() {
        for (number, refused) in [(140_000, true), (140_003, true), (140_004, false), (150_000, false)] {
            let version = Version::supported(number).unwrap();
            assert_eq!(refuse_corrupting(version).is_err(), refused, "{number}");
        }
    }
}
