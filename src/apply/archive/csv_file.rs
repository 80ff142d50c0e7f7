//! An archive in CSV, compressed with Zstandard, and the way back. What takes time is done on threads, beside each other.
use std::io::{self, BufReader, Read, Write as _};
use std::sync::mpsc::sync_channel;
use std::thread;

use anyhow::Context as _;
use bytes::Bytes;
use tokio::sync::mpsc;

use super::hashing::{Hashing, Sum, sum_of};
use super::piece::{CHUNK, Pieces, WAITING};
use super::store::{Sink, Source};
use crate::plan::StoredFile;

/// Several times as fast as the library's usual one, and hardly larger.
const LEVEL: i32 = 1;

pub(super) fn compress(file: Sink, mut pieces: mpsc::Receiver<Bytes>) -> anyhow::Result<Sum> {
    let mut encoder = zstd::Encoder::new(Hashing::new(file), LEVEL)?;
    encoder.include_checksum(true)?;
    while let Some(piece) = pieces.blocking_recv() {
        encoder.write_all(&piece)?;
    }
    let (sum, file) = encoder.finish()?.finish();
    file.finish()?;
    Ok(sum)
}

/// Sends the CSV of a file, from its beginning.
pub(super) fn decode(file: &StoredFile, to: &mpsc::Sender<anyhow::Result<Bytes>>) -> anyhow::Result<()> {
    let mut csv = zstd::Decoder::new(Source::open(file)?)?;
    loop {
        let piece = read_piece(&mut csv)?;
        if piece.is_empty() || to.blocking_send(Ok(piece)).is_err() {
            return Ok(());
        }
    }
}

/// Empty at the end.
fn read_piece(from: &mut impl Read) -> io::Result<Bytes> {
    let mut piece = Vec::with_capacity(CHUNK);
    from.take(CHUNK as u64).read_to_end(&mut piece)?;
    Ok(piece.into())
}

/// The number of rows, and the sums of the CSV and of the file.
pub(super) fn sums(file: &StoredFile) -> anyhow::Result<(u64, Sum, Sum)> {
    read(file, sum_of)
}

/// The number of rows and of bytes of CSV, and the sum of the file; what comes out is checked by the sum that Zstandard
/// keeps of it.
pub(super) fn lengths(file: &StoredFile) -> anyhow::Result<(u64, u64, Sum)> {
    read(file, |pieces| pieces.map(|piece| piece.len() as u64).sum())
}

/// Decodes a file, and meanwhile, each on a thread of its own, takes its CSV apart and looks at the pieces of it. Gives
/// the number of rows, and what was seen of the CSV and of the file.
fn read<T: Send>(
    file: &StoredFile,
    look: impl FnOnce(std::sync::mpsc::IntoIter<Bytes>) -> T + Send,
) -> anyhow::Result<(u64, T, Sum)> {
    let read = || -> anyhow::Result<(u64, T, Sum)> {
        let source = Hashing::new(BufReader::new(Source::open(file)?));
        let mut csv = zstd::Decoder::with_buffer(BufReader::with_capacity(CHUNK, source))?;
        let ((to_look, looked), (to_count, counted)) = (sync_channel(WAITING), sync_channel(WAITING));
        thread::scope(|scope| {
            let looked = scope.spawn(move || look(looked.into_iter()));
            let counted = scope.spawn(move || count(Pieces::new(counted)));
            loop {
                let piece = read_piece(&mut csv)?;
                // Who takes the CSV apart may have found that it is none, and says so below.
                if piece.is_empty() || to_look.send(piece.clone()).is_err() || to_count.send(piece).is_err() {
                    break;
                }
            }
            drop((to_look, to_count));
            let rows = counted.join().map_err(|_| io::Error::other("a thread broke"))??;
            let seen = looked.join().map_err(|_| io::Error::other("a thread broke"))?;
            Ok((rows, seen, csv.finish().into_inner().finish().0))
        })
    };
    read().with_context(|| format!("read the archive {file}"))
}

/// Records after the header.
fn count(csv: impl Read) -> csv::Result<u64> {
    let mut records = csv::ReaderBuilder::new().buffer_capacity(CHUNK).from_reader(csv);
    let mut record = csv::ByteRecord::new();
    let mut rows = 0;
    while records.read_byte_record(&mut record)? {
        rows += 1;
    }
    Ok(rows)
}
