//! The columns by which a row is found again, and how it is looked up: by their own index, whatever others there are.
use crate::ddl;
use crate::operations::partition::replace::evidence::ReplaceEvidence;
use crate::pg::catalog::{Index, IndexKind};
use crate::pg::index::{IndexDefinition, Key, KeyOf};
use crate::pg::name::{Column, Ident, Relation};
use crate::pg::sql::{Fragment, Keyword, List, Sql};

/// Columns of a unique index, none of them null.
#[derive(Clone, Debug)]
pub(super) struct RowKey {
    pub columns: Vec<Ident>,
    /// The index has them in the order in which the server compares rows.
    ordered: bool,
}

impl RowKey {
    /// Those of the primary key, else of a unique index.
    pub fn of(evidence: &ReplaceEvidence) -> Option<Self> {
        if let Some(registry) = &evidence.registry {
            return Some(Self { columns: registry.key.clone(), ordered: true });
        }
        let source = evidence.model()?;
        let usable = |index: &&Index| {
            let constraint = index.constraint.as_deref().and_then(|name| source.objects.constraint(name));
            index.unique && index.valid && !constraint.is_some_and(|constraint| constraint.deferrable)
        };
        let mut indexes: Vec<&Index> = source.indexes.iter().filter(usable).collect();
        indexes.sort_by_key(|index| (index.kind != IndexKind::PrimaryKey, index.oid));
        // Of several partitions, only an index of the partitioned table is on each.
        let one = evidence.undo || evidence.sources.len() == 1;
        let shared = |index: &&&Index| one || index.parent.is_some();
        let not_null = |name: &Ident| source.objects.column(name).is_some_and(|column| column.not_null);
        indexes.iter().filter(shared).find_map(|index| {
            let definition = index.definition.as_ref().filter(|definition| definition.predicate.is_none())?;
            let columns = definition.keys.iter().map(|key| match &key.of {
                KeyOf::Column(column) if not_null(column) => Some(column.clone()),
                _ => None,
            });
            Some(Self { columns: columns.collect::<Option<_>>()?, ordered: ordered(definition) })
        })
    }

    /// The names that they have where changed keys are noted: none of the table's.
    ///
    /// # Errors
    /// Never in practice.
    pub fn noted(&self) -> anyhow::Result<Vec<Ident>> {
        (1..=self.columns.len()).map(|number| Ident::new(format!("pgtend_k{number}"))).collect()
    }

    /// The columns of a row.
    pub fn row(&self, row: &'static str) -> Vec<Column> {
        self.columns.iter().map(|one| Column(row, one.clone())).collect()
    }

    /// As [`Self::row`], of a list of noted keys.
    pub fn listed(&self, list: &'static str) -> anyhow::Result<Vec<Column>> {
        Ok(self.noted()?.into_iter().map(|name| Column(list, name)).collect())
    }

    /// The row `t` is the wanted one.
    pub fn matches(&self, wanted: &[Column]) -> Fragment {
        self.equal("t", wanted)
    }

    fn equal(&self, row: &'static str, wanted: &[Column]) -> Fragment {
        let pairs = self.row(row).into_iter().zip(wanted.iter().cloned());
        let equal =
            pairs.map(|(left, right)| ddl!("partition/replace/equal.sql", left = left, right = right));
        Fragment::joined(equal, " and ")
    }

    /// A query that gives the wanted row, with its `ctid`, or none.
    pub fn lookup(&self, table: &Relation, wanted: &[Column], share: bool) -> Fragment {
        self.look(Keyword("only "), table, Fragment::none(), wanted, share)
    }

    /// As [`Self::lookup`], of a partitioned table with all its partitions: where the key says which of them it is, by the
    /// column `by`, only that one is looked into.
    pub fn lookup_in_all(&self, table: &Relation, by: &Ident, wanted: &[Column], share: bool) -> Fragment {
        let pairs = self.row("s").into_iter().zip(wanted.iter().cloned());
        let within = pairs
            .filter(|(column, _)| column.1 == *by)
            .map(|(left, right)| ddl!("partition/replace/equal.sql", left = left, right = right));
        let within = within.map(|equal| ddl!("partition/replace/within.sql", equal = Fragment(equal)));
        self.look(Keyword(""), table, Fragment::joined(within, ""), wanted, share)
    }

    fn look(
        &self,
        only: Keyword,
        table: &Relation,
        within: Fragment,
        wanted: &[Column],
        share: bool,
    ) -> Fragment {
        let share = if share { Fragment(ddl!("partition/replace/share.sql")) } else { Fragment::none() };
        Fragment(if self.ordered {
            let keys = self.row("s");
            ddl!(
                "partition/replace/lookup.sql",
                only = only,
                table = *table,
                keys = List(&keys),
                wanted = List(wanted),
                within = within,
                share = share
            )
        } else {
            let matches = self.equal("s", wanted);
            ddl!(
                "partition/replace/lookup_equal.sql",
                only = only,
                table = *table,
                matches = matches,
                share = share
            )
        })
    }

    /// The statements' part that says which columns a list of keys has.
    pub fn list_columns(&self) -> anyhow::Result<Vec<Sql>> {
        let columns = self.columns.iter().zip(self.noted()?);
        Ok(columns
            .map(|(column, name)| ddl!("partition/replace/key.sql", column = *column, name = name))
            .collect())
    }
}

fn ordered(definition: &IndexDefinition) -> bool {
    let usual =
        |key: &Key| !key.descending && !key.nulls_first && key.collation.is_none() && key.opclass.is_none();
    definition.method.raw() == "btree" && definition.keys.iter().all(usual)
}
