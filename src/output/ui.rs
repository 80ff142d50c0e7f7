//! The two streams, judged once: who reads them, in which format, with which colour, and whether a question may be
//! asked.
use std::cell::Cell;
use std::io::{self, IsTerminal as _, Write as _};

use anstream::{AutoStream, ColorChoice};
use anyhow::{Context as _, anyhow};
use clap::ValueEnum;
use clap::builder::PossibleValuesParser;
use serde::Serialize;

use crate::apply::{Signal, Stopped};
use crate::failure::{Exit, Explain as _};
use crate::output::format::printable;
use crate::output::progress::Progress;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    #[default]
    Table,
    Json,
    Csv,
    Markdown,
}

impl Format {
    /// As the command line has them.
    pub fn names() -> PossibleValuesParser {
        PossibleValuesParser::new(Self::value_variants().iter().filter_map(ValueEnum::to_possible_value))
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Color {
    #[default]
    Auto,
    Always,
    Never,
}

/// What the user said about output.
#[derive(Clone, Copy, Debug, Default)]
pub struct Voice {
    pub format: Format,
    pub color: Color,
    pub quiet: bool,
    pub verbose: bool,
    pub no_progress: bool,
    pub no_input: bool,
}

#[derive(Debug)]
pub struct Ui {
    pub(super) voice: Voice,
    pub(super) progress: Progress,
    stderr_color: ColorChoice,
    answer_is_seen: bool,
    /// Of the terminal that shows the answer, in columns.
    width: Option<u16>,
    can_ask: bool,
    reader_left: Cell<bool>,
}

impl Ui {
    pub fn new(voice: Voice) -> Self {
        let choice = match voice.color {
            Color::Auto => ColorChoice::Auto,
            Color::Always => ColorChoice::Always,
            Color::Never => ColorChoice::Never,
        };
        choice.write_global();
        let stderr_color = match choice {
            ColorChoice::Auto => AutoStream::choice(&io::stderr()),
            chosen => chosen,
        };
        let seen = io::stderr().is_terminal();
        let ci = std::env::var_os("CI").is_some();
        let bars = seen
            && !ci
            && !voice.quiet
            && !voice.verbose
            && !voice.no_progress
            && voice.format != Format::Json;
        Self {
            voice,
            progress: Progress::new(bars),
            stderr_color,
            answer_is_seen: io::stdout().is_terminal(),
            width: rustix::termios::tcgetwinsize(io::stdout()).ok().map(|size| size.ws_col),
            can_ask: io::stdin().is_terminal() && seen && !voice.no_input,
            reader_left: Cell::new(false),
        }
    }

    pub const fn format(&self) -> Format {
        self.voice.format
    }

    pub const fn is_json(&self) -> bool {
        matches!(self.voice.format, Format::Json)
    }

    pub const fn color(&self) -> Color {
        self.voice.color
    }

    /// Somebody looks at stdout.
    pub const fn answer_is_seen(&self) -> bool {
        self.answer_is_seen
    }

    /// Of the terminal that shows the answer, in columns; none where it says nothing useful.
    pub fn width(&self) -> Option<u16> {
        const LEAST: u16 = 20;
        self.width.filter(|width| *width >= LEAST)
    }

    pub const fn can_ask(&self) -> bool {
        self.can_ask
    }

    /// To whoever reads on: what is done does not change, nor the exit code, when that one has seen enough.
    ///
    /// # Errors
    /// When stdout cannot be written.
    pub fn answer(&self, text: &str) -> anyhow::Result<()> {
        if !self.is_read() {
            return Ok(());
        }
        let mut out = anstream::stdout().lock();
        let written = if text.ends_with('\n') || text.is_empty() {
            write!(out, "{text}")
        } else {
            writeln!(out, "{text}")
        };
        match written.and_then(|()| out.flush()) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.reader_left.set(true);
                Ok(())
            }
            written => written.context("write the answer"),
        }
    }

    /// Nobody has closed the other end of stdout.
    pub const fn is_read(&self) -> bool {
        !self.reader_left.get()
    }

    /// One JSON document. `value` must serialize to an object.
    pub fn document(&self, schema: &str, value: &impl Serialize) -> anyhow::Result<()> {
        self.answer(&serde_json::to_string_pretty(&versioned(schema, value)?)?)
    }

    /// One line of JSON, for streams of events and their outcome.
    pub fn line(&self, schema: &str, value: &impl Serialize) -> anyhow::Result<()> {
        self.answer(&serde_json::to_string(&versioned(schema, value)?)?)
    }

    /// What happened: one line, unless the user asked for quiet.
    pub fn status(&self, message: &str) {
        if !self.voice.quiet {
            self.say(&printable(message));
        }
    }

    /// What a person may like to know and a log does not need.
    pub fn chat(&self, message: &str) {
        if !self.voice.quiet && (self.voice.verbose || io::stderr().is_terminal()) {
            self.say(&printable(message));
        }
    }

    pub fn warning(&self, message: &str) {
        let word = self.paint("warning:", anstyle::AnsiColor::Yellow);
        self.say(&format!("{word} {}", printable(message)));
    }

    /// `message`: with nothing from outside in it that a terminal would obey.
    pub(super) fn say(&self, message: &str) {
        self.progress.aside(|| {
            let mut err = AutoStream::new(io::stderr(), self.stderr_color).lock();
            // Nobody is left to tell when stderr is closed.
            let _ = writeln!(err, "{message}");
        });
    }

    pub(super) fn paint(&self, word: &str, color: anstyle::AnsiColor) -> String {
        let style = color.on_default().bold();
        format!("{style}{word}{style:#}")
    }

    /// Asks a question whose usual answer is no.
    ///
    /// # Errors
    /// `Exit::Usage` when there is no terminal to ask on.
    pub fn confirm(&self, question: &str) -> anyhow::Result<bool> {
        if !self.can_ask {
            let error = anyhow!("{question} There is no terminal to answer on; nothing was changed");
            return Err(error.exit(Exit::Usage).hint("pass --yes to agree beforehand"));
        }
        let prompt = dialoguer::Confirm::new().with_prompt(question).default(false);
        let answer = self.progress.aside(|| prompt.interact());
        answer.map_err(|_| {
            // Ctrl-C comes as a key here, and the question has hidden the cursor.
            let _ = write!(io::stderr(), "\x1b[?25h");
            anyhow!(Stopped(Signal::Interrupt)).context("not answered; nothing was changed")
        })
    }

    /// Asks for a password without showing it.
    pub fn password(&self, prompt: &str) -> anyhow::Result<String> {
        let prompt = dialoguer::Password::new().with_prompt(prompt).allow_empty_password(true);
        self.progress.aside(|| prompt.interact()).context("ask on the terminal")
    }
}

fn versioned(schema: &str, value: &impl Serialize) -> anyhow::Result<serde_json::Value> {
    let mut document = serde_json::Map::new();
    document.insert("schema".to_owned(), schema.into());
    match serde_json::to_value(value)? {
        serde_json::Value::Object(fields) => document.extend(fields),
        other => drop(document.insert("value".to_owned(), other)),
    }
    Ok(serde_json::Value::Object(document))
}
