//! What plans for indexes need to know of the database: the tree of tables, the indexes that are there, the names that
//! are taken, and which indexes are what is wanted already. Reads only.
use std::collections::HashSet;

use anyhow::{Context as _, anyhow};
use serde::Deserialize;
use tokio_postgres::error::SqlState;

use crate::ddl;
use crate::failure::{Exit, Explain as _};
use crate::operations::index::alike::{Likeness, likeness};
use crate::operations::index::check::CheckEvidence;
use crate::operations::index::name::Taken;
use crate::pg::catalog::{
    Index, RelationKind, TableName, TableNode, TableTree, find_relations, foreign_key_columns, index_use,
    indexes, names_in, table_tree,
};
use crate::pg::index::{IndexDefinition, KeyOf};
use crate::pg::lock::{Blocker, index_builds};
use crate::pg::name::Ident;
use crate::pg::session::Session;
use crate::pg::sql::{Fragment, List, SqlArg};
use crate::pg::state::ServerError;
use crate::pg::version::Version;

/// A table with its partitions and all their indexes.
#[derive(Clone, Debug)]
pub struct Survey {
    pub tree: TableTree,
    pub indexes: Vec<Index>,
    pub taken: Taken,
    /// Where the user's own text finds names.
    pub path: Vec<Ident>,
    pub version: Version,
    pub role: String,
    /// Who builds an index on one of the tables at this moment; its leftovers are not known before it ends.
    pub building: Vec<Blocker>,
}

impl Survey {
    /// The tree's indexes on one table.
    pub fn on(&self, table: u32) -> impl Iterator<Item = &Index> {
        self.indexes.iter().filter(move |index| index.table_oid == table)
    }

    pub fn index(&self, oid: u32) -> Option<&Index> {
        self.indexes.iter().find(|index| index.oid == oid)
    }

    pub fn node(&self, table: u32) -> Option<&TableNode> {
        self.tree.nodes.iter().find(|node| node.oid == table)
    }
}

/// # Errors
/// When there is no such table, or it is one that has no indexes.
pub async fn survey_named(session: &Session, table: &TableName) -> anyhow::Result<Survey> {
    let found = find_relations(session, std::slice::from_ref(table)).await?;
    let found = found.into_iter().next().context("no answer")??;
    if matches!(found.kind, RelationKind::View | RelationKind::ForeignTable) {
        return Err(anyhow!("{} is {}, which has no indexes", found.relation.plain(), found.kind.words()));
    }
    survey(session, found.oid).await
}

/// # Errors
/// When the table is gone.
pub async fn survey(session: &Session, table: u32) -> anyhow::Result<Survey> {
    let tree = table_tree(session, table).await?;
    let oids = tree.oids();
    let mut schemas: Vec<String> =
        tree.nodes.iter().map(|node| node.relation.schema.raw().to_owned()).collect();
    schemas.sort();
    schemas.dedup();
    let facts = session.facts();
    // A build that ends between two questions would leave an index that is not valid and that nobody builds.
    let begun = index_builds(session, &oids).await?;
    let indexes = indexes(session, Some(&oids)).await?;
    let going_on = index_builds(session, &oids).await?;
    Ok(Survey {
        indexes,
        taken: names_in(session, &schemas).await?,
        path: facts.search_path.iter().map(Ident::new).collect::<anyhow::Result<_>>()?,
        version: facts.version,
        role: facts.role.clone(),
        building: if going_on.is_empty() { begun } else { going_on },
        tree,
    })
}

/// What a check of some tables, or of all, reads.
pub async fn survey_check(session: &Session, tables: Option<&[u32]>) -> anyhow::Result<CheckEvidence> {
    let foreign_keys = foreign_key_columns(session, tables).await?;
    let mut schemas: Vec<String> = foreign_keys.iter().map(|key| key.table.schema.raw().to_owned()).collect();
    schemas.sort();
    schemas.dedup();
    Ok(CheckEvidence {
        indexes: indexes(session, tables).await?,
        foreign_keys,
        used: index_use(session).await?,
        taken: names_in(session, &schemas).await?,
    })
}

/// The indexes of the tree that are what is wanted, valid or not, whatever their names.
///
/// # Errors
/// When the server cannot make sense of the definition, as where a column is not there.
pub async fn same_as(
    session: &Session,
    survey: &Survey,
    wanted: &IndexDefinition,
) -> anyhow::Result<HashSet<u32>> {
    refuse_strangers(survey, "read a definition")?;
    let root = survey.tree.root();
    let own = match rendered(session, survey, root, wanted, &survey.path).await {
        Ok(own) => Some(own),
        // An owner who has taken from itself the right to read: other texts are other expressions then.
        Err(error) if error.is(&SqlState::INSUFFICIENT_PRIVILEGE) => None,
        Err(error) => {
            let name = root.relation.plain();
            return Err(error.explained().context(format!("read the definition for {name}")));
        }
    };
    let mut same = HashSet::new();
    for index in &survey.indexes {
        let Some(definition) = &index.definition else { continue };
        let equal = match likeness(wanted, definition, &index.key_types) {
            Likeness::Other => false,
            Likeness::Same => true,
            Likeness::IfExpressionsAre => {
                let (Some(node), Some(own)) = (survey.node(index.table_oid), &own) else { continue };
                let other = rendered(session, survey, node, definition, &survey.path).await;
                *own == other.map_err(ServerError::explained)?
            }
        };
        if equal {
            same.insert(index.oid);
        }
    }
    Ok(same)
}

/// Columns, expressions and predicate as the server renders them. On a partitioned table no name of a table may stand
/// before a column: the same text is for its partitions.
async fn rendered(
    session: &Session,
    survey: &Survey,
    table: &TableNode,
    definition: &IndexDefinition,
    path: &[Ident],
) -> Result<Vec<String>, ServerError> {
    let root = survey.tree.root();
    let local = |message: &str| ServerError::local("sql/index/canonical.sql", message.to_owned());
    let alias = if survey.tree.is_partitioned() {
        Ident::new("partition").map_err(|_| local("no alias"))?
    } else {
        root.relation.name.clone()
    };
    let mut values: Vec<Fragment> = Vec::new();
    for key in &definition.keys {
        values.push(match &key.of {
            KeyOf::Column(column) => bracketed(column.clone()),
            KeyOf::Expression(expression) => bracketed(expression.clone()),
        });
    }
    values.extend(definition.include.iter().cloned().map(bracketed));
    values.extend(definition.predicate.iter().cloned().map(bracketed));
    let explain = ddl!(
        "index/canonical.sql",
        path = List(path),
        values = List(&values),
        table = table.relation,
        alias = alias,
    );
    let rows = match session.read(&explain).await {
        Ok(rows) => rows,
        Err(error) => {
            // The text began a transaction, which its error has left open.
            let _ = session.execute(&ddl!("apply/rollback.sql")).await;
            return Err(error);
        }
    };
    let text = rows.into_iter().next().and_then(|row| row.into_iter().next()?);
    let plans: Vec<Explained> =
        serde_json::from_str(&text.unwrap_or_default()).map_err(|error| local(&error.to_string()))?;
    Ok(plans.into_iter().next().map(|explained| explained.plan.output).unwrap_or_default())
}

fn bracketed<T: SqlArg>(expression: T) -> Fragment {
    Fragment(ddl!("index/bracketed.sql", expression = expression))
}

#[derive(Deserialize)]
struct Explained {
    #[serde(rename = "Plan")]
    plan: Node,
}

#[derive(Deserialize)]
struct Node {
    #[serde(rename = "Output", default)]
    output: Vec<String>,
}

/// # Errors
/// `Exit::Denied`, with what to grant, when the role may not change the tables or make indexes beside them.
pub(super) fn refuse_strangers(survey: &Survey, act: &str) -> anyhow::Result<()> {
    for node in &survey.tree.nodes {
        let name = node.relation.plain();
        if node.temporary {
            return Err(anyhow!("{act} on {name}: temporary tables belong to the session that made them"));
        }
        if !node.owned {
            let error = anyhow!("{act} on {name}: it belongs to role `{}`", node.owner).exit(Exit::Denied);
            return Err(error.hint(format!("grant {} to the role that pgtend uses", node.owner)));
        }
        if node.detach_pending {
            return Err(anyhow!("{act} on {name}: its detach was interrupted and is pending")
                .hint("finish it first: pgtend partition create or drop does, or ALTER TABLE ... FINALIZE"));
        }
    }
    Ok(())
}

/// # Errors
/// `Exit::Denied` with the grant, when the role may not make relations in a schema of the tree.
pub(super) fn refuse_closed_schemas(survey: &Survey, act: &str) -> anyhow::Result<()> {
    let Some(closed) = survey.tree.nodes.iter().find(|node| !node.may_create) else { return Ok(()) };
    let schema = &closed.relation.schema;
    let error = anyhow!(
        "{act} on {}: role `{}` may not create in schema {schema}",
        closed.relation.plain(),
        survey.role
    );
    let role = Ident::new(&survey.role)?;
    Err(error.exit(Exit::Denied).hint(format!("grant create on schema {schema} to {role}")))
}
