//! The story of the system that lets strangers talk: look-up, search, history and queue get their indexes while people
//! talk, and its report its views. What the tables are like is said in `sql/demo/realtime_connect`.
use std::time::Duration;

use super::application::Application;
use super::fill::{Fill, Table, at_once};
use super::story::{Chapter, Scene, Story, run, run_for_code};
use crate::query;

pub const REALTIME_CONNECT: Story =
    Story { database: "realtime_connect", chapters: CHAPTERS, to_try: TO_TRY };

const TALKING: Application = Application {
    role: "realtime_connect_app",
    write: query!("demo/realtime_connect/application_write.sql"),
    read: query!("demo/realtime_connect/application_read.sql"),
    idle: Duration::from_millis(300),
};

const CHAPTERS: &[Chapter] = &[
    Chapter { title: "A private server", scenes: &[Scene::Enter] },
    Chapter {
        title: "Strangers wait, are matched, and talk",
        scenes: &[
            Scene::Load(&[query!("demo/realtime_connect/schema.sql")]),
            Scene::Fill(&FILL),
            Scene::Say("An object mapper made the tables: keys, foreign keys, and no other index."),
            Scene::Ask(query!("demo/realtime_connect/search.sql")),
            Scene::Ask(query!("demo/realtime_connect/queue.sql")),
        ],
    },
    Chapter {
        title: "Fourteen indexes, while people talk",
        scenes: &[
            Scene::Say(
                "Two of them are unique: a name is given once in any case, and nobody waits twice. Where the rows say \
                 otherwise, the build stops and names one.",
            ),
            Scene::RunBeside(&TALKING, run(&["migrate", "up", "--set", "realtime_connect"])),
            Scene::Psql(query!("demo/analyze.sql")),
            Scene::Ask(query!("demo/realtime_connect/search.sql")),
            Scene::Ask(query!("demo/realtime_connect/queue.sql")),
        ],
    },
    Chapter {
        title: "What its report reads",
        scenes: &[
            Scene::Ask(query!("demo/realtime_connect/thresholds.sql")),
            Scene::Ask(query!("demo/realtime_connect/queries.sql")),
            Scene::Ask(query!("demo/realtime_connect/index_usage.sql")),
        ],
    },
    Chapter {
        title: "Tomorrow's deployment",
        scenes: &[
            Scene::Say("The same command again finds nothing to do, which is a success:"),
            Scene::Run(run_for_code(&["migrate", "up", "--set", "realtime_connect"], 0)),
        ],
    },
];

const TO_TRY: &[(&str, &str)] = &[
    ("psql \"$DATABASE_URL\"", "look around"),
    ("pgtend migrate status --set realtime_connect", "what was applied, and when"),
];

const FILL: Fill = Fill {
    begin: query!("demo/life/begin.sql"),
    size: query!("demo/life/size.sql"),
    prepare: &[],
    spans: None,
    lanes: &[&TABLES],
    end: &[query!("demo/realtime_connect/fill_end.sql"), query!("demo/vacuum.sql")],
};

const TABLES: [Table; 3] = [
    at_once("people and waits", query!("demo/realtime_connect/fill_people.sql")),
    at_once("matches, messages", query!("demo/realtime_connect/fill_matches.sql")),
    at_once("moderation_reports", query!("demo/realtime_connect/fill_moderation_reports.sql")),
];
