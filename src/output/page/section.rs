//! What is on a page, before it is drawn. Every text in here is a plain one: the templates escape it.
use crate::output::listing::Listing;

#[derive(Debug)]
pub struct Page {
    pub title: String,
    /// What is told of the server and of this page, label and value.
    pub facts: Vec<(&'static str, String)>,
    /// A word and its sentence, as `warning`.
    pub state: (&'static str, String),
    pub sections: Vec<Section>,
}

#[derive(Debug)]
pub struct Section {
    /// The fragment of its address.
    pub id: &'static str,
    pub title: String,
    /// One sentence.
    pub verdict: String,
    /// How far the numbers can be trusted.
    pub honesty: Option<String>,
    pub remarks: Vec<Remark>,
    pub figures: Vec<Figure>,
    /// SQL and commands to copy.
    pub next: Vec<String>,
}

/// What could not be seen, and what would show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    pub text: String,
    pub remedy: Option<String>,
}

#[derive(Debug)]
pub enum Figure {
    Table(Table),
    Lanes(Vec<Lane>),
    Chips(Vec<Chip>),
}

#[derive(Debug)]
pub struct Table {
    pub listing: Listing,
    /// Columns whose numbers are drawn as bars too, against the largest of them all.
    pub bars: &'static [&'static str],
    /// The command that shows the rows for which the page has no room.
    pub all: String,
}

/// A small box with a state: `ok`, `warning`, `critical`, `unknown` or `skipped`.
#[derive(Debug)]
pub struct Chip {
    pub state: &'static str,
    pub name: String,
    pub group: String,
    pub text: String,
    pub remedy: Option<String>,
}

/// A stretch of time. Places in it are shares, 0 its begin and 1 its end.
#[derive(Debug)]
pub struct Lane {
    pub name: String,
    pub about: String,
    pub from: String,
    pub to: String,
    pub now: f64,
    pub mark: Option<f64>,
    pub blocks: Vec<Block>,
}

#[derive(Debug)]
pub struct Block {
    pub begin: f64,
    pub end: f64,
    /// A class of the style sheet.
    pub kind: &'static str,
    /// How much is in it, from 0 to 1.
    pub weight: f64,
    pub text: String,
}

impl Section {
    /// A section with nothing in it but its sentence.
    pub fn new(id: &'static str, title: impl Into<String>, verdict: impl Into<String>) -> Self {
        Self {
            id,
            title: title.into(),
            verdict: verdict.into(),
            honesty: None,
            remarks: Vec::new(),
            figures: Vec::new(),
            next: Vec::new(),
        }
    }
}
