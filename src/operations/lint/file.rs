//! A file as the rules see it: statements and what each does, waivers, and where a byte stands.
use std::ops::Range;

use super::statement::words::{Word, words};
use super::statement::{Act, ActionKind, read};
use super::waiver::{self, Waiver, directives};
use crate::operations::migrate::Filled;
use crate::pg::script::{Comment, Position, Script, ScriptError, Statement};

#[derive(Debug)]
pub struct File {
    /// As findings name it.
    pub name: String,
    pub text: String,
    /// As it was written, where variables were replaced in the text.
    written: Option<(String, Filled)>,
    pub items: Vec<Item>,
    pub waivers: Vec<Waiver>,
    pub broken: Option<Broken>,
    no_transaction: bool,
}

/// A statement.
#[derive(Debug)]
pub struct Item {
    pub span: Range<usize>,
    pub words: Vec<Word>,
    pub act: Act,
    /// A semicolon stands behind it.
    pub ended: bool,
}

/// Why a file could not be taken apart.
#[derive(Debug)]
pub struct Broken {
    pub fault: Fault,
    pub span: Range<usize>,
    pub message: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    Syntax,
    Psql,
    Copy,
}

/// Where some bytes stand.
#[derive(Debug)]
pub struct Place {
    /// From 1, as is the column.
    pub line: usize,
    pub column: usize,
    /// Characters that the bytes take on this line.
    pub width: usize,
    /// The line, without its end.
    pub text: String,
}

impl File {
    pub fn read(name: impl Into<String>, text: impl Into<String>) -> Self {
        let text = text.into();
        let mut file = Self {
            name: name.into(),
            items: Vec::new(),
            waivers: Vec::new(),
            broken: None,
            no_transaction: false,
            written: None,
            text,
        };
        let readable = readable(&file.text);
        match Script::parse(&readable) {
            Ok(script) => {
                file.items = script.statements.iter().map(Item::of).collect();
                script.comments.iter().for_each(|comment| file.read_comment(comment));
            }
            Err(error) => file.broken = Some(Broken::of(&file.text, &error)),
        }
        file
    }

    /// The same of a text whose variables were replaced; places are those in the text as it was written.
    pub fn read_filled(name: impl Into<String>, written: impl Into<String>, filled: Filled) -> Self {
        let mut file = Self::read(name, filled.text.as_str());
        file.written = Some((written.into(), filled));
        file
    }

    /// All of it runs in one transaction.
    pub const fn in_transaction(&self) -> bool {
        !self.no_transaction
    }

    /// Nothing of it, settings excepted, can run in a transaction, so that it need not be said.
    pub fn implies_no_transaction(&self) -> bool {
        let fits = |item: &Item| item.is_outside() || matches!(item.act, Act::Set { .. });
        self.items.iter().any(Item::is_outside) && self.items.iter().all(fits)
    }

    pub fn place(&self, span: &Range<usize>) -> Place {
        let (whole, span) = match &self.written {
            Some((written, filled)) => (written, filled.written(span)),
            None => (&self.text, span.clone()),
        };
        let Position { line, column } = Position::of(whole, span.start.min(whole.len()));
        let text = whole.lines().nth(line - 1).unwrap_or_default();
        let left = text.chars().count().saturating_sub(column - 1);
        let part = whole.get(span).and_then(|part| part.lines().next()).unwrap_or_default();
        Place { line, column, width: part.chars().count().min(left).max(1), text: text.to_owned() }
    }

    fn read_comment(&mut self, comment: &Comment<'_>) {
        let at = comment.span.start;
        let behind = self.items.partition_point(|item| item.span.start <= at);
        let before = behind.checked_sub(1).and_then(|number| self.items.get(number));
        let text_before = &self.text[..at];
        let head = behind == 0 && !text_before.contains("\n\n") && !text_before.contains("\n\r\n");
        if head {
            self.no_transaction |= asks_for_no_transaction(comment.text);
        }
        // A comment within a statement or behind it on its line is that statement's.
        let belongs = before.is_some_and(|item| !self.text[item.span.end.min(at)..at].contains('\n'));
        let item = if belongs { behind - 1 } else { behind };
        let item = if head { None } else { Some(item) };
        self.waivers.extend(waiver::read(comment.text, comment.span.clone(), item));
    }
}

impl Broken {
    fn of(text: &str, error: &ScriptError) -> Self {
        let rest = text.get(error.offset..).unwrap_or_default();
        let fault = match rest.get(..5).unwrap_or(rest).to_ascii_lowercase().as_str() {
            start if start.starts_with("\\.") || matches!(start, "stdin" | "stdou") => Fault::Copy,
            start if start.starts_with('\\') => Fault::Psql,
            _ => Fault::Syntax,
        };
        let end = error.offset + rest.chars().next().map_or(0, char::len_utf8);
        Self { fault, span: error.offset..end, message: error.message.clone() }
    }
}

impl Item {
    fn of(statement: &Statement<'_>) -> Self {
        let words = words(&statement.tokens);
        Self { act: read(&words), span: statement.span.clone(), words, ended: statement.terminated }
    }

    /// The server refuses it inside a transaction.
    pub fn is_outside(&self) -> bool {
        match &self.act {
            Act::CreateIndex(index) => index.concurrently,
            Act::DropIndex { concurrently, .. } | Act::Reindex { concurrently, .. } => *concurrently,
            Act::Vacuum { .. } | Act::Outside | Act::Drop { kind: "database", .. } => true,
            Act::AlterTable(alter) => alter
                .actions
                .iter()
                .any(|action| matches!(action.kind, ActionKind::Detach { concurrently: true, .. })),
            _ => false,
        }
    }
}

/// The words of a text that may be no SQL, as a function's body; none when it cannot be taken apart.
pub fn words_of(text: &str) -> Vec<Word> {
    let script = Script::parse(text).map(|script| script.statements).unwrap_or_default();
    script.iter().flat_map(|statement| words(&statement.tokens)).collect()
}

/// As pgtend, sqlx, goose and graphile-worker write it.
fn asks_for_no_transaction(comment: &str) -> bool {
    let text = comment.trim_start_matches('-').trim_start_matches('!').trim();
    if let Some(directive) = text.strip_prefix("pgtend:") {
        return directives(directive).iter().any(|(key, _)| key == "no-transaction");
    }
    matches!(text, "no-transaction" | "+goose NO TRANSACTION")
}

/// `${name}` as an identifier of the same length, a byte order mark as blanks: every byte stays where it is.
fn readable(text: &str) -> String {
    let mut readable = String::with_capacity(text.len());
    let mut rest = text;
    if let Some(behind) = rest.strip_prefix('\u{feff}') {
        readable.push_str("   ");
        rest = behind;
    }
    while let Some(start) = rest.find("${") {
        let (before, variable) = rest.split_at(start);
        let name = variable[2..].find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == ':'));
        let end = name.map(|length| 2 + length).filter(|end| variable[*end..].starts_with('}'));
        let (variable, behind) = variable.split_at(end.map_or(2, |end| end + 1));
        readable.push_str(before);
        if end.is_some() {
            readable.extend(variable.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }));
        } else {
            readable.push_str(variable);
        }
        rest = behind;
    }
    readable.push_str(rest);
    readable
}
