//! The settings as a connection needs them: every value decided, typed and checked.
use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::pg::settings::choices::{
    ChannelBinding, LoadBalanceHosts, SslMode, SslNegotiation, TargetSessionAttrs, TlsVersion,
};
use crate::pg::settings::layers::Source;
use crate::pg::settings::passfile::Passfile;
use crate::pg::settings::secret::Secret;

/// Everything that a connection needs. `Debug` shows no password.
#[derive(Clone, Debug)]
pub struct Settings {
    /// At least one, in the order given.
    pub hosts: Vec<Host>,
    pub user: String,
    pub dbname: String,
    pub password: Option<Secret>,
    pub(super) passfile: Passfile,
    pub sslmode: SslMode,
    pub sslnegotiation: SslNegotiation,
    pub channel_binding: ChannelBinding,
    /// `None` when neither a file was named nor `~/.postgresql/root.crt` exists.
    pub sslrootcert: Option<RootCertificate>,
    /// Certificates that were revoked.
    pub sslcrl: Option<PathBuf>,
    /// The client's certificate; `None` when none was named and `~/.postgresql/postgresql.crt` does not exist.
    pub sslcert: Option<PathBuf>,
    pub sslkey: Option<PathBuf>,
    /// Whether the host's name is sent in clear at the start of TLS.
    pub sslsni: bool,
    pub ssl_min_protocol_version: TlsVersion,
    pub ssl_max_protocol_version: TlsVersion,
    /// For each address that is tried; `None` waits as long as the operating system does.
    pub connect_timeout: Option<Duration>,
    /// `None` when switched off.
    pub keepalives: Option<Keepalives>,
    pub tcp_user_timeout: Option<Duration>,
    pub options: Option<String>,
    pub application_name: String,
    pub target_session_attrs: TargetSessionAttrs,
    pub load_balance_hosts: LoadBalanceHosts,
    /// Which source each value came from; a keyword that is not here has its default.
    pub sources: BTreeMap<&'static str, Source>,
    /// What the reader should know, such as a password file that was passed over.
    pub warnings: Vec<String>,
}

/// Where a server listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Host {
    /// A directory with the socket of the server in it.
    Socket { dir: PathBuf, port: u16 },
    /// At least one of name and address is given.
    Tcp { name: Option<String>, address: Option<IpAddr>, port: u16 },
}

/// Whose signature makes a server's certificate trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RootCertificate {
    /// Whoever the machine trusts: `sslrootcert=system`.
    System,
    File(PathBuf),
}

/// TCP keepalives; what is `None` is left to the operating system.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keepalives {
    pub idle: Option<Duration>,
    pub interval: Option<Duration>,
    pub count: Option<u32>,
}

impl Settings {
    /// Settings for a server's socket, from nothing but the arguments: no environment, no files.
    pub fn for_socket(dir: &Path, port: u16, user: &str, dbname: &str) -> Self {
        Self {
            hosts: vec![Host::Socket { dir: dir.to_owned(), port }],
            user: user.to_owned(),
            dbname: dbname.to_owned(),
            password: None,
            passfile: Passfile::default(),
            sslmode: SslMode::default(),
            sslnegotiation: SslNegotiation::default(),
            channel_binding: ChannelBinding::default(),
            sslrootcert: None,
            sslcrl: None,
            sslcert: None,
            sslkey: None,
            sslsni: true,
            ssl_min_protocol_version: TlsVersion::Tls12,
            ssl_max_protocol_version: TlsVersion::Tls13,
            connect_timeout: None,
            keepalives: Some(Keepalives::default()),
            tcp_user_timeout: None,
            options: None,
            application_name: "pgtend".to_owned(),
            target_session_attrs: TargetSessionAttrs::default(),
            load_balance_hosts: LoadBalanceHosts::default(),
            sources: ["host", "port", "user", "dbname"].map(|name| (name, Source::Pgtend)).into(),
            warnings: Vec::new(),
        }
    }

    #[must_use]
    pub fn with_dbname(mut self, dbname: impl Into<String>) -> Self {
        self.dbname = dbname.into();
        self.sources.insert("dbname", Source::Pgtend);
        self
    }

    #[must_use]
    pub fn with_password(mut self, password: Secret) -> Self {
        self.password = Some(password);
        self.sources.insert("password", Source::Pgtend);
        self
    }

    /// The database, the hosts and the user, for people: `"shop" on db1:5432 as alice`.
    pub fn target(&self) -> String {
        let hosts: Vec<String> = self.hosts.iter().map(Host::to_string).collect();
        self.target_on(&hosts.join(","))
    }

    pub(in crate::pg) fn target_on(&self, host: &str) -> String {
        format!("\"{}\" on {host} as {}", self.dbname.escape_debug(), self.user.escape_debug())
    }

    /// The password for a host: the one given, or the password file's.
    pub(in crate::pg) fn password_for(&self, host: &Host) -> Option<&Secret> {
        let from_file =
            || self.passfile.password(&host.passfile_names(), host.port(), &self.dbname, &self.user);
        self.password.as_ref().or_else(from_file)
    }

    /// Where passwords are looked for, for a hint.
    pub(in crate::pg) fn passfile(&self) -> Option<&Path> {
        self.passfile.path.as_deref()
    }
}

impl Host {
    pub const fn port(&self) -> u16 {
        match self {
            Self::Socket { port, .. } | Self::Tcp { port, .. } => *port,
        }
    }

    /// The names under which libpq looks the host up in a password file. Builds of libpq differ in which
    /// directory they call the default one, so such a directory goes by both names.
    fn passfile_names(&self) -> Vec<String> {
        match self {
            Self::Socket { dir, .. } => {
                let defaults = ["/var/run/postgresql", "/run/postgresql", "/tmp"];
                let is_default = defaults.iter().any(|known| dir == Path::new(known));
                let localhost = is_default.then(|| "localhost".to_owned());
                localhost.into_iter().chain(dir.to_str().map(str::to_owned)).collect()
            }
            Self::Tcp { name: Some(name), .. } => vec![name.clone()],
            Self::Tcp { name: None, address, .. } => address.iter().map(IpAddr::to_string).collect(),
        }
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (host, port) = match self {
            Self::Socket { dir, port } => (dir.display().to_string(), port),
            Self::Tcp { name: Some(name), port, .. } => (name.clone(), port),
            Self::Tcp { name: None, address, port } => {
                (address.map(|ip| ip.to_string()).unwrap_or_default(), port)
            }
        };
        let host = host.escape_debug();
        if host.to_string().contains(':') { write!(f, "[{host}]:{port}") } else { write!(f, "{host}:{port}") }
    }
}
