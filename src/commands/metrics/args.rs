//! The flags of `pgtend metrics`, and where the numbers go.
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use crate::commands::context::Context;
use crate::commands::health::Selection;
use crate::commands::metrics::scrape::{Scrape, scrape};
use crate::commands::metrics::serve::serve;
use crate::failure::{Exit, Explain as _};
use crate::operations::health::Probe;
use crate::operations::metrics::Scope;
use crate::output::{Format, replace_file};

const EXAMPLES: &str = "\
Examples:
  pgtend metrics -d shop                                                  # once, to stdout
  pgtend metrics -d shop --textfile /var/lib/node_exporter/pgtend.prom    # from cron
  pgtend metrics -d shop --listen 127.0.0.1:9188                          # /metrics, /health/live, /health/ready,
                                                                          # /health/detailed

Names and labels are those of postgres_exporter where the meaning is the same. The verdicts of `pgtend health` are
among them, as pgtend_check_status and pgtend_check_value.";

/// Give numbers to Prometheus: once, into a file, or over HTTP
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct MetricsArgs {
    /// Write into this file, replacing it in one act, also when the server does not answer
    #[arg(long, value_name = "FILE", conflicts_with = "listen")]
    textfile: Option<PathBuf>,
    /// Serve over HTTP until stopped; without encryption or passwords, so keep it on a loopback address
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<SocketAddr>,
    /// Tables to give numbers of, the largest first
    #[arg(long, value_name = "N", default_value_t = 10)]
    tables: u32,
    /// Give partitions on their own instead of their partitioned table
    #[arg(long)]
    partitions: bool,
    /// Most series in one answer; what is left out is counted in pgtend_series_dropped_total
    #[arg(long, value_name = "N", default_value_t = 2000)]
    max_series: usize,
    /// Longest time for one reading of the numbers
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = humantime::parse_duration)]
    timeout: Duration,
}

/// How to read the numbers.
#[derive(Debug)]
pub struct Wanted {
    pub selection: Selection,
    pub scope: Scope,
    pub max_series: usize,
    pub timeout: Duration,
}

impl MetricsArgs {
    pub async fn run(&self, context: &Context) -> anyhow::Result<Exit> {
        if context.ui.format() != Format::Table && self.listen.is_none() {
            let error = anyhow::anyhow!("metrics have one format, the text of Prometheus");
            return Err(error.exit(Exit::Usage).hint("`pgtend health --json` has verdicts as JSON"));
        }
        let wanted = Wanted {
            selection: Selection::of_probe(context, Probe::Full)?,
            scope: Scope { tables: self.tables, partitions: self.partitions },
            max_series: self.max_series,
            timeout: self.timeout,
        };
        if let Some(address) = self.listen {
            return serve(context, &wanted, address).await;
        }
        let Scrape { text, up } = scrape(context, &wanted).await?;
        match &self.textfile {
            Some(file) => replace_file(file, &text)?,
            None => context.ui.answer(&text)?,
        }
        if up {
            return Ok(Exit::Done);
        }
        context.ui.warning("the server cannot be reached; the numbers say so (pg_up 0)");
        Ok(Exit::Denied)
    }
}
