//! A file as the rules see it: statements and what each does, waivers, and where a byte stands.
use std::ops::Range;

use super::lexer::{cut, lex};
use super::statement::words::Word;
use super::statement::{Act, ActionKind, read};
use super::waiver::{self, Waiver, directives};

#[derive(Debug)]
pub struct File {
    /// As findings name it.
    pub name: String,
    pub text: String,
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
            text,
        };
        let readable = without_variables(&file.text);
        match cut(&readable) {
            Ok(cuts) => {
                file.items = cuts
                    .into_iter()
                    .map(|cut| Item { act: read(&cut.words), span: cut.span, words: cut.words, ended: cut.ended })
                    .collect();
            }
            Err(failed) => {
                file.broken = Some(Broken { fault: failed.fault, span: failed.span, message: failed.message });
            }
        }
        file.read_comments();
        file
    }

    /// All of it runs in one transaction.
    pub const fn in_transaction(&self) -> bool {
        !self.no_transaction
    }

    /// Nothing of it can run in a transaction, so that it need not be said.
    pub fn implies_no_transaction(&self) -> bool {
        !self.items.is_empty() && self.items.iter().all(Item::is_outside)
    }

    pub fn place(&self, span: &Range<usize>) -> Place {
        let before = self.text.get(..span.start).unwrap_or(&self.text);
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let text = self.text[line_start..].lines().next().unwrap_or_default();
        let column = before[line_start..].chars().count();
        let left = text.chars().count().saturating_sub(column);
        let width = self.text.get(span.clone()).map_or(0, |part| part.lines().next().unwrap_or_default().chars().count());
        Place {
            line: before.matches('\n').count() + 1,
            column: column + 1,
            width: width.min(left).max(1),
            text: text.to_owned(),
        }
    }

    /// The comments between statements: the head of the file, and waivers.
    fn read_comments(&mut self) {
        let mut from = 0;
        let starts: Vec<usize> = self.items.iter().map(|item| item.span.start).collect();
        for (number, start) in starts.iter().copied().chain([self.text.len()]).enumerate() {
            for comment in comments(&self.text, from..start) {
                self.read_comment(comment, from, number);
            }
            from = self.items.get(number).map_or(start, |item| item.span.end);
        }
    }

    /// `number`: the statement behind the comment. `gap`: where the one before has ended.
    fn read_comment(&mut self, span: Range<usize>, gap: usize, number: usize) {
        let text = self.text[span.clone()].to_owned();
        let between = &self.text[gap..span.start];
        let head = number == 0 && !between.trim_start_matches('\u{feff}').contains("\n\n") && !between.contains("\n\r\n");
        if head {
            self.no_transaction |= asks_for_no_transaction(&text);
        }
        // A comment behind a statement on its line is that statement's.
        let item = if between.contains('\n') { number } else { number.saturating_sub(1) };
        let item = if head { None } else { Some(item) };
        self.waivers.extend(waiver::read(&text, span, item));
    }
}

impl Item {
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
    lex(text).unwrap_or_default()
}

/// As pgtend, sqlx, goose and graphile-worker write it.
fn asks_for_no_transaction(comment: &str) -> bool {
    let text = comment.trim_start_matches('-').trim_start_matches('!').trim();
    if let Some(directive) = text.strip_prefix("pgtend:") {
        return directives(directive).iter().any(|(key, _)| key == "no-transaction");
    }
    matches!(text, "no-transaction" | "+goose NO TRANSACTION")
}

/// Line comments in a gap between statements, where only blanks, comments and semicolons stand.
fn comments(text: &str, gap: Range<usize>) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = gap.start;
    while let Some(rest) = text.get(at..gap.end).filter(|rest| !rest.is_empty()) {
        if rest.starts_with("--") {
            let end = at + rest.find('\n').unwrap_or(rest.len());
            found.push(at..end);
            at = end;
        } else if rest.starts_with("/*") {
            at += rest.find("*/").map_or(rest.len(), |end| end + 2);
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    found
}

/// `${name}` as an identifier of the same length, so that every byte stays where it is.
fn without_variables(text: &str) -> String {
    let mut readable = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("${") {
        let (before, variable) = rest.split_at(start);
        let Some(end) = variable.find('}') else { break };
        readable.push_str(before);
        readable.extend(variable[..=end].chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }));
        rest = &variable[end + 1..];
    }
    readable.push_str(rest);
    readable
}
