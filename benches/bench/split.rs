//! A million rows in one partition, in the default partition, in twelve partitions become twelve partitions or one table,
//! idle and with writers that keep a log of what was acknowledged: rows a second, how long locks are held, how long others
//! wait, against one INSERT ... SELECT and against months moved out one by one.
use std::time::Instant;

use serde_json::Value;

use crate::figure::{Figure, Target, milliseconds};
use crate::ground::{Ground, milliseconds_since, timed};
use crate::writers::{Seen, insist, live, months};

const ROWS: u32 = 1_000_000;
const WRITERS: i64 = 2;
const SPLIT: &[&str] = &["partition", "split", "messages", "--every", "month", "--yes", "--json"];
const DRAIN: &[&str] = &["partition", "drain", "messages", "--every", "month", "--yes", "--json"];
const UNDO: &[&str] = &["partition", "undo", "messages", "--yes", "--json"];

/// About 200 bytes a row, a primary key and two more indexes, December 2025 to November 2026, in a partition of these
/// bounds.
fn table(bounds: &str) -> String {
    format!(
        "create table messages (id bigint, at timestamptz not null, sender int not null, body text, primary key (id, at))
             partition by range (at);
         create table messages_legacy partition of messages {bounds};
         insert into messages
         select n, '2025-12-01Z'::timestamptz + n * interval '31 seconds', n % 1000, repeat(md5(n::text), 4)
         from generate_series(1, {ROWS}) as n;
         create index on messages (sender, at desc);
         create index on messages (at)"
    )
}

fn copy(ground: &Ground) {
    ground.batch("busy", &months("2025-12-01Z", "2026-11-01Z"));
    ground.batch("busy", "create index on messages_new (at)");
    ground.batch("busy", "insert into messages_new select * from messages");
    ground.batch(
        "busy",
        "begin; lock table messages in access exclusive mode;
         alter table messages rename to messages_old; alter table messages_new rename to messages; commit",
    );
}

/// As pg_partman does it: a table for a month, its rows deleted here and inserted there, attached, month by month.
fn move_out(ground: &Ground) {
    ground.batch(
        "busy",
        "begin; lock table messages in access exclusive mode;
         alter table messages detach partition messages_legacy;
         alter table messages attach partition messages_legacy default; commit",
    );
    for month in 0..12 {
        let statements = format!(
            "begin;
             create table part_{month} (like messages including all);
             with gone as (
                 delete from messages_legacy
                 where at >= '2025-12-01Z'::timestamptz + interval '{month} months'
                   and at < '2026-01-01Z'::timestamptz + interval '{month} months'
                 returning *)
             insert into part_{month} select * from gone;
             do $$ begin execute format(
                 'alter table messages attach partition part_{month} for values from (%L) to (%L)',
                 '2025-12-01Z'::timestamptz + interval '{month} months',
                 '2026-01-01Z'::timestamptz + interval '{month} months'); end $$;
             commit"
        );
        insist(ground, &statements);
    }
}

struct Replaced {
    took: f64,
    held: f64,
}

fn replace(ground: &Ground, command: &[&str]) -> Replaced {
    let (took, output) = timed(&mut ground.pgtend("busy", command));
    let text =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let lines = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let held = lines.filter_map(|line| line["lock_held_ms"].as_f64()).fold(0.0, f64::max);
    Replaced { took, held }
}

/// One of pgtend's own verbs on a copy of a database, idle and beside writers.
struct Verb {
    what: &'static str,
    idle: Replaced,
    busy: Replaced,
    seen: Seen,
}

impl Verb {
    fn measured(ground: &Ground, what: &'static str, command: &'static [&'static str], whole: &str) -> Self {
        ground.database("busy", whole);
        let idle = replace(ground, command);
        ground.database("busy", whole);
        let (seen, busy) = live(ground, WRITERS, ROWS, |ground| replace(ground, command));
        Self { what, idle, busy, seen }
    }

    /// `copied`: what one INSERT ... SELECT took.
    fn figures(&self, copied: f64) -> [Figure; 3] {
        let Self { what, idle, busy, seen } = self;
        let figure = |what: String, pgtend, against: (&str, f64), target, note| Figure {
            what,
            pgtend,
            against: (against.0.to_owned(), against.1),
            target,
            noise: 0.0,
            note,
        };
        [
            figure(
                format!("{what}, idle"),
                idle.took,
                ("one INSERT ... SELECT", copied),
                Target::Below(5000.0),
                format!("{}, proof and clean-up included; theirs {}", rate(idle.took), rate(copied)),
            ),
            figure(
                format!("{what}, {WRITERS} writers"),
                busy.took,
                ("idle", idle.took),
                Target::Below(10_000.0),
                format!(
                    "{}; {}; longest write {}",
                    rate(busy.took),
                    seen.words(),
                    milliseconds(seen.longest)
                ),
            ),
            figure(
                format!("{what}: locks held, {WRITERS} writers"),
                busy.held,
                ("idle", idle.held),
                Target::Below(50.0),
                "the longest of all steps".to_owned(),
            ),
        ]
    }
}

fn others(ground: &Ground, way: fn(&Ground)) -> f64 {
    ground.database("busy", "whole");
    let began = Instant::now();
    way(ground);
    milliseconds_since(began)
}

fn rate(took: f64) -> String {
    format!("{:.0} rows/s", f64::from(ROWS) * 1000.0 / took)
}

pub fn run() -> Vec<Figure> {
    let ground = Ground::new(false);
    let make = |name: &str, statements: &str| {
        ground.batch(name, statements);
        ground.batch(name, "vacuum analyze");
    };
    ground.database("whole", "");
    make("whole", &table("for values from (minvalue) to ('2026-12-01Z')"));
    ground.database("in_default", "");
    make("in_default", &table("default"));
    ground.database("months", "whole");
    let in_months = ground.pgtend("months", SPLIT).output().unwrap();
    assert!(in_months.status.success(), "{}", String::from_utf8_lossy(&in_months.stderr));
    make("months", "");
    let (copied, moved) = (others(&ground, copy), others(&ground, move_out));
    let split = Verb::measured(&ground, "split a partition of 1M rows into 12 months", SPLIT, "whole");
    let drain =
        Verb::measured(&ground, "drain 1M rows of the default partition into 12 months", DRAIN, "in_default");
    let undo = Verb::measured(&ground, "undo: 12 months of 1M rows become one table", UNDO, "months");
    ground.database("busy", "whole");
    let (theirs, ()) = live(&ground, WRITERS, ROWS, move_out);
    let against_theirs = |what: &str, pgtend, time, note| Figure {
        what: format!("split: {what}"),
        pgtend,
        against: ("months moved one by one (pg_partman)".to_owned(), time),
        target: Target::Ratio(1.0),
        noise: 0.0,
        note,
    };
    let longest = format!("theirs {}; {}", milliseconds(theirs.longest), theirs.words());
    let mut figures: Vec<Figure> =
        [&split, &drain, &undo].into_iter().flat_map(|verb| verb.figures(copied)).collect();
    figures.push(against_theirs("idle", split.idle.took, moved, format!("theirs {}", rate(moved))));
    figures.push(against_theirs("longest write of others", split.seen.longest, theirs.longest, longest));
    figures
}
