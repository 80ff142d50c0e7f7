//! A demo's story as a person reads it: headings, paragraphs, command lines. All of it is the answer, so that what the
//! programs in it say stands at its place.
use std::time::Duration;

use anstyle::{AnsiColor, Effects, Style};

use crate::demo::{Event, Observed};
use crate::output::format::{bytes, count, milliseconds};
use crate::output::listing::{Cell, Column, Listing};
use crate::output::ui::Ui;

const WIDTH: usize = 96;
const HEADING: Style = AnsiColor::Green.on_default().effects(Effects::BOLD);
const TYPED: Style = Style::new().effects(Effects::BOLD);
const ASIDE: Style = AnsiColor::Cyan.on_default();
const FILLING: &str = "filling";

const COMPARED: [Column<(&str, Observed)>; 6] = [
    Column { header: "The application", name: "when", cell: |(when, _)| Cell::Text((*when).to_owned()) },
    Column { header: "Writes", name: "writes", cell: |(_, seen)| Cell::Count(seen.writes.count as f64) },
    Column { header: "Longest write", name: "longest_write", cell: |(_, seen)| time(seen.writes.longest) },
    Column { header: "Reads", name: "reads", cell: |(_, seen)| Cell::Count(seen.reads.count as f64) },
    Column { header: "Longest read", name: "longest_read", cell: |(_, seen)| time(seen.reads.longest) },
    Column { header: "Open transaction", name: "open", cell: |(_, seen)| time(seen.open) },
];

impl Ui {
    /// Tells an event of a demo.
    ///
    /// # Errors
    /// As [`Ui::answer`].
    pub fn story(&self, event: &Event<'_>) -> anyhow::Result<()> {
        match event {
            Event::Chapter { number, title } => {
                self.answer(&format!("\n{}\n", styled(HEADING, &format!("{number}. {title}"))))
            }
            Event::Started { version, directory } => self.answer(&format!(
                "PostgreSQL {version}, reached by a socket in {} only\n",
                directory.display()
            )),
            Event::Said(text) => self.answer(&format!("\n{}", wrapped(text))),
            Event::Typed(lines) => self.answer(&typed(lines)),
            Event::Stated { database, statement } => self.answer(&prompted(database, statement)),
            Event::Answered(text) => self.answer(text),
            Event::Ended(code) => self.answer(&styled(ASIDE, &format!("exit code {code}"))),
            Event::Filling { done, total, table } => {
                self.progress.step(FILLING, *done + 1, *total, table);
                Ok(())
            }
            Event::Filled { table, rows, elapsed } => {
                self.progress.aside(|| self.filled(table, *rows, *elapsed))
            }
            Event::FilledAll { rows, bytes: size, elapsed } => {
                self.progress.done(FILLING);
                self.filled(&format!("in all, {}", bytes(*size)), *rows, *elapsed)
            }
            Event::Compared { alone, beside } => {
                self.answer("")?;
                self.listing(&Listing::new(&COMPARED, &[("alone", **alone), ("beside pgtend", **beside)]))
            }
            Event::Suggested { line, why } => {
                self.answer(&format!("  {}  {}", styled(TYPED, line), styled(ASIDE, &format!("# {why}"))))
            }
        }
    }

    /// Takes away what stands on the terminal for as long as a story goes on.
    pub fn story_ended(&self) {
        self.progress.done(FILLING);
    }

    fn filled(&self, what: &str, rows: u64, elapsed: Duration) -> anyhow::Result<()> {
        let (rows, elapsed) = (count(rows as f64), milliseconds(elapsed.as_secs_f64() * 1000.0));
        self.answer(&format!("{what:<22} {rows:>10} rows {elapsed:>9}"))
    }
}

fn time(time: Duration) -> Cell {
    Cell::Text(milliseconds(time.as_secs_f64() * 1000.0))
}

fn styled(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}

fn typed(lines: &str) -> String {
    let lines: Vec<String> =
        lines.lines().map(|line| format!("{} {}", styled(ASIDE, "$"), styled(TYPED, line))).collect();
    format!("\n{}", lines.join("\n"))
}

/// As psql shows what is typed into it.
fn prompted(database: &str, statement: &str) -> String {
    let lines = statement.lines().zip(["=#"].into_iter().chain(std::iter::repeat("-#")));
    let lines: Vec<String> = lines
        .map(|(line, prompt)| {
            format!("{} {}", styled(ASIDE, &format!("{database}{prompt}")), styled(TYPED, line))
        })
        .collect();
    format!("\n{};", lines.join("\n"))
}

fn wrapped(text: &str) -> String {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let line = lines.last().map_or(0, |line| line.chars().count());
        if line > 0 && line + 1 + word.chars().count() > WIDTH {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paragraphs_are_broken_between_words() {
        let text = "word ".repeat(40);
        let lines = wrapped(&text);
        assert!(lines.lines().all(|line| line.len() <= WIDTH && !line.ends_with(' ')), "{lines}");
        assert_eq!(lines.split_whitespace().count(), 40);
    }

    #[test]
    fn statements_stand_behind_the_prompts_of_psql() {
        let plain = anstream::adapter::strip_str(&prompted("bisman", "select 1\nfrom t")).to_string();
        assert_eq!(plain, "\nbisman=# select 1\nbisman-# from t;");
    }
}
