//! JSON elements into rows: pgtend against the one INSERT of the usual hand-written function, and against the limit, a
//! COPY of the finished rows with the same indexes and keys made after it. Commits go to disk.
use std::time::Instant;

use crate::figure::{Figure, Target};
use crate::ground::{Ground, milliseconds_since, timed};

const MESSAGES: u32 = 250_000;

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

const TARGET: &str = "
drop table if exists message_reads;
create table message_reads (id bigserial primary key, message_id text not null references messages on delete cascade,
    user_id integer not null, read_at timestamp not null default now(), unique (message_id, user_id));
";

const BY_HAND: &str = r#"
insert into message_reads (message_id, user_id, read_at)
select m.id, (r ->> 'userId')::integer, coalesce((r ->> 'readAt')::timestamp, m."createdAt")
from messages as m, jsonb_array_elements(m."readBy") as r
where m."readBy" is not null and jsonb_array_length(m."readBy") > 0
on conflict (message_id, user_id) do nothing
"#;

pub fn run() -> Vec<Figure> {
    let ground = Ground::new(true);
    ground.database("reads", "");
    ground.batch("reads", &source());
    ground.batch("reads", "vacuum analyze messages");
    ground.file("pgtend.toml", CONFIG);
    ground.batch("reads", TARGET);
    ground.batch("reads", "checkpoint");
    let began = Instant::now();
    ground.batch("reads", BY_HAND);
    let by_hand = milliseconds_since(began);
    let rows = count(&ground);
    let file = "copy (select message_id, user_id, read_at from message_reads order by 1, 2) to '/tmp/pgtend-bench-rows'
                with (format binary)";
    ground.batch("reads", file);
    let limit = limit(&ground);
    ground.batch("reads", TARGET);
    ground.batch("reads", "checkpoint");
    let (ours, _) = timed(&mut ground.pgtend("reads", &["normalize", "run"]));
    assert_eq!(count(&ground), rows);
    ground.batch("reads", "copy (select) to program 'rm /tmp/pgtend-bench-rows'");
    let rate = rows as f64 / ours;
    let figure = |against: &str, time, target| Figure {
        what: format!("{rows} elements of {MESSAGES} documents into rows, id, unique, foreign key"),
        pgtend: ours,
        against: (against.to_owned(), time),
        target: Target::Ratio(target),
        noise: 0.0,
        note: format!("{rate:.0} rows a millisecond; with triggers, vacuum and books"),
    };
    vec![
        figure("one INSERT .. SELECT", by_hand, 0.2),
        figure("COPY of a file of the rows, then the keys", limit, 1.33),
    ]
}

/// The rows are there already: what is left is writing them and making the keys.
fn limit(ground: &Ground) -> f64 {
    ground.batch("reads", TARGET);
    ground.batch(
        "reads",
        "alter table message_reads drop constraint message_reads_message_id_fkey,
             drop constraint message_reads_message_id_user_id_key, drop constraint message_reads_pkey;
         checkpoint",
    );
    let began = Instant::now();
    ground.batch(
        "reads",
        "copy message_reads (message_id, user_id, read_at) from '/tmp/pgtend-bench-rows' with (format binary);
         alter table message_reads add primary key (id);
         alter table message_reads add unique (message_id, user_id);
         alter table message_reads add foreign key (message_id) references messages on delete cascade not valid;
         alter table message_reads validate constraint message_reads_message_id_fkey;",
    );
    milliseconds_since(began)
}

fn source() -> String {
    format!(
        r#"create table messages (id text primary key, "createdAt" timestamp not null, "readBy" jsonb);
        insert into messages
        select 'c' || lpad(n::text, 24, '0'), timestamp '2024-01-01' + n * interval '1 minute',
               (select jsonb_agg(jsonb_build_object('userId', (n * 7 + k * 13) % 5000, 'readAt',
                                 to_char(timestamp '2024-02-01' + (n + k) * interval '1 second', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')))
                from generate_series(1, 1 + n % 15) as k)
        from generate_series(1, {MESSAGES}) as n"#
    )
}

fn count(ground: &Ground) -> i64 {
    ground.block_on(async {
        let client = ground.client("reads").await;
        client.query_one("select count(*) from message_reads", &[]).await.unwrap().get(0)
    })
}
