//! One place where a server may listen: finding it, opening a stream to it, and its name in messages.
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use socket2::{SockRef, TcpKeepalive};
use tokio::net::{TcpStream, UnixStream, lookup_host};
use tokio_util::either::Either;

use crate::pg::settings::{Host, Settings};

/// A stream of either kind.
pub(super) type Stream = Either<UnixStream, TcpStream>;

/// What `connect(2)` takes, and the name that the user gave it.
#[derive(Clone, Debug)]
pub(super) enum Address {
    Socket(PathBuf),
    Tcp { name: Option<String>, address: SocketAddr },
}

impl Address {
    /// The addresses of a host, in the resolver's order.
    pub(super) async fn of(host: &Host) -> io::Result<Vec<Self>> {
        match host {
            Host::Socket { dir, port } => Ok(vec![Self::Socket(dir.join(format!(".s.PGSQL.{port}")))]),
            Host::Tcp { name, address: Some(ip), port } => {
                Ok(vec![Self::Tcp { name: name.clone(), address: SocketAddr::new(*ip, *port) }])
            }
            Host::Tcp { name, address: None, port } => {
                let resolved = lookup_host((name.as_deref().unwrap_or_default(), *port)).await?;
                Ok(resolved.map(|address| Self::Tcp { name: name.clone(), address }).collect())
            }
        }
    }

    pub(super) async fn open(&self, settings: &Settings) -> io::Result<Stream> {
        match self {
            Self::Socket(path) => Ok(Either::Left(UnixStream::connect(path).await?)),
            Self::Tcp { address, .. } => {
                let stream = TcpStream::connect(address).await?;
                stream.set_nodelay(true)?;
                keep_alive(&stream, settings)?;
                Ok(Either::Right(stream))
            }
        }
    }

    /// The words for a host that has no address.
    pub(super) fn unresolved(host: &Host) -> String {
        match host {
            Host::Tcp { name: Some(name), port, .. } => {
                format!("connection to server at \"{}\", port {port}", name.escape_debug())
            }
            host => format!("connection to server at {host}"),
        }
    }

    /// The name that TLS checks and sends. Only TCP speaks TLS.
    pub(super) fn tls_name(&self) -> Option<String> {
        match self {
            Self::Socket(_) => None,
            Self::Tcp { name: Some(name), .. } => Some(name.clone()),
            Self::Tcp { name: None, address } => Some(address.ip().to_string()),
        }
    }
}

fn keep_alive(stream: &TcpStream, settings: &Settings) -> io::Result<()> {
    let socket = SockRef::from(stream);
    if let Some(wanted) = &settings.keepalives {
        let mut keepalive = TcpKeepalive::new();
        if let Some(idle) = wanted.idle {
            keepalive = keepalive.with_time(idle);
        }
        if let Some(interval) = wanted.interval {
            keepalive = keepalive.with_interval(interval);
        }
        if let Some(count) = wanted.count {
            keepalive = keepalive.with_retries(count);
        }
        socket.set_tcp_keepalive(&keepalive)?;
    }
    #[cfg(target_os = "linux")]
    if settings.tcp_user_timeout.is_some() {
        socket.set_tcp_user_timeout(settings.tcp_user_timeout)?;
    }
    Ok(())
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Socket(path) => write!(f, "connection to server on socket \"{}\"", path.display()),
            Self::Tcp { name, address } => {
                let (ip, port) = (address.ip().to_string(), address.port());
                match name.as_deref().filter(|name| *name != ip) {
                    Some(name) => {
                        write!(f, "connection to server at \"{}\" ({ip}), port {port}", name.escape_debug())
                    }
                    None => write!(f, "connection to server at \"{ip}\", port {port}"),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, TcpListener as Listener};
    use std::path::Path;
    use std::time::Duration;

    use super::*;
    use crate::pg::settings::Keepalives;

    #[tokio::test]
    async fn keepalives_are_set_as_asked_for() {
        let listener = Listener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let mut settings = Settings::for_socket(Path::new("/"), 1, "a", "b");
        let count = Some(4);
        let (idle, interval) = (Some(Duration::from_secs(40)), Some(Duration::from_secs(5)));
        for (keepalives, on) in [(Some(Keepalives { idle, interval, count }), true), (None, false)] {
            settings.keepalives = keepalives;
            let stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
            keep_alive(&stream, &settings).unwrap();
            let socket = SockRef::from(&stream);
            assert_eq!(socket.keepalive().unwrap(), on);
            if on {
                assert_eq!(Some(socket.tcp_keepalive_time().unwrap()), idle);
                assert_eq!(Some(socket.tcp_keepalive_interval().unwrap()), interval);
                assert_eq!(Some(socket.tcp_keepalive_retries().unwrap()), count);
            }
        }
    }

    #[test]
    fn a_place_is_named_as_libpq_names_it() {
        let address = "127.0.0.1:5432".parse().unwrap();
        for (place, words) in [
            (Address::Socket("/s/.s.PGSQL.1".into()), "connection to server on socket \"/s/.s.PGSQL.1\""),
            (Address::Tcp { name: None, address }, "connection to server at \"127.0.0.1\", port 5432"),
            (
                Address::Tcp { name: Some("127.0.0.1".into()), address },
                "connection to server at \"127.0.0.1\", port 5432",
            ),
            (
                Address::Tcp { name: Some("db1".into()), address },
                "connection to server at \"db1\" (127.0.0.1), port 5432",
            ),
        ] {
            assert_eq!(place.to_string(), words);
        }
    }
}
