//! `pgtend partition archive`: what lies in an archive's folder, and whether it can be read, for which no server is needed.
use std::path::{Path, PathBuf};

use anyhow::anyhow;
use clap::{Args, Subcommand};
use serde::Serialize;

use crate::apply::archive::{Found, find, read};
use crate::commands::context::Context;
use crate::commands::partition::archive_rows::RowsArgs;
use crate::commands::partition::args::StoreArgs;
use crate::config::Archive;
use crate::failure::{Exit, Explain as _, one_line};
use crate::output::{Cell, Column, Listing};
use crate::plan::FileFormat;

/// Look after archives of dropped partitions, and move rows out of a table
#[derive(Debug, Subcommand)]
pub enum ArchiveCommand {
    /// List what was archived
    List(PlacesArgs),
    /// Read every archive to its end and compare it with its manifest; exit 3 when one is damaged
    Verify(PlacesArgs),
    Rows(Box<RowsArgs>),
}

#[derive(Debug, Args)]
pub struct PlacesArgs {
    /// Folder, or manifest of one archive [default: every archive folder of the configuration]; with --archive-command,
    /// names of manifests in that store
    #[arg(value_name = "FOLDER")]
    places: Vec<PathBuf>,
    #[command(flatten)]
    store: StoreArgs,
}

/// One archive, as it was found.
#[derive(Clone, Debug, Serialize)]
struct Row {
    manifest: String,
    table: Option<String>,
    partition: Option<String>,
    from: Option<String>,
    to: Option<String>,
    rows: Option<u64>,
    format: Option<FileFormat>,
    csv_bytes: Option<u64>,
    file_bytes: Option<u64>,
    archived_at: Option<String>,
    /// Null where nobody has looked.
    verified: Option<bool>,
    error: Option<String>,
}

#[derive(Serialize)]
struct Document<'a> {
    exit_code: u8,
    archives: &'a [Row],
}

const COLUMNS: [Column<Row>; 7] = [
    Column { header: "Partition", name: "partition", cell: |row| Cell::text(row.partition.clone()) },
    Column { header: "From", name: "from", cell: |row| Cell::text(row.from.clone()) },
    Column { header: "To", name: "to", cell: |row| Cell::text(row.to.clone()) },
    Column {
        header: "Rows",
        name: "rows",
        cell: |row| row.rows.map_or(Cell::None, |rows| Cell::Count(rows as f64)),
    },
    Column {
        header: "Size",
        name: "file_bytes",
        cell: |row| row.file_bytes.and_then(|bytes| bytes.try_into().ok()).map_or(Cell::None, Cell::Bytes),
    },
    Column { header: "State", name: "state", cell: |row| Cell::Text(row.state()) },
    Column { header: "Manifest", name: "manifest", cell: |row| Cell::Text(row.manifest.clone()) },
];

impl Row {
    fn of(path: &Path, found: &anyhow::Result<Found>) -> Self {
        let manifest = found.as_ref().ok().map(|found| &found.manifest);
        let subject = manifest.map(|manifest| &manifest.subject);
        Self {
            manifest: path.display().to_string(),
            table: subject.map(|subject| subject.table.join(".")),
            partition: subject.map(|subject| subject.partition.join(".")),
            from: subject.and_then(|subject| subject.key.from.clone()),
            to: subject.and_then(|subject| subject.key.to.clone()),
            rows: manifest.map(|manifest| manifest.digest.rows),
            format: manifest.map(|manifest| manifest.format),
            csv_bytes: manifest.map(|manifest| manifest.csv_bytes),
            file_bytes: manifest.map(|manifest| manifest.file_bytes),
            archived_at: manifest.map(|manifest| manifest.archived_at.clone()),
            verified: None,
            error: found.as_ref().err().map(one_line),
        }
    }

    fn state(&self) -> String {
        match (&self.error, self.verified) {
            (Some(error), _) => error.clone(),
            (None, Some(_)) => "verified".to_owned(),
            (None, None) => "archived".to_owned(),
        }
    }
}

impl ArchiveCommand {
    pub const fn verb(&self) -> &'static str {
        match self {
            Self::List(_) => "archive list",
            Self::Verify(_) => "archive verify",
            Self::Rows(_) => "archive rows",
        }
    }

    pub async fn run(&self, context: &Context) -> anyhow::Result<Exit> {
        match self {
            Self::List(args) => args.show(context, false),
            Self::Verify(args) => args.show(context, true),
            Self::Rows(args) => args.run(context).await,
        }
    }
}

impl PlacesArgs {
    fn show(&self, context: &Context, verify: bool) -> anyhow::Result<Exit> {
        let mut rows = Vec::new();
        for (path, found) in self.found(context)? {
            context.stop.check()?;
            let mut row = Row::of(&path, &found);
            if let (true, Ok(found)) = (verify, &found) {
                let verified = found.verify();
                row.verified = Some(verified.is_ok());
                row.error = verified.err().as_ref().map(one_line);
            }
            rows.push(row);
        }
        let damaged = rows.iter().any(|row| row.error.is_some());
        let exit = if damaged { Exit::Found } else { Exit::Done };
        if context.ui.is_json() {
            let schema =
                if verify { "pgtend.partition.archive_verify/1" } else { "pgtend.partition.archive_list/1" };
            context.ui.document(schema, &Document { exit_code: exit.code(), archives: &rows })?;
        } else if rows.is_empty() {
            context.ui.status("no archive there");
        } else {
            context.ui.listing(&Listing::new(&COLUMNS, &rows))?;
        }
        Ok(exit)
    }

    /// What a store holds only its command knows, so that each manifest is named.
    fn stored(&self) -> anyhow::Result<Vec<(PathBuf, anyhow::Result<Found>)>> {
        if self.places.is_empty() {
            let error = anyhow!("no manifest is named, and a command cannot be asked which there are");
            return Err(error.exit(Exit::Usage).hint("name them: each drop tells the name of its archive"));
        }
        Ok(self.places.iter().map(|name| (name.clone(), self.store.read(name))).collect())
    }

    fn found(&self, context: &Context) -> anyhow::Result<Vec<(PathBuf, anyhow::Result<Found>)>> {
        if self.store.archive_command.is_some() {
            return self.stored();
        }
        let configured = context.config.partition.iter().filter_map(|one| match &one.archive {
            Some(Archive::Folder(folder)) => Some(folder.clone()),
            _ => None,
        });
        let mut places: Vec<PathBuf> =
            if self.places.is_empty() { configured.collect() } else { self.places.clone() };
        places.sort();
        places.dedup();
        if places.is_empty() {
            let error = anyhow!("no folder is named, and no configuration names one").exit(Exit::Usage);
            return Err(error.hint("name a folder, or write `archive` into pgtend.toml"));
        }
        let mut all = Vec::new();
        for place in places {
            if place.is_dir() {
                all.extend(find(&place)?);
            } else {
                all.push((place.clone(), read(&place)));
            }
        }
        Ok(all)
    }
}
