//! Values of several sources laid over each other, each remembered with its source. Knows no keyword's meaning.
use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use anyhow::anyhow;

use crate::failure::Explain as _;
use crate::pg::settings::choices::Choice;
use crate::pg::settings::keyword;
use crate::pg::settings::parameters::Parameters;

/// Where a value came from, in the words of `--verbose`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    Flag(&'static str),
    Variable(&'static str),
    Service {
        name: String,
        file: PathBuf,
    },
    Default,
    /// Set by pgtend itself.
    Pgtend,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(name) | Self::Variable(name) => f.write_str(name),
            Self::Service { name, file } => write!(f, "[{}] in {}", name.escape_debug(), file.display()),
            Self::Default => f.write_str("default"),
            Self::Pgtend => f.write_str("pgtend"),
        }
    }
}

/// The values that count. What is laid down first stays on top.
#[derive(Default)]
pub(super) struct Layers(BTreeMap<&'static str, (String, Source)>);

impl Layers {
    pub(super) fn lay_under(&mut self, parameters: &Parameters, source: &Source) {
        for (name, value) in parameters.iter() {
            self.add(name, value, source);
        }
    }

    pub(super) fn add(&mut self, name: &'static str, value: &str, source: &Source) {
        self.0.entry(name).or_insert_with(|| (value.to_owned(), source.clone()));
    }

    /// The value, unless it is not given or empty: an empty one asks for the default.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|(value, _)| value.as_str()).filter(|value| !value.is_empty())
    }

    pub(super) fn path(&self, name: &str) -> Option<PathBuf> {
        self.text(name).map(PathBuf::from)
    }

    /// The source of each value that is given and not empty.
    pub(super) fn sources(&self) -> BTreeMap<&'static str, Source> {
        let given = self.0.iter().filter(|(_, (value, _))| !value.is_empty());
        given.map(|(name, (_, source))| (*name, source.clone())).collect()
    }

    pub(super) fn choice<T: Choice + Default>(&self, name: &str) -> anyhow::Result<T> {
        let Some(word) = self.text(name) else { return Ok(T::default()) };
        T::from_word(word).ok_or_else(|| {
            let error = self.unusable(name, &format!("is not one of {}", T::words().join(", ")));
            match keyword::nearest(word, T::words().into_iter()) {
                Some(nearest) => error.hint(format!("did you mean {nearest}?")),
                None => error,
            }
        })
    }

    pub(super) fn integer(&self, name: &str) -> anyhow::Result<Option<i64>> {
        let parse =
            |text: &str| text.trim().parse().map_err(|_| self.unusable(name, "is not a whole number"));
        self.text(name).map(parse).transpose()
    }

    /// A whole number above zero; libpq takes zero and less for "not set".
    pub(super) fn positive(&self, name: &str) -> anyhow::Result<Option<u64>> {
        Ok(self.integer(name)?.and_then(|number| u64::try_from(number).ok()).filter(|number| *number > 0))
    }

    pub(super) fn switch(&self, name: &str, default: bool) -> anyhow::Result<bool> {
        Ok(self.integer(name)?.map_or(default, |number| number != 0))
    }

    /// An error that names the value and its source.
    pub(super) fn unusable(&self, name: &str, problem: &str) -> anyhow::Error {
        let (value, source) =
            self.0.get(name).map_or(("", &Source::Default), |(value, source)| (value, source));
        anyhow!("{name} \"{}\" (from {source}) {problem}", value.escape_debug())
    }
}
