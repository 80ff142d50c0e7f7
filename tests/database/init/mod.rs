//! `pgtend init`: what it makes of a database, and that pgtend reads what it wrote.
use std::fs;

use crate::common::database::Database;
use crate::support::{contains, fingerprint};

const NOW: [&str; 2] = ["--now", "2026-11-15T12:00:00Z"];

const PARTITIONED: &str = r#"
    create table events (id bigint, at timestamptz not null) partition by range (at);
    create table events_p20261101 partition of events
        for values from ('2026-11-01 00:00:00+00') to ('2026-12-01 00:00:00+00');
    create table events_p20261201 partition of events
        for values from ('2026-12-01 00:00:00+00') to ('2027-01-01 00:00:00+00');
    create table "Odd ""one" (at date not null) partition by range (at);
    create table first_week partition of "Odd ""one" for values from ('2026-11-02') to ('2026-11-09');
    create table regions (id int) partition by list (id);
    create table shell (at timestamptz not null) partition by range (at);
    create schema app;
    create table app.days (at timestamp not null) partition by range (at);
    create table app.days_y2026m11d14 partition of app.days for values from ('2026-11-14') to ('2026-11-15');
"#;

async fn looked_at(db: &Database) -> String {
    let before = fingerprint(db).await;
    let text = db.pgtend(["init", "--output", "-"]).args(NOW).run().success().stdout;
    assert_eq!(fingerprint(db).await, before, "it only reads");
    text
}

/// Written to where pgtend looks for it.
async fn understood(db: &Database, text: &str) {
    fs::write(db.home().join("pgtend.toml"), text).unwrap();
    let told = db.pgtend(["partition", "maintain", "--dry-run"]).args(NOW).run();
    assert!(matches!(told.code, Some(0 | 2)), "{told:?}");
    assert!(!told.stderr.contains("read the configuration"), "{}\n{text}", told.stderr);
}

#[tokio::test]
async fn partitioned_tables_are_told_with_interval_and_names() {
    let db = Database::create().await;
    db.batch(PARTITIONED).await;
    let text = looked_at(&db).await;
    let configured: toml::Table = toml::from_str(&text).unwrap();
    let tables = configured["partition"].as_array().unwrap();
    let find = |name: &str| tables.iter().find(|table| table["table"].as_str() == Some(name)).unwrap();
    let events = find("public.events");
    assert_eq!(events["every"].as_str(), Some("month"));
    assert_eq!(events["name"].as_str(), Some("{table}_p{yyyy}{mm}{dd}"), "{text}");
    assert_eq!(find("app.days")["every"].as_str(), Some("day"));
    let odd = find(r#"public."Odd ""one""#);
    assert_eq!(odd["every"].as_str(), Some("week"));
    assert!(odd.get("name").is_none(), "no template gives `first_week`");
    contains(&text, "# public.regions: it is partitioned by list");
    contains(&text, "# table = \"public.shell\"");
    understood(&db, &text).await;
}

#[tokio::test]
async fn large_tables_with_a_time_are_offered_as_comments() {
    let db = Database::create().await;
    db.batch(
        "create table log (id bigint, updated_at timestamptz default now(), happened_at timestamptz default now());
         insert into log select n, now() - n * interval '1 hour', now() + n * interval '1 hour'
         from generate_series(1, 2000) as n;
         create table small (at timestamptz);
         create table timeless as select n from generate_series(1, 3000) as n;
         analyze",
    )
    .await;
    let text = db.pgtend(["init", "-o", "-", "--large", "1000"]).args(NOW).run().success().stdout;
    contains(&text, "# by = \"happened_at\"");
    assert!(!text.contains("small") && !text.contains("timeless"), "{text}");
    let configured: toml::Table = toml::from_str(&text).unwrap();
    assert!(configured.get("partition").is_none(), "nothing is asked for that nobody has looked at\n{text}");
    contains(&looked_at(&db).await, "no large table with a time was found");
}

#[tokio::test]
async fn what_pg_partman_was_told_is_taken_over() {
    let db = Database::create().await;
    db.batch(PARTITIONED).await;
    db.batch(
        "create schema partman;
         create table partman.part_config (parent_table text, premake int, retention text, retention_keep_table bool);
         insert into partman.part_config values
             ('public.events', 6, '12 mons', false), ('app.days', 4, '90 days', true), ('public.gone', 4, null, true)",
    )
    .await;
    let text = looked_at(&db).await;
    let configured: toml::Table = toml::from_str(&text).unwrap();
    let tables = configured["partition"].as_array().unwrap();
    let find = |name: &str| tables.iter().find(|table| table["table"].as_str() == Some(name)).unwrap();
    let events = find("public.events");
    assert_eq!((events["ahead"].as_integer(), events["keep"].as_str()), (Some(6), Some("12 months")));
    assert!(events.get("mode").is_none());
    assert_eq!(find("app.days")["mode"].as_str(), Some("detach"), "pg_partman would keep the table");
    understood(&db, &text).await;
}

#[tokio::test]
async fn an_empty_database_and_each_pack_give_a_configuration_too() {
    let db = Database::create().await;
    contains(&looked_at(&db).await, "A section would look so");
    for pack in ["bisman", "redbut", "servio", "realtime_connect", "coffeebiz"] {
        let told = db.pgtend_at("postgresql://nobody@/nowhere?host=/nonexistent", ["init", "--pack", pack]);
        told.args(["--force"]).run().success();
        let text = fs::read_to_string(db.home().join("pgtend.toml")).unwrap();
        assert!(text.starts_with(&format!("# {pack}: ")), "{text}");
        let read = db.pgtend(["partition", "list"]).run();
        assert_eq!(read.code, Some(0), "{pack}: {}", read.stderr);
    }
    let unknown = db.pgtend(["init", "--pack", "acme"]).run().code(2);
    contains(&unknown.stderr, "realtime_connect");
}

#[tokio::test]
async fn a_file_that_is_there_is_not_overwritten() {
    let db = Database::create().await;
    let file = db.home().join("pgtend.toml");
    fs::write(&file, "# mine\n").unwrap();
    let told = db.pgtend(["init"]).run().code(2);
    contains(&told.stderr, "--force");
    assert_eq!(fs::read_to_string(&file).unwrap(), "# mine\n");
    db.pgtend(["init", "--force", "--dry-run"]).run().success();
    assert_eq!(fs::read_to_string(&file).unwrap(), "# mine\n", "a dry run writes nothing");
    db.pgtend(["init", "--force"]).run().success();
    assert_ne!(fs::read_to_string(&file).unwrap(), "# mine\n");
    let told = db.pgtend(["init", "--output", "nowhere/pgtend.toml"]).run().code(1);
    contains(&told.stderr, "write nowhere/pgtend.toml");
    let document = db.pgtend(["init", "--output", "-", "--json"]).run().success().json();
    assert_eq!(document["schema"], "pgtend.init/1");
    assert!(document["file"].is_null());
}
