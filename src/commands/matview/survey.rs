//! All materialized views of the database, their order, their history, and the sections of the configuration that mean
//! them.
use std::collections::BTreeMap;

use anyhow::{Context as _, anyhow};

use crate::commands::context::Context;
use crate::config::MatviewConfig;
use crate::failure::{Exit, Explain as _};
use crate::operations::matview::{History, Order};
use crate::pg::catalog::{Matview, RelationKind, TableName, find_relations, matviews};
use crate::pg::name::Ident;
use crate::pg::session::Session;

/// What a run knows before its first act.
#[derive(Debug)]
pub struct Survey<'a> {
    pub views: Vec<Matview>,
    pub order: Order,
    pub history: History,
    configured: BTreeMap<u32, &'a MatviewConfig>,
    /// Sections whose view is not there.
    pub missing: Vec<(String, anyhow::Error)>,
}

/// `after`: pairs of names, a view and one that must come before it.
pub async fn survey<'a>(
    context: &'a Context,
    session: &Session,
    after: &[(String, String)],
) -> anyhow::Result<Survey<'a>> {
    let views = matviews(session, None, None).await?;
    let history = History::read(session, &books(context)?).await?;
    let sections = &context.config.matview;
    let names: Vec<String> = sections.iter().map(|section| section.name.clone()).collect();
    let mut configured: BTreeMap<u32, &MatviewConfig> = BTreeMap::new();
    let mut missing = Vec::new();
    for (section, found) in sections.iter().zip(find(session, &views, &names).await?) {
        match found {
            Ok(oid) => {
                if let Some(other) = configured.insert(oid, section) {
                    let error = anyhow!("`{}` and `{}` are one materialized view", other.name, section.name);
                    return Err(error.exit(Exit::Usage).hint("leave one of their [[matview]] sections"));
                }
            }
            Err(error) => missing.push((section.name.clone(), error)),
        }
    }
    let mut pairs = Vec::new();
    for (oid, section) in &configured {
        for before in find(session, &views, &section.after).await? {
            pairs.push((*oid, before.with_context(|| format!("read `after` of `{}`", section.name))?));
        }
    }
    for (view, before) in after {
        let found = find(session, &views, &[view.clone(), before.clone()]).await?;
        let oids: Vec<u32> = found.into_iter().collect::<anyhow::Result<_>>()?;
        pairs.push((oids[0], oids[1]));
    }
    let order = Order::of(&views, &pairs)?;
    Ok(Survey { views, order, history, configured, missing })
}

impl Survey<'_> {
    pub fn config(&self, view: &Matview) -> Option<&MatviewConfig> {
        self.configured.get(&view.oid).copied()
    }

    pub fn view(&self, oid: u32) -> Option<&Matview> {
        self.views.iter().find(|view| view.oid == oid)
    }
}

/// The schema in which the log is kept.
pub fn books(context: &Context) -> anyhow::Result<Ident> {
    Ident::new(&context.config.journal.schema).context("name the journal's schema").exit(Exit::Usage)
}

/// The oid that each name means; a name of nothing, or of something else, is an error of its own.
pub async fn find(
    session: &Session,
    views: &[Matview],
    names: &[String],
) -> anyhow::Result<Vec<anyhow::Result<u32>>> {
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let typed: Vec<TableName> = names.iter().map(|name| TableName::parse(name)).collect();
    let found = find_relations(session, &typed).await?;
    Ok(names
        .iter()
        .zip(found)
        .map(|(name, found)| match found {
            Ok(found) if found.kind == RelationKind::MaterializedView => Ok(found.oid),
            Ok(found) => {
                let (relation, kind) = (found.relation.plain(), found.kind.words());
                Err(anyhow!("{relation} is {kind}, not a materialized view").exit(Exit::Usage))
            }
            Err(_) => Err(unknown(name, session, views)),
        })
        .collect())
}

fn unknown(name: &str, session: &Session, views: &[Matview]) -> anyhow::Error {
    let error =
        anyhow!("no materialized view `{name}` in database `{}`", session.facts().database).exit(Exit::Usage);
    let typed = TableName::parse(name).name.to_lowercase();
    let mut near: Vec<(f64, String)> = views
        .iter()
        .map(|view| {
            (
                strsim::jaro_winkler(&typed, &view.name.to_lowercase()),
                format!("`{}.{}`", view.schema, view.name),
            )
        })
        .filter(|(likeness, _)| *likeness > 0.8)
        .collect();
    near.sort_by(|a, b| b.0.total_cmp(&a.0));
    let names: Vec<String> = near.into_iter().take(3).map(|(_, name)| name).collect();
    if names.is_empty() {
        return error.hint("pgtend matview list shows those that there are");
    }
    error.hint(format!("did you mean {}?", names.join(" or ")))
}
