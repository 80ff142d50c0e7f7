//! What `migrate up` refuses because of the lint, and how it is told to go on.
use std::fs;

use super::support::orders;
use crate::common::database::Database;
use crate::support::contains;

fn write(db: &Database, text: &str) {
    let folder = db.home().join("m");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("V1__x.sql"), text).unwrap();
}

#[tokio::test]
async fn a_dangerous_file_is_refused_before_anything_is_touched() {
    let db = orders().await;
    write(&db, "create table fresh (id bigint primary key);\nalter table orders alter id type numeric;\n");
    for dry in [&[][..], &["--dry-run"]] {
        let said = db.pgtend(["migrate", "up", "--dir", "m"]).args(dry).run().code(3);
        contains(&said.stderr, "error: 1 statement is dangerous on this database; nothing was changed");
        contains(&said.stderr, "error[type-change]");
        contains(&said.stderr, "V1__x.sql:2:20");
        contains(&said.stderr, "readers and writers of public.orders wait for about");
    }
    assert_eq!(
        db.value("select to_regclass('fresh') is null and to_regclass('refinery_schema_history') is null")
            .await,
        "t"
    );
    db.pgtend(["migrate", "up", "--dir", "m", "--no-lint"]).run().success();
    assert_eq!(db.value("select to_regclass('fresh') is not null").await, "t");
}

#[tokio::test]
async fn a_waiver_lets_it_pass_and_a_level_decides_what_counts() {
    let db = orders().await;
    write(&db, "alter table orders drop column note;\n");
    let said = db.pgtend(["migrate", "up", "--dir", "m", "--lint", "warning"]).run().code(3);
    contains(&said.stderr, "warning[drop-column]");
    write(
        &db,
        "-- pgtend: allow=drop-column reason=\"nobody reads it\"\n\nalter table orders drop column note;\n",
    );
    db.pgtend(["migrate", "up", "--dir", "m", "--lint", "warning"]).run().success();
}

#[tokio::test]
async fn names_are_looked_up_where_the_files_are_run() {
    let db = orders().await;
    db.batch("create schema app; create table app.tall as select n as id from generate_series(1, 150000) as n; analyze").await;
    write(&db, "alter table tall alter id type numeric;\n");
    let said = db.pgtend(["migrate", "up", "--dir", "m", "--search-path", "app,public"]).run().code(3);
    contains(&said.stderr, "app.tall");
}

#[tokio::test]
async fn a_file_is_judged_with_the_values_of_its_variables() {
    let db = orders().await;
    write(&db, "-- pgtend: vars=table\nselect 1; alter table ${table:ident} alter id type numeric;\n");
    let up = ["migrate", "up", "--dir", "m", "--var", "table=orders"];
    let said = db.pgtend(up).run().code(3);
    contains(&said.stderr, "V1__x.sql:2:38");
    contains(&said.stderr, "alter table ${table:ident} alter id");
    contains(&said.stderr, "public.orders wait for about");
    let said = db.pgtend(["migrate", "lint", "m", "--var", "table=orders"]).run().code(3);
    contains(&said.stdout, "public.orders wait for about");
    // Without its value the file is judged as one of an unknown table.
    assert!(!db.pgtend(["migrate", "lint", "m"]).run().stdout.contains("public.orders"));
}
