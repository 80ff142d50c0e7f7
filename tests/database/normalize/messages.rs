//! Messages with reads and reactions, their mappings, the truth about their rows by other means, and an application that
//! writes them. The long tests use it as well.
use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio_postgres::Client;

use crate::common::database::Database;

/// Both mappings of messages.
pub const CONFIG: &str = r#"
[[normalize]]
name = "reads"
source = { table = "messages", key = "id", column = "readBy" }
target = "message_reads"
unique = ["message_id", "user_id"]
[normalize.columns]
message_id = "source.id"
user_id = "element.userId"
read_at = { from = "element.readAt", default = "source.createdAt" }

[[normalize]]
name = "reactions"
source = { table = "messages", key = "id", column = "reactions" }
target = "message_reactions"
unique = ["message_id", "emoji", "user_id"]
[[normalize.shapes]]
elements = "$.*[*]"
columns = { message_id = "source.id", emoji = "key", user_id = "element", created_at = "source.createdAt" }
[[normalize.shapes]]
elements = "$[*]"
[normalize.shapes.columns]
message_id = "source.id"
emoji = "element.emoji"
user_id = "element.userId"
created_at = { from = "element.createdAt", default = "source.createdAt" }
"#;

pub const TABLES: &str = r#"
create table messages (id text primary key, "createdAt" timestamp(3) not null default '2024-01-01 00:00:00.5',
                       "readBy" jsonb, reactions jsonb, body text);
create table message_reads (id bigserial primary key,
                            message_id text not null references messages on delete cascade,
                            user_id integer not null, read_at timestamp not null, unique (message_id, user_id));
create index message_reads_user on message_reads (user_id, read_at desc);
create table message_reactions (id bigserial primary key,
                                message_id text not null references messages on delete cascade,
                                emoji varchar(20) not null, user_id integer not null, created_at timestamp not null,
                                unique (message_id, emoji, user_id));
"#;

/// The tables, without rows, and the configuration.
pub async fn messages() -> Database {
    let db = Database::create().await;
    db.batch(TABLES).await;
    configure(&db, CONFIG);
    db
}

pub fn configure(db: &Database, config: &str) {
    fs::write(db.home().join("pgtend.toml"), config).unwrap();
}

/// Messages with some reads and reactions each.
pub async fn fill(db: &Database, messages: u32) {
    db.batch(&filling(messages)).await;
}

pub fn filling(messages: u32) -> String {
    format!(
        r#"insert into messages (id, "createdAt", "readBy", reactions)
           select 'm' || lpad(n::text, 8, '0'), timestamp '2024-01-01' + n * interval '1 minute',
                  (select jsonb_agg(jsonb_build_object('userId', n % 50 + k, 'readAt',
                                    to_char(timestamp '2024-02-01' + k * interval '1 hour', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')))
                   from generate_series(1, n % 8) as k),
                  case when n % 3 = 0 then jsonb_build_object('👍', jsonb_build_array(n % 7, n % 7 + 1), '❤', jsonb_build_array(n % 5))
                       when n % 5 = 0 then jsonb_build_array(jsonb_build_object('emoji', '🎉', 'userId', n % 9)) end
           from generate_series(1, {messages}) as n"#
    )
}

/// What the target holds, without the surrogate id, as how many rows and one hash.
async fn rows_of(client: &Client, table: &str, columns: &str) -> String {
    let query = format!(
        "select count(*) || ' ' || coalesce(md5(string_agg(t::text, E'\\n' order by t::text)), '')
         from (select {columns} from {table}) as t"
    );
    client.query_one(&query, &[]).await.unwrap().get(0)
}

pub async fn rows_by_sql(db: &Database) -> [String; 2] {
    made_by_sql(&db.client().await).await
}

pub async fn rows_in_targets(db: &Database) -> [String; 2] {
    found_in_targets(&db.client().await).await
}

/// What the server's own SQL makes of documents, the first of duplicates, without the elements that spoil it.
pub async fn made_by_sql(client: &Client) -> [String; 2] {
    let reads = r#"(select distinct on (m.id, (e ->> 'userId')::integer)
                          m.id as message_id, (e ->> 'userId')::integer as user_id,
                          ((e ->> 'readAt')::timestamptz at time zone 'UTC') as read_at
                   from messages as m, jsonb_array_elements(m."readBy") with ordinality as r (e, place)
                   where e ->> 'userId' ~ '^[0-9]+$'
                   order by m.id, (e ->> 'userId')::integer, place) as x"#;
    let reactions = r#"(select m.id as message_id, o.key::varchar(20) as emoji, e::integer as user_id, m."createdAt"::timestamp as created_at
                       from messages as m, jsonb_each(case when jsonb_typeof(m.reactions) = 'object' then m.reactions else '{}' end) as o,
                            jsonb_array_elements_text(o.value) as e
                       union
                       select m.id, (e ->> 'emoji')::varchar(20), (e ->> 'userId')::integer, m."createdAt"
                       from messages as m, jsonb_array_elements(case when jsonb_typeof(m.reactions) = 'array' then m.reactions else '[]' end) as e) as x"#;
    [rows_of(client, reads, READS).await, rows_of(client, reactions, REACTIONS).await]
}

const READS: &str = "message_id, user_id, read_at";
const REACTIONS: &str = "message_id, emoji, user_id, created_at";

pub async fn found_in_targets(client: &Client) -> [String; 2] {
    [rows_of(client, "message_reads", READS).await, rows_of(client, "message_reactions", REACTIONS).await]
}

/// Sessions that write at random until they are told to stop.
pub struct Life {
    stop: Arc<AtomicBool>,
    writers: Vec<JoinHandle<usize>>,
}

impl Life {
    /// Over messages 1 to `messages`, in transactions of the isolation level.
    pub async fn begin(db: &Database, messages: u32, isolation: &'static str) -> Self {
        const WRITERS: u64 = 3;
        let stop = Arc::new(AtomicBool::new(false));
        let mut writers = Vec::new();
        for number in 0..WRITERS {
            let writer = Writer { client: db.client().await, messages, isolation, number };
            writers.push(tokio::spawn(writer.write(Arc::clone(&stop))));
        }
        Self { stop, writers }
    }

    /// How many writes went through.
    pub async fn end(self) -> usize {
        self.stop.store(true, Ordering::Relaxed);
        let mut writes = 0;
        for writer in self.writers {
            writes += writer.await.unwrap();
        }
        writes
    }
}

struct Writer {
    client: Client,
    messages: u32,
    isolation: &'static str,
    number: u64,
}

impl Writer {
    async fn write(self, stop: Arc<AtomicBool>) -> usize {
        let mut random = fastrand::Rng::new();
        let mut done = 0;
        while !stop.load(Ordering::Relaxed) {
            let id = format!("m{:08}", random.u32(1..=self.messages));
            let act = self.act(&mut random, &id, done);
            // Some look first, and think about it.
            let thought = if random.u8(0..8) == 0 { random.u32(0..150) } else { 0 };
            let text = format!(
                "begin isolation level {}; select count(*) from messages where id = '{id}'; select pg_sleep({thought} / 1000.0);
                 {act}; commit",
                self.isolation
            );
            match self.client.batch_execute(&text).await {
                Ok(()) => done += 1,
                // As an application does: what cannot be serialized is tried again.
                Err(error) => {
                    let state = error.code().map(|code| code.code().to_owned()).unwrap_or_default();
                    assert!(["40001", "40P01"].contains(&state.as_str()), "{error:?}\n{act}");
                    self.client.batch_execute("rollback").await.unwrap();
                }
            }
            tokio::time::sleep(Duration::from_millis(random.u64(0..3))).await;
        }
        done
    }

    fn act(&self, random: &mut fastrand::Rng, id: &str, done: usize) -> String {
        let user = random.u32(1..60);
        let second = random.u8(0..60);
        match random.u8(0..20) {
            0..7 => format!(
                r#"update messages set "readBy" = coalesce("readBy", '[]') || '[{{"userId": {user}, "readAt": "2025-01-01T00:00:{second:02}Z"}}]' where id = '{id}'"#
            ),
            7 => format!(
                r#"update messages set "readBy" = coalesce("readBy", '[]') || '[{{"userId": "nobody"}}]' where id = '{id}'"#
            ),
            8..14 => format!(r#"update messages set "readBy" = "readBy" - 0 where id = '{id}'"#),
            14..16 => format!(r#"update messages set reactions = '{{"👍": [{user}]}}' where id = '{id}'"#),
            16..18 => format!(
                r#"insert into messages (id, "readBy") values ('n{}_{done}', '[{{"userId": {user}, "readAt": "2025-01-01T00:00:00Z"}}]')"#,
                self.number
            ),
            _ => format!("delete from messages where id = '{id}'"),
        }
    }
}
