//! The order in which materialized views are refreshed: each after those that it reads, through plain views too, and
//! after those that the configuration names, because functions hide what they read.
use std::collections::{BTreeMap, BTreeSet};

use anyhow::anyhow;

use crate::failure::{Exit, Explain as _};
use crate::pg::catalog::{Matview, NodeKind};

/// Levels from 0, by oid. Views of one level do not read each other.
#[derive(Clone, Debug, Default)]
pub struct Order {
    level: BTreeMap<u32, usize>,
    /// What each view reads, directly or not.
    reads: BTreeMap<u32, BTreeSet<u32>>,
}

impl Order {
    /// `after`: pairs of a view and one that must come before it.
    ///
    /// # Errors
    /// When `after` makes views wait for each other.
    pub fn of(views: &[Matview], after: &[(u32, u32)]) -> anyhow::Result<Self> {
        let mut reads: BTreeMap<u32, BTreeSet<u32>> = BTreeMap::new();
        for view in views {
            let nodes = view.basis.nodes.iter().filter(|node| node.kind == NodeKind::MaterializedView);
            reads.insert(view.oid, nodes.map(|node| node.oid).collect());
        }
        for (view, before) in after {
            reads.entry(*view).or_default().insert(*before);
        }
        let mut level = BTreeMap::new();
        while level.len() < reads.len() {
            let ready: Vec<(u32, usize)> = reads
                .iter()
                .filter(|(view, _)| !level.contains_key(*view))
                .filter_map(|(view, below)| Some((*view, level_above(below, &level, &reads)?)))
                .collect();
            if ready.is_empty() {
                let waiting = views.iter().filter(|view| !level.contains_key(&view.oid));
                let names = waiting.map(|view| format!("{}.{}", view.schema, view.name));
                let names = names.collect::<Vec<_>>().join(", ");
                return Err(anyhow!("materialized views wait for each other: {names}")
                    .exit(Exit::Usage)
                    .hint("take an `after` out of the configuration"));
            }
            level.extend(ready);
        }
        let mut order = Self { level, reads };
        order.close();
        Ok(order)
    }

    /// Of a view that was not there when the order was made: after all others.
    pub fn level(&self, view: u32) -> usize {
        self.level.get(&view).copied().unwrap_or_else(|| self.level.values().max().map_or(0, |last| last + 1))
    }

    pub fn reads(&self, view: u32, other: u32) -> bool {
        self.reads.get(&view).is_some_and(|below| below.contains(&other))
    }

    /// Makes what is read by what is read a part of it.
    fn close(&mut self) {
        let mut views: Vec<u32> = self.reads.keys().copied().collect();
        views.sort_by_key(|view| self.level[view]);
        for view in views {
            let below = self.reads[&view].clone();
            let deeper = below.iter().filter_map(|other| self.reads.get(other)).flatten().copied();
            let all: BTreeSet<u32> = deeper.chain(below.iter().copied()).collect();
            self.reads.insert(view, all);
        }
    }
}

fn level_above(
    below: &BTreeSet<u32>,
    level: &BTreeMap<u32, usize>,
    known: &BTreeMap<u32, BTreeSet<u32>>,
) -> Option<usize> {
    let mut above = 0;
    for other in below.iter().filter(|other| known.contains_key(*other)) {
        above = above.max(level.get(other)? + 1);
    }
    Some(above)
}
