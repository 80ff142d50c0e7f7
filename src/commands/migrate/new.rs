//! `pgtend migrate new`
use std::path::PathBuf;

use anyhow::{Context as _, anyhow};
use chrono::Utc;
use clap::{Args, ValueEnum};

use crate::commands::context::Context;
use crate::commands::migrate::args::folder;
use crate::commands::migrate::set::shown;
use crate::failure::{Exit, Explain as _};

/// Begin a migration: the next number, a name, and a file to fill
#[derive(Debug, Args)]
pub struct NewArgs {
    /// What it does, in words
    #[arg(value_name = "WHAT", required = true)]
    what: Vec<String>,
    /// Folder of migrations [default: the configuration's]
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// Number it by the time, where several branches grow at once
    #[arg(long)]
    timestamp: bool,
    /// What the file begins with
    #[arg(long, value_enum, default_value_t = Template::Transaction)]
    template: Template,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Template {
    /// Statements that run in one transaction
    Transaction,
    /// An index, built beside the application
    Index,
    /// Statements that run one by one
    Statements,
}

impl Template {
    const fn text(self) -> &'static str {
        match self {
            Self::Transaction => {
                "-- pgtend: lock_timeout=200ms statement_timeout=15min\n\nalter table ... add column ... ;\n"
            }
            Self::Index => "-- pgtend: no-transaction\n\ncreate index concurrently ... on ... (...);\n",
            Self::Statements => "-- pgtend: no-transaction\n\n",
        }
    }
}

const DIGITS: usize = 4;

impl NewArgs {
    pub fn run(&self, context: &Context) -> anyhow::Result<Exit> {
        let dir = self.dir.as_ref().or(context.config.migrate.dir.as_ref());
        let dir = dir
            .context("no folder is named")
            .hint("pass --dir DIR, or write `dir` into [migrate] of pgtend.toml")
            .exit(Exit::Usage)?;
        std::fs::create_dir_all(dir).with_context(|| format!("make {}", dir.display()))?;
        let migrations = folder(dir)?;
        let words: Vec<String> = self
            .what
            .join(" ")
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .map(str::to_lowercase)
            .collect();
        if words.is_empty() {
            return Err(anyhow!("`{}` holds no word", self.what.join(" ")).exit(Exit::Usage));
        }
        let last = migrations.last().map_or(0, |migration| migration.version);
        let version = if self.timestamp {
            context.fixed_now().unwrap_or_else(Utc::now).format("%Y%m%d%H%M%S").to_string()
        } else {
            format!("{:0width$}", last + 1, width = DIGITS)
        };
        let path = dir.join(format!("V{version}__{}.sql", words.join("_")));
        let mut file =
            std::fs::File::create_new(&path).with_context(|| format!("make {}", path.display()))?;
        std::io::Write::write_all(&mut file, self.template.text().as_bytes())
            .with_context(|| format!("write {}", path.display()))?;
        context.ui.answer(&format!("{}\n", shown(&path)))?;
        Ok(Exit::Done)
    }
}
