//! From text to tokens and comments, by the lexical rules of PostgreSQL (manual, chapter 4.1).
use crate::pg::script::token::{Comment, ScriptError, Token, TokenKind};

const OPERATORS: &str = "+-*/<>=~!@#%^&|`?";
/// An operator of several characters ends with `+` or `-` only when it holds one of these.
const OPEN_ENDED: &str = "~!@#%^&|`?";

#[derive(Debug)]
pub(super) struct Lexed<'a> {
    pub tokens: Vec<Token<'a>>,
    pub comments: Vec<Comment<'a>>,
}

/// # Errors
/// At what is never closed, at a command of psql, and at a character that no SQL token begins with.
pub(super) fn lex(text: &str) -> Result<Lexed<'_>, ScriptError> {
    let mut lexer = Lexer { text, at: 0 };
    let mut lexed = Lexed { tokens: Vec::new(), comments: Vec::new() };
    while let Some(first) = lexer.peek() {
        let start = lexer.at;
        if is_space(first) {
            lexer.at += 1;
        } else if lexer.comment()? {
            let span = start..lexer.at;
            lexed.comments.push(Comment { text: &text[span.clone()], span });
        } else {
            let kind = lexer.token(first)?;
            let span = start..lexer.at;
            lexed.tokens.push(Token { kind, text: &text[span.clone()], span });
        }
    }
    Ok(lexed)
}

/// Bytes from the opening quote, which `text` begins with, to the closing one; a doubled quote does not close.
pub fn quoted_length(text: &str, quote: char, backslashes: bool) -> Option<usize> {
    let mut characters = text.char_indices().skip(1).peekable();
    while let Some((at, character)) = characters.next() {
        if backslashes && character == '\\' {
            characters.next();
        } else if character == quote && characters.next_if(|(_, next)| *next == quote).is_none() {
            return Some(at + quote.len_utf8());
        }
    }
    None
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Lexer<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn error(&self, offset: usize, message: impl Into<String>) -> ScriptError {
        ScriptError::new(self.text, offset, message)
    }

    /// Steps over the characters of which this is true.
    fn skip(&mut self, belongs: impl Fn(char) -> bool) {
        self.at += self.rest().find(|c| !belongs(c)).unwrap_or(self.rest().len());
    }

    /// Steps over a comment, if one stands here.
    fn comment(&mut self) -> Result<bool, ScriptError> {
        if self.rest().starts_with("--") {
            self.skip(|c| c != '\n' && c != '\r');
            return Ok(true);
        }
        if !self.rest().starts_with("/*") {
            return Ok(false);
        }
        let start = self.at;
        let mut depth = 0;
        loop {
            let rest = self.rest();
            if rest.starts_with("/*") {
                depth += 1;
                self.at += 2;
            } else if rest.starts_with("*/") {
                depth -= 1;
                self.at += 2;
            } else if let Some(other) = rest.chars().next() {
                self.at += other.len_utf8();
            } else {
                return Err(self.error(start, "this comment is never closed"));
            }
            if depth == 0 {
                return Ok(true);
            }
        }
    }

    fn token(&mut self, first: char) -> Result<TokenKind, ScriptError> {
        match first {
            '\'' => self.string(false),
            '"' => self.quoted_identifier(),
            '$' => self.dollar(),
            '(' | ')' | '[' | ']' | ',' | ';' => self.symbol(1),
            ':' if self.rest().starts_with("::") || self.rest().starts_with(":=") => self.symbol(2),
            ':' => self.symbol(1),
            '.' if self.rest()[1..].starts_with(|c: char| c.is_ascii_digit()) => Ok(self.number()),
            '.' if self.rest().starts_with("..") => self.symbol(2),
            '.' => self.symbol(1),
            '0'..='9' => Ok(self.number()),
            _ if begins_word(first) => self.word(),
            _ if OPERATORS.contains(first) => Ok(self.operator()),
            '\\' => Err(self.psql_command()),
            '\0' => Err(self.error(self.at, "a NUL byte cannot stand in SQL")),
            other => Err(self.error(self.at, format!("no token of SQL begins with {other:?}"))),
        }
    }

    #[expect(clippy::unnecessary_wraps, reason = "an arm beside those that fail")]
    fn symbol(&mut self, length: usize) -> Result<TokenKind, ScriptError> {
        self.at += length;
        Ok(TokenKind::Symbol)
    }

    fn psql_command(&self) -> ScriptError {
        let command: String = self.rest().chars().take_while(|c| !is_space(*c)).take(20).collect();
        self.error(self.at, format!("`{command}` is a command of psql, which the server does not know"))
    }

    fn quoted(&mut self, quote: char, backslashes: bool, what: &str) -> Result<(), ScriptError> {
        let Some(length) = quoted_length(self.rest(), quote, backslashes) else {
            return Err(self.error(self.at, format!("this {what} is never closed")));
        };
        self.at += length;
        Ok(())
    }

    fn string(&mut self, backslashes: bool) -> Result<TokenKind, ScriptError> {
        self.quoted('\'', backslashes, "string")?;
        Ok(TokenKind::String)
    }

    fn quoted_identifier(&mut self) -> Result<TokenKind, ScriptError> {
        self.quoted('"', false, "quoted identifier")?;
        Ok(TokenKind::QuotedIdentifier)
    }

    /// A word, or a string whose kind a letter before it tells.
    fn word(&mut self) -> Result<TokenKind, ScriptError> {
        let mut characters = self.rest().chars().map(|c| c.to_ascii_lowercase());
        match (characters.next(), characters.next(), characters.next()) {
            (Some('e'), Some('\''), _) => self.after(1, |lexer| lexer.string(true)),
            (Some('b' | 'x' | 'n'), Some('\''), _) => self.after(1, |lexer| lexer.string(false)),
            (Some('u'), Some('&'), Some('\'')) => self.after(2, |lexer| lexer.string(false)),
            (Some('u'), Some('&'), Some('"')) => self.after(2, Self::quoted_identifier),
            _ => {
                self.skip(continues_word);
                Ok(TokenKind::Word)
            }
        }
    }

    fn after(
        &mut self,
        prefix: usize,
        lex: impl FnOnce(&mut Self) -> Result<TokenKind, ScriptError>,
    ) -> Result<TokenKind, ScriptError> {
        self.at += prefix;
        lex(self)
    }

    /// A parameter, or a string between two equal tags.
    fn dollar(&mut self) -> Result<TokenKind, ScriptError> {
        let start = self.at;
        let after = &self.rest()[1..];
        if after.starts_with(|c: char| c.is_ascii_digit()) {
            self.at += 1;
            self.skip(|c| c.is_ascii_digit());
            return Ok(TokenKind::Parameter);
        }
        let tag_length = after.find(|c| !continues_word(c) || c == '$').unwrap_or(after.len());
        let is_tag =
            after[tag_length..].starts_with('$') && (tag_length == 0 || after.starts_with(begins_word));
        if !is_tag {
            return Err(self.error(start, "this dollar sign begins neither a parameter nor a string"));
        }
        let tag = &self.rest()[..tag_length + 2];
        let Some(length) = self.rest()[tag.len()..].find(tag) else {
            return Err(self.error(start, format!("this string is never closed by `{tag}`")));
        };
        self.at += tag.len() + length + tag.len();
        Ok(TokenKind::DollarString)
    }

    fn number(&mut self) -> TokenKind {
        let start = self.at;
        self.skip(|c| c.is_ascii_alphanumeric() || c == '_');
        // Two points are a range, of which only PL/pgSQL knows, and belong to no number.
        if self.rest().starts_with('.') && !self.rest().starts_with("..") {
            self.at += 1;
            self.skip(|c| c.is_ascii_alphanumeric() || c == '_');
        }
        let so_far = &self.text[start..self.at];
        let exponent = so_far.ends_with(['e', 'E']) && !so_far.starts_with("0x") && !so_far.starts_with("0X");
        if exponent && self.rest().starts_with(['+', '-']) {
            self.at += 1;
            self.skip(|c| c.is_ascii_digit() || c == '_');
        }
        TokenKind::Number
    }

    fn operator(&mut self) -> TokenKind {
        let run: &str = {
            let rest = self.rest();
            let end = rest.find(|c| !OPERATORS.contains(c)).unwrap_or(rest.len());
            let comment = [rest[..end].find("--"), rest[..end].find("/*")].into_iter().flatten().min();
            &rest[..comment.unwrap_or(end)]
        };
        let mut length = run.len();
        if !run.contains(|c| OPEN_ENDED.contains(c)) {
            length = run.trim_end_matches(['+', '-']).len().max(1);
        }
        self.at += length;
        TokenKind::Operator
    }
}

/// What PostgreSQL's lexer takes for space; other Unicode spaces are letters to it.
fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r' | '\x0b' | '\x0c')
}

fn begins_word(c: char) -> bool {
    c.is_ascii_alphabetic() || c == '_' || !c.is_ascii()
}

fn continues_word(c: char) -> bool {
    begins_word(c) || c.is_ascii_digit() || c == '$'
}
