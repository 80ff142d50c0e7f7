//! Rows and columns, written as a table, CSV or Markdown from one description, so that no header can stand over
//! another column's cells.
use std::cmp::Ordering;

use anyhow::Context as _;
use comfy_table::presets::{ASCII_MARKDOWN, NOTHING, UTF8_FULL_CONDENSED};
use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, Table, TableStyle, Width};

use crate::output::fit::{Fit, fit, framed, longest_word};
use crate::output::format;
use crate::output::ui::{Format, Ui};

/// A column: its header for people, its name for programs, and how to get a row's cell.
#[derive(Clone, Copy, Debug)]
pub struct Column<R> {
    pub header: &'static str,
    pub name: &'static str,
    pub cell: fn(&R) -> Cell,
}

/// Characters of a statement that people are shown; JSON and CSV have all of it.
const SQL_SHOWN: usize = 100;

#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    Text(String),
    Count(f64),
    /// A whole number of which each digit counts.
    Integer(i64),
    Bytes(i64),
    Milliseconds(f64),
    /// A share of a hundred.
    Percent(f64),
    /// How long something has lasted.
    Seconds(f64),
    /// Of which people see the first line.
    Lines(String),
    /// A statement: on one line, and cut where the line would be too long for a reader.
    Sql(String),
    /// What was so much in each of several spans of time, oldest first.
    Series(Vec<f64>),
    /// Not known, or not applicable.
    None,
}

impl Cell {
    pub fn text(text: Option<impl Into<String>>) -> Self {
        text.map_or(Self::None, |text| Self::Text(text.into()))
    }

    /// A cell of what may not be known.
    pub fn known<T>(value: Option<T>, cell: impl FnOnce(T) -> Self) -> Self {
        value.map_or(Self::None, cell)
    }

    pub(super) fn for_people(&self) -> String {
        match self {
            Self::Text(text) => format::visible(text).into_owned(),
            Self::Count(number) => format::count(*number),
            Self::Integer(number) => format::integer(*number),
            Self::Bytes(number) => format::bytes(*number),
            Self::Milliseconds(time) => format::milliseconds(*time),
            Self::Percent(share) => format!("{share:.1}%"),
            Self::Seconds(time) => format::seconds(*time),
            Self::Lines(text) => format::visible(text.lines().next().unwrap_or_default()).into_owned(),
            Self::Sql(text) => format::fitting(text, SQL_SHOWN),
            Self::Series(values) => format::sparkline(values),
            Self::None => "-".to_owned(),
        }
    }

    fn raw(&self) -> String {
        match self {
            Self::Text(text) | Self::Lines(text) | Self::Sql(text) => format::distinct(text).into_owned(),
            Self::Count(number) => format!("{number:.0}"),
            Self::Integer(number) | Self::Bytes(number) => number.to_string(),
            Self::Milliseconds(time) | Self::Seconds(time) => format!("{time:.3}"),
            Self::Percent(share) => format!("{share:.2}"),
            Self::Series(values) => {
                values.iter().map(|value| format!("{value:.3}")).collect::<Vec<_>>().join(" ")
            }
            Self::None => String::new(),
        }
    }

    /// Characters below which people would not want to read it.
    fn least_width(&self) -> usize {
        const WORD: usize = 16;
        let text = self.for_people();
        if self.is_number() { text.chars().count() } else { longest_word(&text).min(WORD) }
    }

    pub(super) const fn is_number(&self) -> bool {
        self.number().is_some()
    }

    pub(super) const fn number(&self) -> Option<f64> {
        match self {
            Self::Count(n) | Self::Milliseconds(n) | Self::Percent(n) | Self::Seconds(n) => Some(*n),
            Self::Integer(n) | Self::Bytes(n) => Some(*n as f64),
            Self::Text(_) | Self::Lines(_) | Self::Sql(_) | Self::Series(_) | Self::None => None,
        }
    }

    /// The order of a list that is sorted by this cell: large numbers first, names from A on, what is not known last.
    pub fn order(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::None, Self::None) => Ordering::Equal,
            (Self::None, _) => Ordering::Greater,
            (_, Self::None) => Ordering::Less,
            _ => match (self.number(), other.number()) {
                (Some(one), Some(another)) => another.total_cmp(&one),
                _ => self.raw().cmp(&other.raw()),
            },
        }
    }
}

/// A list that is ready to be written in any format but JSON, which has a document of its own.
#[derive(Debug)]
pub struct Listing {
    pub(super) headers: Vec<&'static str>,
    pub(super) names: Vec<&'static str>,
    pub(super) rows: Vec<Vec<Cell>>,
    /// Where the terminal is too narrow, columns are left out rather than rows made several lines.
    by_line: bool,
}

impl Listing {
    pub fn new<R>(columns: &[Column<R>], rows: &[R]) -> Self {
        Self {
            headers: columns.iter().map(|column| column.header).collect(),
            names: columns.iter().map(|column| column.name).collect(),
            rows: rows.iter().map(|row| columns.iter().map(|column| (column.cell)(row)).collect()).collect(),
            by_line: false,
        }
    }

    /// For a list that is read down, its columns in the order of their worth.
    #[must_use]
    pub fn by_line(self) -> Self {
        Self { by_line: true, ..self }
    }

    /// With the columns of these names alone, in their own order; all where none is named.
    #[must_use]
    pub fn only(self, names: &[&str]) -> Self {
        let kept: Vec<bool> =
            self.names.iter().map(|name| names.is_empty() || names.contains(name)).collect();
        Self {
            headers: chosen(self.headers, &kept),
            names: chosen(self.names, &kept),
            rows: self.rows.into_iter().map(|row| chosen(row, &kept)).collect(),
            by_line: self.by_line,
        }
    }

    /// Characters that a table takes in which no number and hardly a word is broken.
    fn least_width(&self) -> usize {
        let header = |header: &&str| longest_word(header);
        let mut widths: Vec<usize> = self.headers.iter().map(header).collect();
        for row in &self.rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.least_width());
            }
        }
        framed(widths)
    }
}

/// As psql shows what is too wide for the terminal: a block of lines for each row. What is not known has no line.
fn expanded(listing: &Listing, width: u16) -> String {
    let block = |(number, row): (usize, &Vec<Cell>)| {
        let mut block = Table::new();
        block.force_no_tty();
        block.load_style(NOTHING);
        block.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
        let known = listing.headers.iter().zip(row).filter(|(_, cell)| **cell != Cell::None);
        block.add_rows(known.map(|(header, cell)| [(*header).to_owned(), cell.for_people()]));
        let title = format!("─[ {} ]", number + 1);
        let rule = "─".repeat(usize::from(width).saturating_sub(title.chars().count()));
        format!("{title}{rule}\n{}", block.trim_fmt())
    };
    listing.rows.iter().enumerate().map(block).collect::<Vec<_>>().join("\n")
}

fn chosen<T>(all: Vec<T>, kept: &[bool]) -> Vec<T> {
    all.into_iter().zip(kept).filter(|(_, kept)| **kept).map(|(one, _)| one).collect()
}

impl Ui {
    /// Writes a list in the format that the user asked for, JSON excepted.
    pub fn listing(&self, listing: &Listing) -> anyhow::Result<()> {
        let whole = |style| table(listing, style, SQL_SHOWN).trim_fmt();
        match (self.format(), self.width().filter(|_| self.answer_is_seen())) {
            (Format::Csv, _) => self.answer(&csv(listing)?),
            (Format::Markdown, _) => self.answer(&whole(ASCII_MARKDOWN)),
            (_, Some(width)) => self.answer(&on_screen(listing, width)),
            (_, None) if self.answer_is_seen() => self.answer(&whole(UTF8_FULL_CONDENSED)),
            (_, None) => self.answer(&whole(NOTHING)),
        }
    }
}

fn on_screen(listing: &Listing, width: u16) -> String {
    if listing.by_line {
        fitted(listing, width)
    } else if !listing.rows.is_empty() && listing.least_width() > width.into() {
        expanded(listing, width)
    } else {
        let mut table = table(listing, UTF8_FULL_CONDENSED, SQL_SHOWN);
        table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
        table.trim_fmt()
    }
}

/// `statement`: how much of one is shown.
fn table(listing: &Listing, style: TableStyle, statement: usize) -> Table {
    let mut table = Table::new();
    table.force_no_tty();
    table.load_style(style);
    table.set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(&listing.headers);
    for row in &listing.rows {
        table.add_row(row.iter().map(|cell| {
            let alignment = if cell.is_number() { CellAlignment::Right } else { CellAlignment::Left };
            let shown = match cell {
                Cell::Sql(text) => format::fitting(text, statement),
                cell => cell.for_people(),
            };
            comfy_table::Cell::new(shown).set_alignment(alignment)
        }));
    }
    table
}

/// The table for a terminal of this width, and what it had no room for.
fn fitted(listing: &Listing, width: u16) -> String {
    const PADDING: u16 = 2;
    let Fit { kept, least, statement } = fit(listing, usize::from(width));
    let shown = Listing {
        headers: chosen(listing.headers.clone(), &kept),
        names: chosen(listing.names.clone(), &kept),
        rows: listing.rows.iter().map(|row| chosen(row.clone(), &kept)).collect(),
        by_line: true,
    };
    let mut table = table(&shown, UTF8_FULL_CONDENSED, statement);
    table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
    for (column, least) in table.column_iter_mut().zip(chosen(least, &kept)) {
        let least = u16::try_from(least).unwrap_or(width).saturating_add(PADDING);
        column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(least)));
    }
    let left_out: Vec<&str> =
        listing.headers.iter().zip(&kept).filter(|(_, kept)| !**kept).map(|(header, _)| *header).collect();
    match left_out.is_empty() {
        true => table.trim_fmt(),
        false => format!(
            "{}\nno room for {}; a wider terminal, or --format markdown, shows all",
            table.trim_fmt(),
            left_out.join(", ")
        ),
    }
}

fn csv(listing: &Listing) -> anyhow::Result<String> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(&listing.names)?;
    for row in &listing.rows {
        writer.write_record(row.iter().map(Cell::raw))?;
    }
    let bytes = writer.into_inner().context("write CSV")?;
    Ok(String::from_utf8(bytes)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_wide_is_expanded_and_broken_between_words() {
        const COLUMNS: [Column<(&str, f64)>; 3] = [
            Column { header: "View", name: "view", cell: |row| Cell::Text(row.0.to_owned()) },
            Column { header: "Rows (est.)", name: "rows", cell: |row| Cell::Count(row.1) },
            Column { header: "Error", name: "error", cell: |_| Cell::None },
        ];
        let listing = Listing::new(&COLUMNS, &[("it is public.daily", 1_234_567.0), ("b", 2.0)]);
        assert_eq!(listing.least_width(), "| public.daily | 1,234,567 | Error |".len());
        let text = expanded(&listing, 24);
        let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
        assert_eq!(lines[0].chars().count(), 24);
        assert_eq!(lines[0], format!("─[ 1 ]{}", "─".repeat(18)));
        assert!(text.contains("1,234,567") && !text.contains("Error"), "{text}");
        assert!(lines.iter().all(|line| line.chars().count() <= 24), "{text}");
        assert_eq!(lines.iter().filter(|line| line.starts_with("─[ ")).count(), 2);
    }
}
