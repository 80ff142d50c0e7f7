//! Plans: the history table, one file, a baseline, a repair. A file in one transaction takes its history row with it;
//! of a file run statement by statement each statement takes its line in the log with it.
use anyhow::{anyhow, ensure};

use crate::ddl;
use crate::failure::Explain as _;
use crate::operations::migrate::books::{Books, LogEntry};
use crate::operations::migrate::file::{Migration, Mode, Parsed, Part};
use crate::operations::migrate::recover::{IndexEvidence, Indexes};
use crate::operations::migrate::statement::{Alone, Kind};
use crate::pg::name::{Ident, Literal, Relation};
use crate::pg::sql::{Keyword, List, Sql};
use crate::plan::{Loss, Plan, Recover, Run, Step};

/// A set as a plan needs to know it.
#[derive(Clone, Debug)]
pub struct Target {
    pub set: String,
    pub history: Relation,
    /// As [`Plan::oid`]: the number that stands for the set.
    pub oid: u32,
    /// The log, where this role may write it.
    pub log: Option<Relation>,
    /// The versions in the history are `integer`.
    pub narrow: bool,
    /// Where the files' names are looked up.
    pub path: Vec<Ident>,
}

/// A version that counts as applied though pgtend has not run it.
#[derive(Clone, Copy, Debug)]
pub struct Faked<'a>(pub &'a Migration);

/// As long as a migration in one transaction may take, unless its head says otherwise.
const STATEMENT_TIMEOUT_MS: u32 = 15 * 60 * 1000;

/// The number that stands for a set where an oid would: beyond those of a young database, so that it is no table's.
pub fn number_of(history: &Relation) -> u32 {
    let hash = super::file::sha256(&history.plain());
    u32::from_str_radix(&hash[..8], 16).unwrap_or_default() | 0x8000_0000
}

impl Target {
    fn plan(&self, steps: Vec<Step>) -> Plan {
        Plan { target: self.history.clone(), oid: self.oid, steps, notes: Vec::new() }
    }

    fn local_path(&self) -> Vec<Sql> {
        let path = List(&self.path);
        if self.path.is_empty() { Vec::new() } else { vec![ddl!("migrate/path.sql", path = path)] }
    }

    fn session_path(&self) -> Vec<Sql> {
        let path = List(&self.path);
        if self.path.is_empty() { Vec::new() } else { vec![ddl!("migrate/session_path.sql", path = path)] }
    }

    fn history_row(&self, file: &Migration) -> Sql {
        let checksum = self.checksum(file);
        ddl!(
            "migrate/history_row.sql",
            history = self.history,
            version = file.version,
            name = Literal(file.name.clone()),
            checksum = Literal(checksum)
        )
    }

    /// As the program that made the table would write it.
    fn checksum(&self, file: &Migration) -> String {
        let narrow = if self.narrow { file.narrow_checksum() } else { None };
        narrow.unwrap_or_else(|| file.checksum()).to_string()
    }

    /// The whole entry of a file that is done with one step.
    fn log_row(&self, file: &Migration, parsed: Option<&Parsed>, status: &'static str) -> Option<Sql> {
        let statements = parsed.map_or(0, |parsed| parsed.statements.len());
        let log = self.log.as_ref()?;
        Some(ddl!(
            "migrate/log_row.sql",
            log = *log,
            set = Literal(self.set.clone()),
            history = Literal(self.history.plain()),
            version = file.version,
            name = Literal(file.name.clone()),
            sha256 = Literal(file.sha256()),
            mode = Keyword("'transaction'"),
            status = Keyword(status),
            statements = i64::try_from(statements).unwrap_or(i64::MAX),
            tool = Literal(env!("CARGO_PKG_VERSION").to_owned())
        ))
    }
}

/// Makes the history table where there is none.
pub fn books_plan(target: &Target, books: &Books) -> Plan {
    if books.has_history {
        return target.plan(Vec::new());
    }
    let schema = ddl!("migrate/create_schema.sql", schema = target.history.schema);
    let table = ddl!("migrate/create_history.sql", history = target.history);
    let act = if books.has_schema { vec![table] } else { vec![schema, table] };
    let mut step = Step::transaction(format!("make the history {}", target.history.plain()), Vec::new(), act);
    step.minor = true;
    target.plan(vec![step])
}

/// Runs what is left of one file. `entry` is what the log says of it.
///
/// # Errors
/// When the statements that are done are others than the file has, when an index is there already, or when a file
/// that needs a log has none.
pub fn file_plan(
    target: &Target,
    file: &Migration,
    parsed: &Parsed,
    entry: Option<&LogEntry>,
    indexes: &Indexes,
) -> anyhow::Result<Plan> {
    match parsed.mode {
        Mode::Transaction => Ok(target.plan(vec![whole_step(target, file, parsed)])),
        Mode::Statements => {
            let begun = entry.filter(|entry| entry.is_open());
            let done = begun.map_or(Ok(0), |entry| done(file, parsed, entry))?;
            let steps = Stepwise { target, file, parsed, indexes, done, resumed: begun.is_some() }.steps()?;
            Ok(target.plan(steps))
        }
    }
}

fn whole_step(target: &Target, file: &Migration, parsed: &Parsed) -> Step {
    let statement_ms = parsed
        .header
        .statement_timeout
        .map_or(STATEMENT_TIMEOUT_MS, |timeout| u32::try_from(timeout.as_millis()).unwrap_or(u32::MAX));
    let mut prepare = target.local_path();
    prepare.push(ddl!("migrate/statement_timeout.sql", statement_ms = statement_ms));
    let mut act: Vec<Sql> = parsed.statements.iter().map(|part| part.sql.clone()).collect();
    act.push(ddl!("migrate/own_role.sql"));
    act.push(target.history_row(file));
    act.extend(target.log_row(file, Some(parsed), "'ok'"));
    let statements = match parsed.statements.len() {
        1 => "1 statement".to_owned(),
        many => format!("{many} statements"),
    };
    let mut step = Step::transaction(format!("{}, {statements}", file.file), prepare, act);
    step.foreign = true;
    step
}

/// How many statements of the file an earlier run has done.
fn done(file: &Migration, parsed: &Parsed, entry: &LogEntry) -> anyhow::Result<usize> {
    let done = entry.done_sha256.len();
    let same =
        parsed.statements.iter().zip(&entry.done_sha256).take_while(|(part, sha)| part.sha256 == **sha);
    let same = same.count();
    if same == done {
        return Ok(done);
    }
    let place = parsed.statements.get(same).map_or(&file.file, |part| &part.place);
    let error = anyhow!("{place}: an earlier run has done this statement, and it was changed since");
    Err(error.detail(format!("{done} statements of {} are done", file.file)).hint(
        "put the statement back as it was; or undo by hand what was done and forget it with `pgtend migrate repair`",
    ))
}

/// A file that is run statement by statement.
struct Stepwise<'a> {
    target: &'a Target,
    file: &'a Migration,
    parsed: &'a Parsed,
    indexes: &'a Indexes,
    done: usize,
    resumed: bool,
}

impl Stepwise<'_> {
    fn steps(&self) -> anyhow::Result<Vec<Step>> {
        let Some(log) = &self.target.log else {
            let error = anyhow!(
                "{} is run statement by statement, and there is no log to record them in",
                self.file.file
            );
            return Err(error.hint("let this role write the schema of pgtend's journal: grant create on database, or the journal's owner runs it once"));
        };
        let mut steps = vec![self.begin_step(log)];
        let mut settings: Vec<Sql> = Vec::new();
        for (number, part) in self.parsed.statements.iter().enumerate() {
            if part.kind == Kind::Setting {
                settings.push(part.sql.clone());
            }
            if number < self.done {
                continue;
            }
            match &part.kind {
                Kind::Alone(alone) => self.alone_steps(&mut steps, log, number, part, alone, &settings)?,
                _ => steps.push(self.together_step(log, part, &settings)),
            }
        }
        steps.push(self.end_step(log));
        Ok(steps)
    }

    /// A statement with its line in the log: done together or not at all.
    fn together_step(&self, log: &Relation, part: &Part, settings: &[Sql]) -> Step {
        let mut prepare = self.target.local_path();
        prepare.push(ddl!("migrate/statement_timeout.sql", statement_ms = self.statement_ms()));
        prepare.extend(settings.iter().cloned());
        let mut act = Vec::new();
        // A setting is the last of the settings already.
        if part.kind != Kind::Setting {
            act.push(part.sql.clone());
        }
        act.push(ddl!("migrate/own_role.sql"));
        act.push(self.log_done(log, part));
        let mut step = Step::transaction(part.summary(), prepare, act);
        step.foreign = true;
        step.minor = part.kind == Kind::Setting;
        step.interrupted = "the statements before it are recorded; the next run goes on with this one";
        step
    }

    fn statement_ms(&self) -> u32 {
        self.parsed
            .header
            .statement_timeout
            .map_or(STATEMENT_TIMEOUT_MS, |timeout| u32::try_from(timeout.as_millis()).unwrap_or(u32::MAX))
    }

    fn alone_steps(
        &self,
        steps: &mut Vec<Step>,
        log: &Relation,
        number: usize,
        part: &Part,
        alone: &Alone,
        settings: &[Sql],
    ) -> anyhow::Result<()> {
        let evidence = self.indexes.0.get(&number);
        // Only the first statement that is not recorded may have been done by the run that was interrupted.
        let maybe_done = self.resumed && number == self.done;
        let mut step = Step::alone(part.summary(), part.sql.clone());
        let prepare = [self.target.session_path(), settings.to_vec()].concat();
        step.run = Run::Alone { prepare, statement: part.sql.clone(), guard: None };
        step.interrupted = "it may be done without being recorded; the next run runs it again";
        match (alone, evidence) {
            (Alone::CreateIndex { .. }, Some(index)) => {
                self.build_steps(steps, step, index, maybe_done, part)?;
            }
            (Alone::DropIndex { .. }, Some(IndexEvidence { oid: Some(oid), table, .. })) => {
                step.recover = Some(only_done(ddl!("migrate/drop_state.sql", oid = *oid)));
                step.after_transactions_on.clone_from(table);
                step.interrupted = "the index may be left, not valid; the next run drops it";
                steps.push(step);
            }
            // An interrupted run has dropped it and could not record that.
            (Alone::DropIndex { .. }, Some(IndexEvidence { oid: None, .. })) if maybe_done => {}
            (Alone::CreateIndex { .. } | Alone::DropIndex { .. } | Alone::Concurrently, _) => {
                // Its several transactions must not be interrupted by a timeout half-way.
                if let Run::Alone { prepare, .. } = &mut step.run {
                    prepare.push(ddl!("apply/lock_timeout.sql", lock_ms = 0_u32));
                }
                steps.push(step);
            }
            (Alone::Other, _) => steps.push(step),
        }
        let mut record = Step::transaction(
            format!("{}: record it", part.place),
            Vec::new(),
            vec![self.log_done(log, part)],
        );
        record.minor = true;
        record.interrupted =
            "the next run finds the statement done by looking at the catalog, or runs it again";
        steps.push(record);
        Ok(())
    }

    /// Builds an index after what an earlier attempt has left is out of the way, and leaves nothing when it fails.
    fn build_steps(
        &self,
        steps: &mut Vec<Step>,
        mut build: Step,
        index: &IndexEvidence,
        maybe_done: bool,
        part: &Part,
    ) -> anyhow::Result<()> {
        let name = Literal(index.relation.to_string());
        ensure!(
            maybe_done || index.oid.is_none() || !index.valid,
            "{}: the index {} is there already",
            part.place,
            index.relation.plain()
        );
        let clean = || {
            let summary = format!("take away {}, which is not valid", index.relation.plain());
            let mut step = Step::alone(summary, ddl!("migrate/drop_leftover.sql", name = index.relation));
            let state = ddl!("migrate/leftover_state.sql", name = name);
            step.recover = Some(only_done(state));
            step.minor = true;
            step.interrupted = "the index that is not valid is still there; the next run takes it away";
            step
        };
        if index.oid.is_some() && !index.valid {
            steps.push(clean());
        }
        build.recover = Some(only_done(ddl!("migrate/index_state.sql", name = name)));
        build.after_transactions_on.clone_from(&index.table);
        build.interrupted =
            "an index that is not valid may be left; the next run takes it away and builds it again";
        let at = steps.len();
        steps.push(build);
        let mut after = clean();
        after.standing = crate::plan::Standing::AfterFailureOf { step: at };
        steps.push(after);
        Ok(())
    }

    fn begin_step(&self, log: &Relation) -> Step {
        let statement = if self.resumed {
            ddl!(
                "migrate/log_resume.sql",
                log = *log,
                history = Literal(self.target.history.plain()),
                version = self.file.version
            )
        } else {
            ddl!(
                "migrate/log_begin.sql",
                log = *log,
                set = Literal(self.target.set.clone()),
                history = Literal(self.target.history.plain()),
                version = self.file.version,
                name = Literal(self.file.name.clone()),
                sha256 = Literal(self.file.sha256()),
                statements = i64::try_from(self.parsed.statements.len()).unwrap_or(i64::MAX),
                tool = Literal(env!("CARGO_PKG_VERSION").to_owned())
            )
        };
        let mut step = Step::transaction(format!("{}: begin", self.file.file), Vec::new(), vec![statement]);
        step.minor = true;
        step
    }

    fn end_step(&self, log: &Relation) -> Step {
        let end = ddl!(
            "migrate/log_end.sql",
            log = *log,
            history = Literal(self.target.history.plain()),
            version = self.file.version,
            sha256 = Literal(self.file.sha256()),
            tool = Literal(env!("CARGO_PKG_VERSION").to_owned())
        );
        let act = vec![self.target.history_row(self.file), end];
        let mut step = Step::transaction(
            format!("{}, {} statements one by one", self.file.file, self.parsed.statements.len()),
            Vec::new(),
            act,
        );
        step.interrupted = "every statement is recorded; the next run enters the file into the history";
        step
    }

    fn log_done(&self, log: &Relation, part: &Part) -> Sql {
        ddl!(
            "migrate/log_done.sql",
            log = *log,
            history = Literal(self.target.history.plain()),
            version = self.file.version,
            sha256 = Literal(part.sha256.clone())
        )
    }
}

/// What is never finished from half-way, and is recognised when it is done.
fn only_done(state: Sql) -> Recover {
    Recover { state, finish: Vec::new(), locks: Vec::new() }
}

/// Enters versions into the history without running them.
pub fn baseline_plan(target: &Target, books: &Books, files: &[Faked<'_>]) -> Plan {
    let mut plan = books_plan(target, books);
    for Faked(file) in files {
        let act =
            [target.history_row(file)].into_iter().chain(target.log_row(file, None, "'faked'")).collect();
        plan.steps.push(Step::transaction(format!("enter {} as applied", file.file), Vec::new(), act));
    }
    plan
}

/// Makes history and files agree: the checksums of changed files, half-run files forgotten, lost files forgotten.
pub fn repair_plan(
    target: &Target,
    changed: &[&Migration],
    open: &[&Migration],
    lost: &[(i64, String)],
) -> Plan {
    let mut steps = Vec::new();
    for file in changed {
        let act = vec![ddl!(
            "migrate/history_checksum.sql",
            history = target.history,
            version = file.version,
            name = Literal(file.name.clone()),
            checksum = Literal(target.checksum(file))
        )];
        let act = act.into_iter().chain(target.log_row(file, None, "'repaired'")).collect();
        steps.push(Step::transaction(
            format!("take {} as it is now for what was applied", file.file),
            Vec::new(),
            act,
        ));
    }
    for file in open {
        let Some(log) = &target.log else { continue };
        let history = Literal(target.history.plain());
        let forget = ddl!("migrate/log_forget.sql", log = *log, history = history, version = file.version);
        let summary = format!("forget what was done of {}", file.file);
        let mut step = Step::transaction(summary.clone(), Vec::new(), vec![forget]);
        step.destroys = Some(Loss { what: summary, also: Vec::new(), rows: None, bytes: None });
        steps.push(step);
    }
    for (version, name) in lost {
        let forget = ddl!("migrate/history_forget.sql", history = target.history, version = *version);
        let summary = format!("forget that version {version}, {name}, was applied");
        let mut step = Step::transaction(summary.clone(), Vec::new(), vec![forget]);
        step.destroys = Some(Loss { what: summary, also: Vec::new(), rows: None, bytes: None });
        steps.push(step);
    }
    target.plan(steps)
}
