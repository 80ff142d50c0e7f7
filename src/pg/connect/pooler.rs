//! Whether a pooler stands between that gives each transaction another session of the server: there, what a session sets
//! is found by the application that comes next. It must leave nothing behind that anybody could find.
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::timeout;
use tokio_postgres::tls::{ChannelBinding, TlsConnect, TlsStream};
use tokio_postgres::{CancelToken, Client, SimpleQueryMessage};

use crate::pg::connect::link::{Link, connect};
use crate::pg::settings::Settings;
use crate::query;

/// For an answer of a session that is idle. A pooler that pools by session may have none for a second connection.
const PATIENCE: Duration = Duration::from_secs(2);
const LOOKS: usize = 3;

/// `first` is who served the first statement. Costs nothing where no pooler stands between, and a second connection
/// where one does.
pub async fn pools_transactions(link: &Link, settings: &Settings, first: i32) -> bool {
    if announced(&link.canceller.token).await == Some(first) {
        return false;
    }
    let Ok(Ok(other)) = timeout(PATIENCE, connect(settings)).await else { return false };
    for _ in 0..LOOKS {
        if shares(&link.client, &other.client, first).await {
            return true;
        }
    }
    false
}

/// Whether the first session serves a transaction of the other connection, or another one the first connection meanwhile.
async fn shares(client: &Client, other: &Client, first: i32) -> bool {
    // Nobody else is served by the same session before its end.
    let began = timeout(PATIENCE, other.batch_execute(query!("apply/begin.sql").text)).await;
    if !matches!(began, Ok(Ok(()))) {
        return false;
    }
    let same = timeout(PATIENCE, backend(other)).await == Ok(Some(first));
    let shares = same
        || match timeout(PATIENCE, backend(client)).await {
            Ok(Some(pid)) => pid != first,
            // What is wrong with it will show.
            Ok(None) => false,
            // Its session serves somebody else.
            Err(_) => true,
        };
    let ended = timeout(PATIENCE, other.batch_execute(query!("apply/rollback.sql").text)).await;
    tracing::debug!(target: "pgtend::connection", shares, ?ended, "a pooler stands between");
    shares
}

async fn backend(client: &Client) -> Option<i32> {
    let messages = client.simple_query(query!("session/backend.sql").text).await.ok()?;
    messages.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0)?.parse().ok(),
        _ => None,
    })
}

/// The process that the server named when it let us in; a pooler names one of its own making. It is known only by the
/// request to cancel, which is written here and not sent (manual: 55.7, "Message Formats").
async fn announced(token: &CancelToken) -> Option<i32> {
    let mut request = Vec::new();
    token.cancel_query_raw(Paper(&mut request), NoTls).await.ok()?;
    let pid = request.len().checked_sub(8)?;
    Some(i32::from_be_bytes(request.get(pid..pid + 4)?.try_into().ok()?))
}

/// What is written stays here. Asked whether it has TLS, it says yes, and has none.
struct Paper<'a>(&'a mut Vec<u8>);

struct NoTls;

impl<'a> TlsConnect<Paper<'a>> for NoTls {
    type Stream = Paper<'a>;
    type Error = io::Error;
    type Future = std::future::Ready<io::Result<Paper<'a>>>;

    fn connect(self, stream: Paper<'a>) -> Self::Future {
        std::future::ready(Ok(stream))
    }
}

impl TlsStream for Paper<'_> {
    fn channel_binding(&self) -> ChannelBinding {
        ChannelBinding::none()
    }
}

impl AsyncRead for Paper<'_> {
    fn poll_read(self: Pin<&mut Self>, _: &mut Context<'_>, read: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        read.put_slice(b"S");
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Paper<'_> {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, written: &[u8]) -> Poll<io::Result<usize>> {
        self.get_mut().0.extend_from_slice(written);
        Poll::Ready(Ok(written.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
