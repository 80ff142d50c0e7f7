//! Holds the target against what the source's documents say, row by row, in one snapshot. It names what differs.
use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hasher as _};

use anyhow::Context as _;
use futures_util::TryStreamExt as _;
use serde::Serialize;

use super::binding::Binding;
use super::counts::Counts;
use super::names::Names;
use super::reader::Reader;
use super::shown::shown;
use crate::ddl;
use crate::pg::copy::Decoder;
use crate::pg::session::Session;
use crate::pg::sql::Sql;
use crate::pg::state::ServerError;

/// What a comparison came to.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Comparison {
    #[serde(skip)]
    pub counts: Counts,
    /// Rows that the documents say there should be.
    pub expected_rows: u64,
    pub target_rows: u64,
    pub equal_rows: u64,
    /// Expected, and not in the target.
    pub missing_rows: u64,
    /// In the target with other values.
    pub stale_rows: u64,
    /// In the target, and in no document.
    pub extra_rows: u64,
    /// Expected, but refused by a constraint of the target, as the rejects say.
    pub refused_rows: u64,
    /// Source rows that have changed since, whose rows were left out.
    pub queued_keys: u64,
    /// Sums of hashes of all rows, whatever their order.
    pub expected_checksum: String,
    pub target_checksum: String,
    pub expected_rejects: u64,
    pub recorded_rejects: u64,
    /// Bytes of the rows expected, as they travel.
    pub row_bytes: u64,
    /// The first of the differences.
    pub differences: Vec<Difference>,
}

#[derive(Clone, Debug, Serialize)]
pub struct Difference {
    pub kind: &'static str,
    pub source_key: String,
    pub expected: Option<String>,
    pub found: Option<String>,
}

impl Comparison {
    pub const fn is_clean(&self) -> bool {
        self.missing_rows == 0
            && self.stale_rows == 0
            && self.extra_rows == 0
            && self.expected_rejects == self.recorded_rejects
    }
}

const ROWS: u32 = 2_000;
const MOST_DIFFERENCES: usize = 100;

/// A row by its unique part, and the whole of it, as bytes that equal rows have in common.
type Keyed = HashMap<Vec<u8>, (Vec<u8>, Option<String>)>;

#[derive(Debug)]
struct Comparer<'a> {
    session: &'a Session,
    binding: &'a Binding,
    queued: HashSet<String>,
    /// Keys and paths of elements whose rows the target has refused.
    refused: HashSet<(String, String)>,
    result: Comparison,
    sums: [u64; 2],
}

/// Reads all of the source, and with `books` all of the target, which has been loaded before.
///
/// # Errors
/// The server's.
pub async fn compare(
    session: &Session,
    binding: &Binding,
    books: Option<&Names>,
    with_target: bool,
) -> anyhow::Result<Comparison> {
    session.execute(&ddl!("normalize/snapshot.sql")).await.map_err(ServerError::explained)?;
    let mut comparer = Comparer {
        session,
        binding,
        queued: HashSet::new(),
        refused: HashSet::new(),
        result: Comparison::default(),
        sums: [0; 2],
    };
    let result = comparer.run(books, with_target).await;
    session.execute(&ddl!("apply/rollback.sql")).await.map_err(ServerError::explained)?;
    result?;
    let mut done = comparer.result;
    done.queued_keys = comparer.queued.len() as u64;
    done.expected_checksum = format!("{:016x}", comparer.sums[0]);
    done.target_checksum = format!("{:016x}", comparer.sums[1]);
    Ok(done)
}

impl Comparer<'_> {
    async fn run(&mut self, books: Option<&Names>, with_target: bool) -> anyhow::Result<()> {
        if let Some(names) = books {
            let keys = names.queued_keys(self.binding);
            let keys = self.session.read(&keys).await.map_err(ServerError::explained)?;
            self.queued = keys.concat().into_iter().flatten().collect();
            let refused = self.session.read(&names.refused_rows()).await.map_err(ServerError::explained)?;
            self.refused = refused.into_iter().filter_map(pair).collect();
            let rejects =
                self.session.read(&names.recorded_rejects()).await.map_err(ServerError::explained)?;
            let rejects = rejects.concat().into_iter().flatten().next();
            self.result.recorded_rejects = rejects.and_then(|n| n.parse().ok()).unwrap_or(0);
        }
        let mut reader = Reader::new(self.binding.compiled());
        let mut after: Option<String> = None;
        loop {
            let statement = self.binding.read_source(after.as_deref(), None, ROWS)?;
            let (mut expected, mut keys) = (HashMap::new(), 0);
            let (mut result, mut last) = (std::mem::take(&mut self.result), None);
            let (queued, refused, binding) = (&self.queued, &self.refused, self.binding);
            let sum = &mut self.sums[0];
            copy_rows(self.session, &statement, |fields| {
                let (key, fields) = fields.split_first().context("a row came without a key")?;
                reader.read(*key, fields)?;
                let mut batch = reader.take();
                keys += 1;
                if queued.contains(&batch.reached) {
                    batch.counts = Counts { source_rows: 1, null: 1, ..Counts::default() };
                } else {
                    for (place, row) in batch.rows.iter().enumerate() {
                        if !refused.is_empty()
                            && refused.contains(&(batch.reached.clone(), batch.path_of(place)))
                        {
                            result.refused_rows += 1;
                            continue;
                        }
                        let (unique, whole) = comparable(binding, &batch.reached, &row);
                        *sum = sum.wrapping_add(hash(&whole));
                        result.expected_rows += 1;
                        if with_target {
                            expected.insert(unique, (whole, Some(shown(binding, &row))));
                        }
                    }
                    result.row_bytes += batch.rows.byte_count() as u64;
                    result.expected_rejects += batch.rejects.len() as u64;
                }
                result.counts.add(&batch.counts);
                last = Some(batch.reached);
                Ok(())
            })
            .await
            .context("read the source")?;
            self.result = result;
            let done = keys < ROWS;
            let up_to = if done { None } else { last.clone() };
            if with_target {
                let statement = self.binding.read_target(after.as_deref(), up_to.as_deref())?;
                self.target(&statement, expected).await.context("read the target")?;
                if let Some(strays) = self.binding.read_strays().filter(|_| done) {
                    self.target(&strays, Keyed::new()).await.context("read the target")?;
                }
            }
            if done {
                return Ok(());
            }
            after = last;
        }
    }

    /// Holds rows of the target against those expected.
    async fn target(&mut self, statement: &Sql, mut expected: Keyed) -> anyhow::Result<()> {
        let mut result = std::mem::take(&mut self.result);
        let (queued, binding) = (&self.queued, self.binding);
        let sum = &mut self.sums[1];
        copy_rows(self.session, statement, |fields| {
            let key = fields.first().copied().flatten().unwrap_or_default();
            let key = String::from_utf8_lossy(key).into_owned();
            if queued.contains(&key) {
                return Ok(());
            }
            let row = fields.get(1..).unwrap_or_default();
            let (unique, whole) = comparable(binding, &key, row);
            *sum = sum.wrapping_add(hash(&whole));
            result.target_rows += 1;
            match expected.remove(&unique) {
                Some((wanted, _)) if wanted == whole => result.equal_rows += 1,
                Some((_, wanted)) => {
                    result.stale_rows += 1;
                    result.differs("stale", key, wanted, Some(shown(binding, row)));
                }
                None => {
                    result.extra_rows += 1;
                    result.differs("extra", key, None, Some(shown(binding, row)));
                }
            }
            Ok(())
        })
        .await?;
        for (unique, (_, wanted)) in expected {
            result.missing_rows += 1;
            let length = unique.iter().position(|byte| *byte == 0).unwrap_or(0);
            let key = String::from_utf8_lossy(&unique[..length]).into_owned();
            result.differs("missing", key, wanted, None);
        }
        self.result = result;
        Ok(())
    }
}

impl Comparison {
    fn differs(
        &mut self,
        kind: &'static str,
        source_key: String,
        expected: Option<String>,
        found: Option<String>,
    ) {
        if self.differences.len() < MOST_DIFFERENCES {
            self.differences.push(Difference { kind, source_key, expected, found });
        }
    }
}

/// The row's unique part and all of it. The key stands before both.
fn comparable(binding: &Binding, key: &str, row: &[Option<&[u8]>]) -> (Vec<u8>, Vec<u8>) {
    let mut unique = [key.as_bytes(), &[0]].concat();
    let mut whole = unique.clone();
    for (column, field) in binding.columns.iter().zip(row) {
        let begin = whole.len();
        match field {
            Some(bytes) => {
                whole.push(1);
                column.of.put_comparable(bytes, &mut whole);
            }
            None => whole.push(0),
        }
        if column.unique {
            unique.extend_from_slice(&whole[begin..]);
        }
    }
    (unique, whole)
}

/// The two values of a row.
fn pair(row: Vec<Option<String>>) -> Option<(String, String)> {
    let mut values = row.into_iter().flatten();
    values.next().zip(values.next())
}

fn hash(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(bytes);
    hasher.finish()
}

async fn copy_rows(
    session: &Session,
    statement: &Sql,
    mut row: impl FnMut(&[Option<&[u8]>]) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let stream = session.copy_out(statement).await.map_err(ServerError::explained)?;
    let mut stream = std::pin::pin!(stream);
    let mut decoder = Decoder::default();
    while let Some(piece) =
        stream.try_next().await.map_err(|e| ServerError::new(statement.file, &e).explained())?
    {
        decoder.feed(&piece, &mut row)?;
    }
    Ok(())
}
