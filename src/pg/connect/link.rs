//! The search for a server that answers and is of the kind asked for, host by host.
use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio_postgres::Client;

use crate::pg::connect::address::Address;
use crate::pg::connect::attempt::attempt;
use crate::pg::connect::cancel::Canceller;
use crate::pg::connect::failure::{self, Cause};
use crate::pg::settings::{Host, LoadBalanceHosts, Settings, TargetSessionAttrs};
use crate::query;

/// A session with a server.
#[derive(Debug)]
pub struct Link {
    pub client: Client,
    pub canceller: Canceller,
    /// Database, host and user, for people.
    pub target: String,
}

/// Failed attempts: which connection it was, and why.
type Attempts = Vec<(String, Cause)>;

/// Connects, and serves the connection in a task of its own; needs a Tokio runtime.
///
/// # Errors
/// When no host lets us in, with every attempt in the chain; `Exit::Denied`, or `Exit::Usage` for certificate files
/// that cannot be used.
pub async fn connect(settings: &Settings) -> anyhow::Result<Link> {
    let settings = Arc::new(settings.clone());
    let mut failed = Attempts::new();
    for &wanted in passes(settings.target_session_attrs) {
        for host in in_order(settings.hosts.iter().collect(), &settings) {
            let attempts = match connect_to_host(&settings, host, wanted).await {
                Ok(link) => return Ok(link),
                Err(attempts) => attempts,
            };
            let hopeless = attempts.last().is_some_and(|(_, cause)| !cause.tries_next_host());
            failed.extend(attempts);
            if hopeless {
                return Err(failure::error(&settings, failed));
            }
        }
    }
    Err(failure::error(&settings, failed))
}

/// `prefer-standby` looks for a standby first, then for anything.
const fn passes(wanted: TargetSessionAttrs) -> &'static [TargetSessionAttrs] {
    use TargetSessionAttrs::{Any, PreferStandby, Primary, ReadOnly, ReadWrite, Standby};
    match wanted {
        Any => &[Any],
        ReadWrite => &[ReadWrite],
        ReadOnly => &[ReadOnly],
        Primary => &[Primary],
        Standby => &[Standby],
        PreferStandby => &[Standby, Any],
    }
}

fn in_order<T>(mut items: Vec<T>, settings: &Settings) -> Vec<T> {
    if settings.load_balance_hosts == LoadBalanceHosts::Random {
        fastrand::shuffle(&mut items);
    }
    items
}

async fn connect_to_host(
    settings: &Arc<Settings>,
    host: &Host,
    wanted: TargetSessionAttrs,
) -> Result<Link, Attempts> {
    let addresses = within(settings.connect_timeout, addresses(host)).await;
    let addresses = addresses.map_err(|causes| named(&Address::unresolved(host), causes))?;
    let mut failed = Attempts::new();
    for address in in_order(addresses, settings) {
        let session = async {
            let (client, canceller) = attempt(settings, host, &address).await?;
            check_kind(&client, wanted).await.map_err(|cause| vec![cause])?;
            Ok((client, canceller))
        };
        match within(settings.connect_timeout, session).await {
            Ok((client, canceller)) => {
                return Ok(Link { client, canceller, target: settings.target_on(&host.to_string()) });
            }
            Err(causes) => failed.extend(named(&address.to_string(), causes)),
        }
        if failed.last().is_some_and(|(_, cause)| !cause.tries_next_host()) {
            break;
        }
    }
    Err(failed)
}

fn named(place: &str, causes: Vec<Cause>) -> Attempts {
    causes.into_iter().map(|cause| (place.to_owned(), cause)).collect()
}

async fn addresses(host: &Host) -> Result<Vec<Address>, Vec<Cause>> {
    match Address::of(host).await {
        Ok(addresses) if addresses.is_empty() => Err(vec![Cause::Unknown(io::Error::other("it has none"))]),
        Ok(addresses) => Ok(addresses),
        Err(error) => Err(vec![Cause::Unknown(error)]),
    }
}

async fn within<T>(
    limit: Option<Duration>,
    work: impl Future<Output = Result<T, Vec<Cause>>>,
) -> Result<T, Vec<Cause>> {
    match limit {
        Some(limit) => tokio::time::timeout(limit, work).await.unwrap_or_else(|_| Err(vec![Cause::TimedOut])),
        None => work.await,
    }
}

/// Whether the server is of the kind asked for. A standby counts as read-only.
async fn check_kind(client: &Client, wanted: TargetSessionAttrs) -> Result<(), Cause> {
    if wanted == TargetSessionAttrs::Any {
        return Ok(());
    }
    let row = client.query_one(query!("session/recovery.sql").text, &[]).await?;
    let (in_recovery, read_only) =
        (row.try_get::<_, bool>("in_recovery")?, row.try_get::<_, bool>("read_only")?);
    let problem = match wanted {
        TargetSessionAttrs::ReadWrite if read_only => "session is read-only",
        TargetSessionAttrs::ReadOnly if !read_only => "session is not read-only",
        TargetSessionAttrs::Primary if in_recovery => "server is in hot standby mode",
        TargetSessionAttrs::Standby if !in_recovery => "server is not in hot standby mode",
        _ => return Ok(()),
    };
    Err(Cause::Kind(problem))
}
