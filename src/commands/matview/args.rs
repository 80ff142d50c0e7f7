//! What the user wants of a view: the flags over its section of the configuration.
use std::time::Duration;

use clap::Args;

use crate::config::MatviewConfig;
use crate::operations::matview::{Mode, Wish};

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub enum ModeArg {
    /// The way in which readers wait least
    Auto,
    /// REFRESH ... CONCURRENTLY: writes only what differs; needs a unique index
    Concurrent,
    /// REFRESH: stops all readers while it runs
    Plain,
    /// Build a copy and let it take the view's name
    Swap,
}

#[derive(Debug, Default, Args)]
pub struct WishArgs {
    /// How to refresh [default: auto]
    #[arg(long, value_enum)]
    mode: Option<ModeArg>,
    /// Leave a view alone whose last refresh is not older than this
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    max_age: Option<Duration>,
    /// Refresh although nothing has changed below
    #[arg(long)]
    force: bool,
    /// Stop readers for the whole refresh where there is no other way
    #[arg(long)]
    allow_blocking: bool,
    /// Longest time for the reading of one view [default: no limit]
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    timeout: Option<Duration>,
}

impl WishArgs {
    /// `named`: the user named the view, and wants it now, whatever age the configuration is content with.
    pub fn wish(&self, config: Option<&MatviewConfig>, named: bool) -> Wish {
        let mode = match self.mode {
            Some(ModeArg::Auto) => Mode::Auto,
            Some(ModeArg::Concurrent) => Mode::Concurrent,
            Some(ModeArg::Plain) => Mode::Plain,
            Some(ModeArg::Swap) => Mode::Swap,
            None => config.and_then(|config| config.mode).unwrap_or_default(),
        };
        let configured = config.filter(|_| !named).and_then(|config| config.max_age);
        Wish {
            mode,
            force: self.force,
            allow_blocking: self.allow_blocking || config.is_some_and(|config| config.allow_blocking),
            max_age: self.max_age.or(configured),
        }
    }

    pub fn timeout(&self, config: Option<&MatviewConfig>) -> Option<Duration> {
        self.timeout.or_else(|| config?.timeout)
    }
}
