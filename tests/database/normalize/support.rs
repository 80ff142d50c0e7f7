//! What the tests of normalize share: messages with reads and reactions, their mappings, and the truth by other means.
use std::fs;

use crate::common::database::Database;
use crate::common::program::Output;
pub use crate::support::contains;

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

const TABLES: &str = r#"
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
    db.batch(&format!(
        r#"insert into messages (id, "createdAt", "readBy", reactions)
           select 'm' || lpad(n::text, 8, '0'), timestamp '2024-01-01' + n * interval '1 minute',
                  (select jsonb_agg(jsonb_build_object('userId', n % 50 + k, 'readAt',
                                    to_char(timestamp '2024-02-01' + k * interval '1 hour', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')))
                   from generate_series(1, n % 8) as k),
                  case when n % 3 = 0 then jsonb_build_object('👍', jsonb_build_array(n % 7, n % 7 + 1), '❤', jsonb_build_array(n % 5))
                       when n % 5 = 0 then jsonb_build_array(jsonb_build_object('emoji', '🎉', 'userId', n % 9)) end
           from generate_series(1, {messages}) as n"#
    ))
    .await;
}

pub fn run<const N: usize>(db: &Database, arguments: [&str; N]) -> Output {
    db.pgtend(["normalize"]).args(arguments).run()
}

/// What the target holds, without the surrogate id, as one hash, and how many rows.
pub async fn rows_of(db: &Database, table: &str, columns: &str) -> String {
    db.value(&format!(
        "select count(*) || ' ' || coalesce(md5(string_agg(t::text, E'\\n' order by t::text)), '')
         from (select {columns} from {table}) as t"
    ))
    .await
}

/// What the server's own SQL makes of clean documents.
pub async fn rows_by_sql(db: &Database) -> [String; 2] {
    let reads = r#"(select m.id as message_id, (e ->> 'userId')::integer as user_id,
                          ((e ->> 'readAt')::timestamptz at time zone 'UTC') as read_at
                   from messages as m, jsonb_array_elements(m."readBy") as e) as x"#;
    let reactions = r#"(select m.id as message_id, o.key::varchar(20) as emoji, e::integer as user_id, m."createdAt"::timestamp as created_at
                       from messages as m, jsonb_each(case when jsonb_typeof(m.reactions) = 'object' then m.reactions else '{}' end) as o,
                            jsonb_array_elements_text(o.value) as e
                       union all
                       select m.id, (e ->> 'emoji')::varchar(20), (e ->> 'userId')::integer, m."createdAt"
                       from messages as m, jsonb_array_elements(case when jsonb_typeof(m.reactions) = 'array' then m.reactions else '[]' end) as e) as x"#;
    [rows_of(db, reads, READS).await, rows_of(db, reactions, REACTIONS).await]
}

pub const READS: &str = "message_id, user_id, read_at";
pub const REACTIONS: &str = "message_id, emoji, user_id, created_at";

pub async fn rows_in_targets(db: &Database) -> [String; 2] {
    [rows_of(db, "message_reads", READS).await, rows_of(db, "message_reactions", REACTIONS).await]
}
