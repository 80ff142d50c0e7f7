//! `pgtend stats prune`
use clap::Args;
use serde::Serialize;

use crate::commands::context::Context;
use crate::commands::stats::store::{StoreArgs, keep, to_read};
use crate::failure::Exit;
use crate::operations::stats::{Pruned, Store};

/// Sum old captures up by the hour and by the day, and drop the oldest
///
/// `pgtend stats capture` does it on the way.
#[derive(Debug, Args)]
pub struct PruneArgs {
    #[command(flatten)]
    store: StoreArgs,
}

#[derive(Serialize)]
struct Document {
    store: String,
    #[serde(flatten)]
    pruned: Pruned,
}

impl PruneArgs {
    pub async fn run(&self, context: &Context) -> anyhow::Result<Exit> {
        let session = context.connect().await?;
        let found = to_read(context, &session, self.store.store.as_deref()).await?;
        let Some(store) = found else {
            context.ui.status("there is no snapshot store");
            return Ok(Exit::Done);
        };
        if context.args.dry_run {
            context.ui.status(&format!("would sum up and drop old captures in {}", store.place()));
            return Ok(Exit::Done);
        }
        if let Store::Schema(schema) = &store {
            context.refuse_standby(&session)?;
            schema.enter(&session).await?;
        }
        let pruned = store.prune(&session, context.now(&session), keep(context)?).await?;
        let document = Document { store: store.place(), pruned };
        if context.ui.is_json() {
            context.ui.document("pgtend.stats.prune/1", &document)?;
        }
        let Pruned { rolled_up, dropped } = pruned;
        context.ui.status(&format!("{rolled_up} snapshots summed up, {dropped} dropped"));
        Ok(Exit::Done)
    }
}
