//! The flags of `pgtend report html`, and what is on its page in which order.
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use crate::commands::context::Context;
use crate::commands::report::access::TableAccessArgs;
use crate::commands::report::bloat::BloatArgs;
use crate::commands::report::frame::{Desk, until_stopped};
use crate::commands::report::html::health::health;
use crate::commands::report::html::matviews::matviews;
use crate::commands::report::html::partitions::partitions;
use crate::commands::report::html::told::{Place, on_page};
use crate::commands::report::indexes::IndexUsageArgs;
use crate::commands::report::queries::SlowQueriesArgs;
use crate::commands::report::sizes::SizesArgs;
use crate::commands::report::window::WindowArgs;
use crate::failure::{Exit, Explain as _};
use crate::operations::report::prepare;
use crate::output::{Format, Page, Section, bytes, replace_file};
use crate::pg::state::ServerError;

/// Write all of it as one page for a browser
///
/// The file is whole: it asks for no other, runs no script, and is small enough to be mailed. It has the health, the
/// partitions of each table on a line of time, slow queries hour by hour, access, sizes, waste, and the age of
/// materialized views, and it says what this role could not see.
#[derive(Debug, Args)]
pub struct HtmlArgs {
    /// File to write, in one act; - for stdout
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// The last so long, out of the snapshot store [default: 24h]
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    since: Option<Duration>,
    /// Where snapshots are: `schema`, or `file:` and a path
    #[arg(long, value_name = "STORE")]
    store: Option<String>,
    /// Most rows of each table; fewer where the page would grow beyond 150 kB
    #[arg(long, value_name = "N", default_value_t = 20)]
    limit: usize,
}

const QUERIES: Place = Place {
    id: "slow-queries",
    columns: &[
        "id",
        "share_pct",
        "total_ms",
        "calls",
        "mean_ms",
        "deviation_ms",
        "max_ms",
        "hit_pct",
        "hourly_ms",
        "query",
    ],
    bars: &["share_pct"],
    all: "pgtend report slow-queries --limit 0",
};
const ACCESS: Place = Place {
    id: "table-access",
    columns: &[
        "table",
        "rows_read",
        "seq_scans",
        "index_scans",
        "index_pct",
        "inserted",
        "updated",
        "deleted",
        "hot_pct",
        "hit_pct",
    ],
    bars: &["rows_read"],
    all: "pgtend report table-access --limit 0",
};
const SIZES: Place = Place {
    id: "sizes",
    columns: &[],
    bars: &["table_bytes", "index_bytes", "toast_bytes", "total_bytes"],
    all: "pgtend report sizes --limit 0",
};
const BLOAT: Place = Place {
    id: "bloat",
    columns: &[],
    bars: &["table_bytes", "wasted_bytes", "index_bytes", "index_wasted_bytes"],
    all: "pgtend report bloat --limit 0",
};
const INDEXES: Place = Place {
    id: "indexes",
    columns: &["index", "table", "size_bytes", "scans", "finding", "other"],
    bars: &["size_bytes"],
    all: "pgtend report index-usage --limit 0",
};

impl HtmlArgs {
    pub async fn run(&self, context: &Context) -> anyhow::Result<Exit> {
        if context.ui.format() != Format::Table {
            let error = anyhow::anyhow!("the page has one format").exit(Exit::Usage);
            return Err(error.hint("the reports alone have --format json, csv and markdown"));
        }
        let session = context.connect_to_read().await?;
        let rights = prepare(&session).await.map_err(ServerError::explained)?;
        let now = context.now(&session);
        let desk = Desk { context, session: &session, rights: &rights, now };
        let page = until_stopped(context, self.page(&desk)).await??;
        let html = page.html(self.limit)?;
        if self.output.as_os_str() == "-" {
            context.ui.answer(&html)?;
        } else {
            replace_file(&self.output, &html)?;
            let size = bytes(i64::try_from(html.len()).unwrap_or(i64::MAX));
            context.ui.status(&format!("wrote {} ({size})", self.output.display()));
        }
        Ok(Exit::Done)
    }

    async fn page(&self, desk: &Desk<'_>) -> anyhow::Result<Page> {
        let facts = desk.session.facts();
        let window = WindowArgs::since(self.since, self.store.clone());
        let sections: Vec<Section> = vec![
            partitions(desk).await?,
            on_page(desk, &SlowQueriesArgs::usual(window.clone()), QUERIES).await?,
            on_page(desk, &TableAccessArgs::usual(window.clone()), ACCESS).await?,
            on_page(desk, &SizesArgs::default(), SIZES).await?,
            on_page(desk, &BloatArgs::default(), BLOAT).await?,
            on_page(desk, &IndexUsageArgs::usual(window), INDEXES).await?,
            matviews(desk).await?,
        ];
        let (state, health) = health(desk).await?;
        let side = if facts.standby { "standby" } else { "primary" };
        Ok(Page {
            title: facts.database.clone(),
            facts: vec![
                ("Server", format!("PostgreSQL {}, {side}", facts.version)),
                ("Seen as", facts.role.clone()),
                ("At", desk.now.format("%Y-%m-%d %H:%M:%S UTC").to_string()),
                ("By", format!("pgtend {}", env!("CARGO_PKG_VERSION"))),
            ],
            state,
            sections: std::iter::once(health).chain(sections).collect(),
        })
    }
}
