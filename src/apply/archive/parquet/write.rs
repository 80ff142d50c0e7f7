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
    let (to_pack, groups) = sync_channel(0);
    thread::scope(|scope| {
        let packed = scope.spawn(move || pack(file, columns, groups));
        let gathered = Gathering::new(columns).gather(pieces, &to_pack);
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
    scratch: Scratch,
    bytes: usize,
    misfits: BTreeMap<usize, String>,
}

impl<'a> Gathering<'a> {
    fn new(columns: &'a [(String, Stored)]) -> Self {
        let group = empty_group(columns);
        Self { columns, group, scratch: Scratch::default(), bytes: 0, misfits: BTreeMap::new() }
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
                if self.bytes >= GROUP_BYTES {
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
