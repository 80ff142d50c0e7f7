//! Plans for a file that is run statement by statement: each statement takes its line in the log with it, so that the
//! next run goes on where this one is stopped.
use anyhow::{Context as _, anyhow};

use crate::ddl;
use crate::failure::Explain as _;
use crate::operations::migrate::books::LogEntry;
use crate::operations::migrate::file::{Migration, Parsed, Part};
use crate::operations::migrate::plan::{Target, statement_ms, statements};
use crate::operations::migrate::statement::{Alone, Kind};
use crate::pg::name::{Literal, Relation};
use crate::pg::sql::Sql;
use crate::plan::{Plan, Recover, Run, Step};

/// A file with a plan for each of its statements: what one has done, the next one's plan is made of.
#[derive(Debug)]
pub struct Stepwise<'a> {
    target: &'a Target,
    log: &'a Relation,
    file: &'a Migration,
    parsed: &'a Parsed,
    /// How many statements an earlier run has done.
    pub done: usize,
    resumed: bool,
}

impl<'a> Stepwise<'a> {
    /// `entry` is what the log says of the file.
    ///
    /// # Errors
    /// When there is no log, or the statements that are done are others than the file has.
    pub fn new(
        target: &'a Target,
        file: &'a Migration,
        parsed: &'a Parsed,
        entry: Option<&LogEntry>,
    ) -> anyhow::Result<Self> {
        let log = target.log.as_ref();
        let log =
            log.with_context(|| format!("{} is run statement by statement without a log", file.file))?;
        let begun = entry.filter(|entry| entry.is_open());
        let done = begun.map_or(Ok(0), |entry| done(file, parsed, entry))?;
        Ok(Self { target, log, file, parsed, done, resumed: begun.is_some() })
    }

    pub fn begin(&self) -> Plan {
        let history = Literal(self.target.history.plain());
        let statement = if self.resumed {
            ddl!("migrate/log_resume.sql", log = *self.log, history = history, version = self.file.version)
        } else {
            ddl!(
                "migrate/log_begin.sql",
                log = *self.log,
                set = Literal(self.target.set.clone()),
                history = history,
                version = self.file.version,
                name = Literal(self.file.name.clone()),
                sha256 = Literal(self.file.sha256()),
                statements = i64::try_from(self.parsed.statements.len()).unwrap_or(i64::MAX),
                tool = Literal(env!("CARGO_PKG_VERSION").to_owned())
            )
        };
        let mut step = Step::transaction(format!("{}: begin", self.file.file), Vec::new(), vec![statement]);
        step.minor = true;
        self.target.plan(vec![step])
    }

    /// One statement with its line in the log.
    pub fn statement(&self, number: usize, part: &Part) -> Plan {
        let settings = self.settings(number);
        if let Kind::Alone(alone) = &part.kind {
            let mut plan = self.target.plan(vec![self.alone_step(part, alone, settings)]);
            self.record(part, &mut plan);
            return plan;
        }
        let mut prepare = self.target.local_path();
        let statement_ms = statement_ms(self.parsed);
        prepare.push(ddl!("migrate/statement_timeout.sql", statement_ms = statement_ms));
        prepare.extend(settings);
        // A setting is the last of the settings already.
        let mut act = if part.kind == Kind::Setting { Vec::new() } else { vec![part.sql.clone()] };
        act.extend([ddl!("migrate/own_role.sql"), self.log_done(part)]);
        let mut step = Step::transaction(part.summary(), prepare, act);
        step.foreign = true;
        step.minor = part.kind == Kind::Setting;
        step.interrupted = "the statements before it are recorded; the next run goes on with this one";
        self.target.plan(vec![step])
    }

    /// A statement that ends the transaction in which it runs, as a procedure that commits does: outside of any.
    pub fn by_itself(&self, number: usize, part: &Part) -> Plan {
        let step = self.alone_step(part, &Alone::Other, self.settings(number));
        let mut plan = self.target.plan(vec![step]);
        self.record(part, &mut plan);
        plan
    }

    /// The settings up to a statement, itself included.
    fn settings(&self, number: usize) -> Vec<Sql> {
        let before = self.parsed.statements.iter().take(number + 1);
        before.filter(|part| part.kind == Kind::Setting).map(|part| part.sql.clone()).collect()
    }

    /// A concurrent detach, which an earlier run may have left half-done.
    pub fn detach(&self, number: usize, part: &Part, parent: Relation, recover: Recover) -> Plan {
        let mut plan = self.statement(number, part);
        if let Some(step) = plan.steps.first_mut() {
            step.interrupted =
                "the detach is pending: its rows are out of sight; the next run brings it to its end";
            step.recover = Some(recover);
            step.after_transactions_on = Some(parent);
        }
        plan
    }

    fn alone_step(&self, part: &Part, alone: &Alone, settings: Vec<Sql>) -> Step {
        let mut prepare = self.target.session_path();
        prepare.extend(settings);
        if *alone != Alone::Other {
            // Its several transactions must not be interrupted by a timeout half-way.
            prepare.push(ddl!("apply/lock_timeout.sql", lock_ms = 0_u32));
        }
        let mut step = Step::alone(part.summary(), part.sql.clone());
        step.run = Run::Alone { prepare, statement: part.sql.clone(), guard: None };
        step.interrupted = "it may be done without being recorded; the next run runs it again";
        step
    }

    /// Adds the statement's line in the log to a plan that does the statement's work.
    pub fn record(&self, part: &Part, plan: &mut Plan) {
        let summary = format!("{}: record it", part.place);
        let mut step = Step::transaction(summary, Vec::new(), vec![self.log_done(part)]);
        step.minor = true;
        step.interrupted = "the next run finds by the catalog that the statement is done, or runs it again";
        plan.steps.push(step);
    }

    /// A plan that records a statement and does nothing else.
    pub fn recorded(&self, part: &Part) -> Plan {
        let mut plan = self.target.plan(Vec::new());
        self.record(part, &mut plan);
        plan
    }

    /// Whether the run that was interrupted may have done this statement without recording it.
    pub fn may_be_done(&self, number: usize) -> bool {
        self.resumed && number == self.done
    }

    pub fn end(&self) -> Plan {
        let end = ddl!(
            "migrate/log_end.sql",
            log = *self.log,
            history = Literal(self.target.history.plain()),
            version = self.file.version,
            sha256 = Literal(self.file.sha256()),
            tool = Literal(env!("CARGO_PKG_VERSION").to_owned())
        );
        let act = vec![self.target.history_row(self.file), end];
        let summary = format!("{}, {} one by one", self.file.file, statements(self.parsed));
        let mut step = Step::transaction(summary, Vec::new(), act);
        step.interrupted = "every statement is recorded; the next run enters the file into the history";
        self.target.plan(vec![step])
    }

    fn log_done(&self, part: &Part) -> Sql {
        ddl!(
            "migrate/log_done.sql",
            log = *self.log,
            history = Literal(self.target.history.plain()),
            version = self.file.version,
            sha256 = Literal(part.sha256.clone())
        )
    }
}

/// How many statements of the file an earlier run has done.
fn done(file: &Migration, parsed: &Parsed, entry: &LogEntry) -> anyhow::Result<usize> {
    let done = entry.done_sha256.len();
    let pairs = parsed.statements.iter().zip(&entry.done_sha256);
    let same = pairs.take_while(|(part, sha256)| part.sha256 == **sha256).count();
    if same == done {
        return Ok(done);
    }
    let place = parsed.statements.get(same).map_or(&file.file, |part| &part.place);
    let error = anyhow!("{place}: an earlier run has done this statement, and it was changed since");
    Err(error.detail(format!("{done} statements of {} are done", file.file)).hint(
        "put the statement back as it was; or undo by hand what was done and forget it with `pgtend migrate repair`",
    ))
}
