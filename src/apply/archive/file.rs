//! The file of an archive: CSV in Zstandard, with the checksums of both, and the way back. What takes time is done on
//! threads, beside each other. Knows no server.
use std::io::{self, BufReader, Read, Write};
use std::iter;
use std::sync::mpsc::sync_channel;
use std::thread;

use anyhow::Context as _;
use bytes::{Bytes, BytesMut};
use tokio::sync::mpsc;
use tokio::task::{JoinHandle, spawn_blocking};

use super::hashing::{Hashing, Sum, sum_of};
use super::piece::{CHUNK, Pieces, panicked};
use super::store::{Sink, Source};
use crate::plan::StoredFile;

/// Several times as fast as the library's usual one, and hardly larger.
const LEVEL: i32 = 1;
/// Pieces that may wait for a thread.
const WAITING: usize = 8;

/// What a file holds, as far as it can be told without a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    /// Lines of CSV without the header.
    pub rows: u64,
    pub csv_bytes: u64,
    pub csv_sha256: String,
    pub file_bytes: u64,
    pub file_sha256: String,
}

impl Content {
    fn of(rows: u64, csv: Sum, file: Sum) -> Self {
        Self {
            rows,
            csv_bytes: csv.bytes,
            csv_sha256: csv.sha256,
            file_bytes: file.bytes,
            file_sha256: file.sha256,
        }
    }
}

/// A file that is being written: one thread hashes the CSV, another compresses and writes it. Dropped before its end,
/// it stays as an unfinished part that nothing reads.
pub(super) struct Writer {
    piece: BytesMut,
    lines: u64,
    csv: mpsc::Sender<Bytes>,
    file: mpsc::Sender<Bytes>,
    hashed: JoinHandle<Sum>,
    written: JoinHandle<io::Result<Sum>>,
}

impl Writer {
    /// Readable by its owner alone: it holds rows.
    pub(super) fn create(file: &StoredFile) -> io::Result<Self> {
        let file = Sink::create(file, 0o600)?;
        let ((csv, mut to_hash), (to_file, to_write)) = (mpsc::channel(WAITING), mpsc::channel(WAITING));
        Ok(Self {
            piece: BytesMut::with_capacity(CHUNK),
            lines: 0,
            csv,
            file: to_file,
            hashed: spawn_blocking(move || sum_of(iter::from_fn(|| to_hash.blocking_recv()))),
            written: spawn_blocking(move || compress(file, to_write)),
        })
    }

    /// One line of the server's CSV, whatever line breaks its values hold. Gives the number of lines so far.
    pub(super) async fn line(&mut self, line: &[u8]) -> io::Result<u64> {
        if self.piece.len() + line.len() > CHUNK {
            self.send().await?;
        }
        self.piece.extend_from_slice(line);
        self.lines += 1;
        Ok(self.lines)
    }

    async fn send(&mut self) -> io::Result<()> {
        let full = std::mem::replace(&mut self.piece, BytesMut::with_capacity(CHUNK)).freeze();
        let hashing = self.csv.send(full.clone()).await.is_ok();
        if self.file.send(full).await.is_ok() && hashing {
            return Ok(());
        }
        // A thread has given up, and knows why.
        (&mut self.written).await.map_err(panicked)??;
        Err(io::Error::other("nothing takes the rows any more"))
    }

    /// Everything on the disk.
    pub(super) async fn finish(mut self) -> io::Result<Content> {
        self.send().await?;
        drop((self.csv, self.file));
        let csv = self.hashed.await.map_err(panicked)?;
        let file = self.written.await.map_err(panicked)??;
        Ok(Content::of(self.lines.saturating_sub(1), csv, file))
    }
}

fn compress(file: Sink, mut pieces: mpsc::Receiver<Bytes>) -> io::Result<Sum> {
    let mut encoder = zstd::Encoder::new(Hashing::new(file), LEVEL)?;
    encoder.include_checksum(true)?;
    while let Some(piece) = pieces.blocking_recv() {
        encoder.write_all(&piece)?;
    }
    let (sum, file) = encoder.finish()?.finish();
    file.finish()?;
    Ok(sum)
}

/// The CSV of a file from its beginning, in pieces that a thread decodes ahead of whoever takes them.
pub(super) fn decoded(file: &StoredFile) -> io::Result<mpsc::Receiver<io::Result<Bytes>>> {
    let mut csv = zstd::Decoder::new(Source::open(file)?)?;
    let (sender, receiver) = mpsc::channel(WAITING);
    spawn_blocking(move || {
        loop {
            let piece = read_piece(&mut csv);
            let last = piece.is_err();
            if matches!(&piece, Ok(piece) if piece.is_empty()) || sender.blocking_send(piece).is_err() || last
            {
                return;
            }
        }
    });
    Ok(receiver)
}

/// Empty at the end.
fn read_piece(from: &mut impl Read) -> io::Result<Bytes> {
    let mut piece = Vec::with_capacity(CHUNK);
    from.take(CHUNK as u64).read_to_end(&mut piece)?;
    Ok(piece.into())
}

/// Reads a file to its end as another program would, and says what is in it.
///
/// # Errors
/// When it cannot be opened, is no Zstandard, or its lines do not all have the same columns.
pub fn read_back(file: &StoredFile) -> anyhow::Result<Content> {
    let (rows, csv, sum) = read(file, sum_of)?;
    Ok(Content::of(rows, csv, sum))
}

/// Reads a file that was just written, and says whether it is what was written: byte by byte the same file, and one from
/// which as much comes out as went in. What comes out is compared by the checksum that Zstandard keeps of it.
///
/// # Errors
/// As [`read_back`].
pub(super) fn is_as_written(file: &StoredFile, written: &Content) -> anyhow::Result<bool> {
    let (rows, csv_bytes, sum) = read(file, |pieces| pieces.map(|piece| piece.len() as u64).sum::<u64>())?;
    let same_file = (sum.bytes, &sum.sha256) == (written.file_bytes, &written.file_sha256);
    Ok(same_file && (rows, csv_bytes) == (written.rows, written.csv_bytes))
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
