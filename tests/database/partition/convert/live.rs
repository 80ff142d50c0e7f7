//! Writers that keep a log of what was acknowledged, while the table is converted and taken back: no row lost, none stale,
//! none back from the dead, no error seen, no reference unchecked at any instant.
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

use crate::common::database::Database;
use crate::partition::convert::composite::{COMPOSITE, version};
use crate::partition::convert::everything::{CONVERT, UNDO};
use crate::partition::convert::table::{everything, everything_with};
use crate::partition::support::tend;

const WRITERS: usize = 3;
const MARGIN: Duration = Duration::from_millis(200);

/// Id of a row to its last acknowledged body; none once its deletion was acknowledged.
type Log = HashMap<String, Option<String>>;

/// What the writers say.
#[derive(Clone, Copy)]
struct Words {
    update: &'static str,
    delete: &'static str,
}

const USUAL: Words = Words {
    update: "update messages set body = $2 where id = $1",
    delete: "delete from messages where id = $1",
};

#[tokio::test]
async fn writers_notice_nothing() {
    let db = everything().await;
    beside(&db, USUAL, [&CONVERT, &UNDO, &CONVERT]).await;
}

/// The partitioned table itself keeps only (id, createdAt) unique: the registry has to see what others commit meanwhile.
#[tokio::test]
async fn an_id_stays_unique_whoever_comes_first() {
    let db = everything().await;
    tend(&db, CONVERT).run().success();
    let columns = r#"(id, "createdAt", sender, counted, number)"#;
    let first = [
        ("new", format!("insert into messages {columns} values ('new', '2026-11-20Z', 1, 0, 0)")),
        (
            "m8",
            r#"update messages set "createdAt" = "createdAt" + interval '1 second' where id = 'm8'"#
                .to_owned(),
        ),
        ("m9", r#"update messages set "createdAt" = '2027-01-20Z' where id = 'm9'"#.to_owned()),
    ];
    for (id, first) in first {
        let (one, other) = (db.client().await, db.client().await);
        one.batch_execute(&format!("begin; {first}")).await.unwrap();
        let second = format!("insert into messages {columns} values ('{id}', '2026-12-24Z', 1, 0, 0)");
        let second = tokio::spawn(async move { other.batch_execute(&second).await });
        let waits = "select count(*) from pg_locks where not granted and database = (
                         select oid from pg_database where datname = current_database()) or locktype = 'transactionid' and not granted";
        while db.value(waits).await == "0" {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        one.batch_execute("commit").await.unwrap();
        let error = second.await.unwrap().unwrap_err();
        assert_eq!(error.code(), Some(&SqlState::UNIQUE_VIOLATION), "{id}: {error}");
    }
    db.batch(&format!(
        "with gone as (delete from messages where id = 'm12' returning *)
         insert into messages {columns} select id, \"createdAt\", sender, counted, number from gone"
    ))
    .await;
    assert_eq!(db.value("select count(*) - count(distinct id) from messages").await, "0");
    assert_eq!(
        db.value("select count(*) from messages_ids where id in ('new', 'm8', 'm9', 'm12')").await,
        "4"
    );
    assert_eq!(db.value("select \"createdAt\"::date from messages_ids where id = 'm9'").await, "2027-01-20");
}

/// They know nothing of the second column, and change what it has to follow.
#[tokio::test]
async fn writers_notice_nothing_of_a_second_column() {
    let (reference, words) = if version(&Database::create().await).await < 15 {
        let delete =
            "with gone as (delete from reads where message_id = $1) delete from messages where id = $1";
        ("", Words { delete, ..USUAL })
    } else {
        ("on delete cascade", USUAL)
    };
    let update =
        "update messages set body = $2, \"createdAt\" = \"createdAt\" + interval '1 second' where id = $1";
    let db = everything_with(reference).await;
    beside(&db, Words { update, ..words }, [&COMPOSITE, &UNDO, &COMPOSITE]).await;
    let pairs = "select count(*) from reads left join messages on id = message_id and \"createdAt\" = \"message_createdAt\"
                 where id is null";
    assert_eq!(db.value(pairs).await, "0");
}

async fn beside(db: &Database, words: Words, commands: [&[&'static str]; 3]) {
    let stop = Arc::new(AtomicBool::new(false));
    let mut writers: Vec<JoinHandle<Log>> = Vec::new();
    for lane in 0..WRITERS {
        writers.push(tokio::spawn(write(db.client().await, words, lane, Arc::clone(&stop))));
    }
    let intruder = tokio::spawn(intrude(db.client().await, Arc::clone(&stop)));
    let reader = tokio::spawn(read(db.client().await, Arc::clone(&stop)));
    for command in commands {
        tokio::time::sleep(MARGIN).await;
        let program = tend(db, []).args(command);
        tokio::task::spawn_blocking(|| program.run().success()).await.unwrap();
    }
    tokio::time::sleep(MARGIN).await;
    stop.store(true, Ordering::Relaxed);
    let mut log = Log::new();
    for writer in writers {
        log.extend(writer.await.unwrap());
    }
    assert!(intruder.await.unwrap() > 10, "hardly anybody tried to refer to nobody");
    assert!(reader.await.unwrap() > 10, "hardly anybody read");
    assert!(log.len() > 50, "{} rows are no life", log.len());
    compare(db, &log).await;
}

/// Inserts, refers to, changes and deletes rows; any error ends the test.
async fn write(client: Client, words: Words, lane: usize, stop: Arc<AtomicBool>) -> Log {
    let insert =
        "insert into messages (id, \"createdAt\", sender, body) values ($1, '2026-11-15Z', 1 + $2, $3)";
    let insert = client.prepare(insert).await.unwrap();
    let update = client.prepare(words.update).await.unwrap();
    let delete = client.prepare(words.delete).await.unwrap();
    let refer = client.prepare("insert into reads values ($1, $2)").await.unwrap();
    let mut log = Log::new();
    for number in 0.. {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let (id, lane) = (format!("live {lane} {number}"), i32::try_from(lane).unwrap());
        assert_eq!(client.execute(&insert, &[&id, &lane, &"first"]).await.unwrap(), 1);
        log.insert(id.clone(), Some("first".to_owned()));
        client.execute(&refer, &[&id, &lane]).await.unwrap();
        let old = format!("live {lane} {}", fastrand::i32(0..=number));
        if log.get(&old).is_some_and(Option::is_some) {
            if fastrand::bool() {
                let body = format!("changed {number}");
                assert_eq!(client.execute(&update, &[&old, &body]).await.unwrap(), 1, "{old} was there");
                log.insert(old, Some(body));
            } else {
                assert_eq!(client.execute(&delete, &[&old]).await.unwrap(), 1, "{old} was there");
                log.insert(old, None);
            }
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    log
}

/// Refers to rows that are not there; nobody may ever get away with it.
async fn intrude(client: Client, stop: Arc<AtomicBool>) -> usize {
    let mut tries = 0;
    while !stop.load(Ordering::Relaxed) {
        let refused = client.batch_execute("insert into reads values ('nobody', 0)").await.unwrap_err();
        assert_eq!(refused.code(), Some(&SqlState::FOREIGN_KEY_VIOLATION), "{refused:?}");
        tries += 1;
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    tries
}

/// The old rows are there in every look at them, by the table and by the view.
async fn read(client: Client, stop: Arc<AtomicBool>) -> usize {
    let mut looks = 0;
    while !stop.load(Ordering::Relaxed) {
        let query = "select (select count(*) from messages where id like 'm%'), (select count(*) from said where id like 'm%')";
        let row = client.query_one(query, &[]).await.unwrap();
        assert_eq!((row.get::<_, i64>(0), row.get::<_, i64>(1)), (5000, 5000));
        looks += 1;
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    looks
}

async fn compare(db: &Database, log: &Log) {
    let rows =
        db.client().await.query("select id, body from messages where id like 'live%'", &[]).await.unwrap();
    let there: HashMap<String, String> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
    let lost = log.iter().filter(|(id, body)| body.is_some() && !there.contains_key(*id)).count();
    let back = log.iter().filter(|(id, body)| body.is_none() && there.contains_key(*id)).count();
    let stale = log.iter().filter(|(id, body)| body.is_some() && there.get(*id) != body.as_ref()).count();
    assert_eq!((lost, stale, back), (0, 0, 0), "lost, stale, back from the dead of {}", log.len());
    assert_eq!(there.len(), log.values().flatten().count());
    let orphans = "select count(*) from reads where not exists (select from messages where id = message_id)";
    assert_eq!(db.value(orphans).await, "0");
}
