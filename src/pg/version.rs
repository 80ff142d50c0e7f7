//! The server's version, and the refusal of servers that pgtend was never shown to work on.
use std::fmt;

use anyhow::anyhow;

use crate::failure::{Exit, Explain as _};

/// `server_version_num`: 150018 is 15.18.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(u32);

const OLDEST_MAJOR: u32 = 14;

impl Version {
    /// # Errors
    /// When the server is older than PostgreSQL 14, which has no `DETACH PARTITION ... CONCURRENTLY`.
    pub fn supported(number: u32) -> anyhow::Result<Self> {
        let version = Self(number);
        if version.major() < OLDEST_MAJOR {
            return Err(
                anyhow!("the server is PostgreSQL {version}; pgtend needs 14 or newer").exit(Exit::Denied)
            );
        }
        Ok(version)
    }

    /// As `server_version_num`.
    pub const fn number(self) -> u32 {
        self.0
    }

    pub const fn major(self) -> u32 {
        self.0 / 10_000
    }

    /// From one release to another, both among them, as `server_version_num` writes them.
    pub const fn is_between(self, first: u32, last: u32) -> bool {
        self.0 >= first && self.0 <= last
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major(), self.0 % 10_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_before_14_are_refused_by_name() {
        assert_eq!(Version::supported(150_018).unwrap().to_string(), "15.18");
        let error = Version::supported(130_021).unwrap_err().to_string();
        assert_eq!(error, "the server is PostgreSQL 13.21; pgtend needs 14 or newer");
    }
}
