//! One set on one database: its books, what is due, and the run of it file by file, as the only run on the set.
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use serde::Serialize;
use tokio_postgres::error::SqlState;

use crate::apply::{Budget, FailedMigration, Patience, Target as Claim, log_failure};
use crate::commands::context::Context;
use crate::commands::index::ground::{claimed, settled};
use crate::commands::migrate::args::SetArgs;
use crate::commands::migrate::set::Set;
use crate::commands::migrate::statement_work::{StatementWork, index_plan, statement_work};
use crate::commands::work::Shared;
use crate::failure::{Exit, Explain as _, cause};
use crate::operations::index::survey;
use crate::operations::migrate::{
    Books, Migration, Mode, Parsed, Row, State, Stepwise, Target, Variables, books_plan, compare, number_of,
    read_books, whole_plan,
};
use crate::pg::name::{Ident, Relation};
use crate::pg::session::Session;
use crate::pg::state::ServerError;
use crate::plan::{Plan, consent};

pub const LOG: &str = "migration_log";

/// A set on a database.
#[derive(Debug)]
pub struct Work<'a> {
    pub context: &'a Context,
    pub session: &'a Session,
    pub set: &'a Set,
    pub history: Relation,
    pub log: Relation,
    pub path: Vec<Ident>,
    pub variables: Variables,
}

/// A file that was run.
#[derive(Clone, Debug, Serialize)]
pub struct Done {
    pub version: i64,
    pub name: String,
    pub file: String,
    pub elapsed_ms: f64,
}

impl<'a> Work<'a> {
    pub fn new(
        context: &'a Context,
        session: &'a Session,
        args: &SetArgs,
        set: &'a Set,
    ) -> anyhow::Result<Self> {
        let path = args.path(context, session)?;
        let history = args.history(context, set, &path)?;
        let log = Relation::new(context.config.journal.schema.as_str(), LOG).exit(Exit::Usage)?;
        let variables = args.variables(context)?;
        Ok(Self { context, session, set, history, log, path, variables })
    }

    pub async fn books(&self) -> anyhow::Result<Books> {
        read_books(self.session, &self.history, &self.log).await
    }

    pub fn rows(&self, books: &Books) -> Vec<Row> {
        compare(&self.set.name, &self.set.migrations, books)
    }

    /// As the plans need it.
    pub fn target(&self, books: &Books, has_log: bool) -> Target {
        Target {
            set: self.set.name.clone(),
            history: self.history.clone(),
            oid: number_of(&self.history),
            log: has_log.then(|| self.log.clone()),
            narrow: books.narrow,
            path: self.path.clone(),
        }
    }

    /// Does the work as the only run on the set; others are waited for so long.
    pub async fn claimed<T>(
        &self,
        wait: Duration,
        work: impl Future<Output = anyhow::Result<T>>,
    ) -> anyhow::Result<T> {
        let patience = Patience { budget: wait, ..self.context.patience };
        let budget = Budget::new(&patience);
        let number = number_of(&self.history);
        let claim = Claim::claim(self.session, &self.history, number, &budget, &self.context.stop).await;
        let claim = claim.hint("it applies migrations; wait longer for it with --lock-wait")?;
        let result = work.await;
        let released = claim.release().await;
        let value = result?;
        released.map(|()| value)
    }

    /// Opens the journal, whose schema holds the log, and makes the history.
    pub async fn prepare(
        &self,
        shared: &Shared,
        books: &Books,
        files: &[(&Migration, Parsed)],
    ) -> anyhow::Result<Target> {
        let journal = shared.journal(self.context, self.session).await?;
        let now = self.books().await?;
        let target = self.target(&now, journal.is_some() && now.has_log);
        self.need_log(&target, files)?;
        let plan = books_plan(&target, if books.has_history { books } else { &now });
        self.apply(shared, plan, self.context.patience, &shared.budget).await?;
        Ok(target)
    }

    /// # Errors
    /// When files are run statement by statement and there is no log to say which statements are done.
    pub fn need_log(&self, target: &Target, files: &[(&Migration, Parsed)]) -> anyhow::Result<()> {
        let stepwise = files.iter().find(|(_, parsed)| parsed.mode == Mode::Statements);
        let (Some((file, _)), None) = (stepwise, &target.log) else { return Ok(()) };
        let error = anyhow!("{} is run statement by statement, and no log can be written", file.file);
        if !self.context.config.journal.enabled {
            return Err(error.exit(Exit::Usage).hint("switch the journal on: it records what is done"));
        }
        let grant = self.session.facts().grant_create()?;
        Err(error
            .exit(Exit::Denied)
            .hint(format!("{grant}, or name a schema that it may write in [journal]")))
    }

    /// Runs one file to its end, and writes into the log why not.
    pub async fn run_file(
        &self,
        shared: &Shared,
        target: &Target,
        books: &Books,
        file: &Migration,
        parsed: &Parsed,
    ) -> anyhow::Result<Done> {
        let began = std::time::Instant::now();
        let header = &parsed.header;
        let patience = Patience {
            lock_timeout: header.lock_timeout.unwrap_or(self.context.patience.lock_timeout),
            budget: header.lock_budget.unwrap_or(self.context.patience.budget),
        };
        let own = Budget::new(&patience);
        let budget = if header.lock_budget.is_some() { &own } else { &shared.budget };
        let applied = match parsed.mode {
            Mode::Transaction => {
                let applied = self.apply(shared, whole_plan(target, file, parsed), patience, budget).await;
                applied.map_err(|error| match ends_its_transaction(&error) {
                    true => error.hint("begin the file with `-- pgtend: no-transaction`"),
                    false => error,
                })
            }
            Mode::Statements => {
                let stepwise = Stepwise::new(target, file, parsed, books.entry(file.version))?;
                self.run_stepwise(shared, &stepwise, parsed, patience, budget).await
            }
        };
        if let (Err(error), true) = (&applied, target.log.is_some()) {
            self.log(file, parsed, error).await;
        }
        applied?;
        Ok(Done {
            version: file.version,
            name: file.name.clone(),
            file: file.file.clone(),
            elapsed_ms: began.elapsed().as_secs_f64() * 1000.0,
        })
    }

    async fn log(&self, file: &Migration, parsed: &Parsed, error: &anyhow::Error) {
        let failed = FailedMigration {
            set: &self.set.name,
            history: self.history.plain(),
            version: file.version,
            name: &file.name,
            sha256: file.sha256(),
            stepwise: parsed.mode == Mode::Statements,
            statements: parsed.statements.len(),
        };
        if let Err(lost) = log_failure(self.session, &failed, error).await {
            tracing::debug!("the log does not tell of the failure: {lost:#}");
        }
    }

    /// A statement's plan is made when those before it are done.
    async fn run_stepwise(
        &self,
        shared: &Shared,
        stepwise: &Stepwise<'_>,
        parsed: &Parsed,
        patience: Patience,
        budget: &Budget,
    ) -> anyhow::Result<()> {
        self.apply(shared, stepwise.begin(), patience, budget).await?;
        for (number, part) in parsed.statements.iter().enumerate().skip(stepwise.done) {
            match statement_work(self, part, stepwise.may_be_done(number)).await? {
                StatementWork::Send => {
                    let plan = stepwise.statement(number, part);
                    match self.apply(shared, plan, patience, budget).await {
                        Err(error) if ends_its_transaction(&error) => {
                            let plan = stepwise.by_itself(number, part);
                            self.apply(shared, plan, patience, budget).await?;
                        }
                        done => done?,
                    }
                }
                StatementWork::Detach { parent, recover } => {
                    let plan = stepwise.detach(number, part, parent, *recover);
                    self.apply(shared, plan, patience, budget).await?;
                }
                StatementWork::Done => self.apply(shared, stepwise.recorded(part), patience, budget).await?,
                StatementWork::Index { table, change } => {
                    let work = async {
                        let survey = settled(self.context, shared, self.session, table).await?;
                        let mut plan = index_plan(self, survey, &change).await?;
                        for note in &plan.notes {
                            self.context.ui.status(&format!("{}: {note}", part.place));
                        }
                        stepwise.record(part, &mut plan);
                        self.apply(shared, plan, patience, budget).await
                    };
                    let on = || part.summary();
                    claimed(self.context, shared, self.session, table, work).await.with_context(on)?;
                }
            }
        }
        self.apply(shared, stepwise.end(), patience, budget).await
    }

    /// The plans of a file as they would be made now.
    pub async fn dry_plans(
        &self,
        target: &Target,
        books: &Books,
        file: &Migration,
        parsed: &Parsed,
    ) -> anyhow::Result<Vec<Plan>> {
        if parsed.mode == Mode::Transaction {
            // What is printed can be run by psql, which makes no log.
            let log = target.log.clone().filter(|_| books.has_log);
            return Ok(vec![whole_plan(&Target { log, ..target.clone() }, file, parsed)]);
        }
        let stepwise = Stepwise::new(target, file, parsed, books.entry(file.version))?;
        let mut plans = vec![stepwise.begin()];
        for (number, part) in parsed.statements.iter().enumerate().skip(stepwise.done) {
            // What an earlier statement has yet to make cannot be looked at.
            plans.push(match statement_work(self, part, false).await {
                Ok(StatementWork::Index { table, change }) => {
                    let mut plan = index_plan(self, survey(self.session, table).await?, &change).await?;
                    stepwise.record(part, &mut plan);
                    plan
                }
                Ok(StatementWork::Detach { parent, recover }) => {
                    stepwise.detach(number, part, parent, *recover)
                }
                _ => stepwise.statement(number, part),
            });
        }
        plans.push(stepwise.end());
        Ok(plans)
    }

    pub async fn apply(
        &self,
        shared: &Shared,
        plan: Plan,
        patience: Patience,
        budget: &Budget,
    ) -> anyhow::Result<()> {
        if plan.is_empty() {
            return Ok(());
        }
        // What a file says is agreed to by running it.
        let agreed = consent(vec![plan], |_| Ok(true))?;
        for consented in &agreed {
            shared.apply_within(self.context, self.session, consented, patience, budget).await?;
        }
        Ok(())
    }
}

/// A procedure that commits was called in a transaction, of which nothing is left.
fn ends_its_transaction(error: &anyhow::Error) -> bool {
    cause::<ServerError>(error).is_some_and(|server| server.is(&SqlState::INVALID_TRANSACTION_TERMINATION))
}

/// # Errors
/// With everything that does not fit together.
pub fn refuse_drift(set: &str, rows: &[Row]) -> anyhow::Result<()> {
    let drift: Vec<String> = rows.iter().filter(|row| row.state.is_drift()).map(drift_words).collect();
    if drift.is_empty() {
        return Ok(());
    }
    let error = anyhow!(
        "the migrations of {set} and the database's history do not fit together; nothing was changed"
    );
    Err(error.exit(Exit::Failed).detail(drift.join("\n")).hint(
        "put the files back as they were applied; or, once the database is right, `pgtend migrate repair` accepts them",
    ))
}

fn drift_words(row: &Row) -> String {
    let file = row.file.as_deref().unwrap_or_default();
    let on = row.applied_on.as_deref().unwrap_or("a time not known");
    match row.state {
        State::Divergent => format!("{file} was applied on {on}, and was changed since"),
        State::Missing => {
            format!("version {} ({}) was applied on {on}, and has no file", row.version, row.name)
        }
        _ => format!("{file} is not applied, and older than what is (a name with U may come late)"),
    }
}

/// Everything that a run of these files would meet, before the first of them is touched.
pub fn parse_all<'f>(
    files: &[&'f Migration],
    variables: &Variables,
    offline: bool,
) -> anyhow::Result<Vec<(&'f Migration, Parsed)>> {
    let mut parsed = Vec::new();
    for file in files {
        let one = file.parse(variables).exit(Exit::Usage)?;
        if one.header.offline && !offline {
            let error = anyhow!("{} stops the application while it runs, as its head says", file.file);
            return Err(error.exit(Exit::Usage).hint("pass --allow-offline in a maintenance window"));
        }
        parsed.push((*file, one));
    }
    Ok(parsed)
}
