//! Readings and snapshots as bytes: JSON, compressed.
use anyhow::Context as _;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Fast, and half the size of no effort.
const LEVEL: i32 = 1;

pub fn pack(value: &impl Serialize) -> anyhow::Result<Vec<u8>> {
    // In one piece: to compress each name and number as it comes takes several times as long.
    Ok(zstd::bulk::compress(&serde_json::to_vec(value)?, LEVEL)?)
}

pub fn unpack<T: DeserializeOwned>(bytes: &[u8]) -> anyhow::Result<T> {
    let text = zstd::decode_all(bytes).context("decompress the store")?;
    serde_json::from_slice(&text).context("read the store")
}
