//! `pgtend migrate sets` and `pgtend migrate export`
use std::path::PathBuf;

use anyhow::{Context as _, anyhow};
use clap::Args;
use serde::Serialize;

use crate::commands::context::Context;
use crate::commands::migrate::embedded;
use crate::failure::{Exit, Explain as _};
use crate::operations::migrate::load;
use crate::output::{Cell, Column, Format, Listing};

/// List the sets that come with pgtend
#[derive(Debug, Args)]
pub struct SetsArgs {}

#[derive(Debug, Serialize)]
struct SetRow {
    set: &'static str,
    files: Vec<String>,
}

#[derive(Serialize)]
struct Document<'a> {
    sets: &'a [SetRow],
}

const COLUMNS: [Column<SetRow>; 3] = [
    Column { header: "Set", name: "set", cell: |row| Cell::Text(row.set.to_owned()) },
    Column { header: "Files", name: "files", cell: |row| Cell::Count(row.files.len() as f64) },
    Column { header: "Last", name: "last", cell: |row| Cell::text(row.files.last().cloned()) },
];

impl SetsArgs {
    pub fn run(&self, context: &Context) -> anyhow::Result<Exit> {
        let mut rows = Vec::new();
        for set in embedded::names() {
            let migrations = load(&embedded::files(set)).with_context(|| format!("read the set {set}"))?;
            rows.push(SetRow { set, files: migrations.into_iter().map(|file| file.file).collect() });
        }
        if context.ui.format() == Format::Json {
            context.ui.document("pgtend.migrate.sets/1", &Document { sets: &rows })?;
        } else {
            context.ui.listing(&Listing::new(&COLUMNS, &rows))?;
        }
        Ok(Exit::Done)
    }
}

/// Write a set that comes with pgtend into a folder, to change it
#[derive(Debug, Args)]
pub struct ExportArgs {
    /// Set to write
    #[arg(long, value_name = "SET")]
    set: String,
    /// Folder to write it into; files that are there stay as they are
    #[arg(value_name = "DIR")]
    dir: PathBuf,
}

impl ExportArgs {
    pub fn run(&self, context: &Context) -> anyhow::Result<Exit> {
        let files = embedded::files(&self.set);
        if files.is_empty() {
            let error = anyhow!("no set `{}` comes with pgtend", self.set).exit(Exit::Usage);
            return Err(error.hint(format!("there are: {}", embedded::names().join(", "))));
        }
        let taken: Vec<&str> =
            files.iter().map(|file| file.path.as_str()).filter(|path| self.dir.join(path).exists()).collect();
        if !taken.is_empty() {
            let error =
                anyhow!("{} has files of these names already; nothing was written", self.dir.display());
            return Err(error.exit(Exit::Usage).detail(taken.join("\n")));
        }
        let write = || -> std::io::Result<()> {
            std::fs::create_dir_all(&self.dir)?;
            files.iter().try_for_each(|file| std::fs::write(self.dir.join(&file.path), &file.bytes))
        };
        write().with_context(|| format!("write into {}", self.dir.display()))?;
        for file in &files {
            context.ui.answer(&format!("{}\n", self.dir.join(&file.path).display()))?;
        }
        Ok(Exit::Done)
    }
}
