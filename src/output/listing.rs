//! Rows and columns, written as a table, CSV or Markdown from one description, so that no header can stand over
//! another column's cells.
use std::cmp::Ordering;

use anyhow::Context as _;
use comfy_table::presets::{ASCII_MARKDOWN, NOTHING, UTF8_FULL_CONDENSED};
use comfy_table::{CellAlignment, ContentArrangement, Table};

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
    Bytes(i64),
    Milliseconds(f64),
    /// A share of a hundred.
    Percent(f64),
    /// How long something has lasted.
    Seconds(f64),
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
            Self::Text(text) => text.clone(),
            Self::Count(number) => format::count(*number),
            Self::Bytes(number) => format::bytes(*number),
            Self::Milliseconds(time) => format::milliseconds(*time),
            Self::Percent(share) => format!("{share:.1}%"),
            Self::Seconds(time) => format::seconds(*time),
            Self::Sql(text) => format::one_line(text, SQL_SHOWN),
            Self::Series(values) => format::sparkline(values),
            Self::None => "-".to_owned(),
        }
    }

    fn raw(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Count(number) => format!("{number:.0}"),
            Self::Bytes(number) => number.to_string(),
            Self::Milliseconds(time) | Self::Seconds(time) => format!("{time:.3}"),
            Self::Percent(share) => format!("{share:.2}"),
            Self::Sql(text) => text.clone(),
            Self::Series(values) => {
                values.iter().map(|value| format!("{value:.3}")).collect::<Vec<_>>().join(" ")
            }
            Self::None => String::new(),
        }
    }

    pub(super) const fn is_number(&self) -> bool {
        self.number().is_some()
    }

    pub(super) const fn number(&self) -> Option<f64> {
        match self {
            Self::Count(n) | Self::Milliseconds(n) | Self::Percent(n) | Self::Seconds(n) => Some(*n),
            Self::Bytes(n) => Some(*n as f64),
            Self::Text(_) | Self::Sql(_) | Self::Series(_) | Self::None => None,
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
}

impl Listing {
    pub fn new<R>(columns: &[Column<R>], rows: &[R]) -> Self {
        Self {
            headers: columns.iter().map(|column| column.header).collect(),
            names: columns.iter().map(|column| column.name).collect(),
            rows: rows.iter().map(|row| columns.iter().map(|column| (column.cell)(row)).collect()).collect(),
        }
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
        }
    }
}

fn chosen<T>(all: Vec<T>, kept: &[bool]) -> Vec<T> {
    all.into_iter().zip(kept).filter(|(_, kept)| **kept).map(|(one, _)| one).collect()
}

impl Ui {
    /// Writes a list in the format that the user asked for, JSON excepted.
    pub fn listing(&self, listing: &Listing) -> anyhow::Result<()> {
        match self.format() {
            Format::Csv => self.answer(&csv(listing)?),
            Format::Markdown => self.answer(&self.table(listing, Style::Markdown)),
            _ if self.answer_is_seen() => self.answer(&self.table(listing, Style::Screen)),
            _ => self.answer(&self.table(listing, Style::Pipe)),
        }
    }

    fn table(&self, listing: &Listing, style: Style) -> String {
        let mut table = Table::new();
        table.force_no_tty();
        table.load_style(match style {
            Style::Screen => UTF8_FULL_CONDENSED,
            Style::Markdown => ASCII_MARKDOWN,
            Style::Pipe => NOTHING,
        });
        match (style, self.width()) {
            (Style::Screen, Some(width)) => {
                table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width)
            }
            _ => table.set_content_arrangement(ContentArrangement::Disabled),
        };
        table.set_header(&listing.headers);
        for row in &listing.rows {
            table.add_row(row.iter().map(|cell| {
                let alignment = if cell.is_number() { CellAlignment::Right } else { CellAlignment::Left };
                comfy_table::Cell::new(cell.for_people()).set_alignment(alignment)
            }));
        }
        table.trim_fmt()
    }
}

#[derive(Clone, Copy, Debug)]
enum Style {
    Screen,
    Markdown,
    Pipe,
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
