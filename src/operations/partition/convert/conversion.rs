//! One conversion: the table as it is, what is asked for, and what follows from both. Made only where nothing is in the
//! way; the steps are made of it.
use anyhow::Context as _;

use crate::operations::partition::convert::added::Addition;
use crate::operations::partition::convert::evidence::{Evidence, KeyEvidence, idents};
use crate::operations::partition::convert::names::Mark;
use crate::operations::partition::convert::refuse::refuse;
use crate::operations::partition::convert::terms::{IncomingFk, Key, Terms};
use crate::operations::partition::create::Wanted;
use crate::pg::catalog::{ForeignKeyIn, Index, IndexKind};
use crate::pg::index::IndexDefinition;
use crate::pg::lock::LockMode;
use crate::pg::name::{Ident, Literal, Relation};
use crate::plan::Lock;

pub(super) struct Conversion<'a> {
    pub evidence: &'a Evidence,
    pub terms: &'a Terms<'a>,
    pub key: &'a Key,
    /// Where the table's own partition ends.
    pub to: i64,
    pub partitions: Vec<Wanted>,
    /// The primary key's columns, without the key where it is not among them.
    pub primary: Vec<Ident>,
    /// The primary key takes the column in.
    pub widened: bool,
}

impl<'a> Conversion<'a> {
    /// # Errors
    /// With everything that is in the way, when anything is.
    pub fn new(
        evidence: &'a Evidence,
        terms: &'a Terms<'a>,
        key: &'a Key,
        facts: &KeyEvidence,
    ) -> anyhow::Result<Self> {
        refuse(evidence, terms, key, facts)?;
        let end = facts.end.context("no end is beyond all rows")?;
        let to = match evidence.shell.as_ref().and_then(|shell| shell.mark.clone()) {
            Some(Mark::Shell { to, .. }) => to,
            _ => end,
        };
        let primary = match evidence.whole.objects.primary_key() {
            Some(primary) => idents(primary.columns.as_deref().unwrap_or_default())?,
            None => Vec::new(),
        };
        let widened = !primary.is_empty() && !primary.contains(&key.column);
        let partitions = key.partitions(&evidence.whole.relation, terms.policy, to)?;
        Ok(Self { evidence, terms, key, to, partitions, primary, widened })
    }

    pub fn table(&self) -> &'a Relation {
        &self.evidence.whole.relation
    }

    pub fn oid(&self) -> u32 {
        self.evidence.whole.oid
    }

    pub fn to_literal(&self) -> anyhow::Result<Literal> {
        Ok(Literal(self.key.literal(self.to)?))
    }

    /// There will be a table of keys.
    pub fn registry(&self) -> bool {
        self.widened && self.terms.incoming == IncomingFk::Registry
    }

    /// The primary key's columns and the key.
    pub fn registry_columns(&self) -> Vec<Ident> {
        self.primary.iter().cloned().chain([self.key.column.clone()]).collect()
    }

    /// The primary key's columns as they will be.
    pub fn new_primary(&self) -> Vec<Ident> {
        if self.widened { self.registry_columns() } else { self.primary.clone() }
    }

    /// There will be foreign keys to both columns.
    pub fn composite(&self) -> bool {
        self.widened && self.terms.incoming == IncomingFk::Composite
    }

    /// pgtend's own left out.
    pub fn incoming(&self) -> impl Iterator<Item = &'a ForeignKeyIn> {
        self.evidence.incoming()
    }

    /// What the tables that refer are given; none where there is no need.
    pub fn additions(&self) -> anyhow::Result<Vec<Addition<'a>>> {
        let all = self.incoming().filter(|_| self.composite());
        all.map(|key| Addition::of(self.evidence, key, &self.key.column)).collect()
    }

    /// The key could be null before.
    pub fn nullable(&self) -> bool {
        let column = self.evidence.whole.objects.column(&self.key.column);
        column.is_some_and(|column| !column.not_null)
    }

    /// The indexes of the table that the partitioned one has to have too, pgtend's own left out.
    pub fn indexes(&self) -> impl Iterator<Item = (&'a Index, &'a IndexDefinition)> {
        let own = super::names::is_own;
        let indexes = self.evidence.whole.indexes.iter().filter(move |index| !own(index.relation.name.raw()));
        indexes.filter_map(|index| Some((index, index.definition.as_ref()?)))
    }

    /// The primary key stays as it is.
    pub fn keeps(&self, index: &Index) -> bool {
        !(self.widened && index.kind == IndexKind::PrimaryKey)
    }

    /// Tables that the table refers to.
    pub fn referenced(&self, mode: LockMode) -> anyhow::Result<Vec<Lock>> {
        let tables = &self.evidence.whole.objects.referenced;
        tables.iter().map(|one| Ok(lock(one.name.relation()?, mode, one.may_lock))).collect()
    }
}

/// A lock that comes first where the role may take it by `LOCK TABLE`.
pub(in crate::operations::partition) fn lock(relation: Relation, mode: LockMode, may: bool) -> Lock {
    if may { Lock::first(relation, mode) } else { Lock::implied(relation, mode) }
}
