//! The story of the table-session system: months that somebody made by hand get their successors, seven indexes
//! come while guests sit down, and old months and closed sessions leave. What the tables are like is said in `sql/demo/redbut`.
use std::time::Duration;

use super::application::Application;
use super::fill::{Fill, Table, at_once};
use super::story::{Chapter, Scene, Story, run, run_for_code};
use crate::query;

pub const REDBUT: Story = Story { database: "redbut", chapters: CHAPTERS, to_try: TO_TRY };

const TABLETS: Application = Application {
    role: "redbut_app",
    write: query!("demo/redbut/application_write.sql"),
    read: query!("demo/redbut/application_read.sql"),
    idle: Duration::from_millis(50),
};

const CHAPTERS: &[Chapter] = &[
    Chapter { title: "A private server", scenes: &[Scene::Enter] },
    Chapter {
        title: "Guests, tables and waiters of fourteen months",
        scenes: &[
            Scene::Load(&[query!("demo/redbut/schema.sql")]),
            Scene::Fill(&FILL),
            Scene::Say(
                "A guest scans a code and becomes a row of users; a paid bill closes the session by writing CLOSED_ before \
                 it. The table is partitioned by month, and somebody made the months by hand.",
            ),
            Scene::Run(run(&["partition", "list"])),
        ],
    },
    Chapter {
        title: "The months to come",
        scenes: &[
            Scene::Say("A first configuration, read off the partitions that are there:"),
            Scene::Run(run(&["init"])),
            Scene::Run(run(&["init", "--output", "-"])),
            Scene::Say("Nobody has made the next month. On its first day every guest would be refused:"),
            Scene::Run(run_for_code(&["partition", "check"], 3)),
            Scene::Say("While guests sit down and waiters look who sits at their tables:"),
            Scene::RunBeside(&TABLETS, run(&["partition", "maintain"])),
        ],
    },
    Chapter {
        title: "Seven indexes, while guests sit down",
        scenes: &[
            Scene::Ask(query!("demo/redbut/open_sessions.sql")),
            Scene::Say(
                "Every partition is read for that. The set has an index for it, a partial one: open sessions are a few \
                 hundred among years. In its files each index is one line; pgtend builds it on one partition after the \
                 other, concurrently.",
            ),
            Scene::Run(run(&["migrate", "status", "--set", "redbut"])),
            Scene::RunBeside(&TABLETS, run(&["migrate", "up", "--set", "redbut"])),
            Scene::Psql(query!("demo/analyze.sql")),
            Scene::Ask(query!("demo/redbut/open_sessions.sql")),
            Scene::Ask(query!("demo/redbut/explain_open_sessions.sql")),
        ],
    },
    Chapter {
        title: "An old month leaves, and comes back",
        scenes: &[
            Scene::Say(
                "What is older than thirteen months goes, once its archive has been read back. Guests sit down meanwhile:",
            ),
            Scene::RunBeside(&TABLETS, run(ARCHIVE)),
            Scene::Run(run(&["partition", "archive", "list", "archive"])),
            Scene::Say("The tax office asks for it:"),
            Scene::RunBeside(&TABLETS, run(RESTORE)),
        ],
    },
    Chapter {
        title: "Closed sessions leave",
        scenes: &[
            Scene::Ask(query!("demo/redbut/where_sessions_are.sql")),
            Scene::Say(
                "What was closed long ago moves to a table of its own, batch by batch, each row in the transaction that \
                 has proved it to be there:",
            ),
            Scene::RunBeside(&TABLETS, run(MOVE)),
            Scene::Ask(query!("demo/redbut/where_sessions_are.sql")),
            Scene::Say("Whom the tablets were told to be seated is there:"),
            Scene::Prove(&TABLETS, query!("demo/redbut/proof.sql")),
        ],
    },
    Chapter {
        title: "Tomorrow's deployment",
        scenes: &[
            Scene::Say("The same commands again find nothing to do, which is a success:"),
            Scene::Run(run_for_code(&["migrate", "up", "--set", "redbut"], 0)),
            Scene::Run(run_for_code(&["partition", "check"], 0)),
        ],
    },
];

const ARCHIVE: &[&str] =
    &["partition", "drop", "users", "--keep", "13 months", "--archive", "archive", "--yes"];
const RESTORE: &[&str] = &["partition", "restore", "archive/public.users/users_*.json", "--attach"];
const MOVE: &[&str] = &[
    "partition",
    "archive",
    "rows",
    "users",
    "--where",
    r"session_id like 'CLOSED\_%' and created_at < now() - interval '200 days'",
    "--to",
    "users_closed",
    "--yes",
];

const TO_TRY: &[(&str, &str)] = &[
    ("psql \"$DATABASE_URL\"", "look around"),
    ("pgtend partition list users", "each month"),
    ("pgtend migrate status --set redbut --json", "for programs"),
];

const FILL: Fill = Fill {
    begin: query!("demo/life/begin.sql"),
    size: query!("demo/life/size.sql"),
    prepare: &[],
    spans: None,
    lanes: &[&TABLES],
    end: &[query!("demo/redbut/fill_end.sql"), query!("demo/vacuum.sql")],
};

const TABLES: [Table; 2] = [
    at_once("waiters, users", query!("demo/redbut/fill_users.sql")),
    at_once("requests", query!("demo/redbut/fill_requests.sql")),
];
