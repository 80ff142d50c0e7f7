//! stub
use crate::pg::settings::Settings;
#[derive(Clone)]
pub struct Canceller(tokio_postgres::CancelToken);
impl Canceller {
    pub async fn cancel(&self) -> anyhow::Result<()> {
        self.0.cancel_query(tokio_postgres::NoTls).await?;
        Ok(())
    }
}
#[derive(Debug)]
pub struct Link {
    pub client: tokio_postgres::Client,
    pub canceller: Canceller,
    pub target: String,
}
pub async fn connect(s: &Settings) -> anyhow::Result<Link> {
    let (client, c) = tokio_postgres::connect(&s.0, tokio_postgres::NoTls).await?;
    tokio::spawn(async move {
        let _ = c.await;
    });
    let canceller = Canceller(client.cancel_token());
    Ok(Link { client, canceller, target: s.0.clone() })
}
impl std::fmt::Debug for Canceller {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Canceller")
    }
}
