//! One address, tried with and without TLS as `sslmode` allows.
use std::sync::Arc;

use futures_util::StreamExt as _;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::{AsyncMessage, Client, Connection, NoTls, config};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::pg::connect::address::{Address, Stream};
use crate::pg::connect::cancel::Canceller;
use crate::pg::connect::failure::Cause;
use crate::pg::settings::{ChannelBinding, Host, Settings, SslMode, SslNegotiation};
use crate::pg::tls;

type TlsConnect = <MakeRustlsConnect as MakeTlsConnect<Stream>>::TlsConnect;

/// TLS towards one host.
#[derive(Clone)]
pub(super) struct Tls {
    connector: MakeRustlsConnect,
    /// The name that the certificate must hold.
    name: String,
}

impl Tls {
    pub(super) fn connect(&self) -> TlsConnect {
        let mut connector = self.connector.clone();
        let Ok(connect) = MakeTlsConnect::<Stream>::make_tls_connect(&mut connector, &self.name);
        connect
    }
}

/// What is said to the server first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Encryption {
    Plain,
    /// TLS if the server has it.
    Offered,
    Required,
}

/// Connects to one address.
///
/// # Errors
/// Every way that was tried, with its cause.
pub(super) async fn attempt(
    settings: &Arc<Settings>,
    host: &Host,
    address: &Address,
) -> Result<(Client, Canceller), Vec<Cause>> {
    let ways = ways(settings.sslmode, address);
    let mut causes: Vec<Cause> = Vec::new();
    for (index, &way) in ways.iter().enumerate() {
        match open(settings, host, address, way).await {
            Ok(session) => return Ok(session),
            Err(cause) => {
                let retry = index + 1 < ways.len() && another_way_may_help(&cause, way);
                // Where the server has no TLS, both ways were the same, and so is what they say.
                if causes.last().is_none_or(|last| last.to_string() != cause.to_string()) {
                    causes.push(cause);
                }
                if !retry {
                    break;
                }
            }
        }
    }
    Err(causes)
}

fn ways(sslmode: SslMode, address: &Address) -> &'static [Encryption] {
    match (address, sslmode) {
        (Address::Socket(_), _) | (_, SslMode::Disable) => &[Encryption::Plain],
        (_, SslMode::Allow) => &[Encryption::Plain, Encryption::Required],
        (_, SslMode::Prefer) => &[Encryption::Offered, Encryption::Plain],
        (_, SslMode::Require | SslMode::VerifyCa | SslMode::VerifyFull) => &[Encryption::Required],
    }
}

fn another_way_may_help(cause: &Cause, way: Encryption) -> bool {
    cause.is_policy() || (way == Encryption::Offered && matches!(cause, Cause::Tls(_)))
}

async fn open(
    settings: &Arc<Settings>,
    host: &Host,
    address: &Address,
    way: Encryption,
) -> Result<(Client, Canceller), Cause> {
    let config = config(settings, host, way);
    let tls = match (way, address.tls_name()) {
        (Encryption::Plain, _) | (_, None) => None,
        (_, Some(name)) => Some(Tls { connector: tls::connector(settings).map_err(Cause::Files)?, name }),
    };
    let stream = address.open(settings).await.map_err(Cause::Io)?;
    let client = match &tls {
        Some(tls) => {
            let (client, connection) = config.connect_raw(stream, tls.connect()).await?;
            drive(connection);
            client
        }
        None => {
            let (client, connection) = config.connect_raw(stream, NoTls).await?;
            drive(connection);
            client
        }
    };
    let canceller = Canceller {
        token: client.cancel_token(),
        address: address.clone(),
        tls,
        settings: Arc::clone(settings),
    };
    Ok((client, canceller))
}

fn config(settings: &Settings, host: &Host, way: Encryption) -> tokio_postgres::Config {
    let mut config = tokio_postgres::Config::new();
    config
        .user(&settings.user)
        .dbname(&settings.dbname)
        .application_name(&settings.application_name)
        .ssl_mode(match way {
            Encryption::Plain => config::SslMode::Disable,
            Encryption::Offered => config::SslMode::Prefer,
            Encryption::Required => config::SslMode::Require,
        })
        .ssl_negotiation(match settings.sslnegotiation {
            SslNegotiation::Postgres => config::SslNegotiation::Postgres,
            SslNegotiation::Direct => config::SslNegotiation::Direct,
        })
        .channel_binding(match settings.channel_binding {
            ChannelBinding::Disable => config::ChannelBinding::Disable,
            ChannelBinding::Prefer => config::ChannelBinding::Prefer,
            ChannelBinding::Require => config::ChannelBinding::Require,
        });
    if let Some(options) = &settings.options {
        config.options(options);
    }
    if let Some(password) = settings.password_for(host) {
        config.password(password.reveal());
    }
    config
}

/// Serves the connection until it ends. What the server says unasked goes to the log.
fn drive<S, T>(mut connection: Connection<S, T>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    tokio::spawn(async move {
        let mut messages = futures_util::stream::poll_fn(|context| connection.poll_message(context));
        while let Some(message) = messages.next().await {
            match message {
                Ok(AsyncMessage::Notice(notice)) => {
                    tracing::debug!(target: "pgtend::notice", severity = notice.severity(), "{}", notice.message());
                }
                Ok(_) => {}
                Err(error) => {
                    tracing::debug!(target: "pgtend::connection", "{error}");
                    break;
                }
            }
        }
    });
}
