//! One measured figure, and the table of all.
use comfy_table::presets::ASCII_MARKDOWN;
use comfy_table::{CellAlignment, ContentArrangement, Table};

/// Times in milliseconds.
pub struct Figure {
    pub what: String,
    pub pgtend: f64,
    /// What it is measured against, in words, and its time.
    pub against: (String, f64),
    pub target: Target,
    /// What the same measurement shows when there is nothing to measure.
    pub noise: f64,
    pub note: String,
}

pub enum Target {
    /// The time is below so many milliseconds.
    Below(f64),
    /// The time is at most so many times that of the peer.
    Ratio(f64),
    /// At most so much, in a unit that is not time.
    Most(f64, &'static str),
    /// To be seen beside the others.
    Shown,
}

impl Figure {
    fn ratio(&self) -> f64 {
        self.pgtend / self.against.1
    }

    fn target(&self) -> String {
        match self.target {
            Target::Below(limit) => format!("< {limit} ms"),
            Target::Ratio(limit) => format!("ratio <= {limit:.2}"),
            Target::Most(limit, unit) => format!("<= {limit} {unit}"),
            Target::Shown => "none".to_owned(),
        }
    }

    /// A value of the figure in its own unit.
    fn shown(&self, value: f64) -> String {
        match self.target {
            Target::Most(_, unit) => format!("{value:.0} {unit}"),
            _ => milliseconds(value),
        }
    }

    fn met(&self) -> &'static str {
        let met = match self.target {
            Target::Below(limit) => self.pgtend < limit,
            Target::Ratio(limit) => self.ratio() <= limit,
            Target::Most(limit, _) => self.pgtend <= limit,
            Target::Shown => return "-",
        };
        let drowned = matches!(self.target, Target::Below(limit) if self.noise > limit);
        match (met, drowned) {
            (true, _) => "yes",
            (false, true) => "too noisy to tell",
            (false, false) => "NO",
        }
    }
}

pub fn table(figures: &[Figure]) -> Table {
    let mut table = Table::new();
    table.set_content_arrangement(ContentArrangement::Disabled);
    table.load_style(ASCII_MARKDOWN);
    table.set_header(["measured", "pgtend", "against", "its time", "ratio", "target", "met", "note"]);
    for figure in figures {
        table.add_row([
            figure.what.clone(),
            figure.shown(figure.pgtend),
            figure.against.0.clone(),
            figure.shown(figure.against.1),
            format!("{:.2}", figure.ratio()),
            figure.target(),
            figure.met().to_owned(),
            figure.note.clone(),
        ]);
    }
    for column in [1, 3, 4] {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

pub fn milliseconds(time: f64) -> String {
    if time < 100.0 { format!("{time:.1} ms") } else { format!("{time:.0} ms") }
}

pub fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}
