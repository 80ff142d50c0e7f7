//! The file as a whole: where it is found, how it is read, and how a typing error in it is told.
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, anyhow, ensure};
use serde::{Deserialize, Deserializer};

use super::health::HealthConfig;
use super::matview::MatviewConfig;
use super::migrate::MigrateConfig;
use super::normalize::NormalizeConfig;
use super::partition::{Archive, PartitionConfig};
use super::pool::PoolConfig;
use super::report::{ReportConfig, StatsConfig};
use super::schedule::ScheduleConfig;
use super::session::{JournalConfig, Locks};
use crate::failure::{Exit, Explain as _};

pub const FILE: &str = "pgtend.toml";
/// A larger file than this is no configuration.
const MOST_BYTES: u64 = 1_000_000;

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    pub locks: Locks,
    pub journal: JournalConfig,
    pub health: HealthConfig,
    pub partition: Vec<PartitionConfig>,
    pub matview: Vec<MatviewConfig>,
    pub schedule: ScheduleConfig,
    pub migrate: MigrateConfig,
    pub pool: PoolConfig,
    pub report: ReportConfig,
    /// Absent is not empty: where the section stands, statistics are wanted.
    pub stats: Option<StatsConfig>,
    pub normalize: Vec<NormalizeConfig>,
    /// Where it was read from.
    #[serde(skip)]
    pub file: Option<PathBuf>,
}

impl Config {
    /// # Errors
    /// When it is no file of at most 1 MB, cannot be read, or holds a key or value that is not known.
    pub fn read(file: &Path) -> anyhow::Result<Self> {
        let config = text(file)
            .and_then(|text| Self::parse(&text))
            .with_context(|| format!("read the configuration {}", file.display()));
        let mut config = config.exit(Exit::Usage)?;
        for one in &mut config.partition {
            if let (Some(Archive::Folder(folder)), Some(here)) = (&mut one.archive, file.parent()) {
                *folder = here.join(&folder);
            }
        }
        if let (Some(folder), Some(here)) = (&mut config.migrate.dir, file.parent()) {
            *folder = here.join(&folder);
        }
        config.file = Some(file.to_owned());
        Ok(config)
    }

    pub fn parse(text: &str) -> anyhow::Result<Self> {
        let config: Self = toml::from_str(text).map_err(|error| explain(text, &error))?;
        config.health.limits().context("read [health]")?;
        config.pool.check().context("read [pool]")?;
        for (index, one) in config.partition.iter().enumerate() {
            one.policy()?;
            if let Some(Archive::Command(command)) = &one.archive {
                command.words().context("read `archive`")?;
            }
            if config.partition[..index].iter().any(|other| other.table == one.table) {
                return Err(anyhow!("table `{}` is configured twice", one.table));
            }
        }
        for (index, one) in config.matview.iter().enumerate() {
            if config.matview[..index].iter().any(|other| other.name == one.name) {
                return Err(anyhow!("materialized view `{}` is configured twice", one.name));
            }
        }
        for (index, one) in config.normalize.iter().enumerate() {
            one.mapping()?;
            if config.normalize[..index].iter().any(|other| other.name == one.name) {
                return Err(anyhow!("mapping `{}` is configured twice", one.name));
            }
        }
        Ok(config)
    }

    /// The nearest file above a folder.
    pub fn find(folder: &Path) -> Option<PathBuf> {
        folder.ancestors().map(|above| above.join(FILE)).find(|file| file.is_file())
    }
}

/// Looks before it opens: a pipe would be waited for, a device read without end.
fn text(file: &Path) -> anyhow::Result<String> {
    ensure!(std::fs::metadata(file)?.is_file(), "not a regular file");
    let mut text = String::new();
    std::fs::File::open(file)?.take(MOST_BYTES + 1).read_to_string(&mut text)?;
    ensure!(text.len() as u64 <= MOST_BYTES, "larger than 1 MB");
    Ok(text)
}

pub(super) fn duration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    let text = String::deserialize(deserializer)?;
    humantime::parse_duration(&text).map(Some).map_err(serde::de::Error::custom)
}

/// Line, column and, for a key that is not known, the nearest that is.
fn explain(text: &str, error: &toml::de::Error) -> anyhow::Error {
    let at = error.span().map(|span| {
        let before = &text[..span.start.min(text.len())];
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().map_or(0, |last| last.chars().count()) + 1;
        format!("line {line}, column {column}: ")
    });
    let message = error.message().lines().collect::<Vec<_>>().join(" ");
    let message = in_words(&message);
    let explained = anyhow!("{}{message}", at.unwrap_or_default());
    let mut quoted = message.split('`').skip(1).step_by(2);
    match (message.starts_with("unknown field"), quoted.next()) {
        (true, Some(unknown)) => match nearest(unknown, quoted) {
            Some(near) => explained.hint(format!("did you mean `{near}`?")),
            None => explained,
        },
        _ => explained,
    }
}

/// What the parser says of types, for somebody who writes a file and not a program.
fn in_words(message: &str) -> String {
    let Some((found, expected)) = message.rsplit_once(", expected ") else { return message.to_owned() };
    let expected = match expected.split(' ').next() {
        Some("u8" | "u16" | "u32" | "u64" | "usize") => "a whole number, not negative",
        Some("f64") => "a number",
        Some("struct" | "map") => "a section of keys",
        Some("a") if expected == "a sequence" => "a list, or sections such as [[partition]]",
        _ => expected,
    };
    format!("{found}; it should be {expected}")
}

pub(super) fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    const NEAR: f64 = 0.75;
    known
        .map(|other| (strsim::jaro_winkler(&word.to_lowercase(), &other.to_lowercase()), other))
        .filter(|(likeness, _)| *likeness > NEAR)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, other)| other)
}

#[cfg(test)]
mod tests {
    use chrono_tz::Tz;

    use super::super::partition::Archive;
    use super::*;
    use crate::failure::Failure;
    use crate::operations::partition::Every;

    fn hints(error: &anyhow::Error) -> String {
        let hints = error.chain().filter_map(|cause| cause.downcast_ref::<Failure>()?.hint.clone());
        hints.collect::<Vec<_>>().join("; ")
    }

    #[test]
    fn a_whole_configuration_is_read() {
        let config = Config::parse(
            r#"
            [locks]
            timeout = "150ms"
            budget = "1m"
            [[partition]]
            table = "thread_messages"
            by = "createdAt"
            every = "month"
            timezone = "Asia/Amman"
            ahead = 12
            keep = "1 year"
            name = "{table}_p{yyyy}_{mm}"
            archive = false
            [partition.properties]
            owner = "app"
            storage = { fillfactor = "80" }
            "#,
        )
        .unwrap();
        assert_eq!(config.locks.timeout, Some(Duration::from_millis(150)));
        let policy = config.partition[0].policy().unwrap();
        assert_eq!((policy.every, policy.ahead, policy.zone), (Some(Every::Month), 12, Tz::Asia__Amman));
        assert_eq!(config.partition[0].archive, Some(Archive::Kept(false)));
    }

    #[test]
    fn typing_errors_are_named_with_the_nearest_key() {
        let cases = [
            ("[[partition]]\ntable = \"t\"\nahed = 3\n", "line 3, column 1", "`ahead`"),
            ("[[partitions]]\ntable = \"t\"\n", "line 1", "`partition`"),
            ("[[partition]]\ntable = \"t\"\ntimezone = \"Europe/Berln\"\n", "timezone", "Europe/Berlin"),
        ];
        for (text, place, hint) in cases {
            let error = Config::parse(text).unwrap_err();
            assert!(format!("{error:#}").contains(place), "{error:#}");
            assert!(hints(&error).contains(hint), "{}", hints(&error));
        }
    }

    #[test]
    fn values_that_cannot_be_meant_are_refused() {
        for text in [
            "[[partition]]\ntable = \"t\"\nkeep = \"0 months\"\n",
            "[[partition]]\ntable = \"t\"\nkeep = \"-1 year 360 days\"\n",
            "[[partition]]\ntable = \"t\"\nevery = \"fortnight\"\n",
            "[[partition]]\ntable = \"t\"\nname = \"{tabel}\"\n",
            "[[partition]]\ntable = \"t\"\n[[partition]]\ntable = \"t\"\n",
            "[[partition]]\nevery = \"month\"\n",
            "[locks]\ntimeout = \"soon\"\n",
        ] {
            assert!(Config::parse(text).is_err(), "accepted: {text}");
        }
    }
}
