//! A report as a section of the page: the same operation, the same columns, the same words as on the screen.
use crate::commands::report::frame::{Desk, Report, told};
use crate::commands::report::honesty::honesty;
use crate::failure::{Failure, one_line};
use crate::operations::report::{Answer, Note};
use crate::output::{Figure, Listing, Remark, Section, Table};
use crate::pg::state::ServerError;

/// Where a section stands on the page, and what of the report is on it.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    pub id: &'static str,
    /// Empty: all.
    pub columns: &'static [&'static str],
    pub bars: &'static [&'static str],
    /// The command that shows all of it.
    pub all: &'static str,
}

/// A report that cannot be had takes no other along: its section says why.
///
/// # Errors
/// When the connection is gone.
pub async fn on_page<R: Report>(desk: &Desk<'_>, report: &R, place: Place) -> anyhow::Result<Section> {
    match told(desk, report).await {
        Ok(answer) => Ok(section::<R>(answer, place)),
        Err(error) => refused(place.id, R::TITLE, error),
    }
}

fn section<R: Report>(answer: Answer<R::Row>, place: Place) -> Section {
    let mut section = Section::new(place.id, R::TITLE, answer.verdict);
    section.honesty = answer.coverage.as_ref().map(honesty);
    section.remarks = answer.notes.into_iter().map(remark).collect();
    section.next = answer.next;
    if !answer.rows.is_empty() {
        let listing = Listing::new(R::COLUMNS, &answer.rows).only(place.columns);
        section.figures.push(Figure::Table(Table { listing, bars: place.bars, all: place.all.to_owned() }));
    }
    section
}

fn remark(note: Note) -> Remark {
    Remark { text: note.note, remedy: note.remedy }
}

/// The section of what could not be read.
///
/// # Errors
/// When the connection is gone: then nothing else can be read either.
pub fn refused(id: &'static str, title: &'static str, error: anyhow::Error) -> anyhow::Result<Section> {
    let lost = error
        .chain()
        .any(|cause| cause.downcast_ref::<ServerError>().is_some_and(ServerError::connection_lost));
    if lost {
        return Err(error);
    }
    let mut section = Section::new(id, title, "not known");
    let hints = error.chain().filter_map(|cause| cause.downcast_ref::<Failure>()?.hint.clone());
    let remedy = hints.last();
    section.remarks.push(Remark { text: one_line(&error), remedy });
    Ok(section)
}
