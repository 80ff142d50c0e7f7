//! How a list fits a terminal: headers and prose go over several lines, statements are cut, and what then has no room is
//! left out by the column, so that no name and no number is ever torn.
use crate::output::listing::{Cell, Listing};

/// Around the contents of a column, and one more for the last.
const FRAME: usize = 3;
/// Of a statement this much tells which it is.
const STATEMENT: usize = 24;
/// A longer word may be torn; of prose, where there is no room otherwise, one longer than the second.
const WORD: [usize; 2] = [40, 14];

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fit {
    /// Which of the columns have room.
    pub kept: Vec<bool>,
    /// How wide each must be at least.
    pub least: Vec<usize>,
    /// How much of a statement is shown.
    pub statement: usize,
}

struct Wants {
    natural: usize,
    least: usize,
    statement: bool,
}

pub(super) fn fit(listing: &Listing, width: usize) -> Fit {
    let mut kept = vec![true; listing.headers.len()];
    let mut wants = wanted(listing, WORD[0]);
    if needed(&wants, &kept, |want| want.least) > width {
        wants = wanted(listing, WORD[1]);
    }
    for column in least_telling(listing) {
        if needed(&wants, &kept, |want| want.least) <= width {
            break;
        }
        kept[column] = false;
    }
    let others = needed(&wants, &kept, |want| if want.statement { 0 } else { want.natural });
    let most = wants.iter().filter(|want| want.statement).map(|want| want.natural).max().unwrap_or(0);
    let statement = width.saturating_sub(others).max(STATEMENT).min(most);
    Fit { kept, least: wants.iter().map(|want| want.least).collect(), statement }
}

fn needed(wants: &[Wants], kept: &[bool], width: impl Fn(&Wants) -> usize) -> usize {
    framed(wants.iter().zip(kept).filter(|(_, kept)| **kept).map(|(want, _)| width(want)))
}

/// Characters that columns of these widths take with their frame.
pub(super) fn framed(widths: impl IntoIterator<Item = usize>) -> usize {
    1 + widths.into_iter().map(|width| width + FRAME).sum::<usize>()
}

/// `prose`: of text of several words, how long a word may be before it is torn.
fn wanted(listing: &Listing, prose: usize) -> Vec<Wants> {
    let of = |(column, header): (usize, &&str)| {
        let mut want = Wants { natural: length(header), least: longest_word(header), statement: false };
        for cell in listing.rows.iter().map(|row| &row[column]) {
            let shown = cell.for_people();
            want.natural = want.natural.max(length(&shown));
            want.least = want.least.max(match cell {
                Cell::Sql(_) => length(&shown).min(STATEMENT),
                Cell::Text(_) | Cell::Lines(_) if shown.contains(' ') => longest_word(&shown).min(prose),
                Cell::Text(_) | Cell::Lines(_) => length(&shown).min(WORD[0]),
                _ => length(&shown),
            });
            want.statement |= matches!(cell, Cell::Sql(_));
        }
        want
    };
    listing.headers.iter().enumerate().map(of).collect()
}

fn length(text: &str) -> usize {
    text.chars().count()
}

pub(super) fn longest_word(text: &str) -> usize {
    text.split_whitespace().map(length).max().unwrap_or(0)
}

/// The columns in the order in which they may go: those that say nothing, those of zeros alone, then from the right. The
/// first one and statements never go.
fn least_telling(listing: &Listing) -> Vec<usize> {
    let all = |column: usize, is: fn(&Cell) -> bool| listing.rows.iter().all(|row| is(&row[column]));
    let is_statement = |column: usize| listing.rows.iter().any(|row| matches!(row[column], Cell::Sql(_)));
    let mut order: Vec<usize> =
        (1..listing.headers.len()).rev().filter(|column| !is_statement(*column)).collect();
    order.sort_by_key(|column| {
        (!all(*column, |cell| *cell == Cell::None), !all(*column, |cell| cell.number() == Some(0.0)))
    });
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listing() -> Listing {
        let row = |name: &str, sql: &str| {
            vec![
                Cell::Text(name.to_owned()),
                Cell::None,
                Cell::Milliseconds(12_345.0),
                Cell::Bytes(0),
                Cell::Text("two words".to_owned()),
                Cell::Sql(sql.to_owned()),
            ]
        };
        let mut listing = Listing::new::<()>(&[], &[]).by_line();
        listing.headers = vec!["Name", "Nothing", "Total time", "Zero", "Prose", "Query"];
        listing.names = vec!["name", "nothing", "total_ms", "zero_bytes", "prose", "query"];
        listing.rows = vec![row("public.orders", &"select ".repeat(10)), row("a", "select 1")];
        listing
    }

    fn shown(width: usize) -> (Vec<&'static str>, usize) {
        let listing = listing();
        let fit = fit(&listing, width);
        let kept = listing.headers.iter().zip(&fit.kept).filter(|(_, kept)| **kept);
        (kept.map(|(header, _)| *header).collect(), fit.statement)
    }

    #[test]
    fn statements_are_cut_before_a_column_goes() {
        let all = ["Name", "Nothing", "Total time", "Zero", "Prose", "Query"];
        assert_eq!(shown(200), (all.to_vec(), 69));
        assert_eq!(shown(100).0, all.to_vec());
        assert_eq!(shown(84), (all.to_vec(), 24));
    }

    #[test]
    fn what_tells_least_goes_first() {
        assert_eq!(shown(76).0, ["Name", "Total time", "Zero", "Prose", "Query"]);
        assert_eq!(shown(66).0, ["Name", "Total time", "Prose", "Query"]);
        assert_eq!(shown(56).0, ["Name", "Total time", "Query"]);
        assert_eq!(shown(30).0, ["Name", "Query"]);
    }
}
