//! Events of an apply as a person or a log reads them, or as lines of JSON.
use crate::apply::{Event, LoadReport, StepReport};
use crate::output::format::{count, milliseconds};
use crate::output::ui::Ui;
use crate::pg::lock::{Blocker, IndexProgress};

impl Ui {
    /// Tells an event.
    pub fn event(&self, event: &Event) {
        if let Event::IndexProgress { target, summary, elapsed_ms, progress } = event {
            self.progress.share(target, summary, progress);
            if !self.progress.is_due(summary, *elapsed_ms, &progress.phase, self.is_json()) {
                return;
            }
        }
        if self.is_json() {
            // A reader of the stream that has gone away is noticed when the outcome is written.
            let _ = self.line("pgtend.event/1", event);
        }
        match event {
            Event::StepStarted { target, step, steps, summary } => {
                self.progress.step(target, *step, *steps, summary);
            }
            Event::StepFinished(report) => self.step_finished(report),
            Event::LockBusy { target, attempt, next_try_ms, blockers } => {
                let next = milliseconds(*next_try_ms as f64);
                self.status(&format!("{target}: locks are busy (attempt {attempt}), next try in {next}"));
                self.blockers(blockers);
            }
            Event::Waiting { target, waited_ms, blockers } => {
                let waited = milliseconds(*waited_ms as f64);
                self.status(&format!(
                    "{target}: waits for older transactions since {waited}; nobody is held up"
                ));
                self.blockers(blockers);
            }
            Event::Recovered { target, summary, found } => {
                self.status(&format!("{target}: {summary}: an earlier attempt was {found}"));
            }
            Event::IndexProgress { target, summary, elapsed_ms, progress } => {
                let elapsed = milliseconds(*elapsed_ms as f64);
                let share = share(progress);
                self.unless_drawn(&format!(
                    "{target}: {summary}: {}{share}, {elapsed} so far",
                    progress.phase
                ));
            }
            Event::BatchDone { target, rows } => self.chat(&format!("{target}: {rows} rows so far")),
            Event::Loaded(report) => self.progress.say(&report.target, &loaded(report)),
            Event::Throttled { target, reason } => self.status(&format!("{target}: pauses: {reason}")),
            Event::Note { target, text } => self.status(&format!("{target}: {text}")),
        }
    }

    /// For a log, where no bar shows it.
    fn unless_drawn(&self, line: &str) {
        if !self.progress.is_shown() && !self.is_json() {
            self.status(line);
        }
    }

    fn blockers(&self, blockers: &[Blocker]) {
        for blocker in blockers {
            self.status(&format!("  {blocker}"));
        }
    }

    fn step_finished(&self, report: &StepReport) {
        let mut line = format!("{}: {}, {}", report.target, report.summary, milliseconds(report.elapsed_ms));
        if let (Some(wait), Some(held)) = (report.lock_wait_ms, report.lock_held_ms) {
            line = format!("{line} (locks waited for {}, held {})", milliseconds(wait), milliseconds(held));
        }
        if report.step == report.steps {
            self.progress.done(&report.target);
        }
        if report.minor && !self.voice.verbose {
            return;
        }
        self.status(&line);
    }

    /// Takes a target's progress bar away, whatever its plan came to.
    pub fn target_done(&self, target: &str) {
        self.progress.done(target);
    }
}

/// ` 40 % of 5,276 pages`; nothing where the total is not known.
pub(super) fn share(progress: &IndexProgress) -> String {
    if progress.total <= 0 {
        return String::new();
    }
    let percent = progress.done as f64 / progress.total as f64 * 100.0;
    format!(" {percent:.0} % of {} {}", count(progress.total as f64), progress.unit)
}

/// Rows, their rate, and the time that is left, as far as the planner's estimate is right.
fn loaded(report: &LoadReport) -> String {
    let rate = report.rows as f64 * 1000.0 / report.elapsed_ms.max(1.0);
    let mut line = format!(
        "{} rows, {} a second, batches of {}",
        count(report.rows as f64),
        count(rate),
        milliseconds(report.batch_ms)
    );
    if report.rejected > 0 {
        line = format!("{line}, {} rejected", count(report.rejected as f64));
    }
    match report.source_rows_estimate.filter(|estimate| *estimate > report.source_rows as f64) {
        Some(estimate) if report.source_rows > 0 => {
            let done = report.source_rows as f64 / estimate;
            let left = report.elapsed_ms / done * (1.0 - done);
            format!("{line}, {:.0} %, {} left", done * 100.0, milliseconds(left))
        }
        _ => line,
    }
}
