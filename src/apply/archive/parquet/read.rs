//! A file's rows as the server's CSV again.
use std::fs::File;
use std::io::{self, BufReader, Read, Seek as _, copy, sink};
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;
use std::thread;

use anyhow::{anyhow, ensure};
use bytes::Bytes;
use parquet::column::reader::ColumnReader;
use parquet::data_type::{ByteArray, FixedLenByteArray};
use parquet::errors::Result as ParquetResult;
use parquet::file::reader::{ChunkReader, FileReader as _, Length, RowGroupReader, SerializedFileReader};
use tokio::sync::mpsc;

use super::column::Texts;
use super::fields::put;
use super::schema::columns;
use super::value::Value;
use crate::apply::archive::hashing::{Hashing, Sum};
use crate::apply::archive::piece::CHUNK;
use crate::apply::archive::store::seekable;
use crate::plan::{Stored, StoredFile};

/// Rows that are read at a time, of each column.
const ROWS: usize = 1024;

/// Sends the CSV of a file, from its beginning.
pub(in crate::apply::archive) fn decode(
    file: &StoredFile,
    to: &mpsc::Sender<anyhow::Result<Bytes>>,
) -> anyhow::Result<()> {
    rows(seekable(file)?, |piece| to.blocking_send(Ok(piece)).is_ok()).map(|_| ())
}

/// The number of rows, and the sums of the CSV that they are and of the file.
///
/// # Errors
/// When the file has another sum than is said of it: then it is not taken apart.
pub(in crate::apply::archive) fn sums(file: &StoredFile, said: &Sum) -> anyhow::Result<(u64, Sum, Sum)> {
    let mut file = seekable(file)?;
    let mut hashing = Hashing::new(BufReader::with_capacity(CHUNK, &file));
    copy(&mut hashing, &mut sink())?;
    let (sum, _) = hashing.finish();
    ensure!(sum.bytes == said.bytes, "{} bytes, not {}", sum.bytes, said.bytes);
    ensure!(sum == *said, "another SHA-256 of the file");
    file.rewind()?;
    let mut csv = Hashing::new(());
    // A file that somebody has made up may break the reader.
    let read = thread::scope(|scope| {
        let read = scope.spawn(|| {
            rows(file, |piece| {
                csv.add(&piece);
                true
            })
        });
        read.join().map_err(|_| anyhow!("a thread broke"))
    });
    Ok((read??, csv.finish().0, sum))
}

/// Hands on the CSV in pieces of whole lines, as long as they are taken. Gives the number of rows.
fn rows(file: File, mut take: impl FnMut(Bytes) -> bool) -> anyhow::Result<u64> {
    let length = file.metadata()?.len();
    let reader = SerializedFileReader::new(At { file: Arc::new(file), length })?;
    let columns = columns(reader.metadata().file_metadata().schema())?;
    let mut csv = Vec::with_capacity(CHUNK + CHUNK / 4);
    for (place, (name, _)) in columns.iter().enumerate() {
        put(&mut csv, name.as_bytes(), columns.len() == 1);
        csv.push(if place + 1 == columns.len() { b'\n' } else { b',' });
    }
    let mut count = 0;
    for group in 0..reader.num_row_groups() {
        let group = reader.get_row_group(group)?;
        let mut leaves = columns
            .iter()
            .enumerate()
            .map(|(place, (_, stored))| Leaf::new(&*group, place, *stored))
            .collect::<ParquetResult<Vec<_>>>()?;
        let mut left = usize::try_from(group.metadata().num_rows())?;
        while left > 0 {
            let rows = left.min(ROWS);
            for leaf in &mut leaves {
                leaf.read(rows)?;
            }
            for _ in 0..rows {
                put_line(&mut leaves, &mut csv)?;
                if csv.len() >= CHUNK && !take(std::mem::replace(&mut csv, Vec::with_capacity(CHUNK)).into())
                {
                    return Ok(count);
                }
            }
            left -= rows;
            count += rows as u64;
        }
    }
    take(csv.into());
    Ok(count)
}

fn put_line(leaves: &mut [Leaf], csv: &mut Vec<u8>) -> anyhow::Result<()> {
    let alone = leaves.len() == 1;
    for (place, leaf) in leaves.iter_mut().enumerate() {
        if place > 0 {
            csv.push(b',');
        }
        let values = &leaf.values;
        leaf.texts.put(|at| values.at(at), csv, alone)?;
    }
    csv.push(b'\n');
    Ok(())
}

/// A column of a group of rows, which is read a few rows at a time.
struct Leaf {
    texts: Texts,
    reader: ColumnReader,
    values: Values,
}

enum Values {
    Boolean(Vec<bool>),
    Int32(Vec<i32>),
    Int64(Vec<i64>),
    Float(Vec<f32>),
    Double(Vec<f64>),
    Bytes(Vec<ByteArray>),
    Fixed(Vec<FixedLenByteArray>),
}

impl Leaf {
    fn new(group: &dyn RowGroupReader, place: usize, stored: Stored) -> ParquetResult<Self> {
        let reader = group.get_column_reader(place)?;
        let values = match &reader {
            ColumnReader::BoolColumnReader(_) => Values::Boolean(Vec::new()),
            ColumnReader::Int32ColumnReader(_) => Values::Int32(Vec::new()),
            ColumnReader::Int64ColumnReader(_) => Values::Int64(Vec::new()),
            ColumnReader::FloatColumnReader(_) => Values::Float(Vec::new()),
            ColumnReader::DoubleColumnReader(_) => Values::Double(Vec::new()),
            ColumnReader::FixedLenByteArrayColumnReader(_) => Values::Fixed(Vec::new()),
            _ => Values::Bytes(Vec::new()),
        };
        Ok(Self { texts: Texts::new(stored), reader, values })
    }

    /// So many rows, and no fewer.
    fn read(&mut self, rows: usize) -> anyhow::Result<()> {
        self.texts.clear();
        let Texts { definition, repetition, .. } = &mut self.texts;
        macro_rules! read {
            ($reader:expr, $values:expr) => {{
                $values.clear();
                $reader.read_records(rows, Some(definition), Some(repetition), $values)?.0
            }};
        }
        let read = match (&mut self.reader, &mut self.values) {
            (ColumnReader::BoolColumnReader(reader), Values::Boolean(values)) => read!(reader, values),
            (ColumnReader::Int32ColumnReader(reader), Values::Int32(values)) => read!(reader, values),
            (ColumnReader::Int64ColumnReader(reader), Values::Int64(values)) => read!(reader, values),
            (ColumnReader::FloatColumnReader(reader), Values::Float(values)) => read!(reader, values),
            (ColumnReader::DoubleColumnReader(reader), Values::Double(values)) => read!(reader, values),
            (ColumnReader::ByteArrayColumnReader(reader), Values::Bytes(values)) => read!(reader, values),
            (ColumnReader::FixedLenByteArrayColumnReader(reader), Values::Fixed(values)) => {
                read!(reader, values)
            }
            _ => 0,
        };
        ensure!(read == rows, "a column has fewer rows than the others");
        Ok(())
    }
}

impl Values {
    fn at(&self, place: usize) -> Option<Value<'_>> {
        Some(match self {
            Self::Boolean(values) => Value::Boolean(*values.get(place)?),
            Self::Int32(values) => Value::Int32(*values.get(place)?),
            Self::Int64(values) => Value::Int64(*values.get(place)?),
            Self::Float(values) => Value::Float(*values.get(place)?),
            Self::Double(values) => Value::Double(*values.get(place)?),
            Self::Bytes(values) => Value::Bytes(values.get(place)?.data()),
            Self::Fixed(values) => Value::Bytes(values.get(place)?.data()),
        })
    }
}

/// A file whose columns are read side by side, which a shared position in it would not stand.
struct At {
    file: Arc<File>,
    length: u64,
}

impl Length for At {
    fn len(&self) -> u64 {
        self.length
    }
}

impl ChunkReader for At {
    type T = BufReader<From>;

    fn get_read(&self, start: u64) -> ParquetResult<Self::T> {
        Ok(BufReader::new(From { file: Arc::clone(&self.file), at: start }))
    }

    fn get_bytes(&self, start: u64, length: usize) -> ParquetResult<Bytes> {
        let mut bytes = vec![0; length];
        self.file.read_exact_at(&mut bytes, start)?;
        Ok(bytes.into())
    }
}

struct From {
    file: Arc<File>,
    at: u64,
}

impl Read for From {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read_at(buffer, self.at)?;
        self.at += read as u64;
        Ok(read)
    }
}
