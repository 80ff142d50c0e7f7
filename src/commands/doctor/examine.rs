//! What the doctor finds, told.
use std::time::Instant;

use chrono::Utc;
use clap::Args;
use serde::Serialize;

use crate::commands::context::Context;
use crate::commands::doctor::uninstall::uninstall;
use crate::commands::health::Selection;
use crate::failure::{Exit, one_line};
use crate::operations::doctor::{Finding, Level, configured, findings, pooled, survey};
use crate::operations::health::Probe;
use crate::output::{Cell, Column, Format, Listing};
use crate::pg::session::Session;

/// Tell whether pgtend can work here, and what is missing
///
/// Looks at the role's rights for each command, pg_stat_statements, the settings that matter, the clocks, a pooler in
/// between, and the configuration against the database. Exit 3 when there is a problem; advice is none.
#[derive(Debug, Args)]
pub struct DoctorArgs {
    /// Drop the schema in which pgtend keeps its journal and its other tables, after asking
    #[arg(long)]
    uninstall: bool,
}

#[derive(Debug, Serialize)]
struct Document<'a> {
    exit_code: u8,
    findings: &'a [Finding],
}

const COLUMNS: [Column<Finding>; 4] = [
    Column { header: "Level", name: "level", cell: |finding| Cell::Text(word(finding.level).to_owned()) },
    Column { header: "Of", name: "subject", cell: |finding| Cell::Text(finding.subject.clone()) },
    Column { header: "What", name: "message", cell: |finding| Cell::Text(finding.message.clone()) },
    Column { header: "What helps", name: "remedy", cell: |finding| Cell::text(finding.remedy.clone()) },
];

const CLOCKS_APART_S: f64 = 10.0;

impl DoctorArgs {
    pub async fn run(&self, context: &Context) -> anyhow::Result<Exit> {
        if self.uninstall {
            return uninstall(context).await;
        }
        let began = Instant::now();
        let session = context.connect_to_read().await?;
        let apart = (Utc::now() - session.facts().now).as_seconds_f64();
        let schema = &context.config.journal.schema;
        let mut found = vec![server(&session), clocks(apart), pooler(context, &session, began).await];
        found.extend(findings(&survey(&session, schema).await?, schema));
        let wishes = Selection::of_probe(context, Probe::Full)?.wishes;
        match configured(&session, &wishes.partitions).await {
            Ok(sections) => found.extend(sections),
            Err(error) => found.push(Finding::new(Level::Problem, "configuration", one_line(&error))),
        }
        context.stop.check()?;
        let problem = found.iter().any(|finding| finding.level == Level::Problem);
        let exit = if problem { Exit::Found } else { Exit::Done };
        tell(context, found, exit)?;
        Ok(exit)
    }
}

fn server(session: &Session) -> Finding {
    let facts = session.facts();
    let message = format!(
        "PostgreSQL {}{}, database {}, role {}",
        facts.version,
        if facts.standby { ", a standby: for reading" } else { "" },
        facts.database,
        facts.role
    );
    Finding::new(Level::Fine, "server", message)
}

fn clocks(apart_s: f64) -> Finding {
    if apart_s.abs() < CLOCKS_APART_S {
        return Finding::new(Level::Fine, "clocks", "this machine's and the server's agree");
    }
    let message =
        format!("this machine's and the server's are {:.0} s apart; the server's counts", apart_s.abs());
    Finding::new(Level::Advice, "clocks", message)
}

/// Not knowing is advice: a role with one connection cannot open a second one to compare.
async fn pooler(context: &Context, session: &Session, began: Instant) -> Finding {
    let looked = async {
        let second = context.connect_to_read().await?;
        pooled(session, &second, began.elapsed().as_secs_f64()).await
    };
    match looked.await {
        Ok(None) => Finding::new(Level::Fine, "pooler", "none: the connection is the server's own"),
        Ok(Some("session")) => {
            let message = "a session pooler is in between: every session of pgtend takes one of its places";
            Finding::new(Level::Advice, "pooler", message).remedy("connect to the server itself")
        }
        Ok(Some(_)) => {
            let message = "a transaction pooler is in between: settings, locks and cancelling do not hold";
            Finding::new(Level::Problem, "pooler", message)
                .remedy("connect to the server itself, not to the pooler")
        }
        Err(error) => Finding::new(Level::Advice, "pooler", format!("not known: {}", one_line(&error))),
    }
}

fn tell(context: &Context, mut found: Vec<Finding>, exit: Exit) -> anyhow::Result<()> {
    if context.ui.format() == Format::Json {
        return context
            .ui
            .document("pgtend.doctor/1", &Document { exit_code: exit.code(), findings: &found });
    }
    found.sort_by_key(|finding| match finding.level {
        Level::Problem => 0,
        Level::Advice => 1,
        Level::Fine => 2,
    });
    context.ui.listing(&Listing::new(&COLUMNS, &found))
}

const fn word(level: Level) -> &'static str {
    match level {
        Level::Fine => "fine",
        Level::Advice => "advice",
        Level::Problem => "problem",
    }
}
