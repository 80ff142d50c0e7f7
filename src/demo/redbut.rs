//! The story of the table-session system: months that somebody made by hand get their successors, and seven indexes
//! come while guests sit down. What the tables are like is said in `sql/demo/redbut`.
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
        title: "Closed sessions leave",
        scenes: &[
            Scene::Ask(query!("demo/redbut/archive.sql")),
            Scene::Ask(query!("demo/redbut/where_sessions_are.sql")),
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
