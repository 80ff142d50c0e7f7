//! Several hosts, and what kind of server is wanted of them.
use std::net::TcpListener;

use pgtend::pg::connect::connect;
use pgtend::pg::settings::Settings;

use crate::server::Server;
use crate::stage::{failure, resolve, stage};

const TRUST: &str = "local all all trust\nhost all all 127.0.0.1/32 trust\n";

/// A port on which nobody listens.
fn stopped() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

async fn started(settings: &'static str, files: &'static [(&'static str, &'static str)]) -> Server {
    let start = move || {
        let mut server = Server::start();
        server.restart_with(settings, &[files, &[("pg_hba.conf", TRUST)]].concat());
        server
    };
    tokio::task::spawn_blocking(start).await.unwrap()
}

/// As the superuser, on several ports of this machine.
fn on_ports<const N: usize>(ports: [u16; N], attrs: &str) -> Settings {
    let (hosts, ports) = (["127.0.0.1"; N].join(","), ports.map(|port| port.to_string()).join(","));
    resolve(&format!("host={hosts} port={ports} dbname=postgres user=postgres target_session_attrs={attrs}"))
}

#[tokio::test]
async fn the_first_server_of_the_right_kind_is_taken() {
    let reader = started("default_transaction_read_only = on", &[]).await;
    let standby = started("", &[("standby.signal", "")]).await;
    let ports = [stopped(), reader.port, standby.port];
    for (attrs, port) in [
        ("any", reader.port),
        ("read-only", reader.port),
        ("primary", reader.port),
        ("standby", standby.port),
        ("prefer-standby", standby.port),
    ] {
        let link = connect(&on_ports(ports, attrs)).await.unwrap();
        let seen: String = link.client.query_one("show port", &[]).await.unwrap().get(0);
        assert_eq!(seen, port.to_string(), "{attrs}");
        assert_eq!(link.target, format!("\"postgres\" on 127.0.0.1:{port} as postgres"));
    }
    let error = failure(&on_ports(ports, "read-write")).await;
    let attempts: Vec<&str> = error.lines().next().unwrap().split(": connection to server").skip(1).collect();
    assert_eq!(attempts.len(), 3, "{error}");
    for (attempt, problem) in attempts.iter().zip(["Connection refused", "is read-only", "is read-only"]) {
        assert!(attempt.contains(problem), "{attempt}");
    }
}

#[tokio::test]
async fn a_refusal_ends_the_search() {
    let (stage, other) = (stage().await, started("", &[]).await);
    // The superuser may come to the second server, and not to the first.
    let error = failure(&on_ports([stage.server.port, other.port], "any")).await;
    assert!(
        error.contains("SQLSTATE 28000") && !error.contains(&format!("port {} failed", other.port)),
        "{error}"
    );
}

#[tokio::test]
async fn prefer_standby_settles_for_less() {
    let stage = stage().await;
    let ports = [stopped(), stage.server.port].map(|port| port.to_string()).join(",");
    let hosts = format!("host=127.0.0.1,127.0.0.1 port={ports} sslmode=require");
    let link =
        connect(&stage.settings(&format!("{hosts} target_session_attrs=prefer-standby"))).await.unwrap();
    assert!(link.target.contains(&stage.server.port.to_string()));
    for attrs in ["read-write", "primary"] {
        connect(&stage.settings(&format!("{hosts} target_session_attrs={attrs}"))).await.unwrap();
    }
    for (attrs, problem) in
        [("standby", "server is not in hot standby mode"), ("read-only", "session is not read-only")]
    {
        let error = failure(&stage.settings(&format!("{hosts} target_session_attrs={attrs}"))).await;
        assert!(error.contains(problem) && error.contains("Connection refused"), "{attrs}: {error}");
    }
}

#[tokio::test]
async fn hosts_in_random_order_are_all_tried() {
    let stage = stage().await;
    let mut ports = vec![stopped().to_string(); 7];
    ports.push(stage.server.port.to_string());
    let hosts = ["127.0.0.1"; 8].join(",");
    let more = format!("host={hosts} port={} load_balance_hosts=random", ports.join(","));
    for _ in 0..4 {
        connect(&stage.settings(&more)).await.unwrap();
    }
}

#[tokio::test]
async fn a_server_without_tls_is_reached_only_by_modes_that_allow_it() {
    let server = started("ssl = off", &[]).await;
    let settings = |mode: &str| {
        resolve(&format!("host=127.0.0.1 port={} user=postgres dbname=postgres sslmode={mode}", server.port))
    };
    for mode in ["disable", "allow", "prefer"] {
        connect(&settings(mode)).await.unwrap();
    }
    for mode in ["require", "verify-full sslrootcert=system"] {
        let error = failure(&settings(mode)).await;
        assert!(error.contains("TLS: server does not support TLS"), "{error}");
        assert!(error.contains("set ssl = on in the server's configuration"), "{error}");
    }
    let error = failure(&settings("prefer dbname=absent")).await;
    let first = error.lines().next().unwrap();
    assert_eq!(first.matches("database \"absent\" does not exist").count(), 1, "{error}");
}
