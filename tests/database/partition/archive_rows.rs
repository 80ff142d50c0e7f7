//! `partition archive rows`: what meets the condition arrives, the rest stays, nothing is lost by a foreign key, and a
//! run that fails half-way is finished by the next.
use super::support::{contains, fingerprint, tend};
use crate::common::database::Database;
use crate::common::program::Program;

/// 3,000 sessions, of which each third is closed, with values that are easily lost.
async fn sessions() -> Database {
    let db = Database::create().await;
    db.batch(
        r#"create table sessions (id bigint generated always as identity primary key, state text not null, at timestamptz not null,
                                  doc jsonb, "odd "" name" text[], twice bigint generated always as (length(state)) stored);
           insert into sessions (state, at, doc, "odd "" name")
               select case g % 3 when 0 then 'closed' else 'open' end, timestamptz '2026-01-01Z' + g * interval '1 hour',
                      case g % 5 when 0 then null else jsonb_build_object('n', g, 't', E'two\nlines') end,
                      array['a,b', null, g::text]
               from generate_series(1, 3000) as g;
           create table before as select * from sessions"#,
    )
    .await;
    db
}

fn rows(db: &Database, condition: &str, to: &str) -> Program {
    tend(db, ["partition", "archive", "rows", "sessions", "--where", condition, "--to", to, "--yes"])
}

/// Every row that there was is in exactly one of the two, and the same.
async fn ensure_all_there(db: &Database, closed: &str) {
    let differing = format!(
        "with now as (select row(s.*)::text as r from sessions as s union all select row(s.*)::text from {closed} as s),
              old as (select row(b.*)::text as r from before as b)
         select count(*) from ((table now except all table old) union all (table old except all table now)) as d"
    );
    assert_eq!(db.value(&differing).await, "0");
}

const CLOSED: &str = "state = 'closed' and at < '2026-03-01Z'";

#[tokio::test]
async fn what_meets_the_condition_moves_and_the_rest_stays() {
    let db = sessions().await;
    let matching = db.value(&format!("select count(*) from sessions where {CLOSED}")).await;
    let said = rows(&db, CLOSED, "sessions_closed").run().success();
    contains(&said.stderr, "public.sessions_closed is made like public.sessions");
    contains(&said.stderr, &format!("moved {matching} rows into public.sessions_closed"));
    contains(&said.stderr, "0 rows meet the condition now");
    assert_eq!(db.value("select count(*) from sessions_closed").await, matching);
    assert_eq!(db.value(&format!("select count(*) from sessions where {CLOSED}")).await, "0");
    ensure_all_there(&db, "sessions_closed").await;
    // What is said of the rows is the server's own sum.
    let hash = "select sum(hashtextextended(row(id, state, at, doc, \"odd \"\" name\")::text, 0)::numeric) from sessions_closed";
    contains(&said.stderr, &format!("(hash of all {})", db.value(hash).await));
    let said = rows(&db, CLOSED, "sessions_closed").run().success();
    assert_eq!((said.stdout.as_str(), said.stderr.as_str()), ("", ""));
    // More become old, and go where the others are.
    rows(&db, "state = 'closed'", "sessions_closed").run().success();
    assert_eq!(db.value("select count(*) from sessions_closed").await, "1000");
    ensure_all_there(&db, "sessions_closed").await;
}

#[tokio::test]
async fn a_dry_run_shows_a_batch_and_a_question_wants_an_answer() {
    let db = sessions().await;
    let before = fingerprint(&db).await;
    let said = rows(&db, CLOSED, "sessions_closed").args(["--dry-run"]).run().success();
    contains(&said.stdout, "delete from only \"public\".\"sessions\" as \"sessions\"");
    contains(
        &said.stdout,
        "destroys: rows of public.sessions, each once it is in public.sessions_closed (about ",
    );
    let ask = ["partition", "archive", "rows", "sessions", "--where", CLOSED, "--to", "sessions_closed"];
    contains(
        &tend(&db, ask).run().code(2).stderr,
        "rows of public.sessions, each once it is in public.sessions_closed",
    );
    assert_eq!(fingerprint(&db).await, before);
}

#[tokio::test]
async fn a_condition_is_one_and_nothing_else() {
    let db = sessions().await;
    let before = fingerprint(&db).await;
    for condition in [
        "",
        "true; drop table sessions",
        "true) or (true",
        "id = 1 returning 1",
        "id = 'x",
        "(id = 1",
        "no_such_column = 1",
        "id",
        "id = $1",
    ] {
        let said = rows(&db, condition, "sessions_closed").run();
        assert!(matches!(said.code, Some(1 | 2)), "{condition}: {}", said.stderr);
        assert_eq!(fingerprint(&db).await, before, "{condition}");
    }
}

#[tokio::test]
async fn conditions_find_what_the_users_role_finds() {
    let db = sessions().await;
    db.batch(
        "create function is_old(at timestamptz) returns boolean language sql as $$ select at < '2026-02-01Z' $$;
         create table kept (id bigint); insert into kept values (3), (6)",
    )
    .await;
    let condition = "is_old(at) and sessions.state = 'closed' -- of\n and not exists (select from kept where kept.id = sessions.id)";
    rows(&db, condition, "sessions_closed").run().success();
    assert_eq!(db.value("select min(id) from sessions_closed").await, "9");
    ensure_all_there(&db, "sessions_closed").await;
}

#[tokio::test]
async fn partitions_are_gone_through_and_a_wider_target_is_fine() {
    let db = Database::create().await;
    db.batch(
        "create table sessions (id int, at timestamptz not null, state text) partition by range (at);
         create table sessions_1 partition of sessions for values from ('2026-01-01Z') to ('2026-02-01Z');
         create table sessions_2 partition of sessions for values from ('2026-02-01Z') to ('2026-03-01Z') partition by list (state);
         create table sessions_2_all partition of sessions_2 default;
         create table sessions_3 partition of sessions default;
         insert into sessions select g, timestamptz '2026-01-01Z' + g * interval '1 hour', case g % 2 when 0 then 'CLOSED_' else '' end || g
             from generate_series(0, 1999) as g;
         create table closed (archived_at timestamptz not null default now(), state text, at timestamptz, id int primary key)",
    )
    .await;
    rows(&db, "state like 'CLOSED_%'", "closed").run().success();
    assert_eq!(db.value("select count(*) || ' ' || count(distinct id) from closed").await, "1000 1000");
    assert_eq!(db.value("select count(*) from sessions where state like 'CLOSED_%'").await, "0");
    assert_eq!(db.value("select count(*) from sessions").await, "1000");
    assert_eq!(db.value("select state from closed where id = 10").await, "CLOSED_10");
}

#[tokio::test]
async fn a_target_that_cannot_take_them_is_refused() {
    let db = sessions().await;
    db.batch(
        "create table narrow (id bigint); create table other as select id, state, at::date as at, doc, \"odd \"\" name\" from sessions limit 0;
         create view seen as select * from sessions",
    )
    .await;
    let before = fingerprint(&db).await;
    for (to, why) in [
        ("narrow", "it has no column state"),
        ("other", "at is date there, not timestamp with time zone"),
        ("seen", "public.seen is a view"),
        ("sessions", "are there already"),
    ] {
        contains(&rows(&db, CLOSED, to).run().code(2).stderr, why);
        assert_eq!(fingerprint(&db).await, before, "{to}");
    }
}

/// Orders refer to sessions.
async fn with_orders(on_delete: &str) -> Database {
    let db = sessions().await;
    db.batch(&format!(
        "create table orders (number int primary key, session bigint constraint of_session references sessions {on_delete});
         create index on orders (session);
         insert into orders select g, g from generate_series(1, 300) as g;
         create table orders_before as table orders"
    ))
    .await;
    db
}

#[tokio::test]
async fn rows_that_others_refer_to_do_not_go_without_them() {
    for on_delete in ["", "on delete cascade", "on delete set null"] {
        let db = with_orders(on_delete).await;
        let before = fingerprint(&db).await;
        let said = rows(&db, CLOSED, "sessions_closed").run().code(1);
        contains(&said.stderr, "100 rows of public.orders refer to them (of_session, ON DELETE ");
        contains(&said.stderr, "hint: let these rows go along with --with TABLE=TABLE");
        assert_eq!(fingerprint(&db).await, before);
        // The others go.
        rows(&db, &format!("id > 300 and {CLOSED}"), "sessions_closed").run().success();
        assert_eq!(db.value("select count(*) from orders where session is not null").await, "300");
        ensure_all_there(&db, "sessions_closed").await;
    }
}

#[tokio::test]
async fn rows_go_along_when_told() {
    for on_delete in ["", "on delete cascade", "on delete restrict"] {
        let db = with_orders(on_delete).await;
        let said =
            rows(&db, CLOSED, "sessions_closed").args(["--with", "orders=orders_closed"]).run().success();
        contains(&said.stderr, "and with them 100 of public.orders");
        assert_eq!(
            db.value("select count(*) from orders_closed as o join sessions_closed as s on s.id = o.session")
                .await,
            "100"
        );
        assert_eq!(
            db.value("select count(*) from (table orders union all table orders_closed except all table orders_before) as d").await,
            "0"
        );
        assert_eq!(
            db.value("select (select count(*) from orders) + (select count(*) from orders_closed)").await,
            "300"
        );
        ensure_all_there(&db, "sessions_closed").await;
    }
    let db = with_orders("").await;
    db.batch("create table lines (number int references orders on delete cascade)").await;
    let said = rows(&db, CLOSED, "sessions_closed").args(["--with", "orders=orders_closed"]).run().code(1);
    contains(&said.stderr, "rows that go along would take rows of other tables with them");
    let said = rows(&db, CLOSED, "sessions_closed").args(["--with", "before=b"]).run().code(2);
    contains(&said.stderr, "no foreign key of it refers to public.sessions");
}

#[tokio::test]
async fn what_changes_on_its_way_does_not_leave() {
    let db = sessions().await;
    db.batch(
        "create table closed (like sessions including all);
         create function change() returns trigger language plpgsql as
             $$ begin if new.id = 2400 then new.state := 'changed'; end if; return new; end $$;
         create trigger change before insert on closed for each row execute function change()",
    )
    .await;
    let said = rows(&db, "state = 'closed'", "closed").args(["--batch-time", "1ms"]).run().code(1);
    contains(&said.stderr, "what arrives is not what leaves");
    assert_eq!(
        db.value("select (select count(*) from sessions) + (select count(*) from closed)").await,
        "3000"
    );
    assert_eq!(db.value("select count(*) from sessions where id = 2400").await, "1");
    ensure_all_there(&db, "closed").await;
    // The next run goes on with the rest.
    db.batch("drop trigger change on closed").await;
    rows(&db, "state = 'closed'", "closed").run().success();
    assert_eq!(db.value("select count(*) from closed").await, "1000");
    ensure_all_there(&db, "closed").await;
}

#[tokio::test]
async fn a_row_that_is_there_already_stops_it() {
    let db = sessions().await;
    db.batch("create table closed (like sessions including all); insert into closed overriding system value select id, 'other', at from sessions where id = 9").await;
    let said = rows(&db, "state = 'closed'", "closed").run().code(1);
    contains(&said.stderr, "the target has a row with this key already");
    assert_eq!(db.value("select count(*) from sessions where id = 9").await, "1");
}

#[tokio::test]
async fn a_busy_row_is_waited_for_within_the_budget() {
    let db = sessions().await;
    let other = db.client().await;
    other.batch_execute("begin; select from sessions where id = 3 for update").await.unwrap();
    let said = rows(&db, "state = 'closed'", "closed").args(["--lock-budget", "300ms"]).run().code(5);
    contains(&said.stderr, "lock timeout");
    other.batch_execute("rollback").await.unwrap();
    rows(&db, "state = 'closed'", "closed").run().success();
    ensure_all_there(&db, "closed").await;
}
