//! The file of an archive: rows go in as the server's CSV and come out as the same, whatever lies between. The checksum of
//! that CSV is the proof. What takes time is done on threads, beside each other. Knows no server.
use std::{io, iter};

use anyhow::Context as _;
use bytes::{Bytes, BytesMut};
use tokio::sync::mpsc;
use tokio::task::{JoinHandle, spawn_blocking};

use super::hashing::{Sum, sum_of};
use super::piece::{CHUNK, WAITING, panicked};
use super::store::Sink;
use super::{csv_file, parquet};
use crate::plan::{FileFormat, Stored, StoredFile};

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
    pub(super) fn of(rows: u64, csv: Sum, file: Sum) -> Self {
        Self {
            rows,
            csv_bytes: csv.bytes,
            csv_sha256: csv.sha256,
            file_bytes: file.bytes,
            file_sha256: file.sha256,
        }
    }
}

/// What a file is to be written as.
#[derive(Clone, Debug)]
pub(super) enum Layout {
    Csv,
    /// Names of columns, and how each is stored.
    Parquet(Vec<(String, Stored)>),
}

impl Layout {
    pub const fn format(&self) -> FileFormat {
        match self {
            Self::Csv => FileFormat::Csv,
            Self::Parquet(_) => FileFormat::Parquet,
        }
    }
}

/// # Errors
/// When the program was built without the format.
pub fn ensure_format(format: FileFormat) -> anyhow::Result<()> {
    match format {
        FileFormat::Csv => Ok(()),
        FileFormat::Parquet => parquet::ensure_built_in(),
    }
}

/// A file that is being written: one thread hashes the CSV, others make the file of it. Dropped before its end, it stays
/// as an unfinished part that nothing reads.
pub(super) struct Writer {
    piece: BytesMut,
    lines: u64,
    csv: mpsc::Sender<Bytes>,
    file: mpsc::Sender<Bytes>,
    hashed: JoinHandle<Sum>,
    written: JoinHandle<anyhow::Result<Sum>>,
}

impl Writer {
    /// Readable by its owner alone: it holds rows.
    pub(super) fn create(file: &StoredFile, layout: Layout) -> io::Result<Self> {
        let file = Sink::create(file, 0o600)?;
        let ((csv, mut to_hash), (to_file, to_write)) = (mpsc::channel(WAITING), mpsc::channel(WAITING));
        Ok(Self {
            piece: BytesMut::with_capacity(CHUNK),
            lines: 0,
            csv,
            file: to_file,
            hashed: spawn_blocking(move || sum_of(iter::from_fn(|| to_hash.blocking_recv()))),
            written: spawn_blocking(move || match layout {
                Layout::Csv => csv_file::compress(file, to_write),
                Layout::Parquet(columns) => parquet::write(file, &columns, to_write),
            }),
        })
    }

    /// One line of the server's CSV, whatever line breaks its values hold. Gives the number of lines so far.
    pub(super) async fn line(&mut self, line: &[u8]) -> anyhow::Result<u64> {
        if self.piece.len() + line.len() > CHUNK {
            self.send().await?;
        }
        self.piece.extend_from_slice(line);
        self.lines += 1;
        Ok(self.lines)
    }

    async fn send(&mut self) -> anyhow::Result<()> {
        let full = std::mem::replace(&mut self.piece, BytesMut::with_capacity(CHUNK)).freeze();
        let hashing = self.csv.send(full.clone()).await.is_ok();
        if self.file.send(full).await.is_ok() && hashing {
            return Ok(());
        }
        // A thread has given up, and knows why.
        (&mut self.written).await.map_err(panicked)??;
        anyhow::bail!("nothing takes the rows any more")
    }

    /// Everything on the disk.
    ///
    /// # Errors
    /// The file system's; [`Misfit`](super::misfit::Misfit) once every row was looked at.
    pub(super) async fn finish(mut self) -> anyhow::Result<Content> {
        self.send().await?;
        drop((self.csv, self.file));
        let csv = self.hashed.await.map_err(panicked)?;
        let file = self.written.await.map_err(panicked)??;
        Ok(Content::of(self.lines.saturating_sub(1), csv, file))
    }
}

/// The CSV of a file from its beginning, in pieces that a thread decodes ahead of whoever takes them.
pub(super) fn decoded(file: &StoredFile, format: FileFormat) -> mpsc::Receiver<anyhow::Result<Bytes>> {
    let (sender, receiver) = mpsc::channel(WAITING);
    let file = file.clone();
    spawn_blocking(move || {
        let sent = match format {
            FileFormat::Csv => csv_file::decode(&file, &sender),
            FileFormat::Parquet => parquet::decode(&file, &sender),
        };
        if let Err(error) = sent {
            // Who does not listen any more does not want to know.
            let _ = sender.blocking_send(Err(error));
        }
    });
    receiver
}

/// Reads a file to its end as another program would, and says what is in it. `said`: the sum that the file should have; a
/// file that has another one may be told before it is taken apart.
///
/// # Errors
/// When it cannot be opened, is not of that format, or its rows do not all have the same columns.
pub(super) fn read_back(file: &StoredFile, format: FileFormat, said: &Sum) -> anyhow::Result<Content> {
    let read = || match format {
        FileFormat::Csv => csv_file::sums(file),
        FileFormat::Parquet => parquet::sums(file, said),
    };
    let (rows, csv, sum) = read().with_context(|| format!("read the archive {file}"))?;
    Ok(Content::of(rows, csv, sum))
}

/// Reads a file that was just written, and says whether it is what was written: byte by byte the same file, and one from
/// which comes out what went in. Zstandard keeps a checksum of that by itself; what was made into types is made into the
/// server's text again, and that compared.
///
/// # Errors
/// As [`read_back`].
pub(super) fn is_as_written(
    file: &StoredFile,
    format: FileFormat,
    written: &Content,
) -> anyhow::Result<bool> {
    match format {
        FileFormat::Csv => {
            let lengths = csv_file::lengths(file).with_context(|| format!("read the archive {file}"))?;
            let (rows, csv_bytes, sum) = lengths;
            let same_file = (sum.bytes, &sum.sha256) == (written.file_bytes, &written.file_sha256);
            Ok(same_file && (rows, csv_bytes) == (written.rows, written.csv_bytes))
        }
        FileFormat::Parquet => {
            let said = Sum { bytes: written.file_bytes, sha256: written.file_sha256.clone() };
            Ok(read_back(file, format, &said)? == *written)
        }
    }
}
