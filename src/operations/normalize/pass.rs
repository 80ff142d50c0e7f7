//! Several mappings of one source, read in one pass. Each goes on after its own last key, so that a pass that was
//! interrupted goes on even where they had not come equally far.
use anyhow::Context as _;

use super::batch::Batch;
use super::binding::Binding;
use super::piece::Piece;
use super::reader::Reader;
use crate::pg::session::Session;
use crate::pg::sql::Sql;
use crate::pg::state::ServerError;

#[derive(Debug)]
pub struct Pass<'a> {
    members: Vec<Member<'a>>,
    /// The last key that was read, or after which it begins.
    last: Option<String>,
    high_water: String,
    /// Some mappings have come further than others.
    uneven: bool,
}

#[derive(Debug)]
struct Member<'a> {
    binding: &'a Binding,
    reader: Reader,
    after: Option<String>,
    /// How many fields of a row are its own, the document among them.
    width: usize,
}

impl<'a> Pass<'a> {
    /// From each mapping's last key, if it has one, to the greatest of the keys where they end. All are of one source.
    ///
    /// # Errors
    /// The server's, which alone knows the order of keys.
    pub async fn begin(
        session: &Session,
        mappings: Vec<(&'a Binding, Option<String>, String)>,
    ) -> anyhow::Result<Self> {
        let mut members: Vec<Member<'a>> = Vec::new();
        let (mut least, mut greatest): (Option<Option<String>>, Option<String>) = (None, None);
        for (binding, after, high_water) in mappings {
            let lower = match (&least, &after) {
                (None, _) | (Some(Some(_)), None) => true,
                (Some(None), _) => false,
                (Some(least), Some(_)) => {
                    any_between(session, binding, after.as_deref(), least.as_deref()).await?
                }
            };
            if lower {
                least = Some(after.clone());
            }
            let higher = match &greatest {
                None => true,
                Some(greatest) => any_between(session, binding, Some(greatest), Some(&high_water)).await?,
            };
            if higher {
                greatest = Some(high_water);
            }
            let width = 1 + binding.fields.len();
            members.push(Member { binding, reader: Reader::new(binding.compiled()), after, width });
        }
        let last = least.flatten();
        let uneven = members.iter().any(|member| member.after != last);
        let high_water = greatest.context("a pass is of one mapping at least")?;
        Ok(Self { members, last, high_water, uneven })
    }

    /// The COPY of the next rows.
    ///
    /// # Errors
    /// When a key cannot be read.
    pub fn statement(&self, rows: u32) -> anyhow::Result<Sql> {
        let pieces: Vec<Piece<'_>> = self
            .members
            .iter()
            .map(|member| Piece {
                binding: member.binding,
                after: self.uneven.then_some(member.after.as_deref()),
            })
            .collect();
        Piece::read(&pieces, self.last.as_deref(), Some(&self.high_water), rows)
    }

    /// # Errors
    /// When the fields are not those that were asked for.
    pub fn row(&mut self, fields: &[Option<&[u8]>]) -> anyhow::Result<()> {
        let (key, mut rest) = fields.split_first().context("a row came without a key")?;
        for member in &mut self.members {
            let mut wanted = true;
            if self.uneven {
                let (flag, after) = rest.split_first().context("a row came without all its fields")?;
                (wanted, rest) = (*flag == Some(&[1]), after);
            }
            let (own, after) =
                rest.split_at_checked(member.width).context("a row came without all its fields")?;
            rest = after;
            if wanted {
                member.reader.read(*key, own)?;
            }
        }
        if let Some(key) = key {
            let text = std::str::from_utf8(key).context("read the key of a source row")?;
            text.clone_into(self.last.get_or_insert_default());
        }
        Ok(())
    }

    /// What was read for a mapping and not taken yet.
    pub fn batch(&self, member: usize) -> &Batch {
        &self.members[member].reader.batch
    }

    pub fn take(&mut self, member: usize) -> Batch {
        self.members[member].reader.take()
    }
}

async fn any_between(
    session: &Session,
    binding: &Binding,
    after: Option<&str>,
    up_to: Option<&str>,
) -> anyhow::Result<bool> {
    let any = binding.any_between(after, up_to)?;
    let rows = session.read(&any).await.map_err(ServerError::explained)?;
    Ok(rows.concat() == [Some("1".to_owned())])
}
