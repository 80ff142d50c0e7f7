//! The flags of the partition commands. Each has the name of its key in `pgtend.toml` and overrides it.
use std::convert::Infallible;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use crate::apply::archive::{Found, ensure_format, read, read_stored};
use crate::config::{Archive, CommandConfig, MOST_PERIODS, PartitionConfig, zone};
use crate::failure::{Exit, Explain as _};
use crate::operations::partition::{Destination, DropMode, Encoding, Every, Policy, Span, Template, Terms};
use crate::pg::session::Session;
use crate::plan::{FileFormat, Store, StoreCommand, StoredFile};

/// How the table's periods lie.
#[derive(Debug, Default, Args)]
pub struct CalendarArgs {
    /// Length of a partition's range [default: as the newest partitions]
    #[arg(long, value_name = "PERIOD", value_parser = period)]
    pub every: Option<Every>,
    /// Column that must be the key's first, as a safeguard
    #[arg(long, value_name = "COLUMN")]
    pub by: Option<String>,
    /// Time zone in which periods begin [default: UTC]
    #[arg(long, value_name = "ZONE")]
    pub timezone: Option<String>,
    /// How a bigint, uuid or text key holds its time [default: as the partitions' bounds tell]
    #[arg(long, value_name = "ENCODING", value_parser = encoding)]
    pub encoding: Option<Encoding>,
}

/// What is made ahead.
#[derive(Debug, Default, Args)]
pub struct AheadArgs {
    /// Whole periods beyond the current one [default: 3]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(0..=i64::from(MOST_PERIODS)))]
    pub ahead: Option<u32>,
    /// Past periods to create in a table that has no partition yet
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(0..=i64::from(MOST_PERIODS)))]
    pub behind: Option<u32>,
    /// Template of the partitions' names, as {table}_p{yyyy}_{mm}
    #[arg(long, value_name = "TEMPLATE")]
    pub name: Option<Template>,
}

/// What is known of the server's disk.
#[derive(Debug, Default, Args)]
pub struct DiskArgs {
    /// Megabytes that the server's disk has room for, for a plan that needs more to be refused [default: asked of the
    /// system, where the server runs on this machine]
    #[arg(long, value_name = "MB")]
    disk_free_mb: Option<u32>,
}

impl DiskArgs {
    /// In bytes.
    pub fn free(&self) -> Option<u64> {
        self.disk_free_mb.map(|megabytes| u64::from(megabytes) * 1_000_000)
    }
}

/// Where archives lie that are in no folder.
#[derive(Debug, Default, Args)]
pub struct StoreArgs {
    /// Keep archives by this program and its arguments, which no shell reads
    ///
    /// With PGTEND_ARCHIVE_ACTION=put it keeps its standard input under the name in PGTEND_ARCHIVE_NAME, and ends with 0
    /// once that is safe; with PGTEND_ARCHIVE_ACTION=get it writes the same bytes to its standard output. Each file is
    /// read back by it before a partition goes.
    // What clap cannot read it would print.
    #[arg(long, value_name = "COMMAND", value_parser = command)]
    pub archive_command: Option<CommandConfig>,
}

impl StoreArgs {
    /// The manifest of this name, in the command's store or in a folder.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn read(&self, name: &Path) -> anyhow::Result<Found> {
        match &self.archive_command {
            None => read(name),
            Some(command) => {
                let store = kept_by(command)?;
                read_stored(StoredFile { store, name: name.to_string_lossy().into_owned() })
            }
        }
    }
}

/// What is let go.
#[derive(Debug, Default, Args)]
pub struct RetentionArgs {
    /// How long rows are kept, as "12 months"
    #[arg(long, value_name = "SPAN")]
    pub keep: Option<Span>,
    /// What becomes of an old partition [default: drop]
    #[arg(long, value_enum)]
    pub mode: Option<ModeArg>,
    /// Most partitions of a table that one run may drop [default: 3]
    #[arg(long, value_name = "N")]
    pub max_drop: Option<usize>,
    /// Write each partition into this folder, and read it back, before it is dropped
    #[arg(long, value_name = "FOLDER", conflicts_with_all = ["no_archive", "archive_command"])]
    pub archive: Option<PathBuf>,
    #[command(flatten)]
    pub store: StoreArgs,
    /// What archives are written in [default: csv]
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub archive_format: Option<FormatArg>,
    /// Drop without an archive: the rows go for good
    #[arg(long)]
    pub no_archive: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum ModeArg {
    /// Detach, then drop
    Drop,
    /// Detach and leave as a table of its own
    Detach,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum FormatArg {
    /// CSV, compressed with Zstandard
    Csv,
    /// Parquet, each column with its type, in folders as year=2026/month=8 that DuckDB, Spark and Trino read; where
    /// pgtend was built with the feature `parquet`
    Parquet,
}

/// A policy, and what the flags and the configuration say about letting go.
#[derive(Clone, Debug)]
pub struct Wish {
    pub policy: Policy,
    pub max_drop: usize,
    /// Where partitions are archived.
    pub store: Option<Store>,
    pub format: FileFormat,
    pub no_archive: bool,
}

const MAX_DROP: usize = 3;

impl Wish {
    /// What the configuration says of a table, or what is usual.
    pub fn configured(config: Option<&PartitionConfig>) -> anyhow::Result<Self> {
        let archive = config.and_then(|config| config.archive.as_ref());
        Ok(Self {
            policy: config.map(PartitionConfig::policy).transpose()?.unwrap_or_default(),
            max_drop: config.and_then(|config| config.max_drop).unwrap_or(MAX_DROP),
            store: archive.map(store_of).transpose()?.flatten(),
            format: config.and_then(|config| config.archive_format).unwrap_or_default(),
            no_archive: archive == Some(&Archive::Kept(false)),
        })
    }

    pub fn calendar(mut self, args: &CalendarArgs) -> anyhow::Result<Self> {
        let policy = &mut self.policy;
        policy.every = args.every.or(policy.every);
        policy.by = args.by.clone().or(policy.by.take());
        policy.encoding = args.encoding.or(policy.encoding);
        if let Some(name) = &args.timezone {
            policy.zone = zone(name).exit(Exit::Usage)?;
        }
        Ok(self)
    }

    pub fn ahead(mut self, args: &AheadArgs) -> Self {
        let policy = &mut self.policy;
        policy.ahead = args.ahead.unwrap_or(policy.ahead);
        policy.behind = args.behind.unwrap_or(policy.behind);
        policy.name = args.name.clone().or(policy.name.take());
        self
    }

    pub fn retention(mut self, args: &RetentionArgs) -> anyhow::Result<Self> {
        self.policy.keep = args.keep.or(self.policy.keep);
        self.policy.mode = match args.mode {
            Some(ModeArg::Drop) => DropMode::Drop,
            Some(ModeArg::Detach) => DropMode::Detach,
            None => self.policy.mode,
        };
        self.max_drop = args.max_drop.unwrap_or(self.max_drop);
        if let Some(folder) = &args.archive {
            self.store = Some(Store::Folder(folder.clone()));
        }
        if let Some(command) = &args.store.archive_command {
            self.store = Some(kept_by(command).exit(Exit::Usage)?);
        }
        self.format = match args.archive_format {
            Some(FormatArg::Csv) => FileFormat::Csv,
            Some(FormatArg::Parquet) => FileFormat::Parquet,
            None => self.format,
        };
        self.no_archive |= args.no_archive;
        if args.archive.is_some() || args.store.archive_command.is_some() {
            self.no_archive = false;
        }
        Ok(self)
    }

    /// Where partitions are archived before they are dropped.
    pub fn store(&self) -> Option<&Store> {
        self.store.as_ref().filter(|_| !self.no_archive)
    }

    /// # Errors
    /// When partitions are to be archived in a format that this program was built without.
    pub fn ensure_format(&self) -> anyhow::Result<()> {
        let archived = self.store().is_some() && self.policy.mode == DropMode::Drop;
        if archived { ensure_format(self.format) } else { Ok(()) }
    }

    /// How old partitions of a table on this server are to go.
    pub fn terms(&self, session: &Session) -> Terms {
        let facts = session.facts();
        let archive = self.store().map(|store| Destination {
            store: store.clone(),
            format: self.format,
            database: facts.database.clone(),
            server_version: facts.version.number(),
        });
        Terms { mode: self.policy.mode, max_drop: self.max_drop, archive }
    }
}

/// `None`: nothing is archived.
fn store_of(archive: &Archive) -> anyhow::Result<Option<Store>> {
    Ok(match archive {
        Archive::Kept(_) => None,
        Archive::Folder(folder) => Some(Store::Folder(folder.clone())),
        Archive::Command(command) => Some(kept_by(command)?),
    })
}

fn kept_by(command: &CommandConfig) -> anyhow::Result<Store> {
    let (program, arguments) = command.words()?;
    Ok(Store::Command(StoreCommand { program, arguments }))
}

fn command(text: &str) -> Result<CommandConfig, Infallible> {
    Ok(CommandConfig { command: text.to_owned() })
}

fn period(text: &str) -> Result<Every, String> {
    let known = Every::ALL.into_iter().find(|every| every.word() == text);
    known.ok_or_else(|| format!("known are {}", Every::ALL.map(Every::word).join(", ")))
}

pub fn encoding(text: &str) -> Result<Encoding, String> {
    let known = Encoding::ALL.into_iter().find(|encoding| encoding.word() == text);
    known.ok_or_else(|| format!("known are {}", Encoding::ALL.map(Encoding::word).join(", ")))
}
