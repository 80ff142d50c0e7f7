//! `pgtend normalize verify`
use anyhow::anyhow;
use clap::Args;
use serde::Serialize;

use crate::commands::context::Context;
use crate::commands::normalize::targets::{Target, find, mappings, open_books, read_books};
use crate::failure::{Exit, Explain as _};
use crate::operations::normalize::{Comparison, Difference, Phase, compare};
use crate::output::{Cell, Column, Format, Listing};
use crate::pg::session::Session;
use crate::pg::state::ServerError;
use crate::query;

/// Hold every row against what the JSON column says, in one snapshot; exit 3 when any differs
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// Mapping [default: every mapping of the configuration]
    #[arg(value_name = "NAME")]
    names: Vec<String>,
}

#[derive(Serialize)]
pub struct Verified {
    name: String,
    target: String,
    pub clean: bool,
    #[serde(flatten)]
    comparison: Comparison,
}

#[derive(Serialize)]
struct Document<'a> {
    exit_code: u8,
    mappings: &'a [Verified],
}

const COLUMNS: [Column<(String, Difference)>; 5] = [
    Column { header: "Mapping", name: "mapping", cell: |(name, _)| Cell::Text(name.clone()) },
    Column { header: "Difference", name: "kind", cell: |(_, d)| Cell::Text(d.kind.to_owned()) },
    Column { header: "Source key", name: "source_key", cell: |(_, d)| Cell::Text(d.source_key.clone()) },
    Column { header: "Expected", name: "expected", cell: |(_, d)| Cell::text(d.expected.clone()) },
    Column { header: "Found", name: "found", cell: |(_, d)| Cell::text(d.found.clone()) },
];

impl VerifyArgs {
    pub async fn run(&self, context: &Context) -> anyhow::Result<Exit> {
        let session = context.connect().await?;
        let writes = !context.args.dry_run && !session.facts().standby;
        let schema =
            if writes { open_books(context, &session).await? } else { read_books(context, &session).await? };
        let mut all = Vec::new();
        for mapping in mappings(context, &self.names)? {
            let target = find(&session, &schema, &mapping).await?;
            all.push(verify(context, &session, &target, writes).await?);
        }
        let clean = all.iter().all(|verified| verified.clean);
        let exit = if clean { Exit::Done } else { Exit::Found };
        if context.ui.format() == Format::Json {
            context.ui.document(
                "pgtend.normalize.verify/1",
                &Document { exit_code: exit.code(), mappings: &all },
            )?;
            return Ok(exit);
        }
        let rows: Vec<(String, Difference)> = all
            .iter()
            .flat_map(|verified| {
                verified.comparison.differences.iter().map(|d| (verified.name.clone(), d.clone()))
            })
            .collect();
        if !rows.is_empty() {
            context.ui.listing(&Listing::new(&COLUMNS, &rows))?;
        }
        Ok(exit)
    }
}

/// Compares, says what came of it, and notes it.
pub async fn verify(
    context: &Context,
    session: &Session,
    target: &Target,
    note: bool,
) -> anyhow::Result<Verified> {
    let name = &target.binding.mapping.name;
    match target.state.as_ref().map(|state| state.phase) {
        Some(Phase::Drain | Phase::Settle | Phase::Direct) => {}
        Some(Phase::Load | Phase::Restore) => {
            let error = anyhow!("mapping `{name}` is not loaded yet").exit(Exit::Usage);
            return Err(error.hint(format!("pgtend normalize run {name}")));
        }
        Some(Phase::Moved) => {
            return Err(
                anyhow!("mapping `{name}` is cut over: the rows are the application's own").exit(Exit::Usage)
            );
        }
        None => {
            let error = anyhow!("mapping `{name}` was never run").exit(Exit::Usage);
            return Err(error.hint(format!("pgtend normalize run {name}")));
        }
    }
    let comparison = compare(session, &target.binding, Some(&target.names), true).await?;
    let clean = comparison.is_clean();
    if note {
        let verified = session.write(&query!("normalize/verified.sql"), &[name, &clean]).await;
        verified.map_err(ServerError::explained)?;
    }
    context.ui.status(&said(&target.binding.target.plain(), &comparison));
    Ok(Verified { name: name.clone(), target: target.binding.target.plain(), clean, comparison })
}

fn said(target: &str, found: &Comparison) -> String {
    let mut line = format!(
        "{target}: {} rows expected, {} found: {} equal, {} missing, {} stale, {} extra; checksums {} and {}",
        found.expected_rows,
        found.target_rows,
        found.equal_rows,
        found.missing_rows,
        found.stale_rows,
        found.extra_rows,
        found.expected_checksum,
        found.target_checksum
    );
    if found.refused_rows > 0 {
        line = format!("{line}; {} more were refused by constraints", found.refused_rows);
    }
    if found.queued_keys > 0 {
        line = format!("{line}; {} source rows have just changed and were left out", found.queued_keys);
    }
    if found.expected_rejects != found.recorded_rejects {
        line = format!(
            "{line}; {} elements cannot be read, {} are in the books",
            found.expected_rejects, found.recorded_rejects
        );
    }
    line
}
