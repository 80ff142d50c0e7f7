//! What must hold of the tables so that rows can be told apart, and all of them can be written.
use anyhow::{anyhow, bail};

use super::binding::{Binding, rows};
use super::columns::columns;
use super::state::{Backfill, Phase};
use crate::failure::Explain as _;
use crate::pg::catalog::RelationKind;
use crate::pg::name::Ident;
use crate::pg::session::Session;
use crate::query;

impl Binding {
    /// Source rows are told apart by their key.
    pub(super) async fn check_source(&mut self, session: &Session, kind: RelationKind) -> anyhow::Result<()> {
        let keys: Vec<&str> = self.key.iter().map(|key| key.source.raw()).collect();
        let of_source = unique_indexes(session, self.source_oid).await?;
        let within = |index: &Vec<String>| index.iter().all(|column| keys.contains(&column.as_str()));
        let around = |index: &Vec<String>| keys.iter().all(|key| index.iter().any(|column| column == key));
        if of_source.iter().any(within) {
            return Ok(());
        }
        let named = keys.join(", ");
        if kind == RelationKind::PartitionedTable && of_source.iter().any(around) {
            self.notes.push(format!(
                "no index says that ({named}) alone is unique in {}; it is taken to be",
                self.source.plain()
            ));
            return Ok(());
        }
        Err(anyhow!("no unique index of {} is on ({named})", self.source.plain())
            .hint("name the columns of its primary key as `source.key`"))
    }

    /// Before anything is begun: rows of the target are told apart by a unique index and found by their source's key,
    /// they are this mapping's alone, and no other column of theirs must be filled.
    ///
    /// # Errors
    /// When one of these does not hold.
    pub async fn check_target(&mut self, session: &Session, begun: &[Backfill]) -> anyhow::Result<()> {
        self.check_unique(session).await?;
        self.check_filled(session).await?;
        self.check_alone(begun)?;
        let leading = rows(session, &query!("normalize/leading_columns.sql"), &[&self.target_oid]).await?;
        let leads = leading.iter().any(|row| {
            row.try_get::<_, String>("name")
                .is_ok_and(|name| self.key.iter().any(|key| key.target.raw() == name))
        });
        if !leads {
            self.notes.push(format!(
                "no index of {} begins with {}: each change of the source will read the whole table",
                self.target.plain(),
                self.key[0].target
            ));
        }
        Ok(())
    }

    async fn check_unique(&self, session: &Session) -> anyhow::Result<()> {
        let unique = &self.mapping.unique;
        let same =
            |index: &Vec<String>| index.len() == unique.len() && unique.iter().all(|c| index.contains(c));
        if unique_indexes(session, self.target_oid).await?.iter().any(same) {
            return Ok(());
        }
        let columns: Vec<String> = self.unique.iter().map(ToString::to_string).collect();
        Err(anyhow!("no unique index of {} is on ({})", self.target.plain(), unique.join(", "))
            .hint(format!("create unique index on {} ({})", self.target, columns.join(", "))))
    }

    /// A column that nothing fills would make a reject of every row.
    async fn check_filled(&mut self, session: &Session) -> anyhow::Result<()> {
        let filled = self.mapping.columns();
        let columns = columns(session, self.target_oid).await?;
        let empty = columns.iter().find(|(name, column)| {
            column.not_null && !column.has_default && !column.generated && !filled.contains(*name)
        });
        let Some((name, _)) = empty else { return Ok(()) };
        let target = self.target.plain();
        if self.target_has_before_trigger {
            self.notes.push(format!("column `{name}` of {target} is taken to be filled by a trigger"));
            return Ok(());
        }
        let column = Ident::new(name)?;
        Err(anyhow!(
            "column `{name}` of {target} may not be null, has no default, and no column rule fills it"
        )
        .hint(format!(
            "write a rule for it, or alter table {} alter column {column} set default ..",
            self.target
        )))
    }

    /// Each of two mappings would take the other's rows away.
    fn check_alone(&self, begun: &[Backfill]) -> anyhow::Result<()> {
        let target = self.target.plain();
        let other = begun.iter().find(|other| {
            other.target == target && other.name != self.mapping.name && other.phase != Phase::Moved
        });
        if let Some(other) = other {
            bail!(
                "the rows of {target} are those of mapping `{}`, which would take other rows away",
                other.name
            );
        }
        Ok(())
    }
}

async fn unique_indexes(session: &Session, oid: u32) -> anyhow::Result<Vec<Vec<String>>> {
    let rows = rows(session, &query!("normalize/unique_indexes.sql"), &[&oid]).await?;
    rows.iter().map(|row| Ok(row.try_get("columns")?)).collect()
}
