//! A pooler between pgtend and the server. Where it pools by transaction, what pgtend sets would be found by the
//! application that is served next: every command refuses before it has set anything.
use tokio_postgres::NoTls;

use crate::common::database::Database;
use crate::common::pooler::{Pooler, Pools};
use crate::common::server::server;
use crate::support::{contains, fingerprint};

const SETTINGS: &str = "select string_agg(name || '=' || setting, ' ' order by name) from pg_settings
    where name <> 'application_name'";

struct Stage {
    db: Database,
    pooler: Pooler,
    url: String,
}

async fn stage(pools: Pools) -> Stage {
    let db = Database::create().await;
    db.batch("create table t (id int)").await;
    let pooler = Pooler::start(server().socket_dir(), pools);
    let url = format!("postgresql://postgres@/{}?host={}&port=5432", db.name(), pooler.directory().display());
    std::fs::create_dir(db.home().join("db")).unwrap();
    std::fs::write(db.home().join("db/V1__a.sql"), "create table a (id int)").unwrap();
    Stage { db, pooler, url }
}

const COMMANDS: [&[&str]; 6] = [
    &["migrate", "up", "--dir", "db"],
    &["migrate", "status", "--dir", "db"],
    &["index", "create", "t", "--columns", "id"],
    &["index", "list"],
    &["partition", "list"],
    &["report", "sizes"],
];

async fn through(url: &str, query: &str) -> String {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    let messages = client.simple_query(query).await.unwrap();
    let row = messages.iter().find_map(|message| match message {
        tokio_postgres::SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
        _ => None,
    });
    row.unwrap_or_default()
}

#[tokio::test]
async fn of_transactions_it_is_refused_and_nothing_is_set() {
    let Stage { db, pooler: _pooler, url } = stage(Pools::Transactions).await;
    let (before, settings) = (fingerprint(&db).await, through(&url, SETTINGS).await);
    for command in COMMANDS {
        let said = db.pgtend_at(&url, []).args(command).run().code(4);
        contains(&said.stderr, "a pooler stands between that gives each transaction another session");
        contains(&said.stderr, "hint: connect to the server's own port");
        assert_eq!(through(&url, SETTINGS).await, settings, "{command:?}");
        assert_eq!(through(&url, "select count(*) from pg_prepared_statements").await, "0", "{command:?}");
    }
    assert_eq!(fingerprint(&db).await, before);
    contains(&db.pgtend_at(&url, ["health"]).run().code(2).stdout, "a pooler stands between");
}

#[tokio::test]
async fn of_transactions_it_is_seen_among_others_too() {
    let Stage { db, pooler: _pooler, url } = stage(Pools::Transactions).await;
    // Sessions that are there already, and taken and given back all the time.
    let clients = futures_util::future::join_all((0..4).map(|_| async {
        let (client, connection) = tokio_postgres::connect(&url, NoTls).await.unwrap();
        tokio::spawn(connection);
        client.batch_execute("begin; select pg_sleep(0.1); commit").await.unwrap();
        client
    }));
    let clients = clients.await;
    let traffic = tokio::spawn(async move {
        loop {
            let asked = clients.iter().map(|client| client.batch_execute("select pg_sleep(0.003)"));
            futures_util::future::join_all(asked).await;
        }
    });
    for command in COMMANDS {
        let program = db.pgtend_at(&url, []).args(command);
        tokio::task::spawn_blocking(|| program.run().code(4)).await.unwrap();
    }
    traffic.abort();
}

#[tokio::test]
async fn of_sessions_it_is_no_hindrance() {
    let Stage { db, pooler: _pooler, url } = stage(Pools::Sessions).await;
    for command in COMMANDS {
        db.pgtend_at(&url, []).args(command).run().success();
    }
}
