//! What hangs on a table goes over to another one that takes its name: triggers, identity, sequences, views, functions,
//! publications. In either direction, in the transaction in which the names change.
use crate::operations::partition::convert::evidence::{Whole, fingerprint, idents};
use crate::operations::partition::convert::names::REGISTRY_TRIGGERS;
use crate::pg::catalog::{OwnedSequence, Publication, Trigger, View};
use crate::pg::lock::LockMode;
use crate::pg::name::{Ident, Literal, Relation};
use crate::pg::sql::{BodyLiteral, Deparsed, Fragment, Keyword, List, Sql};
use crate::plan::Lock;
use crate::{ddl, query};

pub(in crate::operations::partition) struct Handover<'a> {
    /// The table that has the name before.
    pub giver: &'a Whole,
}

impl<'a> Handover<'a> {
    /// Views first: who reads one locks it before its tables.
    pub fn locks(&self) -> anyhow::Result<Vec<Lock>> {
        let views = self.giver.objects.views.iter();
        views
            .map(|view| {
                let (relation, owner) = (view.name.relation()?, Ident::new(&view.owner)?);
                let by = ddl!("partition/convert/view_lock.sql", view = relation, owner = owner);
                Ok(Lock::taken_by(relation, LockMode::AccessExclusive, by))
            })
            .collect()
    }

    /// The last look before anything changes.
    pub fn guard(&self) -> Sql {
        ddl!(
            "partition/convert/unchanged.sql",
            table = BodyLiteral(self.giver.relation.to_string()),
            oid = self.giver.oid,
            fingerprint = fingerprint(self.giver.oid),
            expected = BodyLiteral(self.giver.fingerprint.clone()),
        )
    }

    pub fn triggers(&self) -> impl Iterator<Item = &'a Trigger> {
        let all = self.giver.objects.triggers.iter();
        all.filter(|trigger| !REGISTRY_TRIGGERS.contains(&trigger.name.as_str()))
    }

    fn identity(&self) -> Option<&'a OwnedSequence> {
        self.giver.objects.sequences.iter().find(|sequence| sequence.identity)
    }

    fn publications(&self) -> impl Iterator<Item = &'a Publication> {
        self.giver.objects.publications.iter().filter(|publication| publication.named)
    }

    /// While the giver has the name.
    pub fn take(&self) -> anyhow::Result<Vec<Sql>> {
        let table = &self.giver.relation;
        let mut act = Vec::new();
        for trigger in self.triggers() {
            let trigger = Ident::new(&trigger.name)?;
            act.push(ddl!("partition/convert/drop_trigger.sql", trigger = trigger, table = *table));
        }
        if let Some(identity) = self.identity() {
            act.push(ddl!(
                "partition/convert/identity_drop.sql",
                table = BodyLiteral(table.to_string()),
                column = BodyLiteral(identity.column.clone())
            ));
        }
        for publication in self.publications() {
            let publication = Ident::new(&publication.name)?;
            act.push(ddl!(
                "partition/convert/publication_drop.sql",
                publication = publication,
                table = *table
            ));
        }
        Ok(act)
    }

    /// When the other table has the name.
    pub fn give(&self) -> anyhow::Result<Vec<Sql>> {
        let table = &self.giver.relation;
        let mut act = Vec::new();
        for sequence in self.giver.objects.sequences.iter().filter(|sequence| !sequence.identity) {
            let (name, column) = (sequence.name.relation()?, Ident::new(&sequence.column)?);
            act.push(ddl!(
                "partition/convert/owned_by.sql",
                sequence = name,
                table = *table,
                column = column
            ));
        }
        if let Some(identity) = self.identity() {
            act.push(ddl!(
                "partition/convert/identity_add.sql",
                table = BodyLiteral(table.to_string()),
                column = BodyLiteral(identity.column.clone())
            ));
        }
        for trigger in self.triggers() {
            act.extend(create_trigger(table, trigger)?);
        }
        for view in &self.giver.objects.views {
            act.push(replace_view(view)?);
        }
        for function in &self.giver.objects.functions {
            act.push(statement(&function.definition));
        }
        for publication in self.publications() {
            act.push(add_to_publication(table, publication)?);
        }
        Ok(act)
    }
}

/// A whole statement as the server itself renders it.
fn statement(text: &str) -> Sql {
    Sql::deparsed(&query!("catalog/dependent_objects.sql"), Deparsed(text.to_owned()))
}

fn create_trigger(table: &Relation, trigger: &Trigger) -> anyhow::Result<Vec<Sql>> {
    let name = Ident::new(&trigger.name)?;
    let enabled = match trigger.enabled.as_str() {
        "D" => Some("disable"),
        "R" => Some("enable replica"),
        "A" => Some("enable always"),
        _ => None,
    };
    let enabled = enabled.map(|word| {
        let enabled = Keyword(word);
        ddl!("partition/convert/trigger_enabled.sql", table = *table, enabled = enabled, trigger = name)
    });
    let comment = trigger.comment.as_ref().map(|comment| {
        let comment = Literal(comment.clone());
        ddl!("partition/convert/comment_trigger.sql", trigger = name, table = *table, comment = comment)
    });
    Ok([statement(&trigger.definition)].into_iter().chain(enabled).chain(comment).collect())
}

fn replace_view(view: &View) -> anyhow::Result<Sql> {
    let option = |option: &String| -> anyhow::Result<Fragment> {
        let (name, value) = option.split_once('=').unwrap_or((option, "true"));
        let (name, value) = (Ident::new(name)?, Literal(value.to_owned()));
        Ok(Fragment(ddl!("partition/convert/view_option.sql", name = name, value = value)))
    };
    let options = view.options.iter().map(option).collect::<anyhow::Result<Vec<_>>>()?;
    let options = if options.is_empty() {
        Fragment::none()
    } else {
        Fragment(ddl!("partition/convert/view_options.sql", options = List(&options)))
    };
    let definition = Deparsed(view.definition.trim_end().trim_end_matches(';').to_owned());
    let name = view.name.relation()?;
    Ok(ddl!("partition/convert/view.sql", view = name, options = options, definition = definition))
}

fn add_to_publication(table: &Relation, publication: &Publication) -> anyhow::Result<Sql> {
    let columns = match &publication.columns {
        Some(columns) => {
            let columns = idents(columns)?;
            Fragment(ddl!("partition/convert/publication_columns.sql", columns = List(&columns)))
        }
        None => Fragment::none(),
    };
    let filter = match &publication.filter {
        Some(filter) => {
            let filter = Deparsed(filter.clone());
            Fragment(ddl!("partition/convert/publication_filter.sql", filter = filter))
        }
        None => Fragment::none(),
    };
    let name = Ident::new(&publication.name)?;
    Ok(ddl!(
        "partition/convert/publication_add.sql",
        publication = name,
        table = *table,
        columns = columns,
        filter = filter
    ))
}
