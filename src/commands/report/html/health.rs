//! The verdicts of `pgtend health` as a grid.
use crate::commands::health::{Selection, gather, headline};
use crate::commands::report::frame::Desk;
use crate::operations::health::{Probe, State, Verdict, judge, worst};
use crate::output::{Chip, Figure, Section};

/// The state of the whole, and its section.
pub async fn health(desk: &Desk<'_>) -> anyhow::Result<((&'static str, String), Section)> {
    let mut selection = Selection::of_probe(desk.context, Probe::Full)?;
    // Without an answer there would be no page; how fast it came this once tells its reader nothing.
    selection.checks.retain(|check| check.name != "connect");
    let evidence = gather(desk.context, desk.session, &selection, 0.0).await;
    let verdicts = judge(&evidence, &selection.checks, &selection.limits);
    let state = worst(verdicts.iter().map(|verdict| verdict.state));
    let told = headline(state, &verdicts);
    let mut section = Section::new("health", "Health", told.clone());
    section.figures.push(Figure::Chips(sorted(&verdicts)));
    Ok(((state.word(), told), section))
}

/// The worst first, each kind in the order of the registry.
fn sorted(verdicts: &[Verdict]) -> Vec<Chip> {
    const ORDER: [State; 5] = [State::Critical, State::Unknown, State::Warning, State::Ok, State::Skipped];
    let of = |state| verdicts.iter().filter(move |verdict| verdict.state == state).map(chip);
    ORDER.into_iter().flat_map(of).collect()
}

fn chip(verdict: &Verdict) -> Chip {
    Chip {
        state: verdict.state.word(),
        name: verdict.check.replace('_', " "),
        group: verdict.group.to_owned(),
        text: verdict.message.clone(),
        remedy: verdict.remedy.clone(),
    }
}
