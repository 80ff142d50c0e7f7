//! Bars on a terminal: one for each target that is being worked on. Elsewhere there are none, and plain lines tell.
use std::cell::RefCell;
use std::collections::HashMap;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

#[derive(Debug)]
pub struct Progress {
    bars: MultiProgress,
    shown: bool,
    by_target: RefCell<HashMap<String, ProgressBar>>,
}

impl Progress {
    pub(super) fn new(shown: bool) -> Self {
        let target = if shown { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        Self { bars: MultiProgress::with_draw_target(target), shown, by_target: RefCell::default() }
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
