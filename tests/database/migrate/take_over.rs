//! A directory that another program has run goes on with pgtend.
use refinery_core::Migration;
use refinery_core::traits::r#async::{AsyncMigrate, AsyncQuery, AsyncTransaction};

use super::support::*;
use crate::common::database::Database;

/// As refinery_cli leaves it: narrow versions, and its own checksums.
#[tokio::test]
async fn a_directory_of_refinery_is_simply_gone_on_with() {
    let db = Database::create().await;
    write(
        &db,
        [("V1__initial.sql", "create table a (b int);"), ("V2__more.sql", "alter table a add column c int;")],
    );
    up(&db).success();
    // The same as refinery without wide versions has it, written by itself.
    db.batch("alter table refinery_schema_history alter column version type int4").await;
    let narrow = refinery_narrow("initial", 1, "create table a (b int);");
    db.batch(&format!("update refinery_schema_history set checksum = '{narrow}' where version = 1; delete from refinery_schema_history where version = 2; alter table a drop column c")).await;
    up(&db).success();
    assert_eq!(history(&db).await, "1 initial, 2 more");
    let written = db.value("select checksum from refinery_schema_history where version = 2").await;
    assert_eq!(written, refinery_narrow("more", 2, "alter table a add column c int;").to_string());
    migrate(&db, ["status", "--check"]).run().success();
}

fn refinery_narrow(name: &str, version: i32, text: &str) -> u64 {
    use std::hash::{Hash, Hasher};
    let mut hasher = siphasher::sip::SipHasher13::new();
    name.hash(&mut hasher);
    version.hash(&mut hasher);
    text.hash(&mut hasher);
    hasher.finish()
}

#[tokio::test]
async fn a_directory_of_dbmate_is_taken_over() {
    let db = Database::create().await;
    write(
        &db,
        [
            (
                "20240101120000_create_a.sql",
                "-- migrate:up\ncreate table a (b int);\n-- migrate:down\ndrop table a;\n",
            ),
            (
                "20240102120000_index.sql",
                "-- migrate:up transaction:false\ncreate index concurrently i on a (b);\n-- migrate:down\n",
            ),
        ],
    );
    db.batch("create table schema_migrations (version varchar(128) primary key); insert into schema_migrations values ('20240101120000'); create table a (b int)").await;
    // What is applied already is not run a second time.
    let before = fingerprint(&db).await;
    for dry in [&[][..], &["--dry-run"]] {
        let said = migrate(&db, ["up"]).args(dry).run().code(1);
        contains(
            &said.stderr,
            "dbmate has applied these files already, as its table public.schema_migrations says",
        );
        contains(&said.stderr, "detail: 20240101120000_create_a.sql");
        assert!(!said.stderr.contains("20240102120000_index.sql"), "{}", said.stderr);
        contains(&said.stderr, "pgtend migrate baseline --from dbmate");
    }
    assert_eq!(fingerprint(&db).await, before);
    migrate(&db, ["baseline", "--from", "dbmate"]).run().success();
    assert_eq!(history(&db).await, "20240101120000 create_a");
    up(&db).success();
    assert_eq!(history(&db).await, "20240101120000 create_a, 20240102120000 index");
    assert_eq!(db.value("select indisvalid from pg_index where indexrelid = 'i'::regclass").await, "t");
}

#[tokio::test]
async fn what_another_program_has_applied_must_be_readable() {
    let db = Database::create().await;
    let role = db.role("modest").await;
    write(&db, [("0001_a.sql", "create table a (b int)")]);
    db.batch(&format!(
        "create table schema_migrations (version varchar(128) primary key);
         grant create on schema public to {role}"
    ))
    .await;
    let up = || db.pgtend_as(&role, ["migrate", "up", "--dir", "db"]).run();
    let said = up().code(4);
    contains(&said.stderr, "see in public.schema_migrations what dbmate has applied");
    contains(&said.stderr, "SQLSTATE 42501");
    db.batch("drop table schema_migrations; create table schema_migrations (of_another_program text)").await;
    db.batch(&format!("grant select on schema_migrations to {role}")).await;
    up().success();
}

#[tokio::test]
async fn a_directory_of_sqlx_is_taken_over() {
    let db = Database::create().await;
    write(
        &db,
        [
            ("0001_a.up.sql", "create table a (b int);"),
            ("0001_a.down.sql", "drop table a;"),
            ("0002_b.up.sql", "create table b (b int);"),
        ],
    );
    db.batch(
        "create table _sqlx_migrations (version bigint primary key, description text not null, installed_on timestamptz
             not null default now(), success boolean not null, checksum bytea not null, execution_time bigint not null);
         insert into _sqlx_migrations values (1, 'a', now(), true, '', 1), (2, 'b', now(), false, '', 1);
         create table a (b int)",
    )
    .await;
    contains(
        &migrate(&db, ["baseline", "--from", "sqlx"]).run().code(1).stderr,
        "version 2 has failed half-way",
    );
    db.batch("delete from _sqlx_migrations where version = 2").await;
    migrate(&db, ["baseline", "--from", "sqlx"]).run().success();
    up(&db).success();
    assert_eq!(history(&db).await, "1 a, 2 b");
}

#[tokio::test]
async fn a_baseline_enters_without_running() {
    let db = Database::create().await;
    write(&db, [("V1__a.sql", "create table a (b int)"), ("V2__b.sql", "create table b (b int)")]);
    contains(&migrate(&db, ["baseline", "--to", "3"]).run().code(2).stderr, "no version 3");
    let before = fingerprint(&db).await;
    contains(
        &migrate(&db, ["baseline", "--to", "1", "-n"]).run().success().stdout,
        "enter V1__a.sql as applied",
    );
    assert_eq!(fingerprint(&db).await, before);
    migrate(&db, ["baseline", "--to", "1"]).run().success();
    assert_eq!((history(&db).await, log(&db).await), ("1 a".to_owned(), "1 faked 0/0".to_owned()));
    migrate(&db, ["baseline", "--to", "2"]).run().code(2);
    up(&db).success();
    assert_eq!(db.value("select to_regclass('a')::text is null and to_regclass('b') is not null").await, "t");
}

/// Sends what refinery says, as its own driver does.
struct Driver(tokio_postgres::Client);

impl AsyncTransaction for Driver {
    type Error = tokio_postgres::Error;

    async fn execute<'a, T: Iterator<Item = &'a str> + Send + 'a>(
        &'a mut self,
        queries: T,
    ) -> Result<usize, Self::Error> {
        let texts: Vec<&str> = queries.collect();
        self.0.batch_execute(&texts.join(";\n")).await?;
        Ok(texts.len())
    }
}

impl AsyncQuery<Vec<Migration>> for Driver {
    /// Nothing is applied yet.
    async fn query<'a>(&'a mut self, query: &'a str) -> Result<Vec<Migration>, Self::Error> {
        self.0.query(query, &[]).await.map(|_| Vec::new())
    }
}

impl AsyncMigrate for Driver {}

#[tokio::test]
async fn a_history_that_refinery_wrote_is_read() {
    let db = Database::create().await;
    let files =
        [("V1__initial.sql", "create table a (b int);"), ("V2__more.sql", "alter table a add c int;")];
    write(&db, files);
    let first = Migration::unapplied("V1__initial", files[0].1).unwrap();
    refinery_core::Runner::new(&[first]).run_async(&mut Driver(db.client().await)).await.unwrap();
    // Its own table goes on being used, and its checksums are right.
    assert_eq!(history(&db).await, "1 initial");
    migrate(&db, ["status", "--check"]).run().code(3);
    // Another one takes over from it.
    let other = ["--history-table", "app.applied"];
    db.batch("create schema app").await;
    migrate(&db, ["baseline", "--from", "refinery"]).args(other).run().success();
    migrate(&db, ["up"]).args(other).run().success();
    assert_eq!(
        db.value("select string_agg(name, ',' order by version) from app.applied").await,
        "initial,more"
    );
    assert_eq!(history(&db).await, "1 initial");
}

#[tokio::test]
async fn a_table_of_somebody_else_by_that_name_is_none_of_ours() {
    for table in [
        "create table schema_migrations (id int, note text)",
        "create view _sqlx_migrations as select 7 as version, true as success",
    ] {
        let db = Database::create().await;
        db.batch(table).await;
        write(&db, [("V1__a.sql", "create table a (b int)")]);
        up(&db).success();
    }
}
