//! `[health]`: checks that are left out, and from which numbers on the others warn and alarm.
use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use serde::Deserialize;

use super::file::duration;
use crate::failure::Explain as _;
use crate::operations::health::{Check, Limits, Unit, known};

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct HealthConfig {
    /// Checks that are left out.
    pub skip: Vec<String>,
    /// How far back statements and the cache are judged, where there is a snapshot store; 1 hour where nothing is said.
    #[serde(deserialize_with = "duration")]
    pub window: Option<Duration>,
    /// By check.
    #[serde(flatten)]
    checks: BTreeMap<String, LimitsConfig>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct LimitsConfig {
    warning: Option<Number>,
    critical: Option<Number>,
    at_least: Option<Number>,
}

/// As the unit of the check reads it: `80`, `"80 %"`, `"100ms"`.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum Number {
    Bare(f64),
    Text(String),
}

impl HealthConfig {
    /// The limits that differ from the checks' own.
    ///
    /// # Errors
    /// When a check is not known, or a number cannot be read.
    pub fn limits(&self) -> anyhow::Result<BTreeMap<String, Limits>> {
        for name in &self.skip {
            check(name)?;
        }
        self.checks.iter().map(|(name, config)| Ok((name.clone(), config.read(name)?))).collect()
    }
}

impl LimitsConfig {
    fn read(&self, name: &str) -> anyhow::Result<Limits> {
        let check = check(name)?;
        let read = |key: &str, unit: Unit, number: &Option<Number>| {
            let text = match number {
                None => return Ok(None),
                Some(Number::Bare(number)) => number.to_string(),
                Some(Number::Text(text)) => text.clone(),
            };
            unit.parse(&text).map(Some).with_context(|| format!("read `{key}` of check `{name}`"))
        };
        Ok(Limits {
            warning: read("warning", check.unit, &self.warning)?,
            critical: read("critical", check.unit, &self.critical)?,
            at_least: read("at_least", check.floor, &self.at_least)?,
        })
    }
}

fn check(name: &str) -> anyhow::Result<&'static Check> {
    known(name).map_err(|near| {
        let error = anyhow!("no check `{name}`");
        match near {
            Some(near) => error.hint(format!("did you mean `{near}`?")),
            None => error.hint("`pgtend health --list` shows the checks"),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::super::Config;

    #[test]
    fn limits_are_read_in_the_unit_of_their_check() {
        let config = Config::parse(
            "[health]\nskip = [\"table_bloat\"]\n[health.connections]\nwarning = 70\ncritical = \"90 %\"\n\
             [health.slow_queries]\nwarning = \"250ms\"\n",
        );
        let limits = config.unwrap().health.limits().unwrap();
        assert_eq!((limits["connections"].warning, limits["connections"].critical), (Some(70.0), Some(90.0)));
        assert_eq!(limits["slow_queries"].warning, Some(250.0));
    }

    #[test]
    fn unknown_checks_keys_and_numbers_are_errors() {
        for text in [
            "[health]\nskip = [\"table_blaot\"]\n",
            "[health.conections]\nwarning = 70\n",
            "[health.connections]\nwarn = 70\n",
            "[health.connections]\nwarning = \"many\"\n",
            "[health.connections]\nwarning = -1\n",
        ] {
            assert!(Config::parse(text).is_err(), "accepted: {text}");
        }
    }
}
