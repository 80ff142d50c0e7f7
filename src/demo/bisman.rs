//! The story of the chat-and-ERP system: its JSON becomes rows, its messages become a partitioned table while people
//! write them, and its partitioned tables get their partitions and lose the old ones.
//! Chapters are added to the list; what the tables are like is said in `sql/demo/bisman`.
use std::time::Duration;

use super::application::Application;
use super::fill::{Fill, Table, at_once, by_span};
use super::story::{Chapter, Scene, Story, run, run_for_code};
use crate::query;

pub const BISMAN: Story = Story { database: "bisman", chapters: CHAPTERS, to_try: TO_TRY };

const TALK: Application = Application {
    role: "bisman_app",
    write: query!("demo/bisman/chat_write.sql"),
    read: query!("demo/bisman/chat_read.sql"),
    idle: Duration::from_millis(20),
};

/// With a session that leaves its transaction open.
const FORGETFUL_TALK: Application = Application { idle: Duration::from_mins(1), ..TALK };

const READERS: Application = Application {
    role: "bisman_app",
    write: query!("demo/bisman/receipt_write.sql"),
    read: query!("demo/bisman/receipt_read.sql"),
    idle: Duration::from_millis(200),
};

const CHAPTERS: &[Chapter] = &[
    Chapter { title: "A private server", scenes: &[Scene::Enter] },
    Chapter {
        title: "A chat-and-ERP system, eighteen months old",
        scenes: &[Scene::Load(&[query!("demo/bisman/schema.sql")]), Scene::Fill(&FILL)],
    },
    Chapter {
        title: "The next release's schema, while the application works",
        scenes: &[
            Scene::Say(
                "Twelve indexes, built beside the application, then tables, functions and views. One session writes \
                 messages, another reads them, and a third reads them in transactions that stay open for a while. \
                 Meanwhile, what a pipeline would run:",
            ),
            Scene::RunBeside(&TALK, run(&["migrate", "up", "--set", "bisman"])),
            Scene::Run(run(&["migrate", "status", "--set", "bisman"])),
            Scene::Psql(query!("demo/bisman/grant.sql")),
            Scene::Say(
                "Three of the new tables are partitioned. They are there, without a single partition: whoever writes to \
                 them now is refused.",
            ),
        ],
    },
    Chapter {
        title: "What is wanted",
        scenes: &[
            Scene::Write { name: "pgtend.toml", text: include_str!("../../migrations/bisman/pgtend.toml") },
            Scene::Say(
                "So far there is nothing of it, and the messages are no partitioned table at all. The exit code says so to \
                 whoever asks from a script:",
            ),
            Scene::Run(run_for_code(&["partition", "check"], 3)),
        ],
    },
    Chapter {
        title: "Who has read what, as rows, while people read",
        scenes: &[
            Scene::Say(
                "Every message carries who has read it and who has reacted, as JSON, and several releases wrote it in \
                 several ways. First a look at what is there, which changes nothing:",
            ),
            Scene::Run(run(&["normalize", "plan", "reads"])),
            Scene::Say(
                "Now one session reads messages and marks them as unread again, reacts and takes it back, and writes \
                 what cannot be read every now and then. Meanwhile:",
            ),
            Scene::RunBeside(&READERS, run(&["normalize", "run"])),
            Scene::Say(
                "What could not be read is kept with its reason; nothing was guessed, and nothing is lost:",
            ),
            Scene::Ask(query!("demo/bisman/rejects.sql")),
            Scene::Say("From now on triggers keep the rows in step. The proof, while people go on reading:"),
            Scene::RunBeside(&READERS, run(&["normalize", "verify"])),
        ],
    },
    Chapter {
        title: "A plan first",
        scenes: &[
            Scene::Say(
                "Every change is a plan before it is made: SQL that psql would run, with the locks that it takes. \
                 Flags go before the file; this month and the next would do for today.",
            ),
            Scene::Run(run(CREATE_PLAN)),
            Scene::Run(run(&["partition", "create", "audit_logs_partitioned", "--ahead", "1"])),
        ],
    },
    Chapter {
        title: "Messages by month, while people write",
        scenes: &[
            Scene::Ask(query!("demo/bisman/month.sql")),
            Scene::Say(
                "The usual way is a copy into the empty twin that the release has made, and a renaming; what is written \
                 meanwhile is lost. Here the table itself becomes the first partition of a new one, and not a row is \
                 moved. People go on writing, mending and taking back what they have said:",
            ),
            Scene::RunBeside(&TALK, run(CONVERT)),
            Scene::Say(
                "The newest half year gets a partition for each month. Rows are copied beside the old partition, and \
                 exchanged in an instant:",
            ),
            Scene::RunBeside(
                &TALK,
                run(&["partition", "split", "thread_messages", "--newest", "6", "--yes"]),
            ),
            Scene::Psql(query!("demo/analyze.sql")),
            Scene::Run(run(&["partition", "list", "thread_messages"])),
            Scene::Ask(query!("demo/bisman/month.sql")),
            Scene::Say("The rows that were made of the JSON are in step as before:"),
            Scene::Run(run(&["normalize", "verify"])),
        ],
    },
    Chapter {
        title: "The rest, while the application works",
        scenes: &[
            Scene::Say(
                "One session writes messages, another reads them, and a third has read the table in a transaction \
                 that it leaves open. Meanwhile, what cron would run every night:",
            ),
            Scene::RunBeside(&FORGETFUL_TALK, run(&["partition", "maintain"])),
        ],
    },
    Chapter {
        title: "Old rows find their months",
        scenes: &[
            Scene::Psql(query!("demo/bisman/copy_usage_events.sql")),
            Scene::Psql(query!("demo/bisman/copy_audit_logs.sql")),
            Scene::Psql(query!("demo/analyze.sql")),
            Scene::Run(run(&["partition", "list"])),
            Scene::Run(run(&["partition", "list", "client_usage_events_partitioned"])),
            Scene::Run(run(&["partition", "check"])),
        ],
    },
    Chapter {
        title: "Was it worth it?",
        scenes: &[
            Scene::Say(
                "How many messages a person has read: from JSON without an index, with one, and from rows.",
            ),
            Scene::Ask(query!("demo/bisman/read_without_index.sql")),
            Scene::Ask(query!("demo/bisman/read_with_index.sql")),
            Scene::Ask(query!("demo/bisman/read_rows.sql")),
            Scene::Say(
                "Where the messages themselves are wanted, fetching them is most of the work, and rows gain little or \
                 nothing over the GIN index:",
            ),
            Scene::Ask(query!("demo/bisman/read_messages_with_index.sql")),
            Scene::Ask(query!("demo/bisman/read_messages_rows.sql")),
        ],
    },
    Chapter {
        title: "Retention",
        scenes: &[
            Scene::Say("The application shows audit entries of two months. What would go, and how:"),
            Scene::Run(run(DROP_PLAN)),
            Scene::Say(
                "Rows are lost, so pgtend wants consent: an answer, or --yes. Without an archive it wants that said, too.",
            ),
            Scene::Run(run(DROP)),
            Scene::Run(run(&["partition", "list", "audit_logs_partitioned"])),
            Scene::Say(
                "Messages are kept, but not here: what is older than five months goes into an archive, which is read back \
                 and compared before anything is dropped. The application writes:",
            ),
            Scene::RunBeside(&TALK, run(ARCHIVE)),
            Scene::Run(run(&["partition", "archive", "list", "archive"])),
            Scene::Run(run(&["partition", "archive", "verify", "archive"])),
        ],
    },
    Chapter {
        title: "Somebody wants them back",
        scenes: &[
            Scene::RunBeside(&TALK, run(RESTORE)),
            Scene::Run(run(&["normalize", "verify"])),
            Scene::Say(
                "All the while the application has kept a list of what the server acknowledged. Has everything come \
                 through, the conversion, the split, the archive and the way back?",
            ),
            Scene::Prove(&TALK, query!("demo/bisman/proof.sql")),
        ],
    },
    Chapter {
        title: "Tomorrow night",
        scenes: &[
            Scene::Say("The same command again finds nothing to do, which is a success:"),
            Scene::Run(run_for_code(&["partition", "maintain"], 0)),
        ],
    },
];

const CREATE_PLAN: &[&str] = &["partition", "create", "audit_logs_partitioned", "--ahead", "1", "--dry-run"];
const CONVERT: &[&str] =
    &["partition", "convert", "thread_messages", "--by", "createdAt", "--every", "month"];
const ARCHIVE: &[&str] =
    &["partition", "drop", "thread_messages", "--keep", "5 months", "--archive", "archive", "--yes"];
const RESTORE: &[&str] =
    &["partition", "restore", "archive/public.thread_messages/thread_messages_legacy.*.json", "--attach"];
const DROP_PLAN: &[&str] =
    &["partition", "drop", "audit_logs_partitioned", "--keep", "2 months", "--no-archive", "--dry-run"];
const DROP: &[&str] =
    &["partition", "drop", "audit_logs_partitioned", "--keep", "2 months", "--no-archive", "--yes"];

const TO_TRY: &[(&str, &str)] = &[
    ("psql \"$DATABASE_URL\"", "look around"),
    ("pgtend partition list --json", "the same for programs"),
    ("pgtend normalize status", "how far each mapping is"),
    ("pgtend partition create audit_logs_partitioned --ahead 12 --dry-run", "a year of partitions, as SQL"),
    (
        "pgtend partition drop client_usage_events_partitioned --keep '2 months' --no-archive",
        "pgtend asks first",
    ),
];

const FILL: Fill = Fill {
    begin: query!("demo/bisman/fill_begin.sql"),
    size: query!("demo/bisman/fill_life.sql"),
    prepare: &[query!("demo/bisman/fill_activity.sql"), query!("demo/bisman/fill_conversations.sql")],
    spans: Some(query!("demo/bisman/fill_months.sql")),
    lanes: &[&CHAT, &REST],
    end: &[query!("demo/bisman/fill_end.sql"), query!("demo/vacuum.sql")],
};

const CHAT: [Table; 4] = [
    at_once("users", query!("demo/bisman/fill_users.sql")),
    at_once("threads", query!("demo/bisman/fill_threads.sql")),
    at_once("thread_members", query!("demo/bisman/fill_thread_members.sql")),
    by_span("thread_messages", query!("demo/bisman/fill_thread_messages.sql")),
];

const REST: [Table; 5] = [
    by_span("user_sessions", query!("demo/bisman/fill_user_sessions.sql")),
    by_span("expenses", query!("demo/bisman/fill_expenses.sql")),
    at_once("approvals", query!("demo/bisman/fill_approvals.sql")),
    by_span("client_usage_events", query!("demo/bisman/fill_client_usage_events.sql")),
    by_span("audit_logs", query!("demo/bisman/fill_audit_logs.sql")),
];
