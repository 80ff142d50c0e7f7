//! The step that moves the rows of a table into a file. The rows and their digest come from one snapshot, and the file is
//! read back before it counts.
use std::pin::Pin;
use std::time::Duration;

use anyhow::{Context as _, anyhow, ensure};
use chrono::SecondsFormat;
use futures_util::StreamExt as _;
use tokio::task::spawn_blocking;
use tokio_postgres::CopyOutStream;

use super::file::{Content, Layout, Writer, is_as_written};
use super::manifest::{self, places, read_stored};
use super::misfit::Misfit;
use super::store::{discard, part_of, settle};
use crate::apply::Event;
use crate::apply::runner::Runner;
use crate::apply::transaction::Timing;
use crate::ddl;
use crate::failure::Explain as _;
use crate::pg::lock::LockMode;
use crate::pg::name::Relation;
use crate::pg::session::Session;
use crate::pg::sql::Sql;
use crate::pg::state::ServerError;
use crate::plan::{Archive, Digest, Form, Lock, MANIFEST_SCHEMA, Manifest, Stored, StoredFile};

const TELL_EVERY: u64 = 250_000;

impl Runner<'_> {
    /// # Errors
    /// The server's, the file system's, or that what was read back is not what was written.
    pub(in crate::apply) async fn archive(&self, target: &str, archive: &Archive) -> anyhow::Result<Timing> {
        self.begin(target, &archive.relation, LockMode::Share).await?;
        let done = self.write_out(target, archive).await;
        self.end(done).await?;
        Ok(Timing { attempts: 1, ..Timing::default() })
    }

    async fn write_out(&self, target: &str, archive: &Archive) -> anyhow::Result<()> {
        let (file, place) = places(&archive.subject, &archive.form);
        let named = |name| StoredFile { store: archive.store.clone(), name };
        let (place, file) = (named(place), named(file));
        if self.is_there(target, archive, &place).await? {
            return Ok(());
        }
        let (written, digest) = match self.written_and_proved(target, archive, &part_of(&file)).await {
            Ok(done) => done,
            Err(error) => {
                discard(&file);
                return Err(error);
            }
        };
        settle(&file).with_context(|| format!("name the archive {file}"))?;
        let text = format!(
            "archived {} rows, {} bytes, read back and equal: {file}",
            digest.rows, written.content.file_bytes
        );
        let name = file.name.rsplit('/').next().unwrap_or_default().to_owned();
        let manifest = self.manifest(archive, digest, written, name);
        spawn_blocking(move || manifest::write(&place, &manifest)).await??;
        self.tell(Event::Note { target: target.to_owned(), text });
        Ok(())
    }

    /// The rows leave while the server computes what they are, in a second session that sees the same snapshot.
    async fn written_and_proved(
        &self,
        target: &str,
        archive: &Archive,
        part: &StoredFile,
    ) -> anyhow::Result<(Written, Digest)> {
        let copy = async {
            let written = self.copy_as_it_fits(target, archive, part).await;
            written.with_context(|| format!("write the archive {part}"))
        };
        let (written, digest) = match self.beside().await {
            Some(beside) => self.both(&beside, copy, digest(&beside, &archive.digest)).await?,
            None => (copy.await?, digest(self.session, &archive.digest).await?),
        };
        proved(part, &written, &digest).await?;
        Ok((written, digest))
    }

    /// An earlier run may have come so far: then the file counts if it still holds just these rows.
    async fn is_there(&self, target: &str, archive: &Archive, place: &StoredFile) -> anyhow::Result<bool> {
        let place = place.clone();
        let Ok(found) = spawn_blocking(move || read_stored(place)).await? else { return Ok(false) };
        if found.manifest.subject.oid != archive.subject.oid
            || found.manifest.digest != digest(self.session, &archive.digest).await?
        {
            return Ok(false);
        }
        let usable = spawn_blocking(move || found.verify().is_ok()).await?;
        if usable {
            let summary = format!("archive {}", archive.relation.plain());
            self.tell(Event::Recovered { target: target.to_owned(), summary, found: "done".to_owned() });
        }
        Ok(usable)
    }

    fn manifest(&self, archive: &Archive, digest: Digest, written: Written, file: String) -> Manifest {
        let Written { layout, content } = written;
        let mut subject = archive.subject.clone();
        if let Layout::Parquet(columns) = &layout {
            for (column, (_, stored)) in subject.columns.iter_mut().zip(columns) {
                column.stored = Some(stored.to_string());
            }
        }
        Manifest {
            schema: MANIFEST_SCHEMA.to_owned(),
            pgtend_version: env!("CARGO_PKG_VERSION").to_owned(),
            archived_at: self.session.facts().now.to_rfc3339_opts(SecondsFormat::Secs, true),
            subject,
            digest,
            format: layout.format(),
            file,
            csv_bytes: content.csv_bytes,
            csv_sha256: content.csv_sha256,
            file_bytes: content.file_bytes,
            file_sha256: content.file_sha256,
        }
    }

    /// Where a column has values that its type cannot hold, the file is begun again with that column as text: the
    /// transaction still sees the same rows.
    async fn copy_as_it_fits(
        &self,
        target: &str,
        archive: &Archive,
        part: &StoredFile,
    ) -> anyhow::Result<Written> {
        let mut layout = layout(archive);
        loop {
            let error = match self.copy_out(target, archive, &layout, part).await {
                Ok(content) => return Ok(Written { layout, content }),
                Err(error) => error,
            };
            let (Some(misfit), Layout::Parquet(columns)) = (error.downcast_ref::<Misfit>(), &mut layout)
            else {
                return Err(error);
            };
            for (place, value) in &misfit.columns {
                self.widen(target, columns.get_mut(*place), value)?;
            }
        }
    }

    /// Makes a column one of text, which holds everything but what is none.
    fn widen(&self, target: &str, column: Option<&mut (String, Stored)>, value: &str) -> anyhow::Result<()> {
        let (name, stored) = column.context("a value of no column")?;
        if *stored == Stored::TEXT {
            let error = anyhow!("column {name} holds bytes that are no UTF-8, as in '{value}'");
            return Err(error.hint("archive it with --archive-format csv"));
        }
        let text = format!("column {name} is archived as text: no {stored} holds '{value}'");
        self.tell(Event::Note { target: target.to_owned(), text });
        *stored = Stored::TEXT;
        Ok(())
    }

    async fn copy_out(
        &self,
        target: &str,
        archive: &Archive,
        layout: &Layout,
        part: &StoredFile,
    ) -> anyhow::Result<Content> {
        let stream = self.session.copy_out(&archive.copy).await.map_err(ServerError::explained)?;
        let mut stream = std::pin::pin!(stream);
        let mut writer = Writer::create(part, layout.clone())?;
        let sent = self.send_lines(target, archive, stream.as_mut(), &mut writer).await;
        if sent.is_err() {
            // The server would go on sending rows to nobody.
            let _ = self.session.canceller().cancel().await;
            while let Some(Ok(_)) = stream.next().await {}
        }
        sent?;
        writer.finish().await
    }

    async fn send_lines(
        &self,
        target: &str,
        archive: &Archive,
        mut stream: Pin<&mut CopyOutStream>,
        writer: &mut Writer,
    ) -> anyhow::Result<()> {
        while let Some(line) = stream.next().await {
            let line = line.map_err(|error| ServerError::new(archive.copy.file, &error).explained())?;
            let lines = writer.line(&line).await?;
            if lines % TELL_EVERY == 0 {
                self.check_stop()?;
                self.tell(Event::BatchDone { target: target.to_owned(), rows: lines });
            }
        }
        Ok(())
    }

    /// Begins a transaction that may last as long as the rows take, with the lock that keeps them as they are.
    pub(super) async fn begin(
        &self,
        target: &str,
        relation: &Relation,
        mode: LockMode,
    ) -> anyhow::Result<()> {
        let lock_ms = self.patience.lock_timeout_ms(self.session.facts().deadlock_timeout_ms);
        let begin = ddl!("apply/archive_begin.sql", lock_ms = lock_ms);
        let lock = ddl!("apply/archive_lock.sql", relation = *relation, mode = mode.keyword());
        let mut attempt = 1;
        loop {
            self.check_stop()?;
            self.session.execute(&begin).await.map_err(ServerError::explained)?;
            let Err(error) = self.session.execute(&lock).await else { return Ok(()) };
            self.session.execute(&ddl!("apply/rollback.sql")).await.map_err(ServerError::explained)?;
            if !error.lock_busy() {
                return Err(self.stopped_or(error.explained()));
            }
            self.budget().spend(Duration::from_millis(u64::from(lock_ms)));
            self.pause(target, attempt, &[Lock::first(relation.clone(), mode)], &[], error).await?;
            attempt += 1;
        }
    }

    pub(super) async fn end(&self, done: anyhow::Result<()>) -> anyhow::Result<()> {
        match done {
            Ok(()) => self.session.execute(&ddl!("apply/commit.sql")).await.map_err(ServerError::explained),
            Err(error) => {
                if let Err(second) = self.session.execute(&ddl!("apply/rollback.sql")).await {
                    tracing::debug!("roll back: {second}");
                }
                Err(self.stopped_or(error))
            }
        }
    }
}

/// How many rows there are, and the hash of all, as the server computes it.
pub(in crate::apply) async fn digest(session: &Session, sql: &Sql) -> anyhow::Result<Digest> {
    let rows = session.read(sql).await.map_err(ServerError::explained)?;
    let row = rows.into_iter().next().unwrap_or_default();
    match row.as_slice() {
        [Some(rows), Some(hash)] => Ok(Digest { rows: rows.parse()?, hash: hash.clone() }),
        other => Err(anyhow!("{} answered {other:?}", sql.file)),
    }
}

/// What became of the file: how it holds the rows after all, and what is in it.
struct Written {
    layout: Layout,
    content: Content,
}

fn layout(archive: &Archive) -> Layout {
    match &archive.form {
        Form::Csv => Layout::Csv,
        Form::Parquet { columns, .. } => {
            let names = archive.subject.columns.iter().map(|column| column.name.clone());
            Layout::Parquet(names.zip(columns.iter().copied()).collect())
        }
    }
}

/// The file as it lies on the disk: what was sent to it, and as many rows as the server counted.
async fn proved(part: &StoredFile, written: &Written, digest: &Digest) -> anyhow::Result<()> {
    let (file, format, content) = (part.clone(), written.layout.format(), written.content.clone());
    let same = spawn_blocking(move || is_as_written(&file, format, &content)).await??;
    ensure!(same, "what was read back from {part} is not what was written to it");
    let rows = written.content.rows;
    ensure!(rows == digest.rows, "{part} holds {rows} rows, and the table {}", digest.rows);
    Ok(())
}
