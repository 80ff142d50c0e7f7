//! What a new partition takes over from its newest sibling, or from the configuration.
use std::fs;

use super::support::{contains, events, names, tend};
use crate::common::database::Database;

const NEW: &str = "'events_p2026_12'::regclass";

async fn create(db: &Database) {
    tend(db, ["partition", "create", "events", "--ahead", "1"]).run().success();
}

/// `events` with November, dressed by the statements; and December, as pgtend makes it.
async fn dressed(statements: &str) -> Database {
    let db = events(["2026-11"]).await;
    db.batch(statements).await;
    create(&db).await;
    db
}

#[tokio::test]
async fn owner_and_privileges() {
    let db = events(["2026-11"]).await;
    let (owner, reader, writer) = (db.role("owner").await, db.role("reader").await, db.role("writer").await);
    db.batch(&format!(
        "alter table events owner to {owner}; alter table events_p2026_11 owner to {owner}; set role {owner};
         grant select on events_p2026_11 to {reader} with grant option;
         grant insert, update, delete, truncate, references, trigger on events_p2026_11 to {writer};
         grant update (note) on events_p2026_11 to {reader};
         grant select (id, at) on events_p2026_11 to public;
         grant select on events_p2026_11 to public"
    ))
    .await;
    create(&db).await;
    let of = |table: &str| {
        format!(
            "select (select relowner::regrole::text from pg_class where oid = '{table}'::regclass) || ' '
                 || (select string_agg(format('%s %s %s', grantee::oid, privilege_type, is_grantable), ', ' order by grantee, privilege_type)
                     from pg_class, aclexplode(relacl) where oid = '{table}'::regclass) || ' '
                 || (select string_agg(format('%s %s %s %s', attname, grantee::oid, privilege_type, is_grantable), ', ' order by attname, grantee)
                     from pg_attribute, aclexplode(attacl) where attrelid = '{table}'::regclass)"
        )
    };
    let november = db.value(&of("events_p2026_11")).await;
    contains(&november, &owner);
    assert_eq!(db.value(&of("events_p2026_12")).await, november);
}

#[tokio::test]
async fn the_first_partition_belongs_to_the_owner_of_the_table() {
    let db = events([]).await;
    let owner = db.role("owner").await;
    db.batch(&format!("alter table events owner to {owner}")).await;
    tend(&db, ["partition", "create", "events", "--every", "month", "--ahead", "0"]).run().success();
    assert_eq!(
        db.value("select relowner::regrole from pg_class where relname = 'events_p2026_11'").await,
        owner
    );
}

#[tokio::test]
async fn row_security_with_its_policies() {
    let db = events(["2026-11"]).await;
    let role = db.role("tenant").await;
    db.batch(&format!(
        "alter table events_p2026_11 enable row level security; alter table events_p2026_11 force row level security;
         create policy everybody on events_p2026_11 using (id > 0);
         create policy \"some; only\" on events_p2026_11 as restrictive for update to {role}, current_user using (note = 'a''b') with check (id < 10);
         create policy adds on events_p2026_11 for insert with check (at > '2026-01-01')"
    ))
    .await;
    create(&db).await;
    let of = |table: &str| {
        format!(
            "select (select relrowsecurity || ' ' || relforcerowsecurity from pg_class where oid = '{table}'::regclass) || E'\n'
                 || (select string_agg(format('%s %s %s %s %s %s', policyname, permissive, roles, cmd, qual, with_check), E'\n' order by policyname)
                     from pg_policies where tablename = '{table}')"
        )
    };
    let november = db.value(&of("events_p2026_11")).await;
    assert_eq!(november.lines().count(), 4, "{november}");
    assert_eq!(db.value(&of("events_p2026_12")).await, november);
}

#[tokio::test]
async fn a_policy_that_looks_into_other_tables() {
    let db = dressed(
        "create table members (event_id bigint);
         alter table events_p2026_11 enable row level security;
         create policy members on events_p2026_11 using (exists (select from members as m where m.event_id = events_p2026_11.id))",
    )
    .await;
    let policy = |table: &str| format!("select qual from pg_policies where tablename = '{table}'");
    let (november, december) =
        (db.value(&policy("events_p2026_11")).await, db.value(&policy("events_p2026_12")).await);
    contains(&december, "m.event_id = events_p2026_12.id");
    assert_eq!(december, november.replace("2026_11", "2026_12"));
}

#[tokio::test]
async fn replica_identity() {
    for (set, letter) in [("full", "f"), ("nothing", "n"), ("default", "d")] {
        let db = dressed(&format!("alter table events_p2026_11 replica identity {set}")).await;
        assert_eq!(db.value(&format!("select relreplident from pg_class where oid = {NEW}")).await, letter);
    }
    let db = dressed(
        "create unique index events_id on events (id, at); alter table events alter id set not null;
         alter table events_p2026_11 replica identity using index events_p2026_11_id_at_idx",
    )
    .await;
    assert_eq!(
        db.value(&format!(
            "select relreplident::text || ' ' || (select inhparent::regclass from pg_inherits as h join pg_index as i on i.indexrelid = h.inhrelid
                                            where i.indrelid = {NEW} and i.indisreplident)
             from pg_class where oid = {NEW}"
        ))
        .await,
        "i events_id"
    );
}

#[tokio::test]
async fn storage_parameters_of_table_and_toast() {
    let db = dressed(
        "alter table events_p2026_11 set (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01, toast.autovacuum_enabled = off,
                                          toast.autovacuum_vacuum_threshold = 5000)",
    )
    .await;
    let of = |table: &str| {
        format!(
            "select c.reloptions::text || ' ' || t.reloptions::text
             from pg_class as c join pg_class as t on t.oid = c.reltoastrelid where c.oid = '{table}'::regclass"
        )
    };
    let options = |text: String| {
        let mut words: Vec<String> = text.split(['{', '}', ',', ' ']).map(str::to_owned).collect();
        words.sort();
        words
    };
    assert_eq!(
        options(db.value(&of("events_p2026_12")).await),
        options(db.value(&of("events_p2026_11")).await)
    );
    contains(&db.value(&of("events_p2026_12")).await, "fillfactor=70");
}

#[tokio::test]
async fn comment_statistics_targets_and_columns() {
    let db = dressed(
        "comment on table events_p2026_11 is 'it''s \"hot\"\\ and
two lines'; comment on column events.note is 'free text';
         alter table events_p2026_11 alter note set statistics 500; alter table events_p2026_11 alter id set statistics 0;
         alter table events_p2026_11 alter note set (n_distinct = 5);
         alter table events alter note set storage external;
         create statistics events_stats (dependencies) on id, note from events",
    )
    .await;
    assert_eq!(db.value(&format!("select obj_description({NEW})")).await, "it's \"hot\"\\ and\ntwo lines");
    assert_eq!(
        db.value(&format!(
            "select string_agg(attname || ' ' || coalesce(attstattarget::text, '-1') || ' ' || attstorage::text, ', ' order by attnum) from pg_attribute
             where attrelid = {NEW} and attnum > 0"
        ))
        .await,
        "id 0 p, at -1 p, note 500 e"
    );
    assert_eq!(db.value(&format!("select col_description({NEW}, 3)")).await, "free text");
    let options = format!("select attoptions from pg_attribute where attrelid = {NEW} and attname = 'note'");
    assert_eq!(db.value(&options).await, "{n_distinct=5}");
    assert_eq!(
        db.value(&format!(
            "select stxkind::text || ' ' || stxkeys::text from pg_statistic_ext where stxrelid = {NEW}"
        ))
        .await,
        "{f} 1 3"
    );
}

#[tokio::test]
async fn tablespace_and_persistence() {
    let db = dressed("alter table events_p2026_11 set unlogged").await;
    assert_eq!(db.value(&format!("select relpersistence from pg_class where oid = {NEW}")).await, "u");
    // In place: a tablespace without a folder of its own.
    let name = format!("{}_space", db.name());
    let db = events(["2026-11"]).await;
    let client = db.client().await;
    client.batch_execute("set allow_in_place_tablespaces = on").await.unwrap_or_default();
    if client.batch_execute(&format!("create tablespace {name} location ''")).await.is_err() {
        // PostgreSQL 14 has none before 14.5; a folder would have to belong to the server's user.
        assert_eq!(crate::common::server::server().server().major(), 14);
        return;
    }
    db.batch(&format!("create index on events (id); alter table events_p2026_11 set tablespace {name}"))
        .await;
    create(&db).await;
    let of = |table: &str| {
        format!(
            "select s.spcname from pg_class as c join pg_tablespace as s on s.oid = c.reltablespace where c.oid = '{table}'::regclass"
        )
    };
    assert_eq!(db.value(&of("events_p2026_12")).await, name);
    drop(client);
}

#[tokio::test]
async fn an_identity_stays_the_parents() {
    let db = Database::create().await;
    db.batch(
        "create table events (id bigint generated always as identity, at timestamptz not null default now(),
                              day date generated always as ((at at time zone 'UTC')::date) stored) partition by range (at);
         create table events_p2026_11 partition of events for values from ('2026-11-01') to ('2026-12-01')",
    )
    .await;
    create(&db).await;
    db.batch("insert into events (at) values ('2026-11-05'), ('2026-12-05'), ('2026-12-06')").await;
    assert_eq!(
        db.value("select string_agg(id || ' ' || day, ', ' order by id) from events").await,
        "1 2026-11-05, 2 2026-12-05, 3 2026-12-06"
    );
    assert_eq!(db.value("select count(*) from events_p2026_12").await, "2");
}

#[tokio::test]
async fn foreign_keys_and_triggers_are_cloned() {
    let db = dressed(
        "create table users (id bigint primary key); insert into users values (1);
         alter table events add constraint of_user foreign key (id) references users on delete cascade;
         create function shout() returns trigger language plpgsql as $$ begin new.note = upper(new.note); return new; end $$;
         create trigger shout before insert on events for each row execute function shout()",
    )
    .await;
    db.batch("insert into events values (1, '2026-12-05', 'quiet')").await;
    assert_eq!(db.value("select note from events_p2026_12").await, "QUIET");
    let refused = db.client().await.batch_execute("insert into events values (2, '2026-12-05')").await;
    assert_eq!(refused.unwrap_err().code().unwrap().code(), "23503");
    assert_eq!(
        db.value(&format!(
            "select (select count(*) from pg_constraint where conrelid = {NEW} and contype = 'f' and conparentid <> 0) || ' '
                 || (select count(*) from pg_trigger where tgrelid = {NEW} and tgname = 'shout' and tgparentid <> 0)"
        ))
        .await,
        "1 1"
    );
    db.batch("delete from users").await;
    assert_eq!(db.value("select count(*) from events").await, "0");
}

#[tokio::test]
async fn publications_hold_the_new_partition() {
    let db = dressed("create publication everything for table events").await;
    assert_eq!(
        db.value("select string_agg(tablename, ' ' order by tablename) from pg_publication_tables").await,
        "events_p2026_11 events_p2026_12"
    );
}

#[tokio::test]
async fn the_configuration_goes_over_the_sibling() {
    let db = events(["2026-11"]).await;
    let (owner, reader) = (db.role("owner").await, db.role("reader").await);
    db.batch(&format!(
        "create schema parts; grant create on schema parts to {owner};
         alter table events_p2026_11 set (fillfactor = 70, parallel_workers = 2);
         comment on table events_p2026_11 is 'old'; grant insert on events_p2026_11 to {reader}"
    ))
    .await;
    fs::write(
        db.home().join("pgtend.toml"),
        format!(
            r#"
            [[partition]]
            table = "events"
            ahead = 1
            [partition.properties]
            schema = "parts"
            owner = "{owner}"
            comment = "new"
            replica_identity = "full"
            storage = {{ fillfactor = "90", "toast.autovacuum_enabled" = "false" }}
            statistics = {{ note = 7 }}
            grants = {{ {reader} = ["select"], public = ["select", "insert"] }}
            "#
        ),
    )
    .unwrap();
    create(&db).await;
    let new = "'parts.events_p2026_12'::regclass";
    assert_eq!(
        db.value(&format!(
            "select relowner::regrole || ' ' || relreplident::text || ' ' || obj_description(oid) || ' '
                 || (select string_agg(o, ',' order by o) from unnest(reloptions) as o) || ' '
                 || (select attstattarget from pg_attribute where attrelid = {new} and attname = 'note') || ' '
                 || has_table_privilege('{reader}', {new}, 'select') || ' '
                 || (select string_agg(privilege_type, ',' order by privilege_type) from aclexplode(relacl) where grantee = 0)
             from pg_class where oid = {new}"
        ))
        .await,
        format!("{owner} f new fillfactor=90,parallel_workers=2 7 true INSERT,SELECT")
    );
    assert_eq!(names(&db, "events").await, ["events_p2026_11", "events_p2026_12"]);
}

#[tokio::test]
async fn properties_that_mean_nothing_are_refused() {
    let db = events(["2026-11"]).await;
    for (property, said) in [
        ("replica_identity = \"some\"", "replica identity `some`: known are default, full, nothing"),
        ("grants = { public = [\"rule\"] }", "`RULE` is not a privilege on tables"),
        ("storage = { no_such = \"1\" }", "unrecognized parameter \"no_such\""),
        ("owner = \"nobody at all\"", "role \"nobody at all\" does not exist"),
        ("schema = \"nowhere\"", "nowhere"),
        ("statistics = { gone = 5 }", "column \"gone\" of relation"),
    ] {
        let config =
            format!("[[partition]]\ntable = \"events\"\nahead = 1\n[partition.properties]\n{property}\n");
        fs::write(db.home().join("pgtend.toml"), config).unwrap();
        contains(&tend(&db, ["partition", "create"]).run().code(1).stderr, said);
        assert_eq!(names(&db, "events").await, ["events_p2026_11"], "{property}");
    }
}

#[tokio::test]
async fn default_privileges_give_the_new_partition_no_more_than_its_sibling_has() {
    let db = events(["2026-11"]).await;
    let reader = db.role("reader").await;
    db.batch(&format!("alter default privileges grant select on tables to {reader}")).await;
    create(&db).await;
    assert_eq!(db.value(&format!("select has_table_privilege('{reader}', {NEW}, 'select')")).await, "f");
}
