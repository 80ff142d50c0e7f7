//! Materialized views: how old each is, against the age that the configuration allows.
use std::time::Duration;

use crate::commands::matview::{WishArgs, survey};
use crate::commands::report::frame::Desk;
use crate::commands::report::html::told::refused;
use crate::failure::one_line;
use crate::operations::matview::{MatviewRow, matview_row};
use crate::output::{Cell, Column, Figure, Listing, Remark, Section, Table};

const ID: &str = "materialized-views";
const TITLE: &str = "Materialized views";

/// A view, and how old it may be.
struct Fresh {
    row: MatviewRow,
    max_age: Option<Duration>,
}

const COLUMNS: [Column<Fresh>; 9] = [
    Column { header: "View", name: "view", cell: |fresh| Cell::Text(fresh.row.view.clone()) },
    Column { header: "State", name: "state", cell: |fresh| Cell::Text(fresh.state().to_owned()) },
    Column {
        header: "Age",
        name: "age_s",
        cell: |fresh| Cell::known(fresh.row.age_s, |age| Cell::Seconds(age as f64)),
    },
    Column {
        header: "Allowed",
        name: "max_age_s",
        cell: |fresh| Cell::known(fresh.max_age, |age| Cell::Seconds(age.as_secs_f64())),
    },
    Column {
        header: "Age of allowed",
        name: "age_pct",
        cell: |fresh| Cell::known(fresh.share(), Cell::Percent),
    },
    Column {
        header: "Rows changed below",
        name: "changed_rows",
        cell: |fresh| Cell::known(fresh.row.changed_rows, |rows| Cell::Count(rows as f64)),
    },
    Column {
        header: "Size",
        name: "size_bytes",
        cell: |fresh| Cell::known(fresh.row.size_bytes, Cell::Bytes),
    },
    Column {
        header: "Last refresh took",
        name: "took_ms",
        cell: |fresh| Cell::known(fresh.row.durations_ms.last().copied(), Cell::Milliseconds),
    },
    Column {
        header: "Refreshes",
        name: "durations_ms",
        cell: |fresh| {
            let durations = &fresh.row.durations_ms;
            if durations.is_empty() { Cell::None } else { Cell::Series(durations.clone()) }
        },
    },
];

impl Fresh {
    /// Of the age that it may have, in percent.
    fn share(&self) -> Option<f64> {
        let allowed = self.max_age?.as_secs_f64();
        Some(100.0 * self.row.age_s? as f64 / allowed.max(1.0))
    }

    fn state(&self) -> &'static str {
        match self.share() {
            _ if !self.row.populated => "not populated",
            _ if self.row.age_s.is_none() => "age not known",
            Some(share) if share > 100.0 => "too old",
            Some(_) => "fresh",
            None => "no age set",
        }
    }
}

pub async fn matviews(desk: &Desk<'_>) -> anyhow::Result<Section> {
    let survey = match survey(desk.context, desk.session, &[]).await {
        Ok(survey) => survey,
        Err(error) => return refused(ID, TITLE, error),
    };
    let version = desk.session.facts().version;
    let mut views: Vec<Fresh> = survey
        .views
        .iter()
        .map(|view| {
            let config = survey.config(view);
            let wish = WishArgs::default().wish(config, false);
            let row = matview_row(view, &survey.order, &survey.history, &wish, desk.now, version);
            Fresh { row, max_age: config.and_then(|config| config.max_age) }
        })
        .collect();
    // The one that is most overdue first; then those of which least is known.
    let weight = |fresh: &Fresh| if fresh.row.populated { fresh.share().unwrap_or(0.0) } else { f64::MAX };
    views.sort_by(|a, b| weight(b).total_cmp(&weight(a)).then_with(|| a.row.view.cmp(&b.row.view)));
    let mut section = Section::new(ID, TITLE, verdict(&views));
    section.remarks = survey.missing.iter().map(|(_, error)| remark(one_line(error), None)).collect();
    let unknown = views.iter().filter(|fresh| fresh.state() == "age not known").count();
    if unknown > 0 {
        let text = format!("{unknown} of them were never refreshed by pgtend: their age is not known");
        section.remarks.push(remark(text, Some("pgtend matview refresh --all".to_owned())));
    }
    if !views.is_empty() {
        let listing = Listing::new(&COLUMNS, &views);
        let all = "pgtend matview list".to_owned();
        section.figures.push(Figure::Table(Table { listing, bars: &["age_pct"], all }));
    }
    Ok(section)
}

const fn remark(text: String, remedy: Option<String>) -> Remark {
    Remark { text, remedy }
}

fn verdict(views: &[Fresh]) -> String {
    let count = |state: &str| views.iter().filter(|fresh| fresh.state() == state).count();
    let all = match views.len() {
        0 => return "there are none".to_owned(),
        1 => "1 view".to_owned(),
        many => format!("{many} views"),
    };
    let found: Vec<String> = ["not populated", "too old", "age not known", "fresh", "no age set"]
        .into_iter()
        .filter(|state| count(state) > 0)
        .map(|state| format!("{} {state}", count(state)))
        .collect();
    format!("{all}: {}", found.join(", "))
}
