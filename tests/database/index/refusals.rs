//! What is refused, and what is waited for: rights, kinds of tables, locks and transactions of others.
use std::time::Duration;

use super::support::{contains, fingerprint, indexes, tables};

const CREATE: [&str; 5] = ["index", "create", "events", "--columns", "name"];

#[tokio::test]
async fn who_does_not_own_the_table_is_told_whose_it_is() {
    let db = tables().await;
    db.batch("create index i on events (id); create index j on plain (id)").await;
    let (owner, other) = (db.role("owner").await, db.role("other").await);
    db.batch(&format!("alter table events owner to {owner}; alter table plain owner to {owner}")).await;
    let before = fingerprint(&db).await;
    let commands: [&[&str]; 4] = [
        &CREATE,
        &["index", "drop", "i", "--yes"],
        &["index", "drop", "j", "--yes"],
        &["index", "rebuild", "j"],
    ];
    for command in commands {
        let said = db.pgtend_as(&other, []).args(command).run().code(4);
        contains(&said.stderr, &format!("it belongs to role `{owner}`"));
        contains(&said.stderr, &format!("hint: grant {owner} to the role that pgtend uses"));
    }
    db.pgtend_as(&other, ["index", "list", "events"]).run().success();
    db.pgtend_as(&other, ["index", "check", "events", "--since", "0s"]).run().code(3);
    assert_eq!(fingerprint(&db).await, before);
}

#[tokio::test]
async fn who_may_not_create_in_the_schema_is_told_the_grant() {
    let db = tables().await;
    let owner = db.role("owner").await;
    db.batch(&format!("alter table plain owner to {owner}; revoke create on schema public from public"))
        .await;
    let said = db.pgtend_as(&owner, ["index", "create", "plain", "--columns", "id"]).run().code(4);
    contains(&said.stderr, &format!("hint: grant create on schema \"public\" to \"{owner}\""));
    db.batch(&format!("grant create on schema public to {owner}")).await;
    db.pgtend_as(&owner, ["index", "create", "plain", "--columns", "id"]).run().success();
}

#[tokio::test]
async fn what_has_no_indexes_and_what_is_not_there() {
    let db = tables().await;
    db.batch("create view seen as select * from plain").await;
    let before = fingerprint(&db).await;
    let cases: [(&[&str], i32, &str); 9] = [
        (&["index", "create", "seen", "--columns", "id"], 1, "public.seen is a view, which has no indexes"),
        (&["index", "create", "plian", "--columns", "id"], 1, "did you mean `public.plain`"),
        (&["index", "create", "plain", "--columns", "nope"], 1, "column \"nope\" does not exist"),
        (&["index", "create", "plain", "--columns", "id; drop table plain"], 2, "`)` is missing"),
        (&["index", "create", "plain", "--columns", "id); drop table plain; --"], 2, "2 statements"),
        (
            &["index", "create", "plain", "--columns", "id", "--where", "id > 1)"],
            2,
            "this parenthesis was never opened",
        ),
        (&["index", "create", "--sql", "create index on only events (id)"], 2, "leave ONLY out"),
        (&["index", "drop", "nothing", "--yes"], 1, "no index `nothing`"),
        (&["index", "rebuild", "nothing"], 1, "no index `nothing`"),
    ];
    for (arguments, code, text) in cases {
        contains(&db.pgtend([]).args(arguments).run().code(code).stderr, text);
    }
    assert_eq!(fingerprint(&db).await, before);
}

#[tokio::test]
async fn a_spent_budget_ends_in_5_and_leaves_nothing() {
    let db = tables().await;
    let before = indexes(&db).await;
    let holder = db.client().await;
    let hold =
        "set application_name = 'nightly report'; begin; insert into events select * from plain limit 1;
                insert into plain select * from plain limit 1; select pg_sleep(1.2)";
    holder.batch_execute(hold).await.unwrap();
    for table in ["events", "plain"] {
        let said = db.pgtend(["index", "create", table, "--columns", "name", "--lock-budget", "300ms"]);
        let said = said.run().code(5);
        contains(&said.stderr, "nightly report");
        contains(&said.stderr, "hint: run the same command again later");
        assert_eq!(indexes(&db).await, before, "{table}");
    }
    holder.batch_execute("commit").await.unwrap();
    db.pgtend(CREATE).run().success();
}

#[tokio::test]
async fn another_sessions_build_is_waited_for() {
    let db = tables().await;
    let (holder, builder) = (db.client().await, db.client().await);
    holder.batch_execute("begin; insert into plain select * from plain limit 1").await.unwrap();
    let build = tokio::spawn(async move {
        builder.batch_execute("create index concurrently plain_id_idx on plain (id)").await
    });
    while db
        .value("select count(*) from pg_stat_progress_create_index where datname = current_database()")
        .await
        == "0"
    {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let create = ["index", "create", "plain", "--columns", "id"];
    let said = db.pgtend(create).args(["--lock-budget", "300ms"]).run().code(5);
    contains(&said.stderr, "another session builds an index on public.plain");
    let program = db.pgtend(create);
    let running = tokio::task::spawn_blocking(|| program.run());
    tokio::time::sleep(Duration::from_millis(300)).await;
    holder.batch_execute("commit").await.unwrap();
    build.await.unwrap().unwrap();
    contains(&running.await.unwrap().success().stderr, "public.plain_id_idx is there already");
}
