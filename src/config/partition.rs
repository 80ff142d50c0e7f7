//! `[[partition]]`: one section for each table, every key a flag of the same name.
use std::fmt;
use std::path::PathBuf;

use anyhow::{Context as _, anyhow, ensure};
use chrono_tz::Tz;
use serde::Deserialize;

use super::file::nearest;
use crate::failure::Explain as _;
use crate::operations::partition::{DropMode, Encoding, Every, FileFormat, Overrides, Policy, Span};

/// More partitions of a table than this are a typing error.
pub const MOST_PERIODS: u32 = 10_000;

/// One table. Every key has a flag of the same name.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PartitionConfig {
    pub table: String,
    pub by: Option<String>,
    pub every: Option<Every>,
    pub timezone: Option<String>,
    pub ahead: Option<u32>,
    pub behind: Option<u32>,
    pub keep: Option<String>,
    pub name: Option<String>,
    pub encoding: Option<Encoding>,
    pub mode: Option<DropMode>,
    pub max_drop: Option<usize>,
    pub archive: Option<Archive>,
    pub archive_format: Option<FileFormat>,
    #[serde(default)]
    pub properties: Overrides,
}

/// Where dropped partitions are archived: in a folder, from the configuration's own on, or by a command; `false` says that
/// they are not.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged, expecting = "expected { command = \"...\" }, a folder, or false")]
pub enum Archive {
    Kept(bool),
    Folder(PathBuf),
    Command(CommandConfig),
}

/// A program that keeps the files of archives.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CommandConfig {
    /// May hold secrets.
    pub command: String,
}

impl CommandConfig {
    /// The program, and its arguments. The text is not told in an error.
    ///
    /// # Errors
    /// When it is empty, or a quote in it is not closed.
    pub fn words(&self) -> anyhow::Result<(String, Vec<String>)> {
        let words = shlex::split(&self.command);
        let words = words.context("a quote or a backslash of the archive command is left open")?;
        let mut words = words.into_iter();
        let program = words.next().filter(|program| !program.is_empty());
        Ok((program.context("the archive command is empty")?, words.collect()))
    }
}

impl fmt::Debug for CommandConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CommandConfig")
    }
}

impl PartitionConfig {
    /// # Errors
    /// When a value cannot be read; the message names the table and the key.
    pub fn policy(&self) -> anyhow::Result<Policy> {
        let usual = Policy::default();
        let at = |key: &str| format!("read `{key}` of table `{}`", self.table);
        Ok(Policy {
            by: self.by.clone(),
            every: self.every,
            zone: self.timezone.as_deref().map_or(Ok(usual.zone), zone).with_context(|| at("timezone"))?,
            ahead: periods(self.ahead, usual.ahead).with_context(|| at("ahead"))?,
            behind: periods(self.behind, usual.behind).with_context(|| at("behind"))?,
            keep: self.keep.as_deref().map(str::parse::<Span>).transpose().with_context(|| at("keep"))?,
            name: self.name.as_deref().map(str::parse).transpose().with_context(|| at("name"))?,
            encoding: self.encoding,
            mode: self.mode.unwrap_or_default(),
            overrides: self.properties.clone(),
        })
    }
}

fn periods(configured: Option<u32>, usual: u32) -> anyhow::Result<u32> {
    let periods = configured.unwrap_or(usual);
    ensure!(periods <= MOST_PERIODS, "{periods} is more than {MOST_PERIODS}");
    Ok(periods)
}

/// # Errors
/// When no such zone is known; near names are told.
pub fn zone(name: &str) -> anyhow::Result<Tz> {
    name.parse::<Tz>().map_err(|_| {
        let known = chrono_tz::TZ_VARIANTS.iter().map(|tz| tz.name());
        let error = anyhow!("no time zone `{name}`");
        match nearest(name, known) {
            Some(near) => error.hint(format!("did you mean `{near}`?")),
            None => error.hint("zones are named as in `Europe/Berlin`"),
        }
    })
}
