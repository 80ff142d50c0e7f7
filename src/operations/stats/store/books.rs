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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_back_as_they_were() {
        let mut rng = fastrand::Rng::with_seed(7);
        let numbers: Vec<f64> = (0..20_000).map(|_| rng.f64() * 10_f64.powi(rng.i32(-6..12))).collect();
        let back: Vec<f64> = unpack(&pack(&numbers).unwrap()).unwrap();
        assert_eq!(back, numbers);
    }
}
