//! What the tests share: one server with TLS, whom it lets in how, and short words for connecting to it.
use std::path::PathBuf;
use std::sync::OnceLock;

use pgtend::pg::connect::{Link, connect};
use pgtend::pg::settings::{Environment, Flags, Settings};

use crate::certificates::Certificates;
use crate::server::Server;

/// The password of every role; no output may hold it.
pub const PASSWORD: &str = "swordfish";

const HBA: &str = "
local     all all                    trust
hostssl   all tlsonly   127.0.0.1/32 scram-sha-256
hostnossl all plainonly 127.0.0.1/32 scram-sha-256
hostssl   all bycert    127.0.0.1/32 cert
host      all alice     127.0.0.1/32 scram-sha-256
host      all digest    127.0.0.1/32 md5
host      all full      127.0.0.1/32 scram-sha-256
";

const TLS: &str = "
ssl = on
ssl_cert_file = 'server.crt'
ssl_key_file = 'server.key'
ssl_ca_file = 'root.crt'
";

pub struct Stage {
    pub server: Server,
    pub certificates: Certificates,
}

/// The server with TLS that all tests share.
pub async fn stage() -> &'static Stage {
    static STAGE: OnceLock<Stage> = OnceLock::new();
    tokio::task::spawn_blocking(|| STAGE.get_or_init(Stage::set)).await.unwrap()
}

impl Stage {
    fn set() -> Self {
        let mut server = Server::start();
        let certificates = Certificates::make(&server.socket_dir().join("certificates"), "bycert");
        let read = |name| std::fs::read_to_string(certificates.path(name)).unwrap();
        let (certificate, key, root) = (read("server.crt"), read("server.key"), read("root.crt"));
        let files =
            [("pg_hba.conf", HBA), ("server.crt", &certificate), ("server.key", &key), ("root.crt", &root)];
        server.restart_with(TLS, &files);
        let stage = Self { server, certificates };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(stage.create_roles());
        stage
    }

    async fn create_roles(&self) {
        let server = &self.server;
        let settings = Settings::for_socket(server.socket_dir(), server.port, server.superuser(), "postgres");
        let roles = format!(
            "create role tlsonly login password '{PASSWORD}';
             create role plainonly login password '{PASSWORD}';
             create role bycert login;
             create role alice login password '{PASSWORD}' in role pg_read_all_stats;
             create role full login password '{PASSWORD}' connection limit 0;
             set password_encryption = md5;
             create role digest login password '{PASSWORD}';"
        );
        connect(&settings).await.unwrap().client.batch_execute(&roles).await.unwrap();
    }

    /// Settings for the server by address; `more` comes last and so wins.
    pub fn settings(&self, more: &str) -> Settings {
        resolve(&format!(
            "host=127.0.0.1 port={} dbname=postgres user=alice password={PASSWORD} {more}",
            self.server.port
        ))
    }

    /// Settings that trust the authority, for the server by a name in its certificate.
    pub fn trusting(&self, more: &str) -> Settings {
        let root = self.certificates.path("root.crt");
        self.settings(&format!("host=db1.example hostaddr=127.0.0.1 sslrootcert={root} {more}"))
    }
}

/// The settings of a connection string in an empty environment.
pub fn resolve(text: &str) -> Settings {
    let environment = Environment {
        user: Some("nobody".to_owned()),
        socket_dirs: vec![PathBuf::from("/nowhere")],
        ..Environment::default()
    };
    let flags = Flags { dbname: Some(text.to_owned()), ..Flags::default() };
    Settings::resolve(&flags, &environment).unwrap()
}

/// The session's TLS version as the server sees it, and nothing for a session without TLS.
pub async fn tls_version(settings: &Settings) -> Option<String> {
    let link = connect(settings).await.unwrap_or_else(|error| panic!("{}: {error:#}", settings.target()));
    version_of(&link).await
}

pub async fn version_of(link: &Link) -> Option<String> {
    let seen = "select version from pg_catalog.pg_stat_ssl where pid = pg_catalog.pg_backend_pid()";
    link.client.query_one(seen, &[]).await.unwrap().get(0)
}

/// Everything that the error of a connection that must fail says. None of it may hold the password.
pub async fn failure(settings: &Settings) -> String {
    let error = connect(settings).await.expect_err("the connection should have failed");
    told(&error)
}

/// The sentences of the chain in one line, each once, and then everything else that the error holds.
pub fn told(error: &anyhow::Error) -> String {
    let mut sentences: Vec<String> = error.chain().map(ToString::to_string).collect();
    sentences.dedup();
    let all = format!("{}\n{error:#?}", sentences.join(": "));
    assert!(!all.contains(PASSWORD), "{all}");
    all
}
