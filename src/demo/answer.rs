//! Rows as psql shows them, with the time that they took.
use std::time::Duration;

use tokio_postgres::SimpleQueryMessage;

/// Wider columns are cut: a plan's lines are long, and a terminal is not.
const WIDEST: usize = 110;

/// A statement's answer, without psql's frame of empty lines.
pub fn answer(said: &[SimpleQueryMessage], elapsed: Duration) -> String {
    let mut header = Vec::new();
    let mut rows = Vec::new();
    for message in said {
        match message {
            SimpleQueryMessage::RowDescription(columns) => {
                header = columns.iter().map(|column| column.name().to_owned()).collect();
            }
            SimpleQueryMessage::Row(row) => {
                rows.push(
                    (0..row.len()).map(|place| row.get(place).unwrap_or_default().to_owned()).collect(),
                );
            }
            _ => {}
        }
    }
    let took = format!("Time: {:.3} ms", elapsed.as_secs_f64() * 1000.0);
    format!(
        "{}\n({} row{})\n{took}",
        table(&header, &rows),
        rows.len(),
        if rows.len() == 1 { "" } else { "s" }
    )
}

fn table(header: &[String], rows: &[Vec<String>]) -> String {
    let widths: Vec<usize> = (0..header.len())
        .map(|place| {
            let cells = rows
                .iter()
                .chain([header.to_vec()].iter())
                .map(|row| shown(&row[place]).chars().count())
                .max();
            cells.unwrap_or(0)
        })
        .collect();
    let numeric: Vec<bool> = (0..header.len())
        .map(|place| {
            !rows.is_empty()
                && rows.iter().all(|row| row[place].is_empty() || row[place].parse::<f64>().is_ok())
        })
        .collect();
    let line = |cells: &[String], right: &[bool]| {
        let cells: Vec<String> = cells
            .iter()
            .zip(&widths)
            .zip(right)
            .map(|((cell, width), right)| {
                let cell = shown(cell);
                if *right { format!("{cell:>width$}") } else { format!("{cell:<width$}") }
            })
            .collect();
        format!(" {}", cells.join(" | ")).trim_end().to_owned()
    };
    let rule: Vec<String> = widths.iter().map(|width| "-".repeat(width + 2)).collect();
    let mut lines = vec![line(header, &vec![false; header.len()]), rule.join("+")];
    lines.extend(rows.iter().map(|row| line(row, &numeric)));
    lines.join("\n")
}

fn shown(cell: &str) -> String {
    let cell = &cell.replace('\n', " ");
    if cell.chars().count() <= WIDEST {
        return cell.to_owned();
    }
    cell.chars().take(WIDEST - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stand_at_the_right_and_nothing_is_wider_than_a_terminal() {
        let header = ["day".to_owned(), "orders".to_owned()];
        let rows = [vec!["Monday".to_owned(), "7".to_owned()], vec!["x".repeat(500), "12".to_owned()]];
        let text = table(&header, &rows);
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[1].starts_with("---") && lines[1].contains("-+-"));
        assert!(lines[2].ends_with("|      7"), "{text}");
        assert!(lines[3].contains('…') && lines[3].chars().count() < 130);
    }
}
