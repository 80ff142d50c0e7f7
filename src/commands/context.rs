//! The global flags, and what every command gets from them: streams, configuration, connections, patience.
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::rc::{Rc, Weak};
use std::time::Duration;

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use clap::{Args, ValueEnum as _};
use tokio::signal::unix::{SignalKind, signal};

use crate::apply::{Patience, Signal, Stop};
use crate::config::{Config, PoolConfig};
use crate::failure::{Exit, Explain as _};
use crate::output::{Color, Format, Timeouts, Ui, Voice};
use crate::pg::connect::needs_password;
use crate::pg::pool::{Lease, Limits, Pool, Saturation};
use crate::pg::session::{Purpose, Session};
use crate::pg::settings::{Environment, Flags, Secret, Settings};

const CONNECTION: &str = "Connection options";
pub const OUTPUT: &str = "Output options";
const SAFETY: &str = "Safety options";

#[derive(Debug, Args)]
pub struct GlobalArgs {
    /// Database name, URI, or connection string
    #[arg(short, long, global = true, value_name = "DBNAME", help_heading = CONNECTION)]
    dbname: Option<String>,
    /// Server host, or folder of its socket
    #[arg(long, global = true, value_name = "HOST", help_heading = CONNECTION)]
    host: Option<String>,
    /// Server port
    #[arg(short, long, global = true, value_name = "PORT", help_heading = CONNECTION)]
    port: Option<String>,
    /// Role to connect as
    #[arg(short = 'U', long, global = true, value_name = "NAME", help_heading = CONNECTION)]
    username: Option<String>,
    /// Never ask for a password
    #[arg(short = 'w', long, global = true, help_heading = CONNECTION)]
    no_password: bool,
    /// Section of the connection service file
    #[arg(long, global = true, value_name = "NAME", help_heading = CONNECTION)]
    service: Option<String>,

    /// Configuration file [default: pgtend.toml here or in a folder above]
    #[arg(long, global = true, value_name = "FILE", env = "PGTEND_CONFIG", help_heading = OUTPUT)]
    config: Option<PathBuf>,
    /// Read no configuration file
    #[arg(long, global = true, conflicts_with = "config", help_heading = OUTPUT)]
    no_config: bool,
    /// Format of the answer
    // As text: a command may have an argument of this name that knows more formats, and clap gives both one value.
    #[arg(long, global = true, value_name = "FORMAT", value_parser = Format::names(), default_value = "table",
          help_heading = OUTPUT)]
    format: String,
    /// The same as --format json
    #[arg(long, global = true, help_heading = OUTPUT)]
    json: bool,
    /// When to use colour
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto, help_heading = OUTPUT)]
    color: Color,
    /// Print the answer and errors only
    #[arg(short, long, global = true, conflicts_with = "verbose", help_heading = OUTPUT)]
    quiet: bool,
    /// Print every statement that is sent
    #[arg(short, long, global = true, help_heading = OUTPUT)]
    pub verbose: bool,
    /// Draw no progress bars
    #[arg(long, global = true, help_heading = OUTPUT)]
    no_progress: bool,

    /// Print the plan and change nothing; the server refuses writes
    #[arg(short = 'n', long, global = true, help_heading = SAFETY)]
    pub dry_run: bool,
    /// Agree beforehand to what the plan destroys
    #[arg(short, long, global = true, help_heading = SAFETY)]
    pub yes: bool,
    /// Never ask
    #[arg(long, global = true, help_heading = SAFETY)]
    no_input: bool,
    /// Longest wait for locks in one attempt [default: 200ms]
    #[arg(long, global = true, value_name = "TIME", value_parser = humantime::parse_duration, help_heading = SAFETY)]
    lock_timeout: Option<Duration>,
    /// Longest wait for locks in all [default: 30s]
    #[arg(long, global = true, value_name = "TIME", value_parser = humantime::parse_duration, help_heading = SAFETY)]
    lock_budget: Option<Duration>,
    /// Take this instant for now
    #[arg(long, global = true, hide = true, value_name = "INSTANT")]
    now: Option<DateTime<Utc>>,
}

impl GlobalArgs {
    /// The command line itself says which database, as commands ask that need none.
    pub const fn names_a_database(&self) -> bool {
        self.dbname.is_some() || self.host.is_some() || self.service.is_some()
    }

    /// What a command knows besides is for people, to everything else.
    fn format(&self) -> Format {
        if self.json { Format::Json } else { Format::from_str(&self.format, true).unwrap_or(Format::Table) }
    }
}

/// The resolved settings of one run.
#[derive(Debug)]
pub struct Context {
    pub args: GlobalArgs,
    pub ui: Ui,
    pub config: Config,
    pub stop: Rc<Stop>,
    pub patience: Patience,
    pub purpose: Purpose,
    settings: RefCell<Option<Settings>>,
    sessions: RefCell<Vec<Weak<dyn Held>>>,
    /// By whether their sessions only read.
    pools: RefCell<BTreeMap<bool, Rc<Pool>>>,
}

/// A session that can be told to stop.
trait Held {
    fn session(&self) -> &Session;
}

impl Held for Session {
    fn session(&self) -> &Session {
        self
    }
}

impl Held for Lease {
    fn session(&self) -> &Session {
        self
    }
}

const CANCEL_AGAIN: Duration = Duration::from_millis(300);
const CLOCKS_APART: chrono::TimeDelta = chrono::TimeDelta::seconds(10);

impl Context {
    /// # Errors
    /// When the configuration cannot be read; with the streams to say so on.
    pub fn new(args: GlobalArgs, command: &str, stop: Rc<Stop>) -> Result<Self, (Ui, anyhow::Error)> {
        let voice = Voice {
            format: args.format(),
            color: args.color,
            quiet: args.quiet,
            verbose: args.verbose,
            no_progress: args.no_progress,
            no_input: args.no_input,
        };
        let ui = Ui::new(voice);
        let config = match read_config(&args) {
            Ok(config) => config,
            Err(error) => return Err((ui, error)),
        };
        let patience = Patience {
            lock_timeout: args.lock_timeout.or(config.locks.timeout).unwrap_or(Duration::from_millis(200)),
            budget: args.lock_budget.or(config.locks.budget).unwrap_or(Duration::from_secs(30)),
        };
        let purpose = Purpose { application_name: format!("pgtend {command}"), read_only: args.dry_run };
        let (settings, sessions, pools) = (RefCell::default(), RefCell::default(), RefCell::default());
        Ok(Self { args, ui, config, stop, patience, purpose, settings, sessions, pools })
    }

    /// A session for changes; in a dry run the server refuses every write in it.
    pub async fn connect(&self) -> anyhow::Result<Rc<Session>> {
        self.open(&self.purpose).await
    }

    /// A session for reading, whatever the command is.
    pub async fn connect_to_read(&self) -> anyhow::Result<Rc<Session>> {
        self.open(&Purpose { read_only: true, ..self.purpose.clone() }).await
    }

    async fn open(&self, purpose: &Purpose) -> anyhow::Result<Rc<Session>> {
        let open = async |settings: Settings| Session::open(&settings, purpose).await;
        let session = Rc::new(self.unless_stopped(self.with_password(open)).await?);
        self.hold(Rc::downgrade(&session) as Weak<dyn Held>);
        Ok(session)
    }

    /// A session out of the pool, for work beside that of another session, or again and again. It goes back when it is
    /// dropped, and is handed out as clean as a new one.
    pub async fn lease(&self, read_only: bool) -> anyhow::Result<Rc<Lease>> {
        let read_only = read_only || self.purpose.read_only;
        let take = async |settings: Settings| {
            let pool = self.pool(settings, read_only)?;
            pool.tidy();
            pool.get().await
        };
        let lease = Rc::new(self.unless_stopped(self.with_password(take)).await?);
        self.hold(Rc::downgrade(&lease) as Weak<dyn Held>);
        Ok(lease)
    }

    fn pool(&self, settings: Settings, read_only: bool) -> anyhow::Result<Rc<Pool>> {
        if let Some(pool) = self.pools.borrow().get(&read_only) {
            return Ok(Rc::clone(pool));
        }
        let purpose = Purpose { read_only, ..self.purpose.clone() };
        let pool = Rc::new(Pool::new(settings, purpose, limits(&self.config.pool))?);
        self.pools.borrow_mut().insert(read_only, Rc::clone(&pool));
        Ok(pool)
    }

    /// Closes sessions of the pool that nobody has used for a while.
    pub fn tidy_pool(&self) {
        self.pools.borrow().values().for_each(|pool| pool.tidy());
    }

    /// How much of the pool is taken; none where this run has had no need of one.
    pub fn saturation(&self) -> Option<Saturation> {
        let pools = self.pools.borrow();
        pools.values().map(|pool| pool.saturation()).max_by_key(|taken| taken.used * 1000 / taken.max.max(1))
    }

    /// A server that does not answer cannot be asked to cancel.
    async fn unless_stopped<T>(&self, open: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
        tokio::select! {
            opened = open => opened,
            stopped = self.stop.requested_at_last() => Err(stopped.into()),
        }
    }

    /// Asks for the password when the server wants one that nobody has told.
    async fn with_password<T>(&self, open: impl AsyncFn(Settings) -> anyhow::Result<T>) -> anyhow::Result<T> {
        let settings = self.settings()?;
        match open(settings.clone()).await {
            Err(error) if needs_password(&error) && self.ui.can_ask() && !self.args.no_password => {
                let password = self.ui.password(&format!("Password for user {}", settings.user))?;
                let settings = settings.with_password(Secret::new(password));
                *self.settings.borrow_mut() = Some(settings.clone());
                self.pools.borrow_mut().clear();
                open(settings).await
            }
            opened => opened,
        }
    }

    fn hold(&self, session: Weak<dyn Held>) {
        let mut sessions = self.sessions.borrow_mut();
        sessions.retain(|session| session.strong_count() > 0);
        sessions.push(session);
    }

    /// The connection's settings: flags, then DATABASE_URL, the service file, the environment.
    pub fn settings(&self) -> anyhow::Result<Settings> {
        if let Some(settings) = &*self.settings.borrow() {
            return Ok(settings.clone());
        }
        let flags = Flags {
            dbname: self.args.dbname.clone(),
            host: self.args.host.clone(),
            port: self.args.port.clone(),
            username: self.args.username.clone(),
            service: self.args.service.clone(),
            application_name: Some(self.purpose.application_name.clone()),
        };
        let settings = Settings::resolve(&flags, &Environment::of_process())?;
        for warning in &settings.warnings {
            self.ui.warning(warning);
        }
        for (keyword, source) in &settings.sources {
            tracing::debug!("connection setting {keyword} from {source}");
        }
        *self.settings.borrow_mut() = Some(settings.clone());
        Ok(settings)
    }

    /// The instant given by flag, where there is no server to ask.
    pub fn fixed_now(&self) -> Option<DateTime<Utc>> {
        self.args.now
    }

    /// The server's clock, or the instant given by flag. Warns when this machine's clock shows something else.
    pub fn now(&self, session: &Session) -> DateTime<Utc> {
        let server = session.facts().now;
        let apart = (Utc::now() - server).abs();
        if apart > CLOCKS_APART {
            let seconds = apart.num_seconds();
            self.ui.warning(&format!(
                "this machine's clock and the server's are {seconds} s apart; the server's counts"
            ));
        }
        self.args.now.unwrap_or(server)
    }

    /// The timeouts that a plan of this session is framed with.
    pub fn timeouts(&self, session: &Session) -> Timeouts {
        Timeouts {
            lock_ms: self.patience.lock_timeout_ms(session.facts().deadlock_timeout_ms),
            statement_ms: self.patience.statement_timeout_ms(),
        }
    }

    /// # Errors
    /// When the server is a standby, which takes no changes.
    pub fn refuse_standby(&self, session: &Session) -> anyhow::Result<()> {
        if session.facts().standby && !self.args.dry_run {
            let error = anyhow::anyhow!("{} is a standby; changes are made on the primary", session.target());
            return Err(error.exit(Exit::Denied).hint("connect with target_session_attrs=read-write"));
        }
        Ok(())
    }

    /// Waits for SIGINT and SIGTERM. The first one cancels what the sessions are doing; the second one exits at once.
    /// Never returns but with an error of its own.
    pub async fn listen_to_signals(&self) -> anyhow::Error {
        let (mut interrupt, mut terminate) =
            match (signal(SignalKind::interrupt()), signal(SignalKind::terminate())) {
                (Ok(interrupt), Ok(terminate)) => (interrupt, terminate),
                (Err(error), _) | (_, Err(error)) => {
                    return anyhow::Error::new(error).context("listen to signals");
                }
            };
        loop {
            let signal = tokio::select! {
                _ = interrupt.recv() => Signal::Interrupt,
                _ = terminate.recv() => Signal::Terminate,
                // A cancel request that finds no statement is lost; the next one began a moment later.
                () = tokio::time::sleep(CANCEL_AGAIN), if self.stop.requested().is_some() => {
                    self.cancel_all().await;
                    continue;
                }
            };
            if self.stop.requested().is_some() {
                let exit = if signal == Signal::Interrupt { Exit::Interrupted } else { Exit::Terminated };
                std::process::exit(exit.code().into());
            }
            self.ui.status("cancelling, waiting for the server");
            self.stop.request(signal);
            self.cancel_all().await;
        }
    }

    async fn cancel_all(&self) {
        let sessions: Vec<Rc<dyn Held>> = self.sessions.borrow().iter().filter_map(Weak::upgrade).collect();
        for session in sessions {
            if let Err(error) = session.session().cancel().await {
                tracing::debug!("cancel: {error:#}");
            }
        }
    }
}

/// What the configuration says of the pool, or what is usual.
fn limits(config: &PoolConfig) -> Limits {
    let usual = Limits::default();
    let max = config.max.unwrap_or(usual.max);
    Limits {
        max,
        min: config.min.unwrap_or(usual.min).min(max),
        connect: config.connect.unwrap_or(usual.connect),
        idle: config.idle.unwrap_or(usual.idle),
        uses: config.uses.unwrap_or(usual.uses),
        age: config.age.unwrap_or(usual.age),
    }
}

fn read_config(args: &GlobalArgs) -> anyhow::Result<Config> {
    if args.no_config {
        return Ok(Config::default());
    }
    let found = match &args.config {
        Some(file) => Some(file.clone()),
        None => {
            let here = std::env::current_dir().context("find the working directory")?;
            Config::find(&here)
        }
    };
    found.map_or_else(|| Ok(Config::default()), |file| Config::read(&file))
}
