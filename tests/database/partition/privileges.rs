//! What a role needs, and what it is told when it lacks it; the journal among what it may do without.
use std::fs;

use super::support::{NOW, contains, events, fingerprint, names, tend};
use crate::common::database::Database;
use crate::common::program::Output;

/// A role that owns `events` and its partitions, and may make tables in `public`.
async fn owner(db: &Database) -> String {
    let role = db.role("owner").await;
    db.batch(&format!(
        "grant usage, create on schema public to {role}; alter table events owner to {role};
         do $$ declare p regclass; begin
             for p in select inhrelid::regclass from pg_inherits where inhparent = 'events'::regclass loop
                 execute format('alter table %s owner to {role}', p);
             end loop;
         end $$"
    ))
    .await;
    role
}

fn run(db: &Database, role: &str, arguments: &[&str]) -> Output {
    db.pgtend_as(role, ["--now", NOW]).args(arguments).run()
}

const CREATE: &[&str] = &["partition", "create", "events", "--ahead", "1"];
const DROP: &[&str] = &["partition", "drop", "events", "--keep", "1 month", "--no-archive", "--yes"];
const MONTHS: [&str; 3] = ["2026-09", "2026-10", "2026-11"];

#[tokio::test]
async fn the_owner_needs_no_more_than_its_table_and_schema() {
    let db = events(MONTHS).await;
    let role = owner(&db).await;
    run(&db, &role, CREATE).success();
    run(&db, &role, DROP).success();
    assert_eq!(names(&db, "events").await, ["events_p2026_10", "events_p2026_11", "events_p2026_12"]);
    // It may not make a schema here, and works without the journal.
    assert_eq!(db.value("select to_regnamespace('pgtend')").await, "");
}

#[tokio::test]
async fn a_member_of_the_owner_works_as_well_and_the_owner_stays() {
    let db = events(MONTHS).await;
    let (owner, member) = (owner(&db).await, db.role("member").await);
    db.batch(&format!("grant {owner} to {member}")).await;
    run(&db, &member, CREATE).success();
    assert_eq!(
        db.value("select relowner::regrole from pg_class where relname = 'events_p2026_12'").await,
        owner
    );
}

#[tokio::test]
async fn who_does_not_own_the_table_is_told_whose_it_is() {
    let db = events(MONTHS).await;
    let (owner, other) = (owner(&db).await, db.role("other").await);
    let before = fingerprint(&db).await;
    for command in [CREATE, DROP] {
        let said = run(&db, &other, command).code(4);
        contains(&said.stderr, &format!("it belongs to role `{owner}`"));
        contains(&said.stderr, &format!("hint: grant {owner} to "));
    }
    assert_eq!(fingerprint(&db).await, before);
    // Looking needs nothing.
    run(&db, &other, &["partition", "list", "events"]).success();
    run(&db, &other, &["partition", "check", "events", "--ahead", "0"]).success();
}

#[tokio::test]
async fn who_may_not_make_tables_in_the_schema_is_told_the_grant() {
    let db = events(MONTHS).await;
    let role = owner(&db).await;
    db.batch(&format!(
        "revoke create on schema public from {role}; revoke create on schema public from public"
    ))
    .await;
    let before = fingerprint(&db).await;
    let said = run(&db, &role, CREATE).code(4);
    contains(&said.stderr, &format!("hint: grant usage, create on schema \"public\" to \"{role}\""));
    assert_eq!(fingerprint(&db).await, before);
    let said = run(&db, &role, &[CREATE, &["--dry-run"]].concat()).code(4);
    assert_eq!(said.stdout, "");
}

#[tokio::test]
async fn a_partition_of_another_owner_is_an_error_of_its_own() {
    let db = events(MONTHS).await;
    let role = owner(&db).await;
    db.batch("alter table events_p2026_09 owner to postgres").await;
    let said = run(&db, &role, DROP).code(4);
    contains(&said.stderr, "permission denied for table events_p2026_09");
    assert_eq!(names(&db, "events").await.len(), 3);
}

#[tokio::test]
async fn who_may_not_refer_to_the_other_table_changes_nothing() {
    let db = events(MONTHS).await;
    db.batch("create table users (id bigint primary key); alter table events add foreign key (id) references users").await;
    let role = owner(&db).await;
    // No LOCK TABLE on it for this role; the key itself is cloned as the table's owner may.
    let said = run(&db, &role, CREATE);
    assert!(matches!(said.code, Some(0 | 4)), "{}", said.stderr);
    if said.code == Some(4) {
        contains(&said.stderr, "permission denied for table users");
        assert_eq!(names(&db, "events").await.len(), 3);
    }
    db.batch(&format!("grant references, select on users to {role}")).await;
    run(&db, &role, CREATE).success();
    assert_eq!(names(&db, "events").await.len(), 4);
}

#[tokio::test]
async fn a_journal_that_the_role_may_not_write_is_left_alone() {
    let db = events(MONTHS).await;
    tend(&db, CREATE_ONE).run().success();
    let rows = db.value("select count(*) from pgtend.run").await;
    let role = owner(&db).await;
    // Step by step to the right to write it; at none of them does the work fail.
    let grants = [
        "select 1".to_owned(),
        format!("grant insert, update on pgtend.run to {role}"),
        format!("grant usage on schema pgtend to {role}"),
        format!("revoke update on pgtend.run from {role}; grant select on pgtend.run to {role}"),
    ];
    for (month, grant) in grants.iter().enumerate() {
        db.batch(grant).await;
        let ahead = (month + 2).to_string();
        run(&db, &role, &["partition", "create", "events", "--ahead", &ahead]).success();
        assert_eq!(db.value("select count(*) from pgtend.run").await, rows, "{grant}");
    }
    db.batch(&format!("grant update on pgtend.run to {role}")).await;
    run(&db, &role, &["partition", "create", "events", "--ahead", "9"]).success();
    assert_eq!(
        db.value("select role || ' ' || outcome from pgtend.run order by id desc limit 1").await,
        format!("{role} done")
    );
    // It may make tables there, but not read the books' own history.
    db.batch(&format!("grant create on schema pgtend to {role}")).await;
    run(&db, &role, &["partition", "create", "events", "--ahead", "10"]).success();
}

/// A journal as a role would make it that may make schemas: whoever writes it runs `trap` with rights of his own.
fn trap(owner: &str, by: &str) -> String {
    format!(
        "set role {owner}; create schema pgtend; grant all on schema pgtend to public;
         create table pgtend.run (
             id bigint generated always as identity primary key, command text, target text, step integer,
             steps integer, summary text, statements text[], started timestamptz default now(),
             finished timestamptz, outcome text, attempts integer, lock_wait_ms double precision,
             lock_held_ms double precision, error text, version text);
         create table pgtend.trapped (role name); grant all on all tables in schema pgtend to public;
         create function pgtend.trap() returns trigger language plpgsql as
             $$ begin insert into pgtend.trapped values (current_user); return new; end $$;
         {by}; reset role"
    )
}

const TRIGGER: &str =
    "create trigger trap before insert on pgtend.run for each row execute function pgtend.trap()";
const RULE: &str =
    "create rule trap as on insert to pgtend.run do also insert into pgtend.trapped values (current_user)";

#[tokio::test]
async fn the_journal_of_a_stranger_is_not_written() {
    let db = events(MONTHS).await;
    let (owner, stranger) = (owner(&db).await, db.role("stranger").await);
    db.batch(&format!("grant create on database {} to {stranger}", db.name())).await;
    db.batch(&trap(&stranger, TRIGGER)).await;
    for (ahead, role) in [("1", "postgres"), ("2", &owner)] {
        let said = run(&db, role, &["partition", "create", "events", "--ahead", ahead]).success();
        let warning = format!("the journal in schema `pgtend` is not used: it belongs to role {stranger}");
        assert_eq!(said.stderr.matches(&warning).count(), 1, "{}", said.stderr);
    }
    // Nor once the stranger has made its victims members of itself, as it can up to version 15.
    let grant = format!("set session authorization {stranger}; grant {stranger} to postgres, {owner}");
    let _ = db.client().await.batch_execute(&grant).await;
    for (ahead, role) in [("3", "postgres"), ("4", &owner)] {
        run(&db, role, &["partition", "create", "events", "--ahead", ahead]).success();
    }
    assert_eq!(names(&db, "events").await.len(), 7);
    // A schema that is ours does not make the tables in it ours.
    db.batch("alter schema pgtend owner to postgres").await;
    let said = run(&db, "postgres", &["partition", "create", "events", "--ahead", "5"]).success();
    contains(&said.stderr, &format!("its table run belongs to role {stranger}"));
    assert_eq!(db.value("select count(*) from pgtend.trapped").await, "0");
    assert_eq!(db.value("select count(*) from pgtend.run").await, "0");
    assert_eq!(db.value("select to_regclass('pgtend.refinery_schema_history')").await, "");
}

#[tokio::test]
async fn a_journal_with_triggers_or_rules_is_not_written() {
    for (by, why) in [(TRIGGER, "its tables have triggers"), (RULE, "its tables have rules")] {
        let db = events(MONTHS).await;
        db.batch(&trap("postgres", by)).await;
        let said = run(&db, "postgres", CREATE).success();
        contains(&said.stderr, &format!("warning: the journal in schema `pgtend` is not used: {why}"));
        assert_eq!(db.value("select count(*) from pgtend.trapped").await, "0");
    }
}

#[tokio::test]
async fn the_journal_of_a_role_that_it_is_a_member_of_is_written() {
    let db = events(MONTHS).await;
    let (owner, member) = (owner(&db).await, db.role("member").await);
    db.batch(&format!("grant {owner} to {member}; grant create on database {} to {owner}", db.name())).await;
    for (ahead, role) in [("1", &owner), ("2", &member)] {
        let said = run(&db, role, &["partition", "create", "events", "--ahead", ahead]).success();
        assert!(!said.stderr.contains("warning"), "{}", said.stderr);
        assert_eq!(db.value("select count(*) from pgtend.run").await, ahead);
    }
}

const CREATE_ONE: [&str; 5] = ["partition", "create", "events", "--ahead", "1"];

#[tokio::test]
async fn the_journal_tells_what_was_done() {
    let db = events(MONTHS).await;
    tend(&db, CREATE_ONE).run().success();
    assert_eq!(
        db.value(
            "select string_agg(concat_ws('|', command, target, step, steps, summary, outcome, attempts, role, error), E'\n') from pgtend.run"
        )
        .await,
        "pgtend partition create|public.events|1|1|create public.events_p2026_12|done|1|postgres"
    );
    contains(
        &db.value("select array_to_string(statements, ';') from pgtend.run").await,
        "attach partition \"public\".\"events_p2026_12\"",
    );
    assert_eq!(
        db.value("select finished >= started and lock_wait_ms >= 0 and lock_held_ms > 0 and pid > 0 and version ~ '^[0-9]+[.]' from pgtend.run").await,
        "t"
    );
    // A failure is kept too.
    let lock = db.client().await;
    lock.batch_execute("begin; lock table events in share update exclusive mode").await.unwrap();
    tend(&db, ["partition", "create", "events", "--ahead", "3", "--lock-budget", "100ms"]).run().code(5);
    contains(
        &db.value("select outcome || ' ' || error from pgtend.run order by id desc limit 1").await,
        "failed give up after",
    );
}

#[tokio::test]
async fn the_journal_can_be_elsewhere_or_off() {
    let db = events(MONTHS).await;
    fs::write(db.home().join("pgtend.toml"), "[journal]\nschema = \"The \\\"Books\\\"\"\n").unwrap();
    tend(&db, CREATE_ONE).run().success();
    assert_eq!(db.value("select count(*) from \"The \"\"Books\"\"\".run").await, "1");
    assert_eq!(db.value("select to_regnamespace('pgtend')").await, "");
    fs::write(db.home().join("pgtend.toml"), "[journal]\nenabled = false\n").unwrap();
    tend(&db, ["partition", "create", "events", "--ahead", "2"]).run().success();
    assert_eq!(db.value("select count(*) from \"The \"\"Books\"\"\".run").await, "1");
    assert_eq!(db.value("select to_regnamespace('pgtend')").await, "");
}

#[tokio::test]
async fn a_run_that_changes_nothing_makes_no_journal() {
    let db = events(["2026-11"]).await;
    tend(&db, ["partition", "create", "events", "--ahead", "0"]).run().success();
    tend(&db, ["partition", "check", "events", "--ahead", "0"]).run().success();
    assert_eq!(db.value("select to_regnamespace('pgtend')").await, "");
}
