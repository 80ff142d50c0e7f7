//! Where things lie: the cache that outlives a run, and the places for what does not.
use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use super::owner::{Owner, is_root, passwd_home};
use crate::failure::Explain as _;

/// What a socket's directory may have in bytes: the system's limit is 103 (macOS), and `/.s.PGSQL.5432` comes after it.
pub(super) const SOCKET_DIRECTORY_MAX: usize = 88;
const MEMORY: &str = "/dev/shm";
const MEMORY_WANTED_BYTES: u64 = 1 << 30;

/// Fetched servers, prepared clusters and named sandboxes. Root's is a public one: its own home is closed to the user
/// that it drops to.
pub(super) fn cache() -> Result<PathBuf> {
    if let Some(chosen) = absolute("PGTEND_CACHE_DIR") {
        return Ok(chosen);
    }
    if is_root() {
        return Ok(PathBuf::from("/var/cache/pgtend"));
    }
    absolute("XDG_CACHE_HOME")
        .or_else(|| home().map(|home| home.join(".cache")))
        .map(|caches| caches.join("pgtend"))
        .context("find a directory for caches: neither HOME nor XDG_CACHE_HOME is set")
        .hint("set PGTEND_CACHE_DIR to a directory of yours")
}

pub(super) fn fetched_servers() -> Result<PathBuf> {
    Ok(cache()?.join("postgresql"))
}

pub(super) fn home() -> Option<PathBuf> {
    absolute("HOME").or_else(|| passwd_home().map(PathBuf::from)).filter(|home| home.is_dir())
}

/// Where a directory that does not outlive the run may lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Medium {
    /// In memory, unless that is scarce.
    Any,
    Disk,
}

/// Places for a directory that does not outlive the run, the best one first.
pub(super) fn temporary(owner: Owner, medium: Medium, name_bytes: usize) -> impl Iterator<Item = PathBuf> {
    let memory = Some(PathBuf::from(MEMORY)).filter(|place| free_bytes(place) >= MEMORY_WANTED_BYTES);
    memory
        .filter(|_| medium == Medium::Any)
        .into_iter()
        .chain([env::temp_dir(), PathBuf::from("/tmp"), PathBuf::from("/var/tmp")])
        .filter(move |place| place.as_os_str().len() + 1 + name_bytes <= SOCKET_DIRECTORY_MAX)
        .filter(move |place| place.is_absolute() && place.is_dir() && owner.reaches(place))
}

/// Everywhere that [`temporary`] may have put something in an earlier run.
pub(super) fn temporary_earlier() -> [PathBuf; 4] {
    [PathBuf::from(MEMORY), env::temp_dir(), PathBuf::from("/tmp"), PathBuf::from("/var/tmp")]
}

/// The first program of that name on the `PATH`.
pub(super) fn program(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|directory| directory.join(name)).find(|program| program.is_file())
}

fn absolute(variable: impl AsRef<OsStr>) -> Option<PathBuf> {
    env::var_os(variable).map(PathBuf::from).filter(|path| path.is_absolute())
}

fn free_bytes(place: &Path) -> u64 {
    rustix::fs::statvfs(place).map_or(0, |found| found.f_bavail.saturating_mul(found.f_frsize))
}
