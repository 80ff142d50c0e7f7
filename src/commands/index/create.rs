//! `pgtend index create`
use std::io::Read as _;

use anyhow::{Context as _, anyhow};
use clap::Args;

use crate::apply::Outcome;
use crate::commands::context::Context;
use crate::commands::index::ground::{apply, claimed, settled};
use crate::commands::work::{Shared, Tally};
use crate::failure::{Exit, Explain as _};
use crate::operations::index::{Survey, Wanted, plan_create, same_as, survey_named};
use crate::pg::catalog::TableName;
use crate::pg::index_statement::{CreateIndex, IndexStatement};
use crate::pg::name::Ident;
use crate::pg::session::Session;
use crate::plan::Plan;

/// Create an index without stopping readers or writers
///
/// On a partitioned table the index is built on each partition by itself and joined from below, at every level. An
/// index that is there already is left alone; one that an interrupted run has left is finished.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct CreateArgs {
    /// Table, materialized view or partitioned table
    #[arg(value_name = "TABLE", required_unless_present = "sql", conflicts_with = "sql")]
    table: Option<String>,
    /// Columns and expressions as they stand in CREATE INDEX: "user_id, lower(name), at desc nulls last"
    #[arg(long, alias = "expression", value_name = "LIST", required_unless_present = "sql")]
    columns: Option<String>,
    /// No two rows may have the same values
    #[arg(long)]
    unique: bool,
    /// With --unique, take two NULLs for the same (PostgreSQL 15 and newer)
    #[arg(long, requires = "unique")]
    nulls_not_distinct: bool,
    /// Access method: btree, hash, gin, gist, spgist, brin [default: btree]
    #[arg(long, value_name = "METHOD")]
    using: Option<String>,
    /// Columns to carry along for index-only scans
    #[arg(long, value_name = "LIST")]
    include: Option<String>,
    /// Only rows for which this holds
    #[arg(long = "where", value_name = "CONDITION")]
    predicate: Option<String>,
    /// Storage parameters: "fillfactor = 70"
    #[arg(long, value_name = "LIST")]
    with: Option<String>,
    /// Tablespace of the index
    #[arg(long, value_name = "NAME")]
    tablespace: Option<String>,
    /// Name of the index [default: as PostgreSQL would choose it]
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// A whole CREATE INDEX statement instead of all these; `-` reads it from standard input
    #[arg(long, value_name = "STATEMENT", conflicts_with_all = [
        "columns", "unique", "nulls_not_distinct", "using", "include", "predicate", "with", "tablespace", "name",
    ])]
    sql: Option<String>,
}

const EXAMPLES: &str = "\
Examples:
  pgtend index create events --columns 'user_id, at desc' --where 'deleted_at is null'
  pgtend index create events --columns 'payload jsonb_path_ops' --using gin
  pgtend index create --sql 'create index concurrently on events (lower(name))'";

const SCHEMA: &str = "pgtend.index.create/1";

impl CreateArgs {
    pub async fn run(&self, context: &Context) -> anyhow::Result<Exit> {
        let (table, wanted) = self.wanted()?;
        let session = context.connect().await?;
        context.refuse_standby(&session)?;
        let survey = survey_named(&session, &table).await?;
        let (tally, name) = (Tally::default(), survey.tree.root().relation.plain());
        if context.args.dry_run {
            let plan = plan(&session, &survey, &wanted).await?;
            context.ui.plans(SCHEMA, &[plan], context.timeouts(&session), &[])?;
            return Ok(Exit::Done);
        }
        tally.settle(context, &name, create(context, &session, survey.tree.root().oid, &wanted).await);
        tally.end(context, SCHEMA)
    }

    fn wanted(&self) -> anyhow::Result<(TableName, Wanted)> {
        let create = match &self.sql {
            Some(_) => read(&self.statement()?)?,
            None => read(&self.assembled())?,
        };
        if create.only {
            let error = anyhow!("ON ONLY leaves an index that is not valid; pgtend makes the whole one");
            return Err(error.exit(Exit::Usage).hint("leave ONLY out"));
        }
        let table = self.table.as_deref().map_or(create.table, TableName::parse);
        let name = match &self.name {
            Some(name) => Some(Ident::new(TableName::parse(name).name).exit(Exit::Usage)?),
            None => create.name,
        };
        Ok((table, Wanted { name, definition: create.definition, typed: true }))
    }

    fn statement(&self) -> anyhow::Result<String> {
        match self.sql.as_deref() {
            Some("-") => {
                let mut text = String::new();
                std::io::stdin().read_to_string(&mut text).context("read standard input")?;
                Ok(text)
            }
            given => Ok(given.unwrap_or_default().to_owned()),
        }
    }

    /// The flags as the statement that they stand for; it is read as one and never sent.
    fn assembled(&self) -> String {
        let clause = |before: &str, text: &Option<String>, after: &str| {
            text.as_ref().map_or(String::new(), |text| format!(" {before}{text}{after}"))
        };
        [
            format!("create {}index on t", if self.unique { "unique " } else { "" }),
            clause("using ", &self.using, ""),
            clause("(", &self.columns, ")"),
            clause("include (", &self.include, ")"),
            if self.nulls_not_distinct { " nulls not distinct".to_owned() } else { String::new() },
            clause("with (", &self.with, ")"),
            clause("tablespace ", &self.tablespace, ""),
            clause("where ", &self.predicate, ""),
        ]
        .concat()
    }
}

fn read(text: &str) -> anyhow::Result<CreateIndex> {
    match IndexStatement::parse(text)? {
        IndexStatement::Create(create) => Ok(create),
        _ => Err(anyhow!("this is not CREATE INDEX").exit(Exit::Usage)),
    }
}

async fn create(
    context: &Context,
    session: &Session,
    table: u32,
    wanted: &Wanted,
) -> anyhow::Result<Outcome> {
    let shared = Shared::new(context);
    let work = async {
        let survey = settled(context, &shared, session, table).await?;
        let plan = plan(session, &survey, wanted).await?;
        apply(context, &shared, session, plan).await
    };
    claimed(context, &shared, session, table, work).await
}

async fn plan(session: &Session, survey: &Survey, wanted: &Wanted) -> anyhow::Result<Plan> {
    let same = same_as(session, survey, &wanted.definition).await?;
    plan_create(survey, wanted, &same)
}
