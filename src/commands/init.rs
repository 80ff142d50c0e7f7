//! `pgtend init`
use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use clap::builder::PossibleValuesParser;
use serde::Serialize;

use crate::commands::context::Context;
use crate::config::{FILE, PACKS};
use crate::failure::{Exit, Explain as _};
use crate::operations::init::{configuration, survey};
use crate::output::Format;

/// Write a first pgtend.toml, by looking at the database or from a pack
///
/// Of a database it takes the partitioned tables, with the interval and the names that their partitions have; what
/// pg_partman is told to do with them; the materialized views; and, as comments, large tables with a time. It only
/// reads. A pack needs no database.
#[derive(Debug, Args)]
pub struct InitArgs {
    /// Take the configuration of this pack
    #[arg(long, value_name = "NAME", value_parser = PossibleValuesParser::new(PACKS.map(|(name, _)| name)))]
    pack: Option<String>,
    /// Where to write; `-` is standard output [default: pgtend.toml here]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Overwrite a file that is there
    #[arg(long)]
    force: bool,
    /// Rows from which on an ordinary table is looked at
    #[arg(long, value_name = "ROWS", default_value_t = 1_000_000, conflicts_with = "pack", value_parser = clap::value_parser!(i64).range(0..))]
    large: i64,
}

#[derive(Serialize)]
struct Document<'a> {
    /// Null: nothing was written.
    file: Option<&'a Path>,
    configuration: &'a str,
}

impl InitArgs {
    pub async fn run(&self, context: &Context) -> anyhow::Result<Exit> {
        let file = self.output.clone().unwrap_or_else(|| PathBuf::from(FILE));
        let to_file = file != Path::new("-") && !context.args.dry_run;
        if to_file && !self.force && file.exists() {
            return Err(exists(&file));
        }
        let text = match &self.pack {
            Some(name) => from_pack(name)?,
            None => self.guessed(context).await?,
        };
        if to_file {
            self.write(&file, &text)?;
        }
        let written = to_file.then_some(file.as_path());
        if context.ui.format() == Format::Json {
            let document = Document { file: written, configuration: &text };
            context.ui.document("pgtend.init/1", &document)?;
        } else if let Some(file) = written {
            context.ui.chat(&format!("wrote {}", file.display()));
        } else {
            context.ui.answer(&text)?;
        }
        Ok(Exit::Done)
    }

    async fn guessed(&self, context: &Context) -> anyhow::Result<String> {
        let session = context.connect_to_read().await?;
        let survey = survey(&session, self.large).await?;
        Ok(configuration(&survey, &session.facts().database, context.now(&session)))
    }

    /// Never into a file that came meanwhile, unless that was asked for.
    fn write(&self, file: &Path, text: &str) -> anyhow::Result<()> {
        let mut how = OpenOptions::new();
        how.write(true);
        if self.force {
            how.create(true).truncate(true)
        } else {
            how.create_new(true)
        };
        let opened = how.open(file);
        if opened.as_ref().is_err_and(|error| error.kind() == ErrorKind::AlreadyExists) {
            return Err(exists(file));
        }
        let written = opened.and_then(|mut open| open.write_all(text.as_bytes()));
        written.with_context(|| format!("write {}", file.display()))
    }
}

fn from_pack(name: &str) -> anyhow::Result<String> {
    let pack = PACKS.iter().find(|(known, _)| *known == name);
    pack.map(|(_, text)| (*text).to_owned()).with_context(|| format!("no pack `{name}`"))
}

fn exists(file: &Path) -> anyhow::Error {
    anyhow::anyhow!("{} is there already", file.display())
        .exit(Exit::Usage)
        .hint("pass --force to overwrite it, or --output - to look first")
}
