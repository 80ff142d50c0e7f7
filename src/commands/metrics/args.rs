//! The flags of `pgtend metrics`, and where the numbers go.
use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::Utc;
use clap::Args;

use crate::commands::context::Context;
use crate::commands::health::Selection;
use crate::commands::metrics::scrape::{Scrape, scrape, up};
use crate::commands::metrics::serve::serve;
use crate::failure::{Exit, Explain as _, one_line};
use crate::operations::health::Probe;
use crate::operations::metrics::{Exposition, Family, Scope};
use crate::output::{Format, Ui, exit_of, replace_file};

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
        if let Some(address) = self.listen {
            return serve(context, &self.wanted(context)?, address).await;
        }
        let Scrape { text, up } = match self.read(context).await {
            Ok(scrape) => scrape,
            Err(error) => {
                if !matches!(exit_of(&error), Exit::Interrupted | Exit::Terminated) {
                    self.tell_down(&context.ui);
                }
                return Err(error);
            }
        };
        match &self.textfile {
            Some(file) => replace_file(file, &(text + &written()))?,
            None => context.ui.answer(&text)?,
        }
        if up {
            return Ok(Exit::Done);
        }
        context.ui.warning("the server cannot be reached; the numbers say so (pg_up 0)");
        Ok(Exit::Denied)
    }

    /// Whatever hinders a reading, the last good one does not stay in the file.
    pub fn tell_down(&self, ui: &Ui) {
        if let Some(file) = &self.textfile {
            tell_down(ui, file);
        }
    }

    async fn read(&self, context: &Context) -> anyhow::Result<Scrape> {
        if context.ui.format() != Format::Table {
            let error = anyhow::anyhow!("metrics have one format, the text of Prometheus");
            return Err(error.exit(Exit::Usage).hint("`pgtend health --json` has verdicts as JSON"));
        }
        scrape(context, &self.wanted(context)?).await
    }

    fn wanted(&self, context: &Context) -> anyhow::Result<Wanted> {
        Ok(Wanted {
            selection: Selection::of_probe(context, Probe::Full)?,
            scope: Scope { tables: self.tables, partitions: self.partitions },
            max_series: self.max_series,
            timeout: self.timeout,
        })
    }
}

/// For a command line that cannot be read: the file that it names, where it is one of `pgtend metrics`.
pub fn textfile_of(words: impl IntoIterator<Item = OsString>) -> Option<PathBuf> {
    const FLAG: &str = "--textfile";
    let mut words = words.into_iter();
    while let Some(word) = words.next() {
        if word == FLAG {
            return words.next().filter(|file| !file.to_string_lossy().starts_with('-')).map(PathBuf::from);
        }
        let joined = word.to_str().and_then(|word| word.strip_prefix(FLAG)?.strip_prefix('='));
        if let Some(file) = joined.filter(|file| !file.is_empty()) {
            return Some(PathBuf::from(file));
        }
    }
    None
}

/// Writes that there are no numbers. That this cannot be written is said, and is not why the run has failed.
pub fn tell_down(ui: &Ui, file: &Path) {
    let mut exposition = Exposition::default();
    exposition.push(up(false));
    if let Err(error) = replace_file(file, &format!("{exposition}{}", written())) {
        ui.warning(&one_line(&error));
    }
}

/// A file does not tell by itself that nobody writes it any more.
fn written() -> String {
    let mut exposition = Exposition::default();
    let help = "When this file was written, whether the server answered or not";
    let family = Family::gauge("pgtend_textfile_written_timestamp_seconds", help);
    exposition.push(family.of(Some(Utc::now().timestamp() as f64)));
    exposition.to_string()
}
