//! The plan that makes an index: built concurrently on each table that holds rows, and joined from below to the index
//! of the partitioned table. What an earlier run has finished is kept, what it has left behind is taken away.
use std::collections::HashSet;

use anyhow::{anyhow, bail, ensure};

use crate::failure::{Exit, Explain as _};
use crate::operations::index::name::{Taken, rebuilt_of, usual_name};
use crate::operations::index::steps::{
    Text, adopt_step, attach_step, build_steps, drop_leftover_step, only_step, reindex_steps,
};
use crate::operations::index::survey::{Survey, refuse_closed_schemas, refuse_strangers};
use crate::operations::index::version::refuse_corrupting;
use crate::pg::catalog::{Index, RelationKind, TableNode};
use crate::pg::index::IndexDefinition;
use crate::pg::name::{Ident, Relation};
use crate::plan::{Plan, Step};

/// An index that should be there.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Absent: as PostgreSQL would name it.
    pub name: Option<Ident>,
    pub definition: IndexDefinition,
    /// The definition's text is the user's own, so that the user's search path counts.
    pub typed: bool,
}

/// The plan for one index on the root of the surveyed tree. `same`: the indexes that are what is wanted already.
/// Pure: all that it needs to know of the database is in its arguments.
///
/// # Errors
/// When another index has the name, the role may not make it, or the server is one that would spoil it.
pub fn plan_create(survey: &Survey, wanted: &Wanted, same: &HashSet<u32>) -> anyhow::Result<Plan> {
    refuse_corrupting(survey.version)?;
    refuse_strangers(survey, "create an index")?;
    refuse_closed_schemas(survey, "create an index")?;
    refuse_foreign_and_unique(survey, &wanted.definition)?;
    let mut planner = Planner::new(survey, wanted, same);
    let root = survey.tree.root();
    match planner.standing(root)? {
        Found::Valid(name) => {
            planner.note(format!("{} is there already", name.plain()));
            planner.note_others(&name);
        }
        Found::Unfinished(index) => planner.whole(root, &index.relation, Some(index))?,
        Found::Nothing(name) => {
            planner.note_others(&name);
            planner.whole(root, &name, None)?;
        }
    }
    planner.note_size();
    Ok(planner.plan)
}

/// What is there of the wanted index on a table.
enum Found<'a> {
    Valid(Relation),
    /// It is not valid: a leftover, or partitions' indexes are missing.
    Unfinished(&'a Index),
    /// It has to be made, under this name.
    Nothing(Relation),
}

struct Planner<'a> {
    survey: &'a Survey,
    wanted: &'a Wanted,
    same: &'a HashSet<u32>,
    text: Text<'a>,
    taken: Taken,
    plan: Plan,
}

impl<'a> Planner<'a> {
    fn new(survey: &'a Survey, wanted: &'a Wanted, same: &'a HashSet<u32>) -> Self {
        let root = survey.tree.root();
        let path = if wanted.typed { survey.path.as_slice() } else { &[] };
        Self {
            survey,
            wanted,
            same,
            text: Text { definition: &wanted.definition, path },
            taken: survey.taken.clone(),
            plan: Plan { target: root.relation.clone(), oid: root.oid, steps: Vec::new(), notes: Vec::new() },
        }
    }

    fn note(&mut self, text: String) {
        self.plan.notes.push(text);
    }

    /// The index of that name; without a name any index that is the same.
    fn standing(&self, root: &TableNode) -> anyhow::Result<Found<'a>> {
        let schema = &root.relation.schema;
        let Some(name) = &self.wanted.name else {
            let equal: Vec<&Index> = self.survey.on(root.oid).filter(|index| self.is_same(index)).collect();
            let valid = equal.iter().find(|index| index.valid);
            let unfinished = equal.iter().find(|index| rebuilt_of(index.relation.name.raw()).is_none());
            return Ok(match (valid, unfinished) {
                (Some(index), _) => Found::Valid(index.relation.clone()),
                (None, Some(index)) => Found::Unfinished(index),
                (None, None) => {
                    Found::Nothing(usual_name(&root.relation, &self.wanted.definition, &self.taken)?)
                }
            });
        };
        let relation = Relation { schema: schema.clone(), name: name.clone() };
        if let Some(index) = self.survey.on(root.oid).find(|index| index.relation == relation) {
            ensure!(self.is_same(index), other_definition(index, &self.wanted.definition));
            let whole = index.valid;
            return Ok(if whole { Found::Valid(relation) } else { Found::Unfinished(index) });
        }
        if self.taken.contains(&(schema.raw().to_owned(), name.raw().to_owned())) {
            let error = anyhow!("the name {} is taken by another relation", relation.plain());
            return Err(error.hint("choose another name with --name"));
        }
        Ok(Found::Nothing(relation))
    }

    fn is_same(&self, index: &Index) -> bool {
        self.same.contains(&index.oid)
    }

    /// The index on the table at the top, partitioned or not.
    fn whole(&mut self, root: &TableNode, name: &Relation, known: Option<&Index>) -> anyhow::Result<()> {
        if !self.survey.tree.is_partitioned() {
            if let Some(index) = known {
                self.plan.steps.push(drop_leftover_step(&index.relation, &root.relation, root.oid));
            }
            self.build(root, name);
            return Ok(());
        }
        if self.survey.tree.nodes.iter().any(|node| node.kind == RelationKind::ForeignTable) {
            return self.around_foreign_tables(name, known);
        }
        if known.is_none() {
            self.plan.steps.push(only_step(&self.text, name, root, None));
        }
        self.partitions(root, name, known)?;
        Ok(())
    }

    fn build(&mut self, table: &TableNode, name: &Relation) {
        let at = self.plan.steps.len();
        self.plan.steps.extend(build_steps(&self.text, name, table, at));
        self.take(name);
    }

    fn take(&mut self, name: &Relation) {
        self.taken.insert((name.schema.raw().to_owned(), name.name.raw().to_owned()));
    }

    /// Gives each partition of the table its part of the index. When all are there and only the whole is not valid,
    /// one is attached again, which makes it so. Returns whether anything was planned.
    fn partitions(
        &mut self,
        table: &TableNode,
        index: &Relation,
        known: Option<&Index>,
    ) -> anyhow::Result<bool> {
        let before = self.plan.steps.len();
        let survey = self.survey;
        let mut last_attached = None;
        for child in survey.tree.children(table.oid) {
            let attached =
                known.and_then(|known| survey.on(child.oid).find(|part| part.parent == Some(known.oid)));
            last_attached = attached.or(last_attached);
            match child.kind {
                RelationKind::PartitionedTable => self.partitioned_part(child, index, attached)?,
                _ => self.part(child, index, attached)?,
            }
        }
        let planned = self.plan.steps.len() > before;
        if let (false, Some(part)) = (planned, last_attached) {
            self.plan.steps.push(attach_step(index, &part.relation));
        }
        Ok(planned)
    }

    fn partitioned_part(
        &mut self,
        table: &TableNode,
        above: &Relation,
        attached: Option<&Index>,
    ) -> anyhow::Result<()> {
        let survey = self.survey;
        let free = || survey.on(table.oid).find(|index| index.parent.is_none() && self.is_same(index));
        if let Some(index) = attached {
            if !index.valid {
                self.partitions(table, &index.relation, Some(index))?;
            }
            return Ok(());
        }
        if let Some(index) = free().cloned() {
            if !index.valid {
                self.partitions(table, &index.relation, Some(&index))?;
            }
            self.plan.steps.push(attach_step(above, &index.relation));
            return Ok(());
        }
        let name = usual_name(&table.relation, self.text.definition, &self.taken)?;
        self.take(&name);
        self.plan.steps.push(only_step(&self.text, &name, table, Some(above)));
        self.partitions(table, &name, None)?;
        Ok(())
    }

    fn part(&mut self, table: &TableNode, above: &Relation, attached: Option<&Index>) -> anyhow::Result<()> {
        if let Some(index) = attached {
            if !index.valid {
                let at = self.plan.steps.len();
                self.plan.steps.extend(reindex_steps(index, at)?);
                self.plan.steps.push(attach_step(above, &index.relation));
            }
            return Ok(());
        }
        let name = self.part_built(table)?;
        self.plan.steps.push(attach_step(above, &name));
        Ok(())
    }

    /// A valid index on the partition that belongs to no other: the one that is there, or one that is built.
    fn part_built(&mut self, table: &TableNode) -> anyhow::Result<Relation> {
        let survey = self.survey;
        let free =
            |index: &&Index| index.parent.is_none() && index.constraint.is_none() && self.is_same(index);
        let candidates: Vec<&Index> = survey.on(table.oid).filter(free).collect();
        if let Some(index) = candidates.iter().find(|index| index.valid) {
            return Ok(index.relation.clone());
        }
        let name = match candidates.first() {
            Some(leftover) => {
                self.plan.steps.push(drop_leftover_step(&leftover.relation, &table.relation, table.oid));
                leftover.relation.clone()
            }
            None => usual_name(&table.relation, self.text.definition, &self.taken)?,
        };
        self.build(table, &name);
        Ok(name)
    }

    /// Partitions that are foreign tables never have an index, so that one made from below would never be valid: the
    /// others are built first, and the whole is then created from them.
    fn around_foreign_tables(&mut self, name: &Relation, known: Option<&Index>) -> anyhow::Result<()> {
        if let Some(index) = known {
            bail!(
                "{} is not valid and cannot become so, because a partition is a foreign table; drop it first",
                index.relation.plain()
            );
        }
        let survey = self.survey;
        for leaf in survey.tree.leaves() {
            self.part_built(leaf)?;
        }
        let tables: Vec<&TableNode> =
            survey.tree.nodes.iter().filter(|node| node.kind != RelationKind::ForeignTable).collect();
        self.plan.steps.extend(adopt_step(&self.text, name, &tables));
        Ok(())
    }

    /// Indexes that say the same under other names.
    fn note_others(&mut self, name: &Relation) {
        let root = self.survey.tree.root().oid;
        let others: Vec<String> = self
            .survey
            .on(root)
            .filter(|index| index.valid && index.relation != *name && self.is_same(index))
            .map(|index| index.relation.plain())
            .collect();
        if !others.is_empty() {
            self.note(format!("the same index is there as {}", others.join(", ")));
        }
    }

    fn note_size(&mut self) {
        let built = |step: &Step| step.after_transactions_on.is_some() && step.recover.is_some();
        if !self.plan.steps.iter().any(built) {
            return;
        }
        let leaves: Vec<&TableNode> = self.survey.tree.leaves().collect();
        let bytes: i64 = leaves.iter().map(|leaf| leaf.bytes).sum();
        // Before the first ANALYZE nothing is known.
        if bytes == 0 {
            return;
        }
        let parts = if leaves.len() > 1 { format!(" in {} partitions", leaves.len()) } else { String::new() };
        let megabytes = bytes as f64 / 1_048_576.0;
        self.note(format!(
            "reads about {megabytes:.1} MB of rows{parts} twice, without stopping anybody; the index and its sorting need \
             room on the server's disk"
        ));
    }
}

fn other_definition(index: &Index, wanted: &IndexDefinition) -> anyhow::Error {
    let found = match &index.definition {
        Some(definition) => definition.plain(),
        None => "not readable while another session locks its table".to_owned(),
    };
    let unique = |unique: bool| if unique { "unique " } else { "" };
    anyhow!("{} is there, with another definition; nothing was changed", index.relation.plain())
        .detail(format!(
            "it is {}{found}\nwanted {}{}",
            unique(index.unique),
            unique(wanted.unique),
            wanted.plain()
        ))
        .hint("choose another name, or drop the one that is there")
}

fn refuse_foreign_and_unique(survey: &Survey, definition: &IndexDefinition) -> anyhow::Result<()> {
    let foreign = survey.tree.nodes.iter().find(|node| node.kind == RelationKind::ForeignTable);
    match foreign {
        Some(foreign) if definition.unique => Err(anyhow!(
            "a unique index on {} cannot be: its partition {} is a foreign table",
            survey.tree.root().relation.plain(),
            foreign.relation.plain()
        )
        .exit(Exit::Failed)),
        _ => Ok(()),
    }
}
