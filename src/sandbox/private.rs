//! [`Sandbox`]: one private server from start to end.
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};

use anyhow::{Context as _, Result, ensure};

use super::cluster::{self, Cluster, PORT, Shutdown};
use super::directory::Directory;
use super::discover::{Server, discover};
use super::owner::{Owner, forget_server};
use super::place::Medium;
use super::sentinel::Sentinel;
use super::template::{self, SUPERUSER};

/// What kind of server is wanted.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The newest installed one when absent.
    pub major: Option<u32>,
    pub lifetime: Lifetime,
    /// On a disk, and written to it as a production server does; otherwise a crash of the machine loses the cluster.
    pub durable: bool,
    /// Settings of `postgresql.conf`; they go before those that every private server gets.
    pub settings: Vec<(String, String)>,
}

/// How long the server and its data live.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Lifetime {
    /// Both end with this process, whatever its end is; in memory, or below `TMPDIR`.
    #[default]
    Temporary,
    /// The server ends with this process; the directory stays, and the next start finds the data there.
    Kept(PathBuf),
    /// Both survive this process.
    Detached(PathBuf),
}

/// A running private server. Dropped, it is stopped, and a temporary one leaves nothing behind.
#[derive(Debug)]
pub struct Sandbox {
    cluster: Cluster,
    postmaster: Child,
    lifetime: Lifetime,
    _directory: Directory,
    _sentinel: Option<Sentinel>,
}

impl Sandbox {
    /// # Errors
    /// When there is no server, no place for it, or it does not start; the last lines of its log are in the error.
    pub fn start(options: &Options) -> Result<Self> {
        let server = discover(options.major)?;
        let owner = Owner::current()?;
        let directory = match &options.lifetime {
            Lifetime::Temporary => {
                let medium = if options.durable { Medium::Disk } else { Medium::Any };
                Directory::temporary(owner, medium)?
            }
            Lifetime::Kept(path) | Lifetime::Detached(path) => Directory::at(path, owner)?,
        };
        let path = directory.path().to_owned();
        let started = Self::start_in(directory, server, owner, options);
        if started.is_err() && options.lifetime == Lifetime::Temporary {
            let _ = fs::remove_dir_all(path);
        }
        started
    }

    fn start_in(directory: Directory, server: Server, owner: Owner, options: &Options) -> Result<Self> {
        let lifetime = options.lifetime.clone();
        let path = directory.path().to_owned();
        let sentinel = match lifetime {
            Lifetime::Temporary => Some(Sentinel::post(&path, true, owner)),
            Lifetime::Kept(_) => Some(Sentinel::post(&path, false, owner)),
            Lifetime::Detached(_) => None,
        };
        let sentinel = sentinel.transpose().context("start the sentinel of the sandbox")?;
        let cluster = Cluster { server, owner, directory: path, settings: settings(options) };
        prepare(&cluster)?;
        let postmaster = cluster.start()?;
        Ok(Self { cluster, postmaster, lifetime, _directory: directory, _sentinel: sentinel })
    }

    /// The directory of the socket; also what libpq takes as `host`.
    pub fn socket_dir(&self) -> &Path {
        &self.cluster.directory
    }

    /// Makes a directory that goes with the server, also when this process is killed: it belongs to the server's owner,
    /// who can remove what lies in it.
    ///
    /// # Errors
    /// When it cannot be made, or handed over.
    pub fn directory(&self, name: &str) -> Result<PathBuf> {
        let path = self.cluster.directory.join(name);
        self.cluster.owner.make_private(&path)?;
        Ok(path)
    }

    pub fn port(&self) -> u16 {
        PORT
    }

    pub fn superuser(&self) -> &'static str {
        SUPERUSER
    }

    pub fn server(&self) -> &Server {
        &self.cluster.server
    }

    pub fn version(&self) -> &str {
        self.cluster.server.version()
    }

    /// The server's process number; a new one after each restart.
    pub fn pid(&self) -> u32 {
        self.postmaster.id()
    }

    pub fn log(&self) -> PathBuf {
        self.cluster.log()
    }

    /// A URI for libpq and for pgtend, as the superuser.
    pub fn url(&self, database: &str) -> String {
        url(&self.cluster.directory, SUPERUSER, database)
    }

    /// As [`Sandbox::url`], for another role.
    pub fn url_as(&self, role: &str, database: &str) -> String {
        url(&self.cluster.directory, role, database)
    }

    /// A command whose libpq connects here when it is told nothing else.
    pub fn client_command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        forget_server(&mut command);
        command
            .env("PGHOST", self.socket_dir())
            .env("PGPORT", self.port().to_string())
            .env("PGUSER", self.superuser())
            .env("PGDATABASE", "postgres")
            .env("DATABASE_URL", self.url("postgres"));
        command
    }

    /// Stops the server as an administrator would (`fast`).
    ///
    /// # Errors
    /// When it does not stop in time.
    pub fn stop(mut self) -> Result<()> {
        cluster::stop(&mut self.postmaster, Shutdown::Fast)
        // Dropping removes what is temporary.
    }

    /// Stops the server as a crash would (`immediate`); [`Sandbox::restart`] recovers.
    ///
    /// # Errors
    /// When it does not stop in time.
    pub fn crash(&mut self) -> Result<()> {
        cluster::stop(&mut self.postmaster, Shutdown::Immediate)
    }

    /// # Errors
    /// As [`Sandbox::stop`] and [`Sandbox::start`].
    pub fn restart(&mut self) -> Result<()> {
        cluster::stop(&mut self.postmaster, Shutdown::Fast)?;
        self.postmaster = self.cluster.start()?;
        Ok(())
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        let _ = match self.lifetime {
            Lifetime::Temporary => cluster::stop(&mut self.postmaster, Shutdown::Immediate),
            Lifetime::Kept(_) => cluster::stop(&mut self.postmaster, Shutdown::Fast),
            Lifetime::Detached(_) => Ok(()),
        };
        if self.lifetime == Lifetime::Temporary {
            let _ = fs::remove_dir_all(&self.cluster.directory);
        }
    }
}

/// Makes the data directory unless an earlier run has left one.
fn prepare(cluster: &Cluster) -> Result<()> {
    let data = cluster.data();
    let Ok(left) = fs::read_to_string(data.join("PG_VERSION")) else {
        return template::create(&cluster.server, cluster.owner, &data);
    };
    let major = cluster.server.major().to_string();
    ensure!(
        left.trim() == major,
        "{} was made by PostgreSQL {}, and this is PostgreSQL {major}",
        data.display(),
        left.trim()
    );
    Ok(())
}

fn settings(options: &Options) -> Vec<(String, String)> {
    const ALWAYS: &[(&str, &str)] = &[
        ("listen_addresses", ""),
        ("max_connections", "200"),
        ("shared_buffers", "64MB"),
        ("timezone", "UTC"),
        ("log_timezone", "UTC"),
    ];
    // Nothing has to survive a crash of the machine; a crash of the server loses no commit all the same, which
    // `synchronous_commit = off` would allow. Memory is scarcer than checkpoints are dear.
    const FLEETING: &[(&str, &str)] =
        &[("fsync", "off"), ("full_page_writes", "off"), ("max_wal_size", "256MB")];
    let fleeting = if options.durable { &[] } else { FLEETING };
    let given = ALWAYS.iter().chain(fleeting).map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    given.chain(options.settings.iter().cloned()).collect()
}

/// With the port, so that `PGPORT` cannot lead elsewhere.
pub(super) fn url(socket_dir: &Path, role: &str, database: &str) -> String {
    let host = percent_encoded(socket_dir.as_os_str().as_encoded_bytes(), b"/");
    let role = percent_encoded(role.as_bytes(), b"");
    let database = percent_encoded(database.as_bytes(), b"");
    format!("postgresql://{role}@/{database}?host={host}&port={PORT}")
}

fn percent_encoded(bytes: &[u8], also_plain: &[u8]) -> String {
    let plain =
        |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~".contains(byte) || also_plain.contains(byte);
    bytes
        .iter()
        .map(|byte| if plain(byte) { char::from(*byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_survives_what_names_may_hold() {
        let url = url(Path::new("/tmp/a b"), "me@home", "a/b?c");
        assert_eq!(url, "postgresql://me%40home@/a%2Fb%3Fc?host=/tmp/a%20b&port=5432");
        let config: tokio_postgres::Config = url.parse().unwrap();
        assert_eq!(config.get_user(), Some("me@home"));
        assert_eq!(config.get_dbname(), Some("a/b?c"));
        assert_eq!(config.get_hosts(), [tokio_postgres::config::Host::Unix("/tmp/a b".into())]);
    }
}
