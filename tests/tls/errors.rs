//! What the errors say, in libpq's words, and that the caller can tell a missing password.
use std::net::TcpListener;

use pgtend::pg::connect::{connect, needs_password};
use pgtend::pg::settings::{Secret, Settings};

use crate::stage::{PASSWORD, failure, resolve, stage, told};

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap()
}

#[tokio::test]
async fn nobody_listens() {
    let error = failure(&resolve("host=127.0.0.1 port=1 user=alice")).await;
    assert_eq!(
        first_line(&error),
        "connection to server at \"127.0.0.1\", port 1 failed: Connection refused"
    );
    assert!(error.contains("Denied") && error.contains("is the server running there"), "{error}");
    let error = failure(&resolve("host=db1.example hostaddr=127.0.0.1 port=1 user=alice")).await;
    let expected = "connection to server at \"db1.example\" (127.0.0.1), port 1 failed: Connection refused";
    assert_eq!(first_line(&error), expected);
    let dir = tempfile::tempdir().unwrap();
    let error = failure(&Settings::for_socket(dir.path(), 5432, "alice", "shop")).await;
    let socket = dir.path().join(".s.PGSQL.5432");
    let expected =
        format!("connection to server on socket \"{}\" failed: No such file or directory", socket.display());
    assert_eq!(first_line(&error), expected);
    let error = failure(&resolve("host=host.invalid user=alice")).await;
    let expected = "connection to server at \"host.invalid\", port 5432 failed: could not translate host name to address: ";
    assert!(error.starts_with(expected), "{error}");
}

#[tokio::test]
async fn every_host_that_failed_is_named() {
    let error = failure(&resolve("host=127.0.0.1,127.0.0.2,/nowhere port=1 user=alice dbname=shop")).await;
    assert_eq!(
        first_line(&error),
        "connect to \"shop\" on 127.0.0.1:1,127.0.0.2:1,/nowhere:1 as alice: connection to server at \
         \"127.0.0.1\", port 1 failed: Connection refused: connection to server at \"127.0.0.2\", port 1 failed: \
         Connection refused: connection to server on socket \"/nowhere/.s.PGSQL.1\" failed: No such file or directory"
    );
}

#[tokio::test]
async fn a_server_that_says_nothing_is_given_up() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let error = failure(&resolve(&format!("host=127.0.0.1 port={port} user=alice connect_timeout=1"))).await;
    assert_eq!(
        first_line(&error),
        format!("connection to server at \"127.0.0.1\", port {port} failed: timeout expired")
    );
}

#[tokio::test]
async fn a_server_that_hangs_up_is_no_panic() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || listener.incoming().take(4).for_each(drop));
    for mode in ["disable", "require"] {
        let settings = resolve(&format!("host=127.0.0.1 port={port} user=alice sslmode={mode}"));
        let error = failure(&settings).await;
        assert!(error.contains(&format!("port {port} failed: ")), "{error}");
    }
}

#[tokio::test]
async fn a_missing_password_can_be_asked_for() {
    let stage = stage().await;
    for user in ["alice", "digest"] {
        let settings = stage.settings(&format!("user={user} password=''"));
        let error = connect(&settings).await.unwrap_err();
        assert!(needs_password(&error), "{error:#}");
        assert!(told(&error).contains("the server wants a password, and none was given"), "{error:#}");
        assert!(told(&error).contains("PGPASSWORD"), "{error:#}");
        connect(&settings.clone().with_password(Secret::new(PASSWORD))).await.unwrap();
        let wrong = connect(&settings.with_password(Secret::new("swordfishes"))).await.unwrap_err();
        assert!(!needs_password(&wrong), "{wrong:#}");
        assert!(
            told(&wrong).contains("(SQLSTATE 28P01)")
                && told(&wrong).contains("the password came from pgtend")
        );
    }
    let stopped = connect(&resolve("host=127.0.0.1 port=1 user=alice")).await.unwrap_err();
    assert!(!needs_password(&stopped));
}

#[tokio::test]
async fn what_the_server_refuses_is_said_with_its_code() {
    let stage = stage().await;
    for (more, message, hint) in [
        ("dbname=absent", "database \"absent\" does not exist (SQLSTATE 3D000)", "psql -l"),
        ("dbname=''", "database \"alice\" does not exist (SQLSTATE 3D000)", "name one with --dbname"),
        ("user=full", "too many connections for role \"full\" (SQLSTATE 53300)", "max_connections"),
        ("user=mallory", "(SQLSTATE 28000)", "pg_hba"),
        ("options='-c nonsense=1'", "unrecognized configuration parameter \"nonsense\" (SQLSTATE 42704)", ""),
    ] {
        let error = failure(&stage.settings(more)).await;
        assert!(error.contains(message) && error.contains(hint), "{more}: {error}");
        assert!(error.contains("Denied"), "{more}: {error}");
    }
}
