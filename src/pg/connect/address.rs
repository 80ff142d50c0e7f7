//! One place where a server may listen: finding it, opening a stream to it, and its name in messages.
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream, lookup_host};

use crate::pg::settings::{Host, Settings};

/// A stream of either kind.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

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

    pub(super) async fn open(&self, settings: &Settings) -> io::Result<Box<dyn Stream>> {
        match self {
            Self::Socket(path) => Ok(Box::new(UnixStream::connect(path).await?)),
            Self::Tcp { address, .. } => {
                let stream = TcpStream::connect(address).await?;
                stream.set_nodelay(true)?;
                keep_alive(&stream, settings)?;
                Ok(Box::new(stream))
            }
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
