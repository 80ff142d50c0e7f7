//! What is killed: a small schema, and the command over it.
use std::fs;
use std::path::Path;

use crate::common::program::Output;

/// The instant that the commands take for now.
pub const NOW: &str = "2026-11-15T12:00:00Z";

#[derive(Clone, Copy, Debug)]
pub struct Scenario {
    pub name: &'static str,
    /// Statements that make the database, after [`SCHEMA`].
    pub setup: &'static str,
    /// A command that has been run before, once.
    pub first: Option<&'static [&'static str]>,
    /// `pgtend.toml`
    pub config: &'static str,
    /// More files beside it, by their paths.
    pub files: &'static [(&'static str, &'static str)],
    /// [`MANIFEST`] in it stands for that of the archive that the first command has made.
    pub command: &'static [&'static str],
    /// What the command says, with exit code 1, when there is nothing left for it to do.
    pub done: Option<&'static str>,
    /// The journal is there from an earlier run.
    pub later_run: bool,
    /// Every relation whose rows must be the same before and after; a query for those of `events` that must be.
    pub kept: &'static [&'static str],
    /// Queries whose rows belong to the end as well, of tables that it leaves out.
    pub ends: &'static [&'static str],
    /// A command that succeeds at every end.
    pub afterwards: Option<&'static [&'static str]>,
    /// A query that gives the same after every kill, before anything is run again.
    pub serves: Option<&'static str>,
}

impl Scenario {
    /// The command. `home`: where the first one has run.
    pub fn words(&self, home: &Path) -> Vec<String> {
        let word = |word: &&str| if *word == MANIFEST { manifest(home) } else { (*word).to_owned() };
        self.command.iter().map(word).collect()
    }

    /// The command has ended with nothing left to do.
    pub fn is_done(&self, output: &Output) -> bool {
        let told = |done| output.code == Some(1) && output.stderr.contains(done);
        output.code == Some(0) || self.done.is_some_and(told)
    }
}

/// Of the one archive below a folder.
fn manifest(home: &Path) -> String {
    let folder = home.join("archive/public.events");
    let mut files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files.find(|file| file.extension().is_some_and(|end| end == "json")).unwrap().to_str().unwrap().to_owned()
}

/// Months of events, the last one the current one, with properties that a new partition takes over.
pub const SCHEMA: &str = "
create table users (id int primary key, name text not null);
insert into users select n, 'user ' || n from generate_series(1, 20) as n;
create table events (
    id bigint not null,
    at timestamptz not null,
    user_id int not null,
    payload text,
    primary key (id, at)
) partition by range (at);
create index on events (user_id);
do $$
declare
    month timestamptz;
begin
    for month in select generate_series('2026-07-01Z'::timestamptz, '2026-11-01Z', '1 month') loop
        execute format('create table events_p%s partition of events for values from (%L) to (%L)',
                       to_char(month, 'YYYY_MM'), month, month + '1 month');
    end loop;
end
$$;
alter table events_p2026_11 set (fillfactor = 80);
grant select on events_p2026_11 to public;
comment on table events_p2026_07 is 'the first month';
comment on table events_p2026_11 is 'made by hand';
insert into events
select n, '2026-07-01Z'::timestamptz + n * interval '3 hours', 1 + n % 20, md5(n::text)
from generate_series(1, 1100) as n;
";

pub const DEFAULT: &str = "
create table events_default partition of events default;
insert into events
select n, '2020-01-01Z'::timestamptz + n * interval '1 day', 1 + n % 20, 'early' from generate_series(2001, 2300) as n;
";
pub const FK_OUT: &str = "alter table events add foreign key (user_id) references users (id);";
const FK_IN: &str = "
create table reads (event_id bigint not null, at timestamptz not null, reader int not null,
                    foreign key (event_id, at) references events (id, at) on delete cascade);
create index on reads (event_id, at);
insert into reads select id, at, 1 from events where id % 3 = 0;
";
pub const FK_BOTH: &str = "
alter table events add foreign key (user_id) references users (id);
create table reads (event_id bigint not null, at timestamptz not null, reader int not null,
                    foreign key (event_id, at) references events (id, at) on delete cascade);
insert into reads select id, at, 1 from events where id % 3 = 0;
";
const ANOTHER: &str = "
create table audit (at timestamptz not null, what text) partition by range (at);
create table audit_p2026_08 partition of audit for values from ('2026-08-01Z') to ('2026-09-01Z');
create table audit_p2026_11 partition of audit for values from ('2026-11-01Z') to ('2026-12-01Z');
create table audit_default partition of audit default;
insert into audit select '2026-08-10Z', 'old' from generate_series(1, 50);
insert into audit select '2026-11-10Z', 'new' from generate_series(1, 50);
insert into audit select '2026-09-10Z', 'nobody made its month' from generate_series(1, 50);
create table letters (day date not null, text text) partition by range (day);
create table letters_p2026_02 partition of letters for values from ('2026-02-01') to ('2026-03-01');
insert into letters select '2026-02-10', 'the only month' from generate_series(1, 50);
alter table events add foreign key (user_id) references users (id);
";

pub const MANIFEST: &str = "{manifest}";

pub const CREATE: &[&str] =
    &["partition", "create", "events", "--every", "month", "--ahead", "3", "--now", NOW];
pub const DROP: &[&str] =
    &["partition", "drop", "events", "--keep", "2 months", "--no-archive", "--yes", "--now", NOW];
const DROP_INTO_ARCHIVE: &[&str] =
    &["partition", "drop", "events", "--keep", "2 months", "--archive", "archive", "--yes", "--now", NOW];
const DETACH: &[&str] =
    &["partition", "drop", "events", "--keep", "2 months", "--mode", "detach", "--now", NOW];
const MAINTAIN: &[&str] = &["partition", "maintain", "--yes", "--now", NOW];
const CONFIG: &str = "
[[partition]]
table = \"events\"
ahead = 2
keep = \"2 months\"
archive = false
[[partition]]
table = \"audit\"
every = \"month\"
ahead = 2
keep = \"2 months\"
archive = false
[[partition]]
table = \"letters\"
every = \"month\"
ahead = 0
keep = \"2 months\"
archive = false
";

const ALL: &[&str] = &["select * from events", "select * from users"];
const SINCE_SEPTEMBER: &[&str] = &["select * from events where at >= '2026-09-01Z'", "select * from users"];

const USUAL: Scenario = Scenario {
    name: "",
    setup: "",
    first: None,
    config: "",
    files: &[],
    command: CREATE,
    done: None,
    later_run: true,
    kept: ALL,
    ends: &[],
    afterwards: None,
    serves: None,
};
const RETENTION: Scenario = Scenario { command: DROP, kept: SINCE_SEPTEMBER, ..USUAL };

pub const CREATE_FIRST_RUN: Scenario = Scenario { name: "create, first run ever", later_run: false, ..USUAL };
pub const CREATE_DEFAULT: Scenario =
    Scenario { name: "create, default partition with rows", setup: DEFAULT, ..USUAL };
pub const CREATE_FK_OUT: Scenario =
    Scenario { name: "create, foreign key to another table", setup: FK_OUT, ..USUAL };
pub const CREATE_FK_IN: Scenario =
    Scenario { name: "create, foreign key from another table", setup: FK_IN, ..USUAL };
pub const DROP_PLAIN: Scenario = Scenario { name: "drop", ..RETENTION };
pub const DROP_FK_OUT: Scenario =
    Scenario { name: "drop, foreign key to another table", setup: FK_OUT, ..RETENTION };
pub const DROP_FK_IN: Scenario = Scenario {
    name: "drop, foreign key from another table that cascades",
    setup: FK_BOTH,
    kept: &[
        "select * from events where at >= '2026-09-01Z'",
        "select * from reads where at >= '2026-09-01Z'",
    ],
    ..RETENTION
};
pub const DROP_DEFAULT: Scenario = Scenario {
    name: "drop, default partition",
    setup: DEFAULT,
    kept: &[
        "select * from events where at >= '2026-09-01Z'",
        "select * from events where at < '2026-07-01Z'",
    ],
    ..RETENTION
};
pub const DROP_ARCHIVED: Scenario = Scenario {
    name: "drop, archived first",
    setup: FK_OUT,
    command: DROP_INTO_ARCHIVE,
    afterwards: Some(&["partition", "archive", "verify", "archive"]),
    ..RETENTION
};
const DROP_ONE: &[&str] =
    &["partition", "drop", "events", "--keep", "3 months", "--archive", "archive", "--yes", "--now", NOW];
pub const RESTORE_ATTACHED: Scenario = Scenario {
    name: "restore, attached",
    setup: "alter table events add foreign key (user_id) references users (id);
            create table reads (event_id bigint, at timestamptz, foreign key (event_id, at) references events (id, at));",
    first: Some(DROP_ONE),
    command: &["partition", "restore", MANIFEST, "--attach", "--now", NOW],
    done: Some("is there already; nothing was changed"),
    kept: SINCE_SEPTEMBER,
    ends: &["select * from events_p2026_07"],
    ..USUAL
};
pub const ARCHIVE_ROWS: Scenario = Scenario {
    name: "archive rows",
    setup: "create table early (id bigint, at timestamptz, user_id int, payload text, primary key (id, at));
            create view anywhere as select id, at, user_id, payload from events union all select * from early;",
    command: &[
        "partition",
        "archive",
        "rows",
        "events",
        "--where",
        "at < '2026-09-01Z'",
        "--to",
        "early",
        "--yes",
        "--now",
        NOW,
    ],
    kept: &["select * from anywhere"],
    serves: Some("select * from anywhere"),
    ..USUAL
};
pub const DETACH_ONLY: Scenario = Scenario {
    name: "detach",
    command: DETACH,
    kept: &[
        "select * from events where at >= '2026-09-01Z'",
        "select id, at, user_id, payload from only events_p2026_07",
        "select id, at, user_id, payload from only events_p2026_08",
    ],
    ..RETENTION
};
pub const MAINTAIN_THREE: Scenario = Scenario {
    name: "maintain, three tables, first run ever",
    setup: ANOTHER,
    first: None,
    config: CONFIG,
    command: MAINTAIN,
    later_run: false,
    kept: &[
        "select * from events where at >= '2026-09-01Z'",
        "select * from audit where at >= '2026-09-01Z'",
        "select * from users",
    ],
    ..USUAL
};

const VIEW: &str = "
create materialized view \"By User\" as select user_id, count(*) as events from events group by user_id;
create unique index by_user_id on \"By User\" (user_id);
create index on \"By User\" (events) where events > 1;
comment on materialized view \"By User\" is 'counted';
comment on index by_user_id is 'the key';
grant select on \"By User\" to public;
alter materialized view \"By User\" set (fillfactor = 90);
insert into events select n, '2026-11-01Z', 1, 'late' from generate_series(5001, 5100) as n;
";
pub const SWAP: Scenario = Scenario {
    name: "matview, swap",
    setup: VIEW,
    command: &["matview", "refresh", "By User", "--mode", "swap", "--force"],
    kept: &["select * from events"],
    serves: Some("select user_id from \"By User\""),
    ..USUAL
};

/// A partitioned table in a partitioned table.
const SUB_PARTITIONED: &str = "
create table events_p2026_12 partition of events for values from ('2026-12-01Z') to ('2027-01-01Z') partition by hash (id);
create table events_p2026_12_0 partition of events_p2026_12 for values with (modulus 2, remainder 0);
create table events_p2026_12_1 partition of events_p2026_12 for values with (modulus 2, remainder 1);
insert into events select n, '2026-12-01Z', 1, 'december' from generate_series(5001, 5050) as n;
";
const INDEXED: &str = "
create index by_payload on events (payload);
";
const INDEX_DROP: &[&str] = &["index", "drop", "by_payload", "--if-exists", "--yes"];
const INDEX_CREATE: &[&str] =
    &["index", "create", "events", "--columns", "lower(payload), at desc", "--name", "wanted"];
const INDEX_REBUILD: &[&str] = &["index", "rebuild", "by_payload"];

pub const INDEX_CREATE_TREE: Scenario =
    Scenario { name: "index create, two levels", setup: SUB_PARTITIONED, command: INDEX_CREATE, ..USUAL };
pub const INDEX_REBUILD_PARTS: Scenario =
    Scenario { name: "index rebuild, partitioned", setup: INDEXED, command: INDEX_REBUILD, ..USUAL };
pub const INDEX_DROP_PARTS: Scenario =
    Scenario { name: "index drop, partitioned", setup: INDEXED, command: INDEX_DROP, ..USUAL };
pub const INDEX_DROP_ONE: Scenario = Scenario {
    name: "index drop, one table",
    setup: "create index by_name on users (name)",
    command: &["index", "drop", "by_name", "--if-exists", "--yes"],
    ..USUAL
};

const COUNTED: &str = "
create table events_p2026_12 partition of events for values from ('2026-12-01Z') to ('2027-01-01Z') partition by hash (id);
create table events_p2026_12_0 partition of events_p2026_12 for values with (modulus 2, remainder 0);
create table events_p2026_12_1 partition of events_p2026_12 for values with (modulus 2, remainder 1);
insert into events select n, '2026-12-01Z', 1, 'december' from generate_series(5001, 5050) as n;
create table counted (what text);
";
/// Every way in which a file is run; `counted` tells what was run twice.
const MIGRATIONS: &[(&str, &str)] = &[
    (
        "db/V0001__visits.sql",
        "create table visits (id bigint, at timestamptz not null) partition by range (at);
create table visits_p2026 partition of visits for values from ('2026-01-01Z') to ('2027-01-01Z');
insert into visits select n, '2026-07-01Z' from generate_series(1, 100) as n;
insert into counted values ('1, in a transaction');
",
    ),
    (
        "db/V0002__indexes.sql",
        "create index concurrently by_payload on events (lower(payload), at desc) where payload is not null;
create unique index concurrently users_name on users (name);
",
    ),
    (
        "db/V0003__one_by_one.sql",
        "-- pgtend: no-transaction
insert into counted values ('3, before');
create unique index concurrently events_user_at on events (user_id, id, at) include (payload);
insert into counted values ('3, between');
reindex index concurrently by_payload;
drop index concurrently users_name;
vacuum users;
insert into counted values ('3, after');
",
    ),
    (
        "db/V0004__attach.sql",
        "create table events_p2027_01 (like events including all);
alter table events_p2027_01 add constraint of_january check (at >= '2027-01-01Z' and at < '2027-02-01Z');
insert into events_p2027_01 select n, '2027-01-01Z', 1, 'january' from generate_series(6001, 6100) as n;
alter table events attach partition events_p2027_01 for values from ('2027-01-01Z') to ('2027-02-01Z');
insert into counted values ('4, in a transaction');
",
    ),
    ("db/V0005__detach.sql", "alter table events detach partition events_p2026_07 concurrently;\n"),
    ("db/V0006__last.sql", "insert into counted values ('6, in a transaction');\n"),
];
pub const MIGRATE: Scenario = Scenario {
    name: "migrate up, first run ever",
    setup: COUNTED,
    config: "[migrate]\ndir = \"db\"\n",
    files: MIGRATIONS,
    command: &["migrate", "up"],
    later_run: false,
    kept: &["select * from users", "select * from events where at >= '2026-08-01Z' and at < '2027-01-01Z'"],
    ends: &[
        "select version, name, checksum from refinery_schema_history",
        "select distinct on (version) version, name, sha256, mode, status, stmt_done, stmt_total, stmt_sha256, error
         from pgtend.migration_log order by version, id desc",
    ],
    ..USUAL
};

/// An ordinary table with a text key, another table that refers to it, and what else hangs on a table.
const MESSAGES: &str = "
create table messages (id text primary key, at timestamptz, sender int references users (id), number int generated always as identity);
create index on messages (sender);
comment on table messages is 'what people said';
insert into messages (id, at, sender)
select 'm' || n, '2026-09-01Z'::timestamptz + n * interval '1 hour', 1 + n % 20 from generate_series(1, 1000) as n;
create table reads (message_id text references messages (id) on delete cascade, reader int);
insert into reads select id, 1 from messages where sender < 10;
create view said as select id, sender from messages;
create function nothing() returns trigger language plpgsql as 'begin return null; end';
create trigger quiet after update on messages for each row execute function nothing();
create publication told for table messages with (publish_via_partition_root = true);
";
/// With a policy for the foreign keys to it.
const fn convert(incoming: &'static str) -> [&'static str; 11] {
    [
        "partition",
        "convert",
        "messages",
        "--by",
        "at",
        "--incoming-fk",
        incoming,
        "--ahead",
        "1",
        "--now",
        NOW,
    ]
}
const CONVERT: &[&str] = &convert("registry");
const UNDO: &[&str] = &["partition", "convert", "messages", "--undo", "--now", NOW];
const CONVERTED: Scenario = Scenario {
    setup: MESSAGES,
    kept: &["select * from messages", "select * from reads", "select * from said"],
    serves: Some("select * from messages join reads on message_id = id"),
    ..USUAL
};

pub const CONVERT_TABLE: Scenario = Scenario { name: "convert", command: CONVERT, ..CONVERTED };
pub const UNDO_CONVERTED: Scenario = Scenario {
    name: "undo, converted",
    first: Some(CONVERT),
    command: &["partition", "undo", "messages", "--yes", "--now", NOW],
    ..CONVERTED
};
pub const CONVERT_UNDO: Scenario =
    Scenario { name: "convert, undo", first: Some(CONVERT), command: UNDO, ..CONVERTED };

/// Two tables refer to it, one of them by a trigger of the application's own.
const LETTERS: &str = "
create table messages (id text primary key, at timestamptz, sender int references users (id));
insert into messages
select 'm' || n, '2026-09-01Z'::timestamptz + n * interval '1 hour', 1 + n % 20 from generate_series(1, 1000) as n;
create table reads (message_id text references messages on update cascade, reader int);
insert into reads select id, 1 from messages where sender < 10 union all select null, 2;
create table answers (\"messageId\" text references messages, answer text);
insert into answers select id, repeat('a', 500) from messages where sender > 10;
create function again() returns trigger language plpgsql as 'begin new.answer := new.answer || ''a''; return new; end';
create trigger again before update on answers for each row execute function again();
";
const COMPOSITE: &[&str] = &convert("composite");
const COMPOSED: Scenario = Scenario {
    setup: LETTERS,
    kept: &[
        "select * from messages",
        "select message_id, reader from reads",
        "select \"messageId\", answer from answers",
    ],
    serves: Some(
        "select id, at, reader, answer from messages left join reads on message_id = id
                  left join answers on \"messageId\" = id",
    ),
    ..USUAL
};
pub const CONVERT_COMPOSITE: Scenario =
    Scenario { name: "convert, composite", command: COMPOSITE, ..COMPOSED };
pub const COMPOSITE_UNDO: Scenario =
    Scenario { name: "convert, composite, undo", first: Some(COMPOSITE), command: UNDO, ..COMPOSED };

/// A coarse partition beside a fine one, rows in a default partition, a foreign key in either direction.
const SPANS: &str = "
create table spans (id bigint, at timestamptz, sender int not null references users (id), primary key (id, at))
    partition by range (at);
create table spans_old partition of spans for values from (minvalue) to ('2026-11-01Z');
create table spans_p2026_11 partition of spans for values from ('2026-11-01Z') to ('2026-12-01Z');
create table spans_default partition of spans default;
create index on spans (sender);
create table marks (id bigint, at timestamptz, foreign key (id, at) references spans (id, at));
insert into spans select n, '2026-09-01Z'::timestamptz + n * interval '3 hours', 1 + n % 20 from generate_series(1, 900) as n;
insert into spans values (1001, 'infinity', 1);
insert into marks select id, at from spans where sender < 5;
";
const SPLIT: &[&str] =
    &["partition", "split", "spans", "--every", "month", "--partition", "spans_old", "--yes", "--now", NOW];
const SPAN: Scenario = Scenario {
    setup: SPANS,
    kept: &["select * from spans", "select * from marks"],
    serves: Some("select * from spans left join marks using (id, at)"),
    ..USUAL
};
pub const SPLIT_TABLE: Scenario = Scenario { name: "split", command: SPLIT, ..SPAN };
pub const DRAIN_TABLE: Scenario = Scenario {
    name: "drain",
    command: &["partition", "drain", "spans", "--every", "month", "--yes", "--now", NOW],
    ..SPAN
};
pub const MERGE_TABLE: Scenario = Scenario {
    name: "merge",
    first: Some(SPLIT),
    command: &[
        "partition",
        "merge",
        "spans",
        "--every",
        "month",
        "--from",
        "2026-09-01",
        "--to",
        "2026-12-01",
        "--yes",
        "--now",
        NOW,
    ],
    ..SPAN
};

/// With what hangs on a table, and rows in the default partition.
const SPANS_OBSERVED: &str = "
create table spans (id bigint, at timestamptz, sender int not null references users (id), number int generated always as identity,
                    primary key (id, at)) partition by range (at);
create table spans_old partition of spans for values from (minvalue) to ('2026-11-01Z');
create table spans_p2026_11 partition of spans for values from ('2026-11-01Z') to ('2026-12-01Z');
create table spans_default partition of spans default;
create index on spans (sender);
comment on table spans is 'from then to then';
create table marks (id bigint, at timestamptz, foreign key (id, at) references spans (id, at));
insert into spans select n, '2026-09-01Z'::timestamptz + n * interval '3 hours', 1 + n % 20 from generate_series(1, 900) as n;
insert into spans values (1001, 'infinity', 1);
insert into marks select id, at from spans where sender < 5;
create view spanned as select id, sender from spans;
create function nothing() returns trigger language plpgsql as 'begin return null; end';
create trigger quiet after update on spans for each row execute function nothing();
create publication told for table spans with (publish_via_partition_root = true);
";
pub const UNDO_TABLE: Scenario = Scenario {
    name: "undo",
    setup: SPANS_OBSERVED,
    command: &["partition", "undo", "spans", "--yes", "--now", NOW],
    kept: &["select * from spans", "select * from marks", "select * from spanned"],
    ..SPAN
};
