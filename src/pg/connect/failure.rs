//! Why no connection came about, in libpq's words, with what the reader can do about it. Holds no password.
use std::error::Error as StdError;
use std::fmt;
use std::io;

use rustls::CertificateError;
use tokio_postgres::error::{DbError, SqlState};

use crate::failure::{Exit, Explain as _};
use crate::pg::settings::{Settings, Source, SslMode};

/// One attempt that failed, and the one after it.
#[derive(Debug)]
pub struct ConnectFailure {
    text: String,
    /// The server's code, if it was the server that refused.
    pub sqlstate: Option<String>,
    needs_password: bool,
    next: Option<Box<Self>>,
}

impl fmt::Display for ConnectFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl StdError for ConnectFailure {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.next.as_deref().map(|next| next as _)
    }
}

/// Whether the server asked for a password and there was none, so that asking the user for one makes sense.
pub fn needs_password(error: &anyhow::Error) -> bool {
    error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<ConnectFailure>())
        .any(|failure| failure.needs_password)
}

/// Why one attempt failed.
#[derive(Debug)]
pub(super) enum Cause {
    /// Nobody answered, or the stream broke.
    Io(io::Error),
    /// The name has no address.
    Unknown(io::Error),
    TimedOut,
    Tls(tokio_postgres::Error),
    Server(Box<DbError>),
    PasswordMissing,
    /// The server is not of the kind that `target_session_attrs` asks for.
    Kind(&'static str),
    Protocol(tokio_postgres::Error),
    /// The certificates that the settings name cannot be used.
    Files(anyhow::Error),
}

impl From<tokio_postgres::Error> for Cause {
    /// The library keeps its kinds to itself; what it says of them is all there is to tell them apart.
    fn from(error: tokio_postgres::Error) -> Self {
        if let Some(refusal) = error.as_db_error() {
            return Self::Server(Box::new(refusal.clone()));
        }
        let source = error.source();
        if source.is_some_and(|source| source.to_string() == "password missing") {
            return Self::PasswordMissing;
        }
        if error.to_string() == "error performing TLS handshake" {
            return Self::Tls(error);
        }
        if error.is_closed() {
            return Self::Io(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                "server closed the connection unexpectedly",
            ));
        }
        match source.and_then(|source| source.downcast_ref::<io::Error>()) {
            Some(io) => Self::Io(io::Error::new(io.kind(), io.to_string())),
            None => Self::Protocol(error),
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => f.write_str(&plain(error)),
            Self::Unknown(error) => {
                let error = plain(error);
                let reason = error.rsplit(": ").next().unwrap_or(&error);
                write!(f, "could not translate host name to address: {reason}")
            }
            Self::TimedOut => f.write_str("timeout expired"),
            Self::Tls(error) => write!(f, "TLS: {}", innermost(error)),
            Self::Server(refusal) => write!(f, "{} (SQLSTATE {})", refusal.message(), refusal.code().code()),
            Self::PasswordMissing => f.write_str("the server wants a password, and none was given"),
            Self::Kind(problem) => f.write_str(problem),
            Self::Protocol(error) => write!(f, "{error}: {}", innermost(error)),
            Self::Files(error) => write!(f, "{error:#}"),
        }
    }
}

impl Cause {
    /// Whether another host may do better. As libpq, except that a stream that broke is as good as no answer.
    pub(super) fn tries_next_host(&self) -> bool {
        match self {
            Self::Io(_) | Self::Unknown(_) | Self::TimedOut | Self::Kind(_) => true,
            Self::Server(refusal) => *refusal.code() == SqlState::CANNOT_CONNECT_NOW,
            Self::Tls(_) | Self::PasswordMissing | Self::Protocol(_) | Self::Files(_) => false,
        }
    }

    /// Whether `pg_hba.conf` may let in with TLS what it refused without, or the other way round. A wrong password
    /// (28P01) is not among it: it should not go over the line a second time, in the clear.
    pub(super) fn is_policy(&self) -> bool {
        matches!(self, Self::Server(refusal) if *refusal.code() == SqlState::INVALID_AUTHORIZATION_SPECIFICATION)
    }

    fn hint(&self, settings: &Settings) -> Option<String> {
        let hint = match self {
            Self::Io(error) => match error.kind() {
                io::ErrorKind::ConnectionRefused => "is the server running there, and accepting connections?",
                io::ErrorKind::NotFound => {
                    "is the server running here, and is this the directory of its socket?"
                }
                io::ErrorKind::PermissionDenied => {
                    "the directory of the socket must be searchable for this user"
                }
                _ => return None,
            },
            Self::TimedOut => "connect_timeout decides how long is waited; does a firewall drop the packets?",
            Self::Unknown(_) | Self::Kind(_) | Self::Protocol(_) | Self::Files(_) => return None,
            Self::Tls(error) => return tls_hint(error, settings),
            Self::PasswordMissing => return Some(format!("give it by {}", password_places(settings))),
            Self::Server(refusal) => return server_hint(refusal, settings),
        };
        Some(hint.to_owned())
    }
}

/// The error of a whole connection: every attempt that failed, in order.
pub(super) fn error(settings: &Settings, attempts: Vec<(String, Cause)>) -> anyhow::Error {
    let single = attempts.len() == 1;
    let usage = attempts.iter().any(|(_, cause)| matches!(cause, Cause::Files(_)));
    let hint = attempts.iter().rev().find_map(|(_, cause)| cause.hint(settings));
    let detail = attempts.last().and_then(|(_, cause)| match cause {
        Cause::Server(refusal) => refusal.detail().map(str::to_owned),
        _ => None,
    });
    let context = match attempts.first() {
        Some((place, _)) if single => format!("{place} failed"),
        _ => format!("connect to {}", settings.target()),
    };
    let chain = attempts.into_iter().rev().fold(None, |next, (place, cause)| {
        Some(Box::new(ConnectFailure {
            text: if single { cause.to_string() } else { format!("{place} failed: {cause}") },
            sqlstate: if let Cause::Server(refusal) = &cause {
                Some(refusal.code().code().to_owned())
            } else {
                None
            },
            needs_password: matches!(cause, Cause::PasswordMissing),
            next,
        }))
    });
    let mut error = match chain {
        Some(first) => anyhow::Error::new(*first).context(context),
        None => anyhow::anyhow!(context),
    };
    if let Some(detail) = detail {
        error = error.detail(detail);
    }
    if let Some(hint) = hint {
        error = error.hint(hint);
    }
    error.exit(if usage { Exit::Usage } else { Exit::Denied })
}

fn server_hint(refusal: &DbError, settings: &Settings) -> Option<String> {
    let defaulted = |name| matches!(settings.sources.get(name), None | Some(Source::Default));
    let code = refusal.code();
    let hint = if *code == SqlState::INVALID_PASSWORD {
        match settings.sources.get("password") {
            Some(source) => format!("the password came from {source}"),
            None => format!("the password was looked for in {}", password_places(settings)),
        }
    } else if *code == SqlState::INVALID_CATALOG_NAME && defaulted("dbname") {
        "no database was named, so the user's name was taken; name one with --dbname".to_owned()
    } else if *code == SqlState::INVALID_CATALOG_NAME {
        "psql -l lists the databases of a server".to_owned()
    } else if *code == SqlState::INVALID_AUTHORIZATION_SPECIFICATION && defaulted("user") {
        format!("no user was named, so {} was taken; name one with --username", settings.user)
    } else if *code == SqlState::INVALID_AUTHORIZATION_SPECIFICATION && settings.sslmode < SslMode::Require {
        "where pg_hba.conf asks for TLS, use sslmode=require; pg_hba_file_rules shows the server's rules"
            .to_owned()
    } else if *code == SqlState::INVALID_AUTHORIZATION_SPECIFICATION {
        "pg_hba_file_rules shows whom the server lets in, from where and how".to_owned()
    } else if *code == SqlState::TOO_MANY_CONNECTIONS {
        "every connection of the server is in use; run again later, or raise max_connections".to_owned()
    } else if *code == SqlState::CANNOT_CONNECT_NOW {
        "the server is starting up or shutting down; run again in a moment".to_owned()
    } else {
        return refusal.hint().map(str::to_owned);
    };
    Some(hint)
}

fn tls_hint(error: &tokio_postgres::Error, settings: &Settings) -> Option<String> {
    let hint = match certificate_problem(error) {
        Some(CertificateError::UnknownIssuer) => {
            "sslrootcert must name the certificate of the authority that signed the server's"
        }
        Some(CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. }) => {
            "connect by a name that the certificate holds; hostaddr can say where that host is"
        }
        Some(_) => return None,
        None if innermost(error) == "server does not support TLS" => {
            return Some(format!(
                "sslmode {} asks for TLS; set ssl = on in the server's configuration",
                settings.sslmode
            ));
        }
        None => return None,
    };
    Some(hint.to_owned())
}

fn password_places(settings: &Settings) -> String {
    let file = settings.passfile().map_or_else(|| "~/.pgpass".to_owned(), |path| path.display().to_string());
    format!("PGPASSWORD, the service file, or {file} (mode 0600)")
}

/// The message without the number that Rust adds.
fn plain(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or_default().to_owned()
}

/// The last cause of all, which says the most.
fn innermost(error: &tokio_postgres::Error) -> String {
    let mut cause: &dyn StdError = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

/// What rustls said; it travels inside an I/O error.
fn certificate_problem(error: &tokio_postgres::Error) -> Option<&CertificateError> {
    let io = error.source()?.downcast_ref::<io::Error>()?;
    match io.get_ref()?.downcast_ref::<rustls::Error>()? {
        rustls::Error::InvalidCertificate(problem) => Some(problem),
        _ => None,
    }
}
