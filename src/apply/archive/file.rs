//! The file of an archive: CSV in Zstandard, with the checksums of both, and the way back. Knows no server.
use std::fs::{File, OpenOptions};
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use anyhow::Context as _;
use sha2::{Digest as _, Sha256};

/// A good ratio at more than 100 MB/s on one core.
const LEVEL: i32 = 3;

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

/// Counts and hashes what passes through.
struct Hashing<T> {
    inner: T,
    hash: Sha256,
    bytes: u64,
}

impl<T> Hashing<T> {
    fn new(inner: T) -> Self {
        Self { inner, hash: Sha256::new(), bytes: 0 }
    }

    fn add(&mut self, part: &[u8]) {
        self.hash.update(part);
        self.bytes += part.len() as u64;
    }

    fn sha256(&self) -> String {
        self.hash.clone().finalize().iter().map(|byte| format!("{byte:02x}")).collect()
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

/// A file that is being written. Dropped before its end, it stays as an unfinished part that nothing reads.
pub(super) struct Writer {
    csv: Hashing<zstd::Encoder<'static, Hashing<BufWriter<File>>>>,
    lines: u64,
}

impl Writer {
    /// Readable by its owner alone: it holds rows.
    pub(super) fn create(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
        let mut encoder = zstd::Encoder::new(Hashing::new(BufWriter::new(file)), LEVEL)?;
        encoder.include_checksum(true)?;
        Ok(Self { csv: Hashing::new(encoder), lines: 0 })
    }

    /// One line of the server's CSV, whatever line breaks its values hold.
    pub(super) fn line(&mut self, line: &[u8]) -> io::Result<u64> {
        self.csv.write_all(line)?;
        self.lines += 1;
        Ok(self.lines)
    }

    /// Everything on the disk.
    pub(super) fn finish(self) -> io::Result<Content> {
        let (csv_bytes, csv_sha256) = (self.csv.bytes, self.csv.sha256());
        let file = self.csv.inner.finish()?;
        let (file_bytes, file_sha256) = (file.bytes, file.sha256());
        file.inner.into_inner()?.sync_all()?;
        Ok(Content { rows: self.lines.saturating_sub(1), csv_bytes, csv_sha256, file_bytes, file_sha256 })
    }
}

/// A file's CSV from its beginning.
pub(super) fn decoder(path: &Path) -> io::Result<impl Read> {
    zstd::Decoder::new(File::open(path)?)
}

/// Reads a file to its end as another program would, and says what is in it.
///
/// # Errors
/// When it cannot be opened, is no Zstandard, or its lines do not all have the same columns.
pub fn read_back(path: &Path) -> anyhow::Result<Content> {
    let read = || -> anyhow::Result<Content> {
        let file = Hashing::new(BufReader::new(File::open(path)?));
        let mut csv = Hashing::new(zstd::Decoder::with_buffer(BufReader::new(file))?);
        let mut rows = 0;
        {
            let mut records = csv::Reader::from_reader(&mut csv);
            let mut record = csv::ByteRecord::new();
            while records.read_byte_record(&mut record)? {
                rows += 1;
            }
        }
        let (csv_bytes, csv_sha256) = (csv.bytes, csv.sha256());
        let file = csv.inner.finish().into_inner();
        Ok(Content { rows, csv_bytes, csv_sha256, file_bytes: file.bytes, file_sha256: file.sha256() })
    };
    read().with_context(|| format!("read the archive {}", path.display()))
}
