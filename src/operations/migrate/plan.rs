//! Plans: the history table; a file in one transaction, which takes its history row with it; a baseline; a repair.
use crate::ddl;
use crate::operations::migrate::books::Books;
use crate::operations::migrate::file::{Migration, Parsed};
use crate::pg::name::{Ident, Literal, Relation};
use crate::pg::sql::{Keyword, List, Sql};
use crate::plan::{Loss, Plan, Step};

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
    pub(super) fn plan(&self, steps: Vec<Step>) -> Plan {
        Plan { target: self.history.clone(), oid: self.oid, steps, notes: Vec::new() }
    }

    pub(super) fn local_path(&self) -> Vec<Sql> {
        let path = List(&self.path);
        if self.path.is_empty() { Vec::new() } else { vec![ddl!("migrate/path.sql", path = path)] }
    }

    pub(super) fn session_path(&self) -> Vec<Sql> {
        let path = List(&self.path);
        if self.path.is_empty() { Vec::new() } else { vec![ddl!("migrate/session_path.sql", path = path)] }
    }

    pub(super) fn history_row(&self, file: &Migration) -> Sql {
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

/// Runs a file in one transaction.
pub fn whole_plan(target: &Target, file: &Migration, parsed: &Parsed) -> Plan {
    target.plan(vec![whole_step(target, file, parsed)])
}

fn whole_step(target: &Target, file: &Migration, parsed: &Parsed) -> Step {
    let statement_ms = statement_ms(parsed);
    let mut prepare = target.local_path();
    prepare.push(ddl!("migrate/statement_timeout.sql", statement_ms = statement_ms));
    let mut act: Vec<Sql> = parsed.statements.iter().map(|part| part.sql.clone()).collect();
    act.push(ddl!("migrate/own_role.sql"));
    act.push(target.history_row(file));
    act.extend(target.log_row(file, Some(parsed), "'ok'"));
    let mut step = Step::transaction(format!("{}, {}", file.file, statements(parsed)), prepare, act);
    step.foreign = true;
    step
}

pub(super) fn statement_ms(parsed: &Parsed) -> u32 {
    let milliseconds = |timeout: std::time::Duration| u32::try_from(timeout.as_millis()).unwrap_or(u32::MAX);
    parsed.header.statement_timeout.map_or(STATEMENT_TIMEOUT_MS, milliseconds)
}

pub(super) fn statements(parsed: &Parsed) -> String {
    match parsed.statements.len() {
        1 => "1 statement".to_owned(),
        many => format!("{many} statements"),
    }
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
