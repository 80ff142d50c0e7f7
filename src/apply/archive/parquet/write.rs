//! Rows into a file: one thread makes values of the server's text, another packs a group of rows while the next one is
//! gathered, so that no more than two groups are held.
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use anyhow::{Context as _, anyhow, ensure};
use bytes::Bytes;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::writer::SerializedFileWriter;
use tokio::sync::mpsc;

use super::column::Column;
use super::fields::{Field, Fields};
use super::schema::schema;
use super::value::Scratch;
use crate::apply::archive::hashing::{Hashing, Sum};
use crate::apply::archive::misfit::Misfit;
use crate::apply::archive::store::Sink;
use crate::plan::Stored;

/// A group of rows is as large as this, or one row: bytes of CSV, and what each value takes besides.
const GROUP_BYTES: usize = 32 * 1024 * 1024;
const VALUE_BYTES: usize = 12;
/// Of a value that does not fit, so much is told.
const MOST_TOLD: usize = 60;

/// Whole groups, and then that there are no more: a file that ends without is none.
enum Packed {
    Group(Vec<Column>),
    End,
}

/// Makes the file of pieces of the server's CSV, each of whole lines, of which the first is the header.
///
/// # Errors
/// The file's; that the pieces are no such CSV; [`Misfit`], once all of them were taken.
pub(in crate::apply::archive) fn write(
    file: Sink,
    columns: &[(String, Stored)],
    pieces: mpsc::Receiver<Bytes>,
) -> anyhow::Result<Sum> {
    write_in_groups(file, columns, pieces, GROUP_BYTES)
}

fn write_in_groups(
    file: Sink,
    columns: &[(String, Stored)],
    pieces: mpsc::Receiver<Bytes>,
    most: usize,
) -> anyhow::Result<Sum> {
    let (to_pack, groups) = sync_channel(0);
    thread::scope(|scope| {
        let packed = scope.spawn(move || pack(file, columns, groups));
        let gathered = Gathering::new(columns, most).gather(pieces, &to_pack);
        drop(to_pack);
        let packed = packed.join().map_err(|_| anyhow!("a thread broke"))?;
        match gathered {
            // It has stopped because nobody takes the groups, and there is the reason.
            Err(error) if !error.is::<Misfit>() => packed.and(Err(error)),
            Err(error) => Err(error),
            Ok(()) => packed?.context("a file has no end"),
        }
    })
}

/// `None`: the end was never told, and what was written is no file.
fn pack(file: Sink, columns: &[(String, Stored)], groups: Receiver<Packed>) -> anyhow::Result<Option<Sum>> {
    let properties = WriterProperties::builder()
        .set_created_by(concat!("pgtend version ", env!("CARGO_PKG_VERSION")).to_owned())
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(1)?))
        .set_statistics_enabled(EnabledStatistics::Page)
        .build();
    let mut writer = SerializedFileWriter::new(Hashing::new(file), schema(columns)?, Arc::new(properties))?;
    for packed in groups {
        let Packed::Group(group) = packed else {
            let (sum, file) = writer.into_inner()?.finish();
            file.finish()?;
            return Ok(Some(sum));
        };
        let mut to = writer.next_row_group()?;
        for column in group {
            let mut column_writer = to.next_column()?.context("the schema has fewer columns")?;
            column.write(&mut column_writer)?;
            column_writer.close()?;
        }
        to.close()?;
    }
    Ok(None)
}

struct Gathering<'a> {
    columns: &'a [(String, Stored)],
    group: Vec<Column>,
    /// Bytes of a group.
    most: usize,
    scratch: Scratch,
    bytes: usize,
    misfits: BTreeMap<usize, String>,
}

impl<'a> Gathering<'a> {
    fn new(columns: &'a [(String, Stored)], most: usize) -> Self {
        let group = empty_group(columns);
        Self { columns, group, most, scratch: Scratch::default(), bytes: 0, misfits: BTreeMap::new() }
    }

    fn gather(mut self, mut pieces: mpsc::Receiver<Bytes>, to: &SyncSender<Packed>) -> anyhow::Result<()> {
        let mut header = true;
        while let Some(piece) = pieces.blocking_recv() {
            let mut fields = Fields::new(&piece);
            if std::mem::take(&mut header) {
                while fields.next()?.is_some_and(|field| !field.last) {}
            }
            while fields.len() > 0 {
                let before = fields.len();
                self.take_line(&mut fields)?;
                self.bytes += before - fields.len() + self.columns.len() * VALUE_BYTES;
                if self.bytes >= self.most {
                    self.send(to)?;
                }
            }
        }
        if !self.misfits.is_empty() {
            return Err(Misfit { columns: self.misfits.into_iter().collect() }.into());
        }
        if self.bytes > 0 {
            self.send(to)?;
        }
        to.send(Packed::End).map_err(|_| anyhow!("nothing takes the rows any more"))
    }

    fn take_line(&mut self, fields: &mut Fields<'_>) -> anyhow::Result<()> {
        for (place, column) in self.group.iter_mut().enumerate() {
            let Field { text, last } = fields.next()?.context("a line of the CSV ends early")?;
            ensure!(last == (place + 1 == self.columns.len()), "a line of the CSV has other columns");
            if column.push(text.as_deref(), &mut self.scratch).is_none() {
                self.misfits.entry(place).or_insert_with(|| told(&text.unwrap_or_default()));
            }
        }
        Ok(())
    }

    /// With a misfit found, the rest is only looked at.
    fn send(&mut self, to: &SyncSender<Packed>) -> anyhow::Result<()> {
        let full = std::mem::replace(&mut self.group, empty_group(self.columns));
        self.bytes = 0;
        if !self.misfits.is_empty() {
            return Ok(());
        }
        to.send(Packed::Group(full)).map_err(|_| anyhow!("nothing takes the rows any more"))
    }
}

/// Its beginning, where it is long.
fn told(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text);
    match text.char_indices().nth(MOST_TOLD) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.into_owned(),
    }
}

fn empty_group(columns: &[(String, Stored)]) -> Vec<Column> {
    columns.iter().map(|(_, stored)| Column::new(*stored)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::apply::archive::hashing::sum_of;
    use crate::apply::archive::parquet::sums;
    use crate::plan::{Element, Store, StoredFile};

    const COLUMNS: [(&str, Stored); 3] = [
        ("id", Stored::one(Element::Int64)),
        ("note, with \"signs\"", Stored::TEXT),
        ("list", Stored::list(Element::Int32)),
    ];

    fn columns() -> Vec<(String, Stored)> {
        COLUMNS.map(|(name, stored)| (name.to_owned(), stored)).to_vec()
    }

    /// The server's CSV in pieces that end wherever a line does.
    fn pieces(rows: usize) -> Vec<Bytes> {
        let mut pieces = vec![Bytes::from("id,\"note, with \"\"signs\"\"\",list\n")];
        for row in 0..rows {
            let note = ["", "\"\"", "plain", "\"two\nlines, \"\"quoted\"\"\""][row % 4];
            let list = ["", "{}", "{1}", "\"{1,NULL,-3}\"", "{NULL}"][row % 5];
            pieces.push(format!("{row},{note},{list}\n").into());
        }
        pieces
    }

    fn written(pieces: &[Bytes], most: usize) -> (tempfile::TempDir, StoredFile, anyhow::Result<Sum>) {
        let folder = tempfile::tempdir().unwrap();
        let file =
            StoredFile { store: Store::Folder(folder.path().to_owned()), name: "rows.parquet".to_owned() };
        let (to_write, from) = mpsc::channel(pieces.len());
        for piece in pieces {
            to_write.try_send(piece.clone()).unwrap();
        }
        drop(to_write);
        let sum = write_in_groups(Sink::create(&file, 0o600).unwrap(), &columns(), from, most);
        (folder, file, sum)
    }

    #[test]
    fn many_groups_are_one_file() {
        for (rows, most) in [(0, 1), (1, 1), (500, 1), (10_000, 50_000), (10_000, GROUP_BYTES)] {
            let pieces = pieces(rows);
            let (_folder, file, sum) = written(&pieces, most);
            let sum = sum.unwrap();
            let read = sums(&file, &sum).unwrap();
            assert_eq!(read, (rows as u64, sum_of(pieces.into_iter()), sum), "{rows} in groups of {most}");
        }
    }

    #[test]
    fn what_does_not_fit_is_told_of_every_column_and_the_file_is_none() {
        let mut pieces = pieces(100);
        pieces.push("9223372036854775808,a,{1}\n".into());
        pieces.push("1,a,\"{{1},{2}}\"\n1.0,a,{1}\n".into());
        let (_folder, file, sum) = written(&pieces, 200);
        let error = sum.unwrap_err();
        let misfit: &Misfit = error.downcast_ref().unwrap();
        let told = [(0, "9223372036854775808".to_owned()), (2, "{{1},{2}}".to_owned())];
        assert_eq!(misfit.columns, told);
        assert!(sums(&file, &Sum { bytes: 0, sha256: String::new() }).is_err());
    }
}
