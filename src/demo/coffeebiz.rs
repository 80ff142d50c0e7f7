//! The story of the coffee shops: a year of analytics, and materialized views that stay fresh while they are read.
//! What the tables are like is said in `sql/demo/coffeebiz`.
use std::time::Duration;

use super::application::Application;
use super::fill::{Fill, Table, at_once};
use super::story::{Chapter, Scene, Story, run, run_for_code};
use crate::query;

pub const COFFEEBIZ: Story = Story { database: "coffeebiz", chapters: CHAPTERS, to_try: TO_TRY };

const DASHBOARD: Application = Application {
    role: "coffeebiz_app",
    write: query!("demo/coffeebiz/application_write.sql"),
    read: query!("demo/coffeebiz/application_read.sql"),
    idle: Duration::from_secs(1),
};

const CHAPTERS: &[Chapter] = &[
    Chapter { title: "A private server", scenes: &[Scene::Enter] },
    Chapter {
        title: "A year of coffee",
        scenes: &[Scene::Load(&[query!("demo/coffeebiz/schema.sql")]), Scene::Fill(&FILL)],
    },
    Chapter {
        title: "Indexes, views, functions",
        scenes: &[
            Scene::Run(run(&["migrate", "up", "--set", "coffeebiz"])),
            Scene::Psql(query!("demo/coffeebiz/grant.sql")),
            Scene::Say("The four materialized views are there, and empty: making them has stopped nobody."),
            Scene::Run(run(&["init", "--pack", "coffeebiz"])),
            Scene::Run(run(&["matview", "list"])),
            Scene::Run(run(&["matview", "refresh", "--all"])),
        ],
    },
    Chapter {
        title: "Fresh numbers that nobody waits for",
        scenes: &[
            Scene::Psql(query!("demo/coffeebiz/new_orders.sql")),
            Scene::Say(
                "One session counts visitors, another draws the dashboard from mv_daily_revenue, and a third reads it in \
                 transactions that stay open for a second. Meanwhile, what cron would run every hour:",
            ),
            Scene::RunBeside(&DASHBOARD, run(&["matview", "refresh", "--all", "--force"])),
        ],
    },
    Chapter {
        title: "What has not changed costs nothing",
        scenes: &[
            Scene::Say(
                "All four are younger than the configuration wants them. Asked without it, pgtend looks at what has \
                 changed below them: visitors came in meanwhile, and nothing else happened.",
            ),
            Scene::Run(run(&["matview", "list", "--no-config"])),
            Scene::Run(run(&["matview", "refresh", "--all", "--no-config"])),
            Scene::Run(run(&["matview", "log"])),
        ],
    },
    Chapter {
        title: "The questions of every morning",
        scenes: &[
            Scene::Ask(query!("demo/coffeebiz/revenue.sql")),
            Scene::Ask(query!("demo/coffeebiz/products.sql")),
        ],
    },
    Chapter {
        title: "Tomorrow's deployment",
        scenes: &[
            Scene::Say("The same command again finds nothing to do, which is a success:"),
            Scene::Run(run_for_code(&["migrate", "up", "--set", "coffeebiz"], 0)),
        ],
    },
];

const TO_TRY: &[(&str, &str)] = &[
    ("psql \"$DATABASE_URL\"", "look around"),
    ("pgtend matview refresh mv_daily_revenue --force --mode swap", "another way"),
    ("pgtend matview log --json", "for programs"),
];

const FILL: Fill = Fill {
    begin: query!("demo/life/begin.sql"),
    size: query!("demo/life/size.sql"),
    prepare: &[],
    spans: None,
    lanes: &[&SALES, &VISITS],
    end: &[
        query!("demo/coffeebiz/fill_totals.sql"),
        query!("demo/coffeebiz/fill_end.sql"),
        query!("demo/vacuum.sql"),
    ],
};

const SALES: [Table; 3] = [
    at_once("customers, products", query!("demo/coffeebiz/fill_people_and_products.sql")),
    at_once("orders", query!("demo/coffeebiz/fill_orders.sql")),
    at_once("order_items", query!("demo/coffeebiz/fill_order_items.sql")),
];

const VISITS: [Table; 1] = [at_once("visits", query!("demo/coffeebiz/fill_visits.sql"))];
