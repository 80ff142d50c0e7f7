//! Bars on a terminal: one for each target that is being worked on. Elsewhere there are none, and plain lines tell.
use std::cell::RefCell;
use std::collections::HashMap;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::output::event::share;
use crate::pg::lock::IndexProgress;

#[derive(Debug)]
pub struct Progress {
    bars: MultiProgress,
    shown: bool,
    by_target: RefCell<HashMap<String, ProgressBar>>,
    told: Box<RefCell<Told>>,
}

/// The step that told how far it is, and when it did.
#[derive(Debug, Default)]
struct Told {
    step: String,
    phase: String,
    at_ms: u64,
}

/// A line of a log comes so often, one of JSON for each phase as well.
const LOG_EVERY_MS: u64 = 30_000;
const JSON_EVERY_MS: u64 = 5_000;

impl Progress {
    pub(super) fn new(shown: bool) -> Self {
        let target = if shown { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let (by_target, told) = (RefCell::default(), Box::default());
        Self { bars: MultiProgress::with_draw_target(target), shown, by_target, told }
    }

    /// Writes beside the bars.
    pub(super) fn aside<T>(&self, write: impl FnOnce() -> T) -> T {
        if self.shown { self.bars.suspend(write) } else { write() }
    }

    pub(super) fn step(&self, target: &str, step: usize, steps: usize, summary: &str) {
        if !self.shown {
            return;
        }
        let mut by_target = self.by_target.borrow_mut();
        let bar = by_target.entry(target.to_owned()).or_insert_with(|| {
            let bar = self.bars.add(ProgressBar::new(steps as u64));
            if let Ok(style) =
                ProgressStyle::with_template("{spinner} [{bar:20}] {pos}/{len} {msg} {elapsed}")
            {
                bar.set_style(style.progress_chars("=> "));
            }
            bar.enable_steady_tick(Duration::from_millis(250));
            bar
        });
        bar.set_length(steps as u64);
        bar.set_position(step.saturating_sub(1) as u64);
        bar.set_message(format!("{target}: {summary}"));
    }

    pub(super) const fn is_shown(&self) -> bool {
        self.shown
    }

    /// Beside the step's name, how far it has come.
    pub(super) fn share(&self, target: &str, summary: &str, progress: &IndexProgress) {
        if let Some(bar) = self.by_target.borrow().get(target) {
            bar.set_message(format!("{target}: {summary}: {}{}", progress.phase, share(progress)));
        }
    }

    /// Whether a step that is at it for so long has something to tell again.
    pub(super) fn is_due(&self, step: &str, elapsed_ms: u64, phase: &str, json: bool) -> bool {
        let mut told = self.told.borrow_mut();
        if told.step != step {
            *told = Told { step: step.to_owned(), ..Told::default() };
        }
        let every = if json { JSON_EVERY_MS } else { LOG_EVERY_MS };
        let due = elapsed_ms >= told.at_ms + every || (json && told.phase != phase);
        if due {
            phase.clone_into(&mut told.phase);
            told.at_ms = elapsed_ms;
        }
        due
    }

    /// What the bar of a target says beside its steps.
    pub(super) fn say(&self, target: &str, message: &str) {
        if self.shown && !self.by_target.borrow().contains_key(target) {
            self.step(target, 1, 1, message);
        }
        if let Some(bar) = self.by_target.borrow().get(target) {
            bar.set_message(format!("{target}: {message}"));
        }
    }

    pub(super) fn done(&self, target: &str) {
        if let Some(bar) = self.by_target.borrow_mut().remove(target) {
            bar.finish_and_clear();
            self.bars.remove(&bar);
        }
    }
}
