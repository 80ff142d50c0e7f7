//! Pieces of a stream on their way from one thread to another.
use std::io::{self, Read};
use std::sync::mpsc::Receiver;

use bytes::{Buf as _, Bytes};
use tokio::task::JoinError;

/// Bytes of a piece, about.
pub(super) const CHUNK: usize = 256 * 1024;
/// Pieces that may wait for a thread.
pub(super) const WAITING: usize = 8;

/// Reads what comes in pieces as one stream.
pub(super) struct Pieces {
    from: Receiver<Bytes>,
    piece: Bytes,
}

impl Pieces {
    pub const fn new(from: Receiver<Bytes>) -> Self {
        Self { from, piece: Bytes::new() }
    }
}

impl Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.piece.is_empty() {
            match self.from.recv() {
                Ok(piece) => self.piece = piece,
                Err(_) => return Ok(0),
            }
        }
        let length = buffer.len().min(self.piece.len());
        self.piece.copy_to_slice(&mut buffer[..length]);
        Ok(length)
    }
}

pub(super) fn panicked(error: JoinError) -> io::Error {
    io::Error::other(error)
}
