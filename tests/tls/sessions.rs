//! Sessions in use: cancellation, notices, the parameters that the server was told.
use std::io::{self, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use pgtend::pg::connect::{Link, connect};
use tokio_postgres::error::SqlState;

use crate::stage::{stage, version_of};

/// The first bytes of a connection that asks for TLS: length 8, code 80877103.
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];

/// Hands connections through to the server, and notes how each of them begins.
fn eavesdrop(port: u16) -> (u16, Arc<Mutex<Vec<[u8; 8]>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let own = listener.local_addr().unwrap().port();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let notes = Arc::clone(&heard);
    thread::spawn(move || {
        for client in listener.incoming().map_while(Result::ok) {
            let server = TcpStream::connect(("127.0.0.1", port)).unwrap();
            let mut first = [0; 8];
            io::Read::read_exact(&mut &client, &mut first).unwrap();
            notes.lock().unwrap().push(first);
            (&server).write_all(&first).unwrap();
            for (from, to) in [(client.try_clone(), server.try_clone()), (Ok(server), Ok(client))] {
                let (mut from, mut to) = (from.unwrap(), to.unwrap());
                thread::spawn(move || {
                    let _ = io::copy(&mut from, &mut to);
                    let _ = to.shutdown(std::net::Shutdown::Write);
                });
            }
        }
    });
    (own, heard)
}

async fn cancels_a_sleep(link: &Link, observer: &Link) {
    let pid: i32 = link.client.query_one("select pg_catalog.pg_backend_pid()", &[]).await.unwrap().get(0);
    let cancel = async {
        let asleep =
            "select count(*) from pg_catalog.pg_stat_activity where pid = $1 and wait_event = 'PgSleep'";
        while observer.client.query_one(asleep, &[&pid]).await.unwrap().get::<_, i64>(0) == 0 {}
        link.canceller.clone().cancel().await.unwrap();
    };
    let (slept, ()) = tokio::join!(link.client.batch_execute("select pg_catalog.pg_sleep(600)"), cancel);
    assert_eq!(slept.unwrap_err().code(), Some(&SqlState::QUERY_CANCELED));
    link.client.batch_execute("select 1").await.unwrap();
}

#[tokio::test]
async fn cancelling_goes_the_way_of_the_session() {
    let stage = stage().await;
    let observer = connect(&stage.settings("")).await.unwrap();
    let (port, heard) = eavesdrop(stage.server.port);
    let secure = connect(&stage.trusting(&format!("port={port} sslmode=verify-full"))).await.unwrap();
    assert!(version_of(&secure).await.is_some());
    cancels_a_sleep(&secure, &observer).await;
    assert_eq!(*heard.lock().unwrap(), [SSL_REQUEST, SSL_REQUEST], "the request to cancel asks for TLS too");
    cancels_a_sleep(&connect(&stage.settings("sslmode=disable")).await.unwrap(), &observer).await;
    let socket = format!("host={} hostaddr=''", stage.server.socket_dir().display());
    cancels_a_sleep(&connect(&stage.settings(&socket)).await.unwrap(), &observer).await;
}

#[tokio::test]
async fn cancelling_an_idle_session_is_no_error() {
    let stage = stage().await;
    let link = connect(&stage.trusting("sslmode=verify-full")).await.unwrap();
    link.canceller.cancel().await.unwrap();
    let name: String = link.client.query_one("select current_user::text", &[]).await.unwrap().get(0);
    assert_eq!(name, "alice");
}

#[tokio::test]
async fn the_server_is_told_options_and_name() {
    let stage = stage().await;
    let settings =
        stage.settings("options='-c geqo_seed=0.25 -c work_mem=1MB' application_name='pgtend test'");
    let link = connect(&settings).await.unwrap();
    for (parameter, value) in [
        ("geqo_seed", "0.25"),
        ("work_mem", "1MB"),
        ("application_name", "pgtend test"),
        ("client_encoding", "UTF8"),
    ] {
        let shown: String = link.client.query_one(&format!("show {parameter}"), &[]).await.unwrap().get(0);
        assert_eq!(shown, value);
    }
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn notices_reach_the_log() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::DEBUG)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    let stage = stage().await;
    // The runtime of this test has one thread, so that the connection's task logs here too.
    let _guard = tracing::subscriber::set_default(subscriber);
    let link = connect(&stage.settings("")).await.unwrap();
    link.client.batch_execute("do $$begin raise notice 'mind the gap'; end$$").await.unwrap();
    let logged = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(logged.contains("pgtend::notice: mind the gap") && logged.contains("NOTICE"), "{logged}");
    assert!(!logged.contains(crate::stage::PASSWORD), "{logged}");
}
