//! Tells a story from its first chapter to its last.
use std::cell::{Cell, RefCell};
use std::ops::Range;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use tokio_postgres::Client;

use super::answer::answer;
use super::application::Application;
use super::event::{Event, Tell};
use super::stage::{Setting, Stage, ask, execute, send};
use super::story::{Run, Scene, Story};
use crate::pg::sql::{Query, statement};
use crate::query;

/// How long the application works alone, for comparison.
const ALONE: Duration = Duration::from_secs(1);

/// Plays all chapters. What is returned still runs; dropped, it is gone.
///
/// # Errors
/// When a command does not end as the story says, or the server refuses a statement.
pub async fn play(story: &Story, setting: &Setting, tell: &Tell<'_>) -> Result<Stage> {
    let stage = Stage::set_up(story.database, setting).await?;
    let player = Player {
        stage: &stage,
        rows: setting.rows,
        written: Cell::new(0),
        acknowledged: RefCell::default(),
        tell,
    };
    for (chapter, number) in story.chapters.iter().zip(1..) {
        tell(&Event::Chapter { number, title: chapter.title })?;
        for scene in chapter.scenes {
            player
                .scene(scene)
                .await
                .with_context(|| format!("play chapter {number}, `{}`", chapter.title))?;
        }
    }
    Ok(stage)
}

/// Says how to look at what is there, on a stage that stays or on the next one.
///
/// # Errors
/// The listener's.
pub fn take_leave(story: &Story, stage: &Stage, stays: bool, tell: &Tell<'_>) -> Result<()> {
    if stays {
        tell(&Event::Said("The server stays up until you press Ctrl-C here. In another terminal:"))?;
        enter(stage, tell)?;
    } else {
        tell(&Event::Said(
            "The server ends here. With --keep it stays up, and says how to reach it. Then try:",
        ))?;
    }
    for (line, why) in story.to_try {
        tell(&Event::Suggested { line, why })?;
    }
    Ok(())
}

fn enter(stage: &Stage, tell: &Tell<'_>) -> Result<()> {
    let mut lines =
        vec![format!("cd {}", stage.directory().display()), format!("export DATABASE_URL='{}'", stage.url())];
    if let Some(file) = stage.program_off_path() {
        lines.push(format!("alias pgtend='{}'", file.display()));
    }
    tell(&Event::Typed(&lines.join("\n")))
}

struct Player<'a> {
    stage: &'a Stage,
    rows: i64,
    /// How often an application has written: the numbers below are used.
    written: Cell<u64>,
    /// Which of the numbers were written by which statement.
    acknowledged: RefCell<Vec<(&'static str, Range<u64>)>>,
    tell: &'a Tell<'a>,
}

impl Player<'_> {
    async fn scene(&self, scene: &Scene) -> Result<()> {
        match scene {
            Scene::Say(text) => (self.tell)(&Event::Said(text)),
            Scene::Enter => self.enter(),
            Scene::Load(files) => self.load(files).await,
            Scene::Fill(fill) => fill.run(self.stage, self.rows, self.tell).await,
            Scene::Write { name, text } => self.write(name, text),
            Scene::Psql(query) => self.psql(query).await,
            Scene::Run(run) => self.run(run).await,
            Scene::Ask(query) => self.ask(query).await,
            Scene::RunBeside(application, run) => self.run_beside(application, run).await,
            Scene::Prove(application, query) => self.prove(application, query).await,
        }
    }

    fn enter(&self) -> Result<()> {
        let server = self.stage.sandbox();
        (self.tell)(&Event::Started { version: server.version(), directory: server.socket_dir() })?;
        enter(self.stage, self.tell)
    }

    async fn load(&self, files: &[Query]) -> Result<()> {
        let client = self.stage.superuser().await?;
        for file in files {
            send(&client, file).await?;
        }
        Ok(())
    }

    fn write(&self, name: &str, text: &str) -> Result<()> {
        self.stage.write(name, text)?;
        (self.tell)(&Event::Typed(&format!("cat {name}")))?;
        (self.tell)(&Event::Answered(text))
    }

    async fn psql(&self, query: &Query) -> Result<()> {
        let text = statement(query.text, query.text);
        (self.tell)(&Event::Stated { database: self.stage.database(), statement: &text })?;
        let rows = execute(&self.stage.superuser().await?, query, &[]).await?;
        let command = text.split_whitespace().next().unwrap_or_default().to_uppercase();
        (self.tell)(&Event::Answered(&if command == "INSERT" { format!("INSERT 0 {rows}") } else { command }))
    }

    async fn ask(&self, query: &Query) -> Result<()> {
        self.question(&self.stage.superuser().await?, query).await
    }

    async fn question(&self, client: &Client, query: &Query) -> Result<()> {
        let text = statement(query.text, query.text);
        (self.tell)(&Event::Stated { database: self.stage.database(), statement: &text })?;
        let began = Instant::now();
        let said = ask(client, query).await?;
        let elapsed = began.elapsed();
        (self.tell)(&Event::Answered(&answer(&said, elapsed)))
    }

    async fn run(&self, run: &Run) -> Result<()> {
        (self.tell)(&Event::Typed(&run.typed()))?;
        self.stage.run(run).await?;
        if run.code_shown { (self.tell)(&Event::Ended(run.code)) } else { Ok(()) }
    }

    async fn run_beside(&self, application: &Application, run: &Run) -> Result<()> {
        let nothing = async {
            tokio::time::sleep(ALONE).await;
            Ok(())
        };
        let alone = application.beside(self.stage, self.written.get(), nothing).await?;
        self.note(application, alone.writes.count);
        let beside = application.beside(self.stage, self.written.get(), self.run(run)).await?;
        self.note(application, beside.writes.count);
        (self.tell)(&Event::Compared { alone: &alone, beside: &beside })
    }

    fn note(&self, application: &Application, writes: u64) {
        let first = self.written.get();
        self.written.set(first + writes);
        self.acknowledged.borrow_mut().push((application.write.file, first..first + writes));
    }

    fn acknowledged_by(&self, application: &Application) -> Result<Vec<i64>> {
        let all = self.acknowledged.borrow();
        let own = all.iter().filter(|(file, _)| *file == application.write.file);
        let numbers = own.flat_map(|(_, range)| range.clone()).map(i64::try_from);
        numbers.collect::<Result<_, _>>().map_err(Into::into)
    }

    async fn prove(&self, application: &Application, query: &Query) -> Result<()> {
        let numbers = self.acknowledged_by(application)?;
        let client = self.stage.superuser().await?;
        execute(&client, &query!("demo/acknowledged.sql"), &[]).await?;
        execute(&client, &query!("demo/acknowledged_fill.sql"), &[&numbers]).await?;
        self.question(&client, query).await
    }
}
