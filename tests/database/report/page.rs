//! `report html`: one file that asks for nothing else, in which whatever the database holds is text, and which says what
//! it could not see. What it looks like in a browser is among the long tests.
use std::fs;

use super::support::{contains, shop};
use crate::common::database::Database;
use crate::common::program::Output;

const NOW: &str = "2026-02-10T12:00:00Z";
const SECTIONS: [&str; 8] = [
    "health",
    "partitions",
    "slow-queries",
    "table-access",
    "sizes",
    "bloat",
    "indexes",
    "materialized-views",
];

fn html(db: &Database, arguments: &[&str]) -> Output {
    db.pgtend(["report", "html", "--now", NOW]).args(arguments).run()
}

/// The page, from stdout.
fn page(db: &Database) -> String {
    html(db, &["-o", "-"]).success().stdout
}

/// A section without its frame.
#[track_caller]
fn section<'a>(page: &'a str, id: &str) -> &'a str {
    let begin = page
        .find(&format!("<section class=\"card\" id=\"{id}\">"))
        .unwrap_or_else(|| panic!("no {id}\n{page}"));
    let section = &page[begin..];
    &section[..section.find("</section>").unwrap()]
}

#[tokio::test]
async fn the_page_holds_everything_and_asks_for_nothing() {
    let db = shop().await;
    db.batch(
        "create table \"<script>alert('1')</script>\" (id int); insert into \"<script>alert('1')</script>\" values (1);
         comment on table orders is '<img src=http://example.com/x>'",
    )
    .await;
    let page = page(&db);
    for id in SECTIONS {
        section(&page, id);
        contains(&page, &format!("<a href=\"#{id}\">"));
    }
    contains(section(&page, "sizes"), "public.&#34;&#60;script&#62;alert(&#39;1&#39;)&#60;/script&#62;&#34;");
    contains(&page, "default-src 'none'; style-src 'unsafe-inline'");
    for part in
        ["<script", "<link", "<img", "<iframe", "@import", "src=", "url(h", "href=\"h", "href=\"/", "onload"]
    {
        assert!(!page.contains(part), "{part} in the page");
    }
    assert!(page.len() < 150_000, "{} bytes", page.len());
    contains(section(&page, "partitions"), "public.events");
    contains(section(&page, "partitions"), "<rect class=\"past\"");
    contains(section(&page, "indexes"), "duplicate");
    contains(section(&page, "materialized-views"), "never refreshed by pgtend");
    contains(section(&page, "health"), "<dt><span class=\"state critical\">critical</span> sequences</dt>");
}

#[tokio::test]
async fn a_lane_shows_what_is_missing_and_what_is_due() {
    let db = Database::create().await;
    db.batch(
        "create table events (at timestamptz) partition by range (at);
         create table e1 partition of events for values from ('2025-12-01') to ('2026-01-01');
         create table e2 partition of events for values from ('2026-02-01') to ('2026-03-01');
         create table e3 partition of events for values from ('2026-03-01') to ('2026-04-01');
         create table late (at date) partition by range (at);
         create table late_1 partition of late for values from ('2025-01-01') to ('2025-02-01');
         create table many (id int) partition by hash (id);",
    )
    .await;
    let config = db.home().join("pgtend.toml");
    let wish = "[[partition]]\ntable = \"events\"\nevery = \"month\"\nahead = 2\nkeep = \"1 month\"\n";
    fs::write(&config, wish).unwrap();
    let page = html(&db, &["-o", "-", "--config", config.to_str().unwrap()]).success().stdout;
    let partitions = section(&page, "partitions");
    contains(partitions, "3 partitioned tables; public.late has no partition for now");
    contains(partitions, "until 2026-04-01");
    contains(partitions, "it is partitioned by hash");
    let events = &partitions[partitions.find("<b>public.events</b>").unwrap()..];
    let events = &events[..events.find("</svg>").unwrap()];
    let kinds: Vec<&str> =
        events.split("<rect class=\"").skip(1).map(|rest| &rest[..rest.find('"').unwrap()]).collect();
    assert_eq!(kinds, ["due", "missing", "current", "ahead", "missing"]);
    contains(events, "2026-01-01 to 2026-02-01: no partition");
    contains(events, "<line class=\"mark\"");
}

#[tokio::test]
async fn the_same_database_gives_the_same_bytes() {
    let db = shop().await;
    db.pgtend(["stats", "init"]).run().success();
    for _ in 0..2 {
        db.pgtend(["stats", "capture"]).run().success();
    }
    let now = db.value("select to_json(now() at time zone 'utc') #>> '{}' || 'Z'").await;
    // Health judges the whole server, where other tests work; autovacuum may come between two pages, not five times.
    let body = || {
        let page = db.pgtend(["report", "html", "-o", "-", "--now", &now]).run().success().stdout;
        page[page.find("id=\"partitions\"").unwrap()..].to_owned()
    };
    contains(&body(), "captures");
    assert!((0..5).any(|_| body() == body()), "no two pages are the same");
}

#[tokio::test]
async fn what_is_hidden_is_said_with_its_grant() {
    let db = shop().await;
    let role = db.role("boss").await;
    let page = db.pgtend_as(&role, ["report", "html", "-o", "-"]).run().success().stdout;
    contains(&page, "Some of this database is hidden from this role");
    contains(&page, &format!("grant pg_read_all_stats to {role};"));
    contains(section(&page, "health"), "<div class=\"chip unknown\"");
    contains(section(&page, "bloat"), &format!("to {role};"));
}

#[tokio::test]
async fn locks_and_missing_statistics_stop_no_page() {
    let db = shop().await;
    db.batch("drop extension pg_stat_statements").await;
    let holder = db.client().await;
    let locks =
        "begin; lock table orders, events, events_p1; alter materialized view totals set (fillfactor = 90)";
    holder.batch_execute(locks).await.unwrap();
    let page = page(&db);
    contains(section(&page, "slow-queries"), "the database has no pg_stat_statements");
    contains(section(&page, "sizes"), "estimated");
    contains(section(&page, "materialized-views"), "public.totals");
    holder.batch_execute("rollback").await.unwrap();
}

#[tokio::test]
async fn the_file_is_replaced_in_one_act_or_not_at_all() {
    let db = Database::create().await;
    let file = db.home().join("report.html");
    fs::write(&file, "old").unwrap();
    let output = file.to_str().unwrap();
    db.pgtend_as("nobody_of_this_name", ["report", "html", "-o", output]).run().code(4);
    assert_eq!(fs::read_to_string(&file).unwrap(), "old");
    contains(&html(&db, &["-o", output]).success().stderr, "wrote ");
    assert!(fs::read_to_string(&file).unwrap().ends_with("</html>"));
    let left: Vec<_> = fs::read_dir(db.home()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left.iter().filter(|name| name.to_string_lossy().contains("tmp")).count(), 0, "{left:?}");
    assert!(html(&db, &["-o", "/dev/stdout"]).success().stdout.ends_with("</html>"));
    contains(&html(&db, &["-o", "/nowhere/report.html"]).code(1).stderr, "replace /nowhere/report.html");
    contains(&html(&db, &["-o", output, "--json"]).code(2).stderr, "one format");
}
