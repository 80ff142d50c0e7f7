//! One migration file: its version and name, its text as it is hashed, and what it comes to once it is to be run.
use std::hash::{Hash as _, Hasher as _};

use anyhow::{Context as _, anyhow};
use refinery_core::Migration as Refinery;
use ring::digest::{SHA256, digest};
use siphasher::sip::SipHasher13;

use crate::failure::Explain as _;
use crate::operations::migrate::header::Header;
use crate::operations::migrate::statement::{Alone, Kind};
use crate::operations::migrate::variables::Variables;
use crate::pg::script::{Script, Source};
use crate::pg::sql::Sql;

/// A file as it lies there. Two with the same text are equal whatever line ends they were saved with.
#[derive(Clone, Debug)]
pub struct Migration {
    /// The file's name, for people.
    pub file: String,
    pub version: i64,
    pub name: String,
    /// With `\n` at the ends of lines and without a byte order mark.
    pub text: String,
    /// Whether it may come after files of higher versions.
    pub unordered: bool,
    pub(super) refinery: Refinery,
}

/// How the statements of a file are run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// All in one transaction.
    Transaction,
    /// One after the other, each recorded when it is done.
    Statements,
}

/// A file taken apart, ready to be planned.
#[derive(Clone, Debug)]
pub struct Parsed {
    pub header: Header,
    pub mode: Mode,
    pub statements: Vec<Part>,
}

#[derive(Clone, Debug)]
pub struct Part {
    pub sql: Sql,
    pub kind: Kind,
    pub sha256: String,
    /// `V1__a.sql:3`
    pub place: String,
    /// `create table`, which an earlier file may do for a later one.
    pub makes: Option<(Option<String>, String)>,
}

impl Migration {
    /// # Errors
    /// When the stem is none that refinery takes.
    pub(super) fn new(file: &str, stem: &str, text: String) -> anyhow::Result<Self> {
        let refinery = Refinery::unapplied(stem, &text).map_err(|error| anyhow!("{error}"))?;
        Ok(Self {
            file: file.to_owned(),
            version: refinery.version(),
            name: refinery.name().to_owned(),
            text,
            unordered: stem.starts_with('U'),
            refinery,
        })
    }

    pub fn checksum(&self) -> u64 {
        self.refinery.checksum()
    }

    /// What refinery without wide versions has for the same file.
    pub fn narrow_checksum(&self) -> Option<u64> {
        Some(narrow(&self.name, i32::try_from(self.version).ok()?, &self.text))
    }

    /// Whether the checksum is of this file: with wide or narrow versions, and whatever line ends it was saved with.
    pub fn has_checksum(&self, checksum: u64) -> bool {
        let same = |text: &str| {
            let wide = hash(&self.name, text, |hasher| self.version.hash(hasher));
            let narrow = i32::try_from(self.version).ok().map(|version| narrow(&self.name, version, text));
            wide == checksum || narrow == Some(checksum)
        };
        checksum == self.checksum() || same(&self.text) || {
            let windows = self.text.replace('\n', "\r\n");
            same(&windows) || same(&format!("\u{feff}{}", self.text)) || same(&format!("\u{feff}{windows}"))
        }
    }

    pub fn sha256(&self) -> String {
        sha256(&self.text)
    }

    /// # Errors
    /// With the place, when the file's head or its SQL cannot be understood, or its statements do not go together.
    pub fn parse(&self, variables: &Variables) -> anyhow::Result<Parsed> {
        self.parse_named(variables).with_context(|| format!("read {}", self.file))
    }

    fn parse_named(&self, variables: &Variables) -> anyhow::Result<Parsed> {
        let header = Header::read(&self.text)?;
        let source = Source::new(&self.file, variables.fill(&self.text, &header.variables)?.text);
        let script = Script::parse(source.text())?;
        let statements: Vec<Part> = script
            .statements
            .iter()
            .map(|statement| {
                let sql = source.sql(statement);
                Part {
                    kind: Kind::of(statement),
                    sha256: sha256(&sql.text),
                    place: format!("{}:{}", self.file, statement.position.line),
                    makes: super::requirement::made_by(statement),
                    sql,
                }
            })
            .collect();
        let mode = mode(&header, &statements)?;
        Ok(Parsed { header, mode, statements })
    }
}

fn mode(header: &Header, statements: &[Part]) -> anyhow::Result<Mode> {
    if let Some(part) = statements.iter().find(|part| part.kind == Kind::TransactionControl) {
        let error = anyhow!("{}: a file begins and ends no transaction: pgtend does", part.place);
        return Err(
            error.hint("leave the statement out; `-- pgtend: no-transaction` runs each statement by itself")
        );
    }
    let alone = |part: &&Part| matches!(part.kind, Kind::Alone(_));
    let Some(first) = statements.iter().find(alone) else {
        return Ok(if header.no_transaction { Mode::Statements } else { Mode::Transaction });
    };
    let all = statements.iter().all(|part| alone(&part) || part.kind == Kind::Setting);
    if header.no_transaction || all {
        return Ok(Mode::Statements);
    }
    let error =
        anyhow!("{}: this statement cannot run in a transaction, as the others of the file do", first.place);
    Err(error.hint("put it into a file of its own, or begin the file with `-- pgtend: no-transaction`"))
}

impl Part {
    /// `create index concurrently orders_by_day ..`, for one line.
    pub fn summary(&self) -> String {
        let line: String = self.sql.text.split_whitespace().collect::<Vec<_>>().join(" ");
        let short: String = line.chars().take(60).collect();
        if short.len() < line.len() {
            format!("{}: {short} ..", self.place)
        } else {
            format!("{}: {short}", self.place)
        }
    }

    pub fn builds_index(&self) -> bool {
        matches!(self.kind, Kind::Alone(Alone::CreateIndex { .. }))
    }
}

pub(super) fn sha256(text: &str) -> String {
    digest(&SHA256, text.as_bytes()).as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn narrow(name: &str, version: i32, text: &str) -> u64 {
    hash(name, text, |hasher| version.hash(hasher))
}

/// As refinery has it: name, version and text.
fn hash(name: &str, text: &str, version: impl Fn(&mut SipHasher13)) -> u64 {
    let mut hasher = SipHasher13::new();
    name.hash(&mut hasher);
    version(&mut hasher);
    text.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_are_refinerys_whatever_the_line_ends() {
        let file = Migration::new("V1__a.sql", "V1__a", "select 1;\nselect 2;\n".to_owned()).unwrap();
        assert_eq!(file.checksum(), hash("a", &file.text, |hasher| 1_i64.hash(hasher)));
        let windows = Refinery::unapplied("V1__a", "select 1;\r\nselect 2;\r\n").unwrap();
        assert!(windows.checksum() != file.checksum() && file.has_checksum(windows.checksum()));
        assert!(file.has_checksum(file.narrow_checksum().unwrap()));
        let other = Refinery::unapplied("V1__a", "select 1;\nselect 3;\n").unwrap();
        assert!(!file.has_checksum(other.checksum()));
    }

    fn parse(text: &str) -> anyhow::Result<Parsed> {
        Migration::new("V1__a.sql", "V1__a", text.to_owned()).unwrap().parse(&Variables::default())
    }

    #[test]
    fn the_mode_follows_from_the_statements() {
        assert_eq!(parse("create table t ()").unwrap().mode, Mode::Transaction);
        assert_eq!(
            parse("set a = 1; create index concurrently i on t (a); vacuum t").unwrap().mode,
            Mode::Statements
        );
        assert_eq!(parse("-- pgtend: no-transaction\nselect 1; vacuum t").unwrap().mode, Mode::Statements);
        for (text, expected) in [
            ("select 1;\nvacuum t", "V1__a.sql:2: this statement cannot run in a transaction"),
            ("create table t ();\n commit", "V1__a.sql:2: a file begins and ends no transaction"),
            ("select 1;\n\\i x", "read V1__a.sql: line 2, column 1: `\\i` is a command of psql"),
        ] {
            let error = format!("{:#}", parse(text).unwrap_err());
            assert!(error.contains(expected), "{error}");
        }
    }
}
