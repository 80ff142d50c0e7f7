//! A primary and a standby that streams from it, each a private server.
use std::fs::{self, File};
use std::os::unix::fs::{MetadataExt as _, chown};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use pgtend::sandbox::{Lifetime, Options, Sandbox};
use tokio_postgres::{Client, NoTls};

use super::server::options;

/// The standby lies within the primary's directory and goes with it.
pub struct Pair {
    pub standby: Sandbox,
    pub primary: Sandbox,
}

impl Pair {
    /// # Panics
    /// As everything here: when a server does not start or says no.
    pub fn start(settings: &[(&str, &str)]) -> Self {
        let settings: Vec<(String, String)> =
            settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let mut primary = Sandbox::start(&Options { settings: settings.clone(), ..options() }).unwrap();
        // Whose data are a base backup, as long as it is down.
        primary.crash().unwrap();
        let home = primary.directory("standby").unwrap();
        let copied = Command::new("cp").arg("-a").arg(primary.socket_dir().join("data")).arg(&home).status();
        assert!(copied.unwrap().success(), "copy the data directory");
        for file in ["lock", "data/standby.signal"] {
            make(&home.join(file), &home);
        }
        primary.restart().unwrap();
        let from = format!(
            "host={} port={} user={} application_name=standby",
            primary.socket_dir().display(),
            primary.port(),
            primary.superuser()
        );
        let mut settings = settings;
        settings.push(("primary_conninfo".to_owned(), from));
        let lifetime = Lifetime::Kept(home);
        let standby = Sandbox::start(&Options { settings, lifetime, ..options() }).unwrap();
        Self { standby, primary }
    }

    pub async fn on_primary(&self) -> Client {
        connect(&self.primary).await
    }

    pub async fn on_standby(&self) -> Client {
        connect(&self.standby).await
    }

    /// Until the standby has replayed all that the primary has written.
    pub async fn caught_up(&self) {
        let (primary, standby) = (self.on_primary().await, self.on_standby().await);
        let written = "select pg_current_wal_lsn()::text";
        let written: String = primary.query_one(written, &[]).await.unwrap().get(0);
        let replayed = format!("select coalesce(pg_last_wal_replay_lsn() >= '{written}', false)");
        while !standby.query_one(&replayed, &[]).await.unwrap().get::<_, bool>(0) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

pub async fn connect(server: &Sandbox) -> Client {
    let (client, connection) = tokio_postgres::connect(&server.url("postgres"), NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

/// An empty file that belongs to the owner of the directory, as the server's files do.
fn make(file: &Path, directory: &Path) {
    File::create(file).unwrap();
    let owner = fs::metadata(directory).unwrap();
    chown(file, Some(owner.uid()), Some(owner.gid())).unwrap();
}
