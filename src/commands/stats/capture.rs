//! `pgtend stats capture`
use clap::Args;
use serde::Serialize;

use crate::commands::context::Context;
use crate::commands::stats::store::{StoreArgs, keep, prepared, to_write};
use crate::failure::Exit;
use crate::operations::report::Rights;
use crate::operations::stats::{Captured, Store, capture_into_file, capture_into_schema};
use crate::pg::session::Session;

/// Keep what has happened since the last capture
///
/// Meant for cron, every ten minutes. Old captures are summed up by the hour and by the day on the way.
#[derive(Debug, Args)]
pub struct CaptureArgs {
    #[command(flatten)]
    store: StoreArgs,
    /// Leave old captures as they are
    #[arg(long)]
    no_prune: bool,
}

#[derive(Serialize)]
struct Document {
    store: String,
    #[serde(flatten)]
    captured: Captured,
}

const FULL: f64 = 0.9;

impl CaptureArgs {
    pub async fn run(&self, context: &Context) -> anyhow::Result<Exit> {
        let session = context.connect().await?;
        if context.args.dry_run {
            context.ui.status("would keep what has happened since the last capture");
            return Ok(Exit::Done);
        }
        let rights = prepared(&session).await?;
        let store = to_write(context, &session, self.store.store.as_deref()).await?;
        let captured = capture_into(&session, &rights, &store).await?;
        if !self.no_prune {
            store.prune(&session, context.now(&session), keep(context)?).await?;
        }
        tell(context, Document { store: store.place(), captured })
    }
}

pub async fn capture_into(session: &Session, rights: &Rights, store: &Store) -> anyhow::Result<Captured> {
    match store {
        Store::Schema(store) => {
            store.enter(session).await?;
            capture_into_schema(session, rights, store).await
        }
        Store::File(store) => capture_into_file(session, rights, store).await,
    }
}

fn tell(context: &Context, document: Document) -> anyhow::Result<Exit> {
    let captured = &document.captured;
    if let (Some(entries), Some(most)) = (captured.entries, captured.entries_most)
        && entries as f64 >= most * FULL
    {
        context.ui.warning(&format!(
            "pg_stat_statements holds {entries} of {most} statements: what it puts out is counted too low; \
             alter system set pg_stat_statements.max = {};",
            most * 4.0
        ));
    }
    if context.ui.is_json() {
        context.ui.document("pgtend.stats.capture/1", &document)?;
    } else if captured.first {
        context.ui.chat(&format!(
            "first capture in {}; the next one is the first to tell of an interval",
            document.store
        ));
    } else {
        let Captured { statements, relations, indexes, .. } = captured;
        context.ui.chat(&format!(
            "{statements} statements, {relations} tables and {indexes} indexes had something to tell"
        ));
    }
    Ok(Exit::Done)
}
