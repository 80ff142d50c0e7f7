//! An ordinary table becomes a partitioned one under writers that keep a log of what was acknowledged: how long the
//! cut-over takes and others wait, at two sizes, and how many rows are lost, against three usual ways.
use std::time::Duration;

use serde_json::Value;

use crate::figure::{Figure, Target, milliseconds};
use crate::ground::{Ground, timed};
use crate::writers::{Seen, insist, live, months};

const SMALL: u32 = 1_000_000;
const LARGE: u32 = 10_000_000;
const WRITERS: i64 = 3;
const CONVERT: &[&str] =
    &["partition", "convert", "messages", "--by", "at", "--incoming-fk", "registry", "--json"];

/// Three months of them.
fn table(rows: u32) -> String {
    let apart = 8_000_000.0 / f64::from(rows);
    format!(
        "create table messages (id bigint primary key, at timestamptz not null, sender int not null, body text);
         insert into messages
         select n, '2026-08-01Z'::timestamptz + n * interval '{apart} seconds', n % 1000, md5(n::text)
         from generate_series(1, {rows}) as n;
         create index on messages (sender, at desc);
         create table reads (message_id bigint not null references messages (id) on delete cascade, reader int);
         insert into reads select n, 1 from generate_series(1, {rows}, 4) as n;
         create index on reads (message_id)"
    )
}

/// The partitioned table that the usual ways fill.
fn partitioned() -> String {
    months("2026-08-01Z", "2027-02-01Z")
}

const RENAME: &str = "
alter table reads drop constraint reads_message_id_fkey;
begin;
lock table messages in access exclusive mode;
alter table messages rename to messages_old;
alter table messages_new rename to messages;
commit;
";

/// A way of others, as statements; returns how often the server broke it off.
struct Way {
    name: &'static str,
    statements: fn(&Ground) -> usize,
}

const WAYS: [Way; 3] = [
    Way { name: "INSERT ... SELECT and RENAME", statements: copy_and_rename },
    Way { name: "batches by id, swap, batches again (pgslice)", statements: slices },
    Way {
        name: "the old table as DEFAULT, months moved out of it (pg_partman)",
        statements: default_partition,
    },
];

fn copy_and_rename(ground: &Ground) -> usize {
    ground.batch("busy", &partitioned());
    ground.batch("busy", "insert into messages_new select * from messages");
    ground.batch("busy", RENAME);
    0
}

fn slices(ground: &Ground) -> usize {
    ground.batch("busy", &partitioned());
    for first in (0..SMALL).step_by(10_000) {
        ground.batch(
            "busy",
            &format!(
                "insert into messages_new select * from messages where id > {first} and id <= {first} + 10000"
            ),
        );
    }
    ground.batch(
        "busy",
        "insert into messages_new select * from messages where id > (select max(id) from messages_new)",
    );
    ground.batch("busy", RENAME);
    ground.batch("busy", "insert into messages select * from messages_old where id > (select max(id) from messages) on conflict do nothing");
    0
}

fn default_partition(ground: &Ground) -> usize {
    ground.batch(
        "busy",
        "alter table reads drop constraint reads_message_id_fkey;
         create table messages_new (like messages including defaults) partition by range (at);
         begin;
         lock table messages in access exclusive mode;
         alter table messages drop constraint messages_pkey;
         alter table messages rename to messages_default;
         alter table messages_new rename to messages;
         alter table messages attach partition messages_default default;
         create index on messages (id);
         create index on messages (sender, at desc);
         commit;",
    );
    let mut broken_off = 0;
    for month in ["08", "09", "10", "11"] {
        let statements = format!(
            "begin;
             create table part_{month} (like messages including all);
             with gone as (delete from messages_default
                           where at >= '2026-{month}-01Z' and at < '2026-{month}-01Z'::timestamptz + interval '1 month'
                           returning *)
             insert into part_{month} select * from gone;
             do $$ begin execute format(
                 'alter table messages attach partition part_{month} for values from (%L) to (%L)',
                 '2026-{month}-01Z'::timestamptz, '2026-{month}-01Z'::timestamptz + interval '1 month'); end $$;
             commit;"
        );
        broken_off += insist(ground, &statements);
    }
    broken_off
}

pub fn run() -> Vec<Figure> {
    let ground = Ground::new(false);
    ground.database("small", "");
    ground.batch("small", &table(SMALL));
    ground.batch("small", "vacuum analyze");
    let idle = {
        ground.database("busy", "small");
        live(&ground, WRITERS, SMALL, |_| std::thread::sleep(Duration::from_secs(3))).0
    };
    ground.database("busy", "small");
    let (ours, held) = live(&ground, WRITERS, SMALL, convert);
    let ways: Vec<(&Way, (Seen, usize))> = WAYS
        .iter()
        .map(|way| {
            ground.database("busy", "small");
            (way, live(&ground, WRITERS, SMALL, way.statements))
        })
        .collect();
    ground.database("busy", "");
    ground.batch("busy", &table(LARGE));
    ground.batch("busy", "vacuum analyze");
    let (large, held_large) = live(&ground, WRITERS, LARGE, convert);
    let mut figures = vec![
        Figure {
            what: format!("convert: longest write of others, {LARGE} rows"),
            pgtend: large.longest,
            against: (format!("{SMALL} rows"), ours.longest),
            target: Target::Below(50.0),
            noise: idle.longest,
            note: large.words(),
        },
        Figure {
            what: format!("convert: the cut-over of {SMALL} rows, until its commit is answered"),
            pgtend: held,
            against: (format!("{LARGE} rows"), held_large),
            target: Target::Below(50.0),
            noise: 0.0,
            note: "no row is read; the server answers when it has removed the file of the old primary key's index, \
                   after the locks are free"
                .to_owned(),
        },
    ];
    figures.extend(ways.iter().map(|(way, (seen, broken_off))| Figure {
        what: format!("convert: longest write of others, {SMALL} rows"),
        pgtend: ours.longest,
        against: (way.name.to_owned(), seen.longest),
        target: Target::Below(200.0),
        noise: idle.longest,
        note: format!(
            "{}; theirs {}, broken off {broken_off} times; idle {}",
            ours.words(),
            seen.words(),
            milliseconds(idle.longest)
        ),
    }));
    figures
}

/// Milliseconds for which the cut-over held its locks.
fn convert(ground: &Ground) -> f64 {
    let (_, output) = timed(&mut ground.pgtend("busy", CONVERT));
    let text =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let lines = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let cut = |line: &Value| line["summary"].as_str().is_some_and(|summary| summary.starts_with("cut over"));
    lines.filter(cut).find_map(|line| line["lock_held_ms"].as_f64()).unwrap()
}
