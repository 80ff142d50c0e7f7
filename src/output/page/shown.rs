//! Cells of a list as a page shows them: numbers to the right, shares and weights as bars, series as drawings.
use crate::output::format;
use crate::output::listing::{Cell, Listing};
use crate::output::page::drawing::{short, spark};

/// The characters of a statement that a reader sees, and those that the mouse brings up.
const SQL_SHOWN: usize = 140;
const SQL_WHOLE: usize = 400;

const NUMBER: &str = "number";

/// One cell of a table.
#[derive(Debug, PartialEq)]
pub struct Shown {
    pub class: &'static str,
    pub text: String,
    /// What the mouse brings up.
    pub title: Option<String>,
    /// The length of a bar, in percent.
    pub bar: Option<String>,
    /// The path of a sparkline.
    pub spark: Option<String>,
}

/// A table as a page shows it.
#[derive(Debug)]
pub struct ShownTable {
    /// The class of the column, and its header.
    pub headers: Vec<(&'static str, &'static str)>,
    pub rows: Vec<Vec<Shown>>,
}

/// The first rows of a listing. Numbers of the columns `bars` are measured against the largest of all its rows, shares
/// against the whole.
pub fn shown(listing: &Listing, bars: &[&str], most: usize) -> ShownTable {
    let barred: Vec<bool> = listing.names.iter().map(|name| bars.contains(name)).collect();
    let numbers = listing.rows.iter().flat_map(|row| row.iter().zip(&barred));
    let numbers = numbers.filter(|(_, barred)| **barred).filter_map(|(cell, _)| cell.number());
    let largest = numbers.fold(0.0, f64::max);
    let cells = |row: &Vec<Cell>| {
        row.iter().zip(&barred).map(|(cell, barred)| of(cell, barred.then_some(largest))).collect()
    };
    let mut rows: Vec<Vec<Shown>> = listing.rows.iter().take(most).map(cells).collect();
    let mut headers: Vec<(&str, &str)> = listing.headers.iter().map(|header| ("", *header)).collect();
    for (column, header) in headers.iter_mut().enumerate() {
        if listing.rows.iter().any(|row| row[column].is_number()) {
            header.0 = NUMBER;
            rows.iter_mut().for_each(|row| row[column].class = NUMBER);
        }
    }
    ShownTable { headers, rows }
}

/// `largest`: of a cell that has a bar.
fn of(cell: &Cell, largest: Option<f64>) -> Shown {
    let bar = match (cell, largest) {
        (Cell::Percent(share), Some(_)) => Some(*share),
        (cell, Some(largest)) if largest > 0.0 => cell.number().map(|number| 100.0 * number / largest),
        _ => None,
    };
    let bar = bar.filter(|length| *length > 0.0);
    let plain = Shown { class: "", text: cell.for_people(), title: None, bar: bar.map(length), spark: None };
    match cell {
        Cell::Sql(text) => Shown {
            class: "sql",
            text: format::one_line(text, SQL_SHOWN),
            title: Some(format::one_line(text, SQL_WHOLE)),
            ..plain
        },
        Cell::Series(values) => {
            let path = Some(spark(values)).filter(|path| !path.is_empty());
            let text = if path.is_some() { "" } else { "-" };
            Shown { class: "spark", text: text.to_owned(), spark: path, ..plain }
        }
        _ => plain,
    }
}

fn length(percent: f64) -> String {
    short(percent.clamp(0.0, 100.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::listing::Column;

    #[test]
    fn bars_are_measured_against_the_largest_of_all_rows() {
        let columns = [
            Column { header: "A", name: "a", cell: |row: &(i64, i64)| Cell::Bytes(row.0) },
            Column { header: "B", name: "b", cell: |row| Cell::Bytes(row.1) },
            Column { header: "C", name: "c", cell: |row| Cell::Count(row.1 as f64) },
        ];
        let listing = Listing::new(&columns, &[(50, 100), (200, 0)]);
        let table = shown(&listing, &["a", "b"], 1);
        let bars: Vec<Option<&str>> = table.rows[0].iter().map(|cell| cell.bar.as_deref()).collect();
        assert_eq!((table.rows.len(), bars), (1, vec![Some("25"), Some("50"), None]));
        assert_eq!(table.headers, [(NUMBER, "A"), (NUMBER, "B"), (NUMBER, "C")]);
    }

    #[test]
    fn a_share_is_its_own_bar_and_what_is_not_known_has_none() {
        assert_eq!(of(&Cell::Percent(250.0), Some(0.0)).bar.as_deref(), Some("100"));
        assert_eq!(of(&Cell::None, Some(10.0)).bar, None);
    }
}
