//! Names for new partitions, from a template such as `{table}_p{yyyy}_{mm}`.
use std::fmt;
use std::str::FromStr;

use anyhow::{Context as _, bail, ensure};
use chrono::{Datelike as _, NaiveDateTime, Timelike as _};

use crate::operations::partition::every::{Every, Label};
use crate::pg::name::Ident;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Hole(Hole),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hole {
    Table,
    Year,
    Month,
    Day,
    Hour,
    Quarter,
    IsoYear,
    IsoWeek,
}

const HOLES: [(&str, Hole); 8] = [
    ("table", Hole::Table),
    ("yyyy", Hole::Year),
    ("mm", Hole::Month),
    ("dd", Hole::Day),
    ("hh", Hole::Hour),
    ("q", Hole::Quarter),
    ("iyyy", Hole::IsoYear),
    ("ww", Hole::IsoWeek),
];

impl Template {
    /// The template for a table whose configuration names none.
    pub fn usual(every: Every) -> Self {
        use Hole::{Day, Hour, IsoWeek, IsoYear, Month, Quarter, Table, Year};
        let text = |text: &str| Piece::Text(text.to_owned());
        let holes: &[Hole] = match every {
            Every::Hour => &[Year, Month, Day, Hour],
            Every::Day => &[Year, Month, Day],
            Every::Week => &[IsoYear, IsoWeek],
            Every::Month => &[Year, Month],
            Every::Quarter => &[Year, Quarter],
            Every::Year => &[Year],
        };
        let mut pieces = vec![Piece::Hole(Table), text("_p")];
        for (index, hole) in holes.iter().enumerate() {
            if index > 0 {
                pieces.push(text(match hole {
                    IsoWeek => "_w",
                    Quarter => "_q",
                    _ => "_",
                }));
            }
            pieces.push(Piece::Hole(*hole));
        }
        Self { pieces }
    }

    /// # Errors
    /// When two periods of this length would get the same name.
    pub fn check(&self, every: Every) -> anyhow::Result<()> {
        let has = |hole: Hole| self.pieces.contains(&Piece::Hole(hole));
        let day = has(Hole::Day) && has(Hole::Month) && has(Hole::Year);
        let tells = match every {
            Every::Hour => day && has(Hole::Hour),
            Every::Day => day,
            Every::Week => day || (has(Hole::IsoYear) && has(Hole::IsoWeek)),
            Every::Month => has(Hole::Year) && has(Hole::Month),
            Every::Quarter => has(Hole::Year) && (has(Hole::Month) || has(Hole::Quarter)),
            Every::Year => has(Hole::Year),
        };
        ensure!(tells, "the name `{self}` does not tell one {} from the next", every.word());
        Ok(())
    }

    /// # Errors
    /// When the name is longer than PostgreSQL keeps.
    pub fn name(&self, table: &Ident, label: Label) -> anyhow::Result<Ident> {
        let mut name: String = self.pieces.iter().map(|piece| piece.fill(table, label.time)).collect();
        if label.repeated {
            name.push('b');
        }
        Ident::new(name).context("name a new partition")
    }
}

impl Piece {
    fn fill(&self, table: &Ident, time: NaiveDateTime) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Hole(Hole::Table) => table.raw().to_owned(),
            Self::Hole(Hole::Year) => format!("{:04}", time.year()),
            Self::Hole(Hole::Month) => format!("{:02}", time.month()),
            Self::Hole(Hole::Day) => format!("{:02}", time.day()),
            Self::Hole(Hole::Hour) => format!("{:02}", time.hour()),
            Self::Hole(Hole::Quarter) => (time.month0() / 3 + 1).to_string(),
            Self::Hole(Hole::IsoYear) => format!("{:04}", time.iso_week().year()),
            Self::Hole(Hole::IsoWeek) => format!("{:02}", time.iso_week().week()),
        }
    }
}

impl FromStr for Template {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some(open) = rest.find('{') {
            let close =
                rest[open..].find('}').with_context(|| format!("`{text}`: a `{{` without `}}`"))? + open;
            if open > 0 {
                pieces.push(Piece::Text(rest[..open].to_owned()));
            }
            let word = &rest[open + 1..close];
            let Some((_, hole)) = HOLES.iter().find(|(known, _)| *known == word) else {
                let known = HOLES.map(|(known, _)| format!("{{{known}}}")).join(" ");
                bail!("`{text}`: no `{{{word}}}`; known are {known}");
            };
            pieces.push(Piece::Hole(*hole));
            rest = &rest[close + 1..];
        }
        if !rest.is_empty() {
            pieces.push(Piece::Text(rest.to_owned()));
        }
        ensure!(!pieces.is_empty(), "an empty name for partitions");
        Ok(Self { pieces })
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => f.write_str(text)?,
                Piece::Hole(hole) => {
                    let word = HOLES.iter().find(|(_, known)| known == hole).map_or("", |(word, _)| word);
                    write!(f, "{{{word}}}")?;
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::*;

    fn label(year: i32, month: u32, day: u32, hour: u32) -> Label {
        let time = NaiveDate::from_ymd_opt(year, month, day).unwrap().and_hms_opt(hour, 0, 0).unwrap();
        Label { time, repeated: false }
    }

    #[test]
    fn each_period_has_its_usual_name() {
        let table = Ident::new("events").unwrap();
        let name =
            |every| Template::usual(every).name(&table, label(2027, 1, 1, 5)).unwrap().raw().to_owned();
        assert_eq!(name(Every::Hour), "events_p2027_01_01_05");
        assert_eq!(name(Every::Week), "events_p2026_w53");
        assert_eq!(name(Every::Month), "events_p2027_01");
        assert_eq!(name(Every::Quarter), "events_p2027_q1");
        for every in Every::ALL {
            Template::usual(every).check(every).unwrap();
        }
    }

    #[test]
    fn templates_read_back_and_bad_ones_are_explained() {
        let template: Template = "thread_messages_p{yyyy}_{mm}".parse().unwrap();
        assert_eq!(template.to_string(), "thread_messages_p{yyyy}_{mm}");
        assert!(template.check(Every::Day).unwrap_err().to_string().contains("one day from the next"));
        assert!("{table}_{month}".parse::<Template>().unwrap_err().to_string().contains("{mm}"));
        assert!("{table".parse::<Template>().is_err());
        assert!("".parse::<Template>().is_err());
    }

    #[test]
    fn a_name_that_would_be_cut_is_refused() {
        let table = Ident::new("x".repeat(60)).unwrap();
        let error = Template::usual(Every::Month).name(&table, label(2026, 11, 1, 0)).unwrap_err();
        assert!(format!("{error:#}").contains("has 69 bytes"), "{error:#}");
    }
}
