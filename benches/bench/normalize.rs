//! JSON elements into rows: pgtend against the one INSERT of the usual hand-written function, and against the limit, a
//! COPY of the finished rows with the same indexes and keys made after it. Commits go to disk.
use std::time::Instant;

use crate::figure::{Figure, Target};
use crate::ground::{Ground, Spent, milliseconds_since};

const MESSAGES: u32 = 1_000_000;
/// For what is compared with itself, or with a merge that is slow.
const FEWER_MESSAGES: u32 = 250_000;
const FILE: &str = "/tmp/pgtend-bench-rows";

/// As on a server for such a table.
const SETTINGS: [(&str, &str); 3] =
    [("shared_buffers", "2GB"), ("max_wal_size", "8GB"), ("maintenance_work_mem", "512MB")];

const CONFIG: &str = r#"
[[normalize]]
name = "reads"
source = { table = "messages", key = "id", column = "readBy" }
target = "message_reads"
unique = ["message_id", "user_id"]
[normalize.columns]
message_id = "source.id"
user_id = "element.userId"
read_at = { from = "element.readAt", default = "source.createdAt" }
"#;

const COLUMNS: &str =
    "message_id text not null, user_id integer not null, read_at timestamp not null default now()";
const FOREIGN_KEY: &str = "foreign key (message_id) references messages on delete cascade";

/// The hand-written function's statement.
const BY_HAND: &str = r#"
insert into message_reads (message_id, user_id, read_at)
select m.id, (r ->> 'userId')::integer, coalesce((r ->> 'readAt')::timestamp, m."createdAt")
from messages as m, jsonb_array_elements(m."readBy") as r
where m."readBy" is not null and jsonb_array_length(m."readBy") > 0
on conflict (message_id, user_id) do nothing
"#;

/// One message in a thousand gets an element that cannot be read.
const SPOIL: &str = r#"
update messages set "readBy" = "readBy" || '[{"userId": "nobody"}]' where right(id, 3) = '500';
"#;

const MEND: &str = r#"
update messages set "readBy" = "readBy" - -1 where right(id, 3) = '500';
"#;

/// What pgtend did, and what the server and the client needed for it.
struct Ours {
    spent: Spent,
    wal_bytes: f64,
    batch_p99_ms: f64,
    phases: String,
}

/// Into a table as the application made it, empty: with an id, and without.
pub fn run() -> Vec<Figure> {
    let ground = ground(MESSAGES);
    let seed = format!("id bigserial primary key, {COLUMNS}, unique (message_id, user_id), {FOREIGN_KEY}");
    let bare = format!("{COLUMNS}, primary key (message_id, user_id)");
    make(&ground, &seed);
    let by_hand = spent(&ground, BY_HAND);
    let rows = count(&ground);
    let file = format!(
        "copy (select message_id, user_id, read_at from message_reads order by 1, 2) to '{FILE}' with (format binary)"
    );
    ground.batch("reads", &file);
    let foreign_key = format!("add constraint fk {FOREIGN_KEY} not valid");
    let keys =
        ["add primary key (id)", "add unique (message_id, user_id)", &foreign_key, "validate constraint fk"];
    let seed_limit = limit(&ground, &format!("id bigserial, {COLUMNS}"), &keys);
    let ours = pgtend(&ground, &seed, "", rows);
    let bare_limit = limit(&ground, COLUMNS, &["add primary key (message_id, user_id)"]);
    let without_id = pgtend(&ground, &bare, "", rows);
    ground.batch("reads", &format!("copy (select) to program 'rm {FILE}'"));

    let elements = format!("{rows} elements of {MESSAGES} documents into rows");
    let (seed, bare) =
        (format!("{elements}, id, unique, foreign key"), format!("{elements}, no id, no foreign key"));
    let insert = "one INSERT .. SELECT";
    vec![
        against(&seed, &ours, insert, &by_hand, 1.0 / 5.0),
        against(&seed, &ours, "COPY of a file of the rows, then the keys", &seed_limit, 1.0 / 0.75),
        against(&bare, &without_id, insert, &by_hand, 1.0 / 8.0),
        Figure {
            target: Target::Shown,
            ..against(&bare, &without_id, "COPY of a file of the rows, then the key", &bare_limit, 1.0)
        },
        most("WAL of a row", ours.wal_bytes / rows as f64, 130.0, "bytes"),
        most("99 of 100 transactions of the load", ours.batch_p99_ms, 250.0, "ms"),
        most("memory of the program", ours.spent.client_mb, 64.0, "MB"),
    ]
}

/// Into a table that is in use, and from documents that cannot all be read.
pub fn merge() -> Vec<Figure> {
    let ground = ground(FEWER_MESSAGES);
    let seed = format!("id bigserial primary key, {COLUMNS}, unique (message_id, user_id), {FOREIGN_KEY}");
    let unique = format!("id bigserial primary key, {COLUMNS}, unique (message_id, user_id)");
    make(&ground, &seed);
    let by_hand = spent(&ground, BY_HAND);
    let rows = count(&ground);
    let merged = pgtend(&ground, &unique, FIRST_THOUSAND, rows);
    // In turn, so that what slows the machine down slows both.
    let mut clean = pgtend(&ground, &seed, "", rows);
    ground.batch("reads", SPOIL);
    let spoilt = pgtend(&ground, &seed, "", rows);
    ground.batch("reads", MEND);
    let again = pgtend(&ground, &seed, "", rows);
    clean.spent.wall_ms = f64::midpoint(clean.spent.wall_ms, again.spent.wall_ms);

    let elements = format!("{rows} elements of {FEWER_MESSAGES} documents");
    let merging = format!("{elements} into a live table with id and unique");
    let spoiling = format!("{elements}, one document in a thousand spoilt");
    vec![
        against(&merging, &merged, "one INSERT .. SELECT with the foreign key", &by_hand, 1.0 / 3.0),
        most("99 of 100 transactions of the merge", merged.batch_p99_ms, 250.0, "ms"),
        against(&spoiling, &spoilt, "the same without", &clean.spent, 1.05),
    ]
}

fn ground(messages: u32) -> Ground {
    let ground = Ground::with(true, &SETTINGS);
    ground.database("reads", "");
    ground.batch("reads", &source(messages));
    ground.batch("reads", "vacuum analyze messages");
    ground.file("pgtend.toml", CONFIG);
    ground
}

fn against(what: &str, ours: &Ours, name: &str, other: &Spent, most: f64) -> Figure {
    Figure {
        what: what.to_owned(),
        pgtend: ours.spent.wall_ms,
        against: (name.to_owned(), other.wall_ms),
        target: Target::Ratio(most),
        noise: 0.0,
        note: format!("CPU {:.1} s against {:.1} s; {}", ours.spent.cpu_s, other.cpu_s, ours.phases),
    }
}

fn most(what: &str, value: f64, most: f64, unit: &'static str) -> Figure {
    Figure {
        what: what.to_owned(),
        pgtend: value,
        against: ("the limit".to_owned(), most),
        target: Target::Most(most, unit),
        noise: 0.0,
        note: String::new(),
    }
}

/// Rows that the merge finds.
const FIRST_THOUSAND: &str = "insert into message_reads (message_id, user_id, read_at)
    select id, (\"readBy\" -> 0 ->> 'userId')::integer, (\"readBy\" -> 0 ->> 'readAt')::timestamp from messages
    where \"readBy\" is not null order by id limit 1000";

fn make(ground: &Ground, columns: &str) {
    ground.batch("reads", "drop table if exists message_reads");
    ground.batch("reads", &format!("create table message_reads ({columns})"));
    ground.batch("reads", "checkpoint");
}

fn spent(ground: &Ground, statements: &str) -> Spent {
    let cpu = ground.server_cpu_s();
    let began = Instant::now();
    ground.batch("reads", statements);
    Spent { wall_ms: milliseconds_since(began), cpu_s: ground.server_cpu_s() - cpu, client_mb: 0.0 }
}

/// The rows are there already: what is left is writing them and making the keys, each in a transaction of its own.
fn limit(ground: &Ground, columns: &str, keys: &[&str]) -> Spent {
    make(ground, columns);
    let cpu = ground.server_cpu_s();
    let began = Instant::now();
    ground.batch(
        "reads",
        &format!("copy message_reads (message_id, user_id, read_at) from '{FILE}' with (format binary)"),
    );
    for key in keys {
        ground.batch("reads", &format!("alter table message_reads {key}"));
    }
    Spent { wall_ms: milliseconds_since(began), cpu_s: ground.server_cpu_s() - cpu, client_mb: 0.0 }
}

fn pgtend(ground: &Ground, columns: &str, before: &str, rows: i64) -> Ours {
    make(ground, columns);
    if !before.is_empty() {
        ground.batch("reads", before);
    }
    let wal = wal(ground);
    let (spent, output) = ground.spent(&mut ground.pgtend("reads", &["normalize", "run", "--json"]));
    let wal_bytes = self::wal(ground) - wal;
    assert_eq!(count(ground), rows);
    ground.batch("reads", "drop schema if exists pgtend cascade");
    let events: Vec<serde_json::Value> =
        output.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let done = events.iter().find(|event| event["event"] == "mapping_done").unwrap();
    let load = done["load_ms"].as_f64().unwrap();
    let steps = events.iter().filter(|event| event["event"] == "step_finished");
    let steps: Vec<String> = steps
        .filter(|step| step["elapsed_ms"].as_f64() > Some(100.0))
        .map(|step| {
            format!("{} {:.0}", step["summary"].as_str().unwrap(), step["elapsed_ms"].as_f64().unwrap())
        })
        .collect();
    let phases = format!("load {load:.0}, {} ms", steps.join(", "));
    Ours { spent, wal_bytes, batch_p99_ms: done["batch_p99_ms"].as_f64().unwrap(), phases }
}

fn source(messages: u32) -> String {
    format!(
        r#"create table messages (id text primary key, "createdAt" timestamp not null, "readBy" jsonb);
        insert into messages
        select 'c' || lpad(n::text, 24, '0'), timestamp '2024-01-01' + n * interval '1 minute',
               (select jsonb_agg(jsonb_build_object('userId', (n * 7 + k * 13) % 5000, 'readAt',
                                 to_char(timestamp '2024-02-01' + (n + k) * interval '1 second', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')))
                from generate_series(1, 1 + n % 15 - n % 4 / 3) as k)
        from generate_series(1, {messages}) as n"#
    )
}

fn count(ground: &Ground) -> i64 {
    value(ground, "select count(*) from message_reads")
}

fn wal(ground: &Ground) -> f64 {
    value(ground, "select pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint") as f64
}

fn value(ground: &Ground, query: &str) -> i64 {
    ground.block_on(async { ground.client("reads").await.query_one(query, &[]).await.unwrap().get(0) })
}
