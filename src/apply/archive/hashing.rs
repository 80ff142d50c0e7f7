//! Bytes that are counted and hashed on their way.
use std::io::{self, Read, Write};

use bytes::Bytes;
use ring::digest::{Context, SHA256};

/// Counts and hashes what passes through.
pub(super) struct Hashing<T> {
    inner: T,
    hash: Context,
    bytes: u64,
}

/// How much it was, and its SHA-256.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Sum {
    pub bytes: u64,
    pub sha256: String,
}

impl<T> Hashing<T> {
    pub fn new(inner: T) -> Self {
        Self { inner, hash: Context::new(&SHA256), bytes: 0 }
    }

    pub fn add(&mut self, part: &[u8]) {
        self.hash.update(part);
        self.bytes += part.len() as u64;
    }

    /// What has passed, and where it went.
    pub fn finish(self) -> (Sum, T) {
        let hash = self.hash.finish();
        let sha256 = hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        (Sum { bytes: self.bytes, sha256 }, self.inner)
    }
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, part: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(part)?;
        self.add(&part[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.add(&buffer[..read]);
        Ok(read)
    }
}

/// Of all pieces together.
pub(super) fn sum_of(pieces: impl Iterator<Item = Bytes>) -> Sum {
    let mut all = Hashing::new(());
    for piece in pieces {
        all.add(&piece);
    }
    all.finish().0
}
