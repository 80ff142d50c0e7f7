//! Where a story plays: a private server, a working directory, and the program as a person would run it there.
use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context as _, Result, ensure};
use tokio::process::Command;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, NoTls, SimpleQueryMessage};

use super::story::Run;
use crate::ddl;
use crate::pg::name::Ident;
use crate::pg::sql::Query;
use crate::pg::state::ServerError;
use crate::sandbox::{Options, Sandbox};

/// What the reader chose.
#[derive(Clone, Debug, Default)]
pub struct Setting {
    /// The newest installed server when absent.
    pub major: Option<u32>,
    /// How many rows the largest part of the story starts from.
    pub rows: i64,
    /// For the programs that are run, such as `NO_COLOR`.
    pub environment: Vec<(&'static str, &'static str)>,
}

/// A running server with a database, and a directory. Dropped, both are gone.
#[derive(Debug)]
pub struct Stage {
    sandbox: Sandbox,
    directory: PathBuf,
    program: PathBuf,
    database: &'static str,
    environment: Vec<(&'static str, &'static str)>,
}

impl Stage {
    /// # Errors
    /// When there is no server to start, or no place for a directory.
    pub async fn set_up(database: &'static str, setting: &Setting) -> Result<Self> {
        let program = env::current_exe().context("find this program's own file")?;
        let sandbox = Sandbox::start(&Options { major: setting.major, ..Options::default() })?;
        let directory = sandbox.directory("demo")?;
        let postgres = connect(&sandbox.url("postgres")).await?;
        let create = ddl!("demo/create_database.sql", name = Ident::new(database)?);
        postgres
            .batch_execute(&create.text)
            .await
            .with_context(|| format!("create the database {database}"))?;
        Ok(Self { sandbox, directory, program, database, environment: setting.environment.clone() })
    }

    pub fn sandbox(&self) -> &Sandbox {
        &self.sandbox
    }

    /// Where commands run.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    pub fn database(&self) -> &'static str {
        self.database
    }

    /// What pgtend and psql connect with.
    pub fn url(&self) -> String {
        self.sandbox.url(self.database)
    }

    /// This program's file, unless a shell finds it by its name.
    pub fn program_off_path(&self) -> Option<&Path> {
        let path = env::var_os("PATH").unwrap_or_default();
        let found = env::split_paths(&path).map(|place| place.join("pgtend")).find(|file| file.is_file());
        let on_path = found.is_some_and(|file| fs::canonicalize(file).is_ok_and(|file| file == self.program));
        if on_path { None } else { Some(&self.program) }
    }

    /// # Errors
    /// When the server does not answer.
    pub async fn superuser(&self) -> Result<Client> {
        connect(&self.url()).await
    }

    /// # Errors
    /// When the server does not answer, or has no such role.
    pub async fn connect_as(&self, role: &str) -> Result<Client> {
        connect(&self.sandbox.url_as(role, self.database)).await
    }

    /// # Errors
    /// When the directory is gone or full.
    pub fn write(&self, name: &str, text: &str) -> Result<()> {
        let file = self.directory().join(name);
        fs::write(&file, text).with_context(|| format!("write {}", file.display()))
    }

    /// As a shell expands it: a word with `*` in its file name is the first file of the working directory that it
    /// fits, or stays as it is.
    fn expanded(&self, word: &str) -> Result<String> {
        let Some((begin, end)) = word.split_once('*') else { return Ok(word.to_owned()) };
        let (directory, begin) = begin.rsplit_once('/').unwrap_or((".", begin));
        let place = self.directory().join(directory);
        let mut fit = Vec::new();
        for entry in fs::read_dir(&place).with_context(|| format!("read {}", place.display()))? {
            let name = entry?.file_name().to_string_lossy().into_owned();
            if name.starts_with(begin) && name.ends_with(end) {
                fit.push(name);
            }
        }
        let first = fit.into_iter().min();
        Ok(first.map_or_else(|| word.to_owned(), |name| format!("{directory}/{name}")))
    }

    /// Runs the command to its end. All that it says goes to this program's stdout, in its order.
    ///
    /// # Errors
    /// When it ends otherwise than the story says.
    pub async fn run(&self, run: &Run) -> Result<()> {
        let mut command = Command::new(&self.program);
        // What the reader's own environment says of servers is not for this one.
        for name in env::vars_os().map(|(name, _)| name).filter(speaks_of_servers) {
            command.env_remove(name);
        }
        command
            .args(run.words.iter().map(|word| self.expanded(word)).collect::<Result<Vec<_>>>()?)
            .current_dir(self.directory())
            .env("DATABASE_URL", self.url())
            .envs(self.environment.iter().copied())
            .stdin(Stdio::null())
            .stderr(Stdio::from(std::io::stdout()))
            .kill_on_drop(true);
        let ended = command.status().await.with_context(|| format!("run {}", self.program.display()))?;
        ensure!(
            ended.code() == Some(run.code),
            "`{}` ended with {ended}, and not with {}",
            run.typed(),
            run.code
        );
        Ok(())
    }
}

fn speaks_of_servers(variable: &OsString) -> bool {
    variable.to_str().is_some_and(|name| name.starts_with("PG"))
}

async fn connect(url: &str) -> Result<Client> {
    let (client, connection) =
        tokio_postgres::connect(url, NoTls).await.with_context(|| format!("connect to {url}"))?;
    tokio::spawn(connection);
    Ok(client)
}

/// Sends a file of statements as one message.
pub(super) async fn send(client: &Client, query: &Query) -> Result<()> {
    client.batch_execute(query.text).await.map_err(|error| ServerError::new(query.file, &error).explained())
}

/// Runs one statement and tells how many rows it touched.
pub(super) async fn execute(client: &Client, query: &Query, values: &[&(dyn ToSql + Sync)]) -> Result<u64> {
    client.execute(query.text, values).await.map_err(|error| ServerError::new(query.file, &error).explained())
}

/// Sends a file of statements as one message, for what it answers.
pub(super) async fn ask(client: &Client, query: &Query) -> Result<Vec<SimpleQueryMessage>> {
    client.simple_query(query.text).await.map_err(|error| ServerError::new(query.file, &error).explained())
}
