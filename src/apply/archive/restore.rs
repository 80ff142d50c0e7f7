//! The step that moves rows of a file back into a table: it keeps them only together with the proof that they are the same.
use anyhow::{Context as _, ensure};
use futures_util::SinkExt as _;

use super::file::decoded;
use super::run::digest;
use crate::apply::Event;
use crate::apply::runner::Runner;
use crate::apply::transaction::Timing;
use crate::pg::lock::LockMode;
use crate::pg::state::ServerError;
use crate::plan::Restore;

impl Runner<'_> {
    /// # Errors
    /// The server's, the file's, or that the table does not hold what the manifest says; nothing is in it then.
    pub(in crate::apply) async fn restore(&self, target: &str, restore: &Restore) -> anyhow::Result<Timing> {
        self.begin(target, &restore.relation, LockMode::AccessExclusive).await?;
        let done = self.take_back(target, restore).await;
        self.end(done).await?;
        Ok(Timing { attempts: 1, ..Timing::default() })
    }

    async fn take_back(&self, target: &str, restore: &Restore) -> anyhow::Result<()> {
        let sink = self.session.copy_in(&restore.copy).await.map_err(ServerError::explained)?;
        let mut sink = std::pin::pin!(sink);
        let reading = || format!("read {}", restore.file);
        let mut csv = decoded(&restore.file, restore.format);
        while let Some(piece) = csv.recv().await {
            self.check_stop()?;
            let sent = sink.send(piece.with_context(reading)?).await;
            sent.map_err(|error| ServerError::new(restore.copy.file, &error).explained())?;
        }
        let finished = sink.finish().await;
        let rows = finished.map_err(|error| ServerError::new(restore.copy.file, &error).explained())?;
        let digest = digest(self.session, &restore.digest).await?;
        ensure!(
            digest == restore.expected,
            "the rows that came back are not those of the archive: {rows} rows with hash {}, not {} with {}; none is kept",
            digest.hash,
            restore.expected.rows,
            restore.expected.hash
        );
        if let Some(done) = &restore.done {
            self.session.execute(done).await.map_err(ServerError::explained)?;
        }
        self.tell(Event::Note {
            target: target.to_owned(),
            text: format!("{rows} rows are back, equal to the archive"),
        });
        Ok(())
    }
}
