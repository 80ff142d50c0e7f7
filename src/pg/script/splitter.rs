//! From tokens to statements: a semicolon ends one, except in parentheses and in the body of a function in SQL.
use std::ops::Range;

use crate::pg::script::lexer::lex;
use crate::pg::script::token::{Comment, Position, ScriptError, Token};

/// A text of SQL, taken apart.
#[derive(Clone, Debug)]
pub struct Script<'a> {
    pub text: &'a str,
    /// Empty statements are left out.
    pub statements: Vec<Statement<'a>>,
    /// All comments, in their order, whether inside of a statement or not.
    pub comments: Vec<Comment<'a>>,
}

/// One statement, with at least one token, from its first to its last without the semicolon.
#[derive(Clone, Debug)]
pub struct Statement<'a> {
    pub text: &'a str,
    /// Bytes in the whole text.
    pub span: Range<usize>,
    /// Where it begins.
    pub position: Position,
    /// Without comments and the semicolon.
    pub tokens: Vec<Token<'a>>,
    /// Whether a semicolon follows. Only the last statement of a script can lack one.
    pub terminated: bool,
}

impl<'a> Script<'a> {
    /// # Errors
    /// At what is never closed, at a command of psql, and at `COPY` from or to the client.
    pub fn parse(text: &'a str) -> Result<Self, ScriptError> {
        let lexed = lex(text)?;
        let mut statements: Vec<Statement<'a>> = Vec::new();
        let mut depth = Depth::default();
        let mut begun: Vec<Token<'a>> = Vec::new();
        for token in lexed.tokens {
            depth.step(text, &begun, &token)?;
            if token.is_symbol(";") && depth.is_flat() {
                let statement = Statement::of(text, statements.last(), std::mem::take(&mut begun), true)?;
                statements.extend(statement);
                depth = Depth::default();
            } else {
                begun.push(token);
            }
        }
        depth.finish(text)?;
        let statement = Statement::of(text, statements.last(), begun, false)?;
        statements.extend(statement);
        Ok(Self { text, statements, comments: lexed.comments })
    }

    /// Line and column of a byte of the text.
    pub fn position(&self, offset: usize) -> Position {
        Position::of(self.text, offset)
    }
}

impl<'a> Statement<'a> {
    /// `before` is the statement before it, from which its place is counted: from the beginning it would take ever longer.
    fn of(
        text: &'a str,
        before: Option<&Self>,
        tokens: Vec<Token<'a>>,
        terminated: bool,
    ) -> Result<Option<Self>, ScriptError> {
        let (Some(first), Some(last)) = (tokens.first(), tokens.last()) else { return Ok(None) };
        let span = first.span.start..last.span.end;
        let (at, position) =
            before.map_or((0, Position::START), |before| (before.span.start, before.position));
        let position = position.behind(&text[at..span.start]);
        let statement = Self { text: &text[span.clone()], span, position, tokens, terminated };
        match statement.copied_through_the_client() {
            None => Ok(Some(statement)),
            Some(token) => {
                let message = format!(
                    "`copy` from or to the client (`{}`) does not work in a file: its data is no SQL",
                    token.text.to_ascii_lowercase()
                );
                Err(ScriptError::new(text, token.span.start, message))
            }
        }
    }

    /// Whether the statement begins with these keywords, given in lower case with one space between them.
    pub fn begins_with(&self, keywords: &str) -> bool {
        let mut tokens = self.tokens.iter();
        keywords.split(' ').all(|keyword| tokens.next().is_some_and(|token| token.is(keyword)))
    }

    /// Whether these keywords stand somewhere in the statement, one after the other.
    pub fn holds(&self, keywords: &str) -> bool {
        let keywords: Vec<&str> = keywords.split(' ').collect();
        self.tokens
            .windows(keywords.len())
            .any(|tokens| tokens.iter().zip(&keywords).all(|(token, keyword)| token.is(keyword)))
    }

    fn copied_through_the_client(&self) -> Option<&Token<'a>> {
        let pair = |first: &str, second: &str| {
            self.tokens.windows(2).find(|pair| pair[0].is(first) && pair[1].is(second)).map(|pair| &pair[1])
        };
        if !self.begins_with("copy") {
            return None;
        }
        pair("from", "stdin").or_else(|| pair("to", "stdout"))
    }
}

/// How deep a token stands within a statement.
#[derive(Default)]
struct Depth {
    /// Where the parentheses open that are not closed yet.
    parentheses: Vec<usize>,
    /// Where `BEGIN ATOMIC` and each `CASE` within it stand that have no `END` yet.
    blocks: Vec<usize>,
}

impl Depth {
    fn is_flat(&self) -> bool {
        self.parentheses.is_empty() && self.blocks.is_empty()
    }

    fn step(&mut self, text: &str, before: &[Token<'_>], token: &Token<'_>) -> Result<(), ScriptError> {
        if token.is_symbol("(") {
            self.parentheses.push(token.span.start);
        } else if token.is_symbol(")") && self.parentheses.pop().is_none() {
            return Err(ScriptError::new(text, token.span.start, "this parenthesis was never opened"));
        }
        let previous = before.last();
        // A word after a point or `AS` is a name, whatever it says elsewhere.
        if previous.is_some_and(|previous| previous.is_symbol(".") || previous.is("as")) {
            return Ok(());
        }
        let opens_body =
            token.is("atomic") && previous.is_some_and(|p| p.is("begin")) && makes_routine(before);
        let opens_case = token.is("case") && !self.blocks.is_empty();
        if opens_body || opens_case {
            self.blocks.push(token.span.start);
        } else if token.is("end") {
            self.blocks.pop();
        }
        Ok(())
    }

    fn finish(&self, text: &str) -> Result<(), ScriptError> {
        if let Some(open) = self.parentheses.first() {
            return Err(ScriptError::new(text, *open, "this parenthesis is never closed"));
        }
        match self.blocks.first() {
            Some(open) => Err(ScriptError::new(text, *open, "this `begin atomic` has no `end`")),
            None => Ok(()),
        }
    }
}

/// `create [or replace] {function | procedure}`.
fn makes_routine(tokens: &[Token<'_>]) -> bool {
    let words: Vec<&Token<'_>> = tokens.iter().take(4).collect();
    let routine = |token: &&Token<'_>| token.is("function") || token.is("procedure");
    match words.as_slice() {
        [create, or, replace, what, ..] if or.is("or") => {
            create.is("create") && replace.is("replace") && routine(what)
        }
        [create, what, ..] => create.is("create") && routine(what),
        _ => false,
    }
}
