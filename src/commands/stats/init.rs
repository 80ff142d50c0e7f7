//! `pgtend stats init`
use clap::Args;
use serde::Serialize;

use crate::commands::context::Context;
use crate::commands::stats::capture::capture_into;
use crate::commands::stats::store::{StoreArgs, prepared, to_write};
use crate::failure::Exit;

/// Make the snapshot store, and take the first capture
#[derive(Debug, Args)]
pub struct InitArgs {
    #[command(flatten)]
    store: StoreArgs,
}

#[derive(Serialize)]
struct Document {
    store: String,
    statements: bool,
}

impl InitArgs {
    pub async fn run(&self, context: &Context) -> anyhow::Result<Exit> {
        let session = context.connect().await?;
        if context.args.dry_run {
            context.ui.status("would make the snapshot store, and take the first capture");
            return Ok(Exit::Done);
        }
        let rights = prepared(&session).await?;
        let store = to_write(context, &session, self.store.store.as_deref()).await?;
        let captured = capture_into(&session, &rights, &store).await?;
        if captured.entries.is_none() {
            context.ui.warning(
                "pg_stat_statements does not answer: tables and indexes are captured, statements are not",
            );
        }
        let document = Document { store: store.place(), statements: captured.entries.is_some() };
        if context.ui.is_json() {
            context.ui.document("pgtend.stats.init/1", &document)?;
        }
        context.ui.status(&format!(
            "snapshots are kept in {}; from now on, every ten minutes: pgtend stats capture",
            document.store
        ));
        Ok(Exit::Done)
    }
}
