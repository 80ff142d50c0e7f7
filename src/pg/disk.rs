//! The room on the server's disk, which SQL does not tell: the system does, where the server runs on this machine.
use anyhow::Context as _;

use crate::pg::session::Session;
use crate::pg::state::ServerError;
use crate::query;

/// Bytes that the server may still write where a relation lies. `None` where that cannot be known: the server runs
/// elsewhere, in a container with a root of its own, or does not tell this role where it keeps its files.
///
/// # Errors
/// The server's.
pub async fn free_bytes(session: &Session, relation: u32) -> anyhow::Result<Option<u64>> {
    if !session.by_socket() {
        return Ok(None);
    }
    let rows = session.query(&query!("catalog/directory.sql"), &[&relation]).await;
    let rows = rows.map_err(ServerError::explained).context("ask where the server keeps its files")?;
    let directory: Option<String> = match rows.first() {
        Some(row) => row.try_get("directory")?,
        None => None,
    };
    let found = directory.and_then(|directory| rustix::fs::statvfs(directory).ok());
    Ok(found.map(|found| found.f_bavail.saturating_mul(found.f_frsize)))
}

pub fn megabytes(bytes: u64) -> String {
    format!("{} MB", bytes.div_ceil(1_000_000))
}

/// What a plan says of the room that it needs.
pub fn told(needed: u64, free: Option<u64>) -> String {
    let free = match free {
        Some(free) => format!("free: {}", megabytes(free)),
        None => "how much is free cannot be seen from here (--disk-free-mb)".to_owned(),
    };
    format!("disk needed: about {}, {free}", megabytes(needed))
}

/// Why a plan is refused. `None`: there is room, or it cannot be known.
pub fn lacking(needed: u64, free: Option<u64>) -> Option<String> {
    let free = free.filter(|free| *free < needed)?;
    Some(format!(
        "about {} of disk are needed, and the server has {} free: make room; --disk-free-mb says how much there is where \
         that is wrong",
        megabytes(needed),
        megabytes(free)
    ))
}
