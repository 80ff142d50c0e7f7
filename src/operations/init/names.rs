//! Which template the names of existing partitions follow. A guess that is checked: it is taken only when it gives
//! their very names again.
use crate::operations::partition::{Label, Template, Timeline};

/// Longer ones first, because a shorter one may end as they do.
const ENDINGS: [&str; 17] = [
    "{yyyy}_{mm}_{dd}_{hh}",
    "{yyyy}_{mm}_{dd}",
    "{yyyy}-{mm}-{dd}",
    "{yyyy}{mm}{dd}_{hh}0000",
    "{yyyy}{mm}{dd}_{hh}",
    "{yyyy}{mm}{dd}{hh}",
    "{yyyy}{mm}{dd}",
    "{iyyy}_w{ww}",
    "{iyyy}w{ww}",
    "{yyyy}_q{q}",
    "{yyyy}q{q}",
    "{yyyy}m{mm}",
    "{yyyy}_{mm}",
    "{yyyy}-{mm}",
    "{yyyy}{mm}",
    "{mm}_{yyyy}",
    "{yyyy}",
];
/// Two names may agree by chance.
const ENOUGH: usize = 3;

/// The template that the newest partitions are named by. `None`: there is none, or no template gives their names.
pub fn template(timeline: &Timeline) -> Option<Template> {
    let newest: Vec<(&str, Label)> = timeline
        .parts
        .iter()
        .rev()
        .filter(|part| part.range.lo != i64::MIN)
        .take(ENOUGH)
        .filter_map(|part| {
            Some((part.partition.relation.name.raw(), timeline.calendar.label(part.range.lo)?))
        })
        .collect();
    let (name, label) = newest.first()?;
    let table = &timeline.table.relation.name;
    let names_all = |template: &Template| {
        template.check(timeline.calendar.every).is_ok()
            && newest
                .iter()
                .all(|(name, label)| template.name(table, *label).is_ok_and(|given| given.raw() == *name))
    };
    let guesses = ENDINGS.iter().filter_map(|ending| {
        let end = ending.parse::<Template>().ok()?.name(table, *label).ok()?;
        let begin = name.strip_suffix(end.raw())?;
        let begin =
            begin.strip_prefix(table.raw()).map_or(begin.to_owned(), |rest| format!("{{table}}{rest}"));
        format!("{begin}{ending}").parse().ok()
    });
    guesses.into_iter().find(names_all)
}
