//! Errors as the reader sees them: what was attempted, the causes, the details, the ways out.

use crate::apply::{Signal, Stopped};
use crate::failure::{Exit, Failure, one_line, sentences};
use crate::output::format::printable;
use crate::output::ui::{Format, Ui};

impl Ui {
    /// Prints an error, once, at the edge; in JSON on stdout as well.
    pub fn error(&self, error: &anyhow::Error) {
        self.complain(error);
        if self.format() == Format::Json {
            self.error_as_json(error, &sentences(error));
        }
    }

    /// Prints an error for people only: the answer tells programs of it.
    pub fn complain(&self, error: &anyhow::Error) {
        let causes = sentences(error);
        let mut lines = Vec::new();
        for (index, cause) in causes.iter().map(|cause| printable(cause)).enumerate() {
            match index {
                0 => lines.push(format!("{} {cause}", self.paint("error:", anstyle::AnsiColor::Red))),
                _ => lines.push(format!("  caused by: {cause}")),
            }
        }
        for failure in failures(error) {
            for detail in failure.detail.iter().flat_map(|detail| detail.lines()) {
                lines.push(format!("  detail: {}", printable(detail)));
            }
        }
        for hint in failures(error).filter_map(|failure| failure.hint.as_ref()) {
            let word = self.paint("hint:", anstyle::AnsiColor::Cyan);
            lines.push(format!("  {word} {}", printable(hint)));
        }
        self.say(&lines.join("\n"));
    }

    /// What a stop has left of the work on a target; that there was a stop is told once, at the end.
    pub fn left(&self, error: &anyhow::Error) {
        let details: Vec<&str> = failures(error).filter_map(|failure| failure.detail.as_deref()).collect();
        if !details.is_empty() {
            self.say(&format!("{}\n  {}", one_line(error), details.join("\n").replace('\n', "\n  ")));
        }
    }

    fn error_as_json(&self, error: &anyhow::Error, causes: &[String]) {
        #[derive(serde::Serialize)]
        struct Document<'a> {
            event: &'static str,
            message: Option<&'a String>,
            causes: Option<&'a [String]>,
            details: Vec<&'a str>,
            hints: Vec<&'a str>,
            exit_code: u8,
        }
        let document = Document {
            event: "error",
            message: causes.first(),
            causes: causes.get(1..),
            details: failures(error).filter_map(|f| f.detail.as_deref()).collect(),
            hints: failures(error).filter_map(|f| f.hint.as_deref()).collect(),
            exit_code: exit_of(error).code(),
        };
        // stderr has the error already.
        let _ = self.line("pgtend.error/1", &document);
    }
}

/// Prints what clap has to say. Whether it is an error, and not the help or the version that was asked for.
pub fn tell_usage(error: &clap::Error) -> bool {
    // Where neither stream can be written there is nobody to tell.
    let _ = error.print();
    error.use_stderr()
}

/// The exit code of an error: the nearest decision in its chain, or what its cause says by itself.
pub fn exit_of(error: &anyhow::Error) -> Exit {
    if let Some(Stopped(signal)) = error.chain().find_map(|cause| cause.downcast_ref::<Stopped>()) {
        return match signal {
            Signal::Interrupt => Exit::Interrupted,
            Signal::Terminate => Exit::Terminated,
        };
    }
    // The innermost decision is the one that knows the cause.
    failures(error).filter_map(|failure| failure.exit).last().unwrap_or(Exit::Failed)
}

fn failures(error: &anyhow::Error) -> impl Iterator<Item = &Failure> {
    error.chain().filter_map(|cause| cause.downcast_ref::<Failure>())
}
