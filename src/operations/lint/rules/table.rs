//! Tables: written anew, renamed, dropped, watched by triggers.
use crate::operations::lint::history::same;
use crate::operations::lint::rule::{Family, Hit, Level, Look, Rule, Waits, Work, when};
use crate::operations::lint::scene::Scene;
use crate::operations::lint::statement::{Act, Action, ActionKind};
use crate::pg::catalog::TableName;

pub const FAMILY: Family = Family {
    name: "tables",
    rules: &[
        Rule {
            name: "drop-table",
            level: Level::Warning,
            danger: "the rows are gone, and an application that still names the table fails",
            lock: "ACCESS EXCLUSIVE on the table and on those that its foreign keys point to, until the transaction ends",
            instead: "rename it first and drop it in a later release; then declare it: allow=drop-table reason=\"...\"",
            waits: Waits::Everybody,
            work: Work::Catalog,
            squawk: &["ban-drop-table"],
            look: Look::Statement(drop_table),
        },
        Rule {
            name: "rename",
            level: Level::Warning,
            danger: "an application that still uses the old name fails at once",
            lock: "ACCESS EXCLUSIVE on the table, for an instant",
            instead: "a view of the old name, or a new column that is kept in step, until no application uses the old one",
            waits: Waits::Everybody,
            work: Work::Catalog,
            squawk: &["renaming-table", "renaming-column", "renaming-object", "ban-set-schema"],
            look: Look::Statement(rename),
        },
        Rule {
            name: "swap-by-rename",
            level: Level::Error,
            danger: "foreign keys, views, triggers, grants and sequences stay with the renamed table, not with its name",
            lock: "ACCESS EXCLUSIVE on both tables",
            instead: "`pgtend partition convert` for partitioning; else make the foreign keys, views and grants anew in the same transaction",
            waits: Waits::Everybody,
            work: Work::Catalog,
            squawk: &["renaming-table"],
            look: Look::Statement(swap_by_rename),
        },
        Rule {
            name: "set-logged",
            level: Level::Error,
            danger: "the table is written anew; an unlogged one is emptied by a crash and absent on standbys",
            lock: "ACCESS EXCLUSIVE on the table, until it is written anew",
            instead: "decide while the table is empty",
            waits: Waits::Everybody,
            work: Work::Rewrite,
            squawk: &[],
            look: Look::Statement(set_logged),
        },
        Rule {
            name: "set-tablespace",
            level: Level::Error,
            danger: "the table is copied to the other tablespace",
            lock: "ACCESS EXCLUSIVE on the table, until it is copied",
            instead: "pg_repack, or a window of maintenance",
            waits: Waits::Everybody,
            work: Work::Rewrite,
            squawk: &[],
            look: Look::Statement(set_tablespace),
        },
        Rule {
            name: "set-access-method",
            level: Level::Error,
            danger: "the table is written anew",
            lock: "ACCESS EXCLUSIVE on the table, until it is written anew",
            instead: "a new table, filled in batches",
            waits: Waits::Everybody,
            work: Work::Rewrite,
            squawk: &[],
            look: Look::Statement(set_access_method),
        },
        Rule {
            name: "trigger-on-live-table",
            level: Level::Warning,
            danger: "every write runs it from then on, and fails when it fails",
            lock: "SHARE ROW EXCLUSIVE on the table, until the transaction ends",
            instead: "try it under load first; then declare it: allow=trigger-on-live-table reason=\"...\"",
            waits: Waits::Writers,
            work: Work::Catalog,
            squawk: &[],
            look: Look::Statement(trigger_on_live_table),
        },
        Rule {
            name: "trigger-disabled",
            level: Level::Warning,
            danger: "what the trigger guards is unguarded; with ALL or a constraint's trigger foreign keys no longer hold",
            lock: "SHARE ROW EXCLUSIVE on the table, until the transaction ends",
            instead: "change the rows in a way that the trigger allows",
            waits: Waits::Writers,
            work: Work::Catalog,
            squawk: &["ban-disable-trigger"],
            look: Look::Statement(trigger_disabled),
        },
        Rule {
            name: "rule-on-table",
            level: Level::Warning,
            danger: "a rule rewrites every query on the table, often not as meant",
            lock: "ACCESS EXCLUSIVE on the table, until the transaction ends",
            instead: "a trigger",
            waits: Waits::Everybody,
            work: Work::Catalog,
            squawk: &[],
            look: Look::Statement(rule_on_table),
        },
        Rule {
            name: "row-security-without-policy",
            level: Level::Error,
            danger: "without a policy nobody but the owner sees a row",
            lock: "ACCESS EXCLUSIVE on the table, for an instant",
            instead: "CREATE POLICY in the same file",
            waits: Waits::Everybody,
            work: Work::Catalog,
            squawk: &[],
            look: Look::Statement(row_security_without_policy),
        },
    ],
};

fn actions(scene: &Scene<'_>, applies: impl Fn(&ActionKind) -> bool) -> Vec<Hit> {
    let actions = scene.actions().filter(|(_, action)| applies(&action.kind));
    actions.map(|(table, action): (&TableName, &Action)| Hit::on(table).at(&action.span)).collect()
}

fn drop_table(scene: &Scene<'_>) -> Vec<Hit> {
    let Act::Drop { kind: "table" | "foreign table" | "materialized view", names, .. } = scene.act() else {
        return Vec::new();
    };
    let Some(name) = names.iter().find(|name| !scene.is_new(name)) else { return Vec::new() };
    let parent = scene.table(name).and_then(|table| table.parent.as_ref());
    let hit = Hit::on(name);
    vec![match parent {
        Some(parent) => {
            hit.note(format!("it is a partition: {parent} is locked in ACCESS EXCLUSIVE mode as well"))
        }
        None => hit,
    }]
}

/// Tables of the file whose name another one takes over.
fn swapped(scene: &Scene<'_>) -> Vec<(TableName, String)> {
    let mut renamed = Vec::new();
    for item in &scene.file.items {
        let Act::AlterTable(alter) = &item.act else { continue };
        for action in &alter.actions {
            if let ActionKind::RenameTable { to } = &action.kind {
                renamed.push((alter.table.clone(), to.clone()));
            }
        }
    }
    let taken = |name: &str| renamed.iter().any(|(_, to)| to == name);
    let given = |name: &str| renamed.iter().any(|(from, _)| from.name == name);
    renamed.iter().filter(|(from, to)| taken(&from.name) || given(to)).cloned().collect()
}

fn rename(scene: &Scene<'_>) -> Vec<Hit> {
    let swapped = swapped(scene);
    actions(scene, |kind| match kind {
        ActionKind::RenameTable { to } => !swapped.iter().any(|(_, other)| other == to),
        ActionKind::RenameColumn | ActionKind::SetSchema => true,
        _ => false,
    })
}

fn swap_by_rename(scene: &Scene<'_>) -> Vec<Hit> {
    let mut hits = Vec::new();
    for (table, action) in scene.actions() {
        let ActionKind::RenameTable { to } = &action.kind else { continue };
        let before = scene.history.renamed.iter().find(|(from, _)| from.name == *to);
        let Some((old, away)) = before else { continue };
        let hit = Hit::on(old).at(&action.span);
        let keys = scene.table(old).map(|known| known.referenced_by.join(", ")).unwrap_or_default();
        hits.push(match keys.as_str() {
            "" => hit.note(format!("what pointed to {old} points to {away} now, not to what was {table}")),
            keys => hit.note(format!("these foreign keys point to {away} then: {keys}")),
        });
    }
    hits
}

fn set_logged(scene: &Scene<'_>) -> Vec<Hit> {
    actions(scene, |kind| matches!(kind, ActionKind::SetLogged))
}

fn set_tablespace(scene: &Scene<'_>) -> Vec<Hit> {
    actions(scene, |kind| matches!(kind, ActionKind::SetTablespace))
}

fn set_access_method(scene: &Scene<'_>) -> Vec<Hit> {
    actions(scene, |kind| matches!(kind, ActionKind::SetAccessMethod))
}

fn trigger_on_live_table(scene: &Scene<'_>) -> Vec<Hit> {
    match scene.act() {
        Act::CreateTrigger { table } => vec![Hit::on(table)],
        _ => Vec::new(),
    }
}

fn trigger_disabled(scene: &Scene<'_>) -> Vec<Hit> {
    actions(scene, |kind| matches!(kind, ActionKind::DisableTrigger))
}

fn rule_on_table(scene: &Scene<'_>) -> Vec<Hit> {
    match scene.act() {
        Act::CreateRule { table } => vec![Hit::on(table)],
        _ => Vec::new(),
    }
}

fn row_security_without_policy(scene: &Scene<'_>) -> Vec<Hit> {
    let policy = |table: &TableName| {
        let here = scene.file.items.iter().any(|item| match &item.act {
            Act::CreatePolicy { table: other } => same(other, table),
            _ => false,
        });
        here || scene.table(table).is_some_and(|known| known.policies > 0)
    };
    let enabled = scene.actions().find(|(_, action)| matches!(action.kind, ActionKind::EnableRowSecurity));
    enabled.map(|(table, action)| when(!policy(table), Hit::on(table).at(&action.span))).unwrap_or_default()
}
