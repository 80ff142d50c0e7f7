//! The story of the restaurant platform: fifty-one indexes come while orders do. What the tables are like is said in
//! `sql/demo/servio`.
use std::time::Duration;

use super::application::Application;
use super::fill::{Fill, Table, at_once};
use super::story::{Chapter, Scene, Story, run, run_for_code};
use crate::query;

pub const SERVIO: Story = Story { database: "servio", chapters: CHAPTERS, to_try: TO_TRY };

const ORDERING: Application = Application {
    role: "servio_app",
    write: query!("demo/servio/application_write.sql"),
    read: query!("demo/servio/application_read.sql"),
    idle: Duration::from_millis(100),
};

const CHAPTERS: &[Chapter] = &[
    Chapter { title: "A private server", scenes: &[Scene::Enter] },
    Chapter {
        title: "Forty restaurants, one year",
        scenes: &[
            Scene::Load(&[query!("demo/servio/schema.sql")]),
            Scene::Fill(&FILL),
            Scene::Say(
                "The tables have their keys, and no other index. The questions of every minute read all of a table:",
            ),
            Scene::Ask(query!("demo/servio/kitchen.sql")),
            Scene::Ask(query!("demo/servio/takings.sql")),
        ],
    },
    Chapter {
        title: "Fifty-one indexes, while orders come in",
        scenes: &[
            Scene::Run(run_for_code(&["migrate", "status", "--set", "servio", "--check"], 3)),
            Scene::Say(
                "One session takes orders, another looks at the order screen, and a third reads it in transactions \
                 that stay open for a while. Meanwhile:",
            ),
            Scene::RunBeside(&ORDERING, run(&["migrate", "up", "--set", "servio"])),
            Scene::Ask(query!("demo/servio/indexes.sql")),
        ],
    },
    Chapter {
        title: "The same questions",
        scenes: &[
            Scene::Psql(query!("demo/analyze.sql")),
            Scene::Ask(query!("demo/servio/kitchen.sql")),
            Scene::Ask(query!("demo/servio/takings.sql")),
            Scene::Ask(query!("demo/servio/low_stock.sql")),
        ],
    },
    Chapter {
        title: "Tomorrow's deployment",
        scenes: &[
            Scene::Say("The same command again finds nothing to do, which is a success:"),
            Scene::Run(run_for_code(&["migrate", "up", "--set", "servio"], 0)),
        ],
    },
];

const TO_TRY: &[(&str, &str)] = &[
    ("psql \"$DATABASE_URL\"", "look around"),
    ("pgtend migrate status --set servio", "what was applied, and when"),
    ("pgtend init --output - --large 10000", "what pgtend would tend here"),
];

const FILL: Fill = Fill {
    begin: query!("demo/life/begin.sql"),
    size: query!("demo/life/size.sql"),
    prepare: &[],
    spans: None,
    lanes: &[&ORDERS, &REST],
    end: &[query!("demo/servio/fill_end.sql"), query!("demo/vacuum.sql")],
};

const ORDERS: [Table; 3] = [
    at_once("orders", query!("demo/servio/fill_orders.sql")),
    at_once("order_items", query!("demo/servio/fill_order_items.sql")),
    at_once("payments", query!("demo/servio/fill_payments.sql")),
];

const REST: [Table; 5] = [
    at_once("restaurants, menus", query!("demo/servio/fill_restaurants.sql")),
    at_once("customers", query!("demo/servio/fill_customers.sql")),
    at_once("inventory_items", query!("demo/servio/fill_inventory_items.sql")),
    at_once("reservations", query!("demo/servio/fill_reservations.sql")),
    at_once("webhook_deliveries", query!("demo/servio/fill_webhook_deliveries.sql")),
];
