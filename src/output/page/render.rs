//! A page as HTML. The templates in `templates/` escape whatever they are given; nothing else writes markup but
//! numbers.
use std::collections::BTreeSet;

use anyhow::Context as _;
use askama::Template;

use crate::output::format;
use crate::output::page::drawing::{SPARK, short};
use crate::output::page::section::{Figure, Lane, Page, Section, Table};
use crate::output::page::shown::{ShownTable, shown};

/// What a mail takes without a thought.
const MOST_BYTES: usize = 150_000;
/// Rows of a table, one after the other, until the page is small enough.
const ROWS: [usize; 5] = [20, 12, 8, 4, 2];

#[derive(Template)]
#[template(path = "page.html")]
struct Whole<'a> {
    page: &'a Page,
    rows: usize,
    /// Statements that would show more, each once.
    grants: Vec<&'a str>,
}

impl Page {
    /// The same page gives the same bytes. Tables are cut to `rows` rows, and further where it would grow too large.
    ///
    /// # Errors
    /// None that can be met: the templates were checked when they were compiled.
    pub fn html(&self, rows: usize) -> anyhow::Result<String> {
        let mut html = self.with_rows(rows)?;
        for fewer in ROWS.into_iter().filter(|fewer| *fewer < rows) {
            if html.len() < MOST_BYTES {
                break;
            }
            html = self.with_rows(fewer)?;
        }
        Ok(html)
    }

    fn with_rows(&self, rows: usize) -> anyhow::Result<String> {
        let remedies = self.sections.iter().flat_map(|section| &section.remarks);
        let remedies = remedies.filter_map(|remark| remark.remedy.as_deref());
        let grants: BTreeSet<&str> = remedies.filter(|remedy| remedy.starts_with("grant ")).collect();
        let whole = Whole { page: self, rows, grants: grants.into_iter().collect() };
        whole.render().context("write the page")
    }
}

impl Whole<'_> {
    fn spark_box(&self) -> String {
        format!("0 0 {} {}", SPARK.0, SPARK.1)
    }

    fn shown(&self, table: &Table) -> ShownTable {
        shown(&table.listing, table.bars, self.rows)
    }

    /// What a page with so few rows does not show.
    fn more(&self, table: &Table) -> Option<String> {
        let all = table.listing.rows.len();
        (all > self.rows).then(|| format!("{} of {}; all:", self.rows, format::count(all as f64)))
    }

    fn lanes<'b>(&self, lanes: &'b [Lane]) -> &'b [Lane] {
        &lanes[..lanes.len().min(self.rows)]
    }

    fn more_lanes(&self, lanes: &[Lane]) -> Option<String> {
        (lanes.len() > self.rows).then(|| format!("{} of {} tables; all:", self.rows, lanes.len()))
    }

    fn statements(&self, section: &Section) -> String {
        section.next.join("\n")
    }

    fn place(&self, share: &f64) -> String {
        short(100.0 * share)
    }

    fn length(&self, begin: &f64, end: &f64) -> String {
        short(100.0 * (end - begin))
    }

    /// Faint where there is little, never so faint that it cannot be seen.
    fn strength(&self, weight: &f64) -> String {
        short(0.3 + 0.7 * weight.clamp(0.0, 1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::listing::{Cell, Column, Listing};
    use crate::output::page::section::{Block, Chip, Remark};

    /// The longest name that a table can have, of what is longest when it is escaped.
    const LONGEST: usize = 63;

    fn listing(rows: usize, name: &str) -> Listing {
        const COLUMNS: [Column<(String, usize)>; 4] = [
            Column { header: "Table", name: "table", cell: |row| Cell::Text(row.0.clone()) },
            Column { header: "Size", name: "size", cell: |row| Cell::Bytes(row.1 as i64) },
            Column { header: "Hours", name: "hours", cell: |row| Cell::Series(vec![row.1 as f64; 24]) },
            Column { header: "Query", name: "query", cell: |row| Cell::Sql(row.0.repeat(10)) },
        ];
        let rows: Vec<(String, usize)> = (0..rows).map(|row| (format!("public.\"{name}\""), row)).collect();
        Listing::new(&COLUMNS, &rows)
    }

    fn page(rows: usize, name: &str) -> Page {
        let block = |begin: usize| Block {
            begin: begin as f64 / 12.0,
            end: (begin + 1) as f64 / 12.0,
            kind: "past",
            weight: 0.5,
            text: "2026-01-01 to 2026-02-01, ~1,000 rows".to_owned(),
        };
        let lane = |_| Lane {
            name: name.to_owned(),
            about: "every month".to_owned(),
            from: "2026-01-01".to_owned(),
            to: "2027-01-01".to_owned(),
            now: 0.5,
            mark: None,
            blocks: (0..12).map(block).collect(),
        };
        let chip = |_| Chip {
            state: "critical",
            name: "sequences".to_owned(),
            group: "tables".to_owned(),
            text: name.repeat(3),
            remedy: Some(name.to_owned()),
        };
        let table = |_| {
            let table = Table {
                listing: listing(rows, name),
                bars: &["size"],
                all: "pgtend report sizes".to_owned(),
            };
            let mut section = Section::new("sizes", "Sizes", name);
            section.figures.push(Figure::Table(table));
            section
        };
        let mut lanes = Section::new("partitions", "Partitions", name);
        lanes.figures =
            vec![Figure::Lanes((0..rows).map(lane).collect()), Figure::Chips((0..30).map(chip).collect())];
        let remedy = Some(format!("grant select on all tables in schema \"{name}\" to x;"));
        lanes.remarks.push(Remark { text: "hidden".to_owned(), remedy });
        let sections = std::iter::once(lanes).chain((0..6).map(table)).collect();
        Page {
            title: name.to_owned(),
            facts: vec![("Role", name.to_owned())],
            state: ("critical", String::new()),
            sections,
        }
    }

    #[test]
    fn a_page_of_four_thousand_tables_with_the_longest_names_is_small() {
        let html = page(4000, &"<".repeat(LONGEST)).html(20).unwrap();
        assert!(html.len() < MOST_BYTES, "{} bytes", html.len());
        assert!(html.contains(" of 4,000; all: <code>pgtend report sizes</code>"));
    }

    /// The elements of a page, in their order.
    fn elements(html: &str) -> Vec<&str> {
        let name =
            |rest: &str| rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '/' && c != '!').unwrap_or(0);
        html.split('<').skip(1).map(|rest| &rest[..name(rest)]).collect()
    }

    #[test]
    fn whatever_a_name_holds_is_text() {
        let harmless = page(3, "orders").html(20).unwrap();
        for name in
            ["<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "</style><b>", "a'b&amp;{{ x }}"]
        {
            let html = page(3, name).html(20).unwrap();
            assert_eq!(elements(&html), elements(&harmless), "{name}");
            assert!(!html.contains(name), "{name} as it stands");
        }
        assert!(harmless.contains("grant select on all tables in schema &#34;orders&#34; to x;"));
    }

    #[test]
    fn the_same_page_is_the_same_bytes() {
        assert_eq!(page(50, "orders").html(20).unwrap(), page(50, "orders").html(20).unwrap());
    }
}
