//! Stands for Parquet in a program that was built without it.
use anyhow::anyhow;
use bytes::Bytes;
use tokio::sync::mpsc;

use super::hashing::Sum;
use super::store::Sink;
use crate::failure::{Exit, Explain as _};
use crate::plan::{Stored, StoredFile};

/// # Errors
/// Always.
pub(super) fn ensure_built_in() -> anyhow::Result<()> {
    Err(absent())
}

fn absent() -> anyhow::Error {
    anyhow!("this pgtend was built without Parquet").exit(Exit::Usage).hint(
        "build it with `cargo install --locked --path . --features parquet`; or archive as CSV: --archive-format csv",
    )
}

pub(super) fn write(_: Sink, _: &[(String, Stored)], _: mpsc::Receiver<Bytes>) -> anyhow::Result<Sum> {
    Err(absent())
}

pub(super) fn decode(_: &StoredFile, _: &mpsc::Sender<anyhow::Result<Bytes>>) -> anyhow::Result<()> {
    Err(absent())
}

pub(super) fn sums(_: &StoredFile, _: &Sum) -> anyhow::Result<(u64, Sum, Sum)> {
    Err(absent())
}
