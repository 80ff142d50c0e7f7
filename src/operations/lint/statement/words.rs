//! A walk over a statement's words, one after another, which never looks into literals or comments.
use std::ops::Range;

use crate::pg::catalog::TableName;
use crate::pg::script::{Token, TokenKind};

/// What a word is. Unquoted names and keywords are one kind: which it is depends on where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Name,
    Quoted,
    Literal,
    Number,
    Symbol,
}

/// A word of a statement. `text` is what it means: folded to lower case, without quotes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    pub kind: Kind,
    pub text: String,
    /// Bytes of the file.
    pub span: Range<usize>,
}

impl Word {
    pub fn is(&self, keyword: &str) -> bool {
        self.kind == Kind::Name && self.text == keyword
    }

    pub fn is_symbol(&self, symbol: &str) -> bool {
        self.kind == Kind::Symbol && self.text == symbol
    }

    const fn is_identifier(&self) -> bool {
        matches!(self.kind, Kind::Name | Kind::Quoted)
    }
}

/// The words of a statement.
pub fn words(tokens: &[Token<'_>]) -> Vec<Word> {
    tokens.iter().map(word).collect()
}

fn word(token: &Token<'_>) -> Word {
    let as_name = || token.identifier().map_or_else(|| token.text.to_owned(), |name| name.into_owned());
    let (kind, text) = match token.kind {
        TokenKind::Word => (Kind::Name, as_name()),
        TokenKind::QuotedIdentifier => (Kind::Quoted, as_name()),
        TokenKind::String => (Kind::Literal, between(token.text, "'").replace("''", "'")),
        TokenKind::DollarString => {
            let tag =
                token.text.find('$').and_then(|from| token.text[from + 1..].find('$')).unwrap_or_default()
                    + 2;
            (Kind::Literal, token.text.get(tag..token.text.len() - tag).unwrap_or_default().to_owned())
        }
        TokenKind::Number | TokenKind::Parameter => (Kind::Number, token.text.to_owned()),
        TokenKind::Symbol | TokenKind::Operator => (Kind::Symbol, token.text.to_owned()),
    };
    Word { kind, text, span: token.span.clone() }
}

fn between<'a>(text: &'a str, quote: &str) -> &'a str {
    let inner = text.split_once(quote).map_or(text, |(_, inner)| inner);
    inner.strip_suffix(quote).unwrap_or(inner)
}

/// Where the walk has come to.
#[derive(Clone, Copy, Debug)]
pub struct Words<'a> {
    all: &'a [Word],
    at: usize,
}

impl<'a> Words<'a> {
    pub const fn new(all: &'a [Word]) -> Self {
        Self { all, at: 0 }
    }

    pub fn peek(&self) -> Option<&'a Word> {
        self.all.get(self.at)
    }

    pub fn next(&mut self) -> Option<&'a Word> {
        let word = self.peek()?;
        self.at += 1;
        Some(word)
    }

    /// What is left.
    pub fn rest(&self) -> &'a [Word] {
        self.all.get(self.at..).unwrap_or_default()
    }

    pub fn at(&self, keyword: &str) -> bool {
        self.peek().is_some_and(|word| word.is(keyword))
    }

    /// Goes over these keywords if they come next, all of them.
    pub fn eat(&mut self, keywords: &[&str]) -> bool {
        let next = self.rest();
        let come = next.len() >= keywords.len() && next.iter().zip(keywords).all(|(word, k)| word.is(k));
        if come {
            self.at += keywords.len();
        }
        come
    }

    /// Goes over the first of these keywords that comes next.
    pub fn eat_any<'k>(&mut self, keywords: &[&'k str]) -> Option<&'k str> {
        keywords.iter().find(|keyword| self.eat(&[keyword])).copied()
    }

    pub fn eat_symbol(&mut self, symbol: &str) -> bool {
        let comes = self.peek().is_some_and(|word| word.is_symbol(symbol));
        self.at += usize::from(comes);
        comes
    }

    /// One identifier.
    pub fn identifier(&mut self) -> Option<String> {
        let word = self.peek().filter(|word| word.is_identifier())?;
        self.at += 1;
        Some(word.text.clone())
    }

    /// `name`, `schema.name` or `database.schema.name`.
    pub fn name(&mut self) -> Option<TableName> {
        let mut parts = vec![self.identifier()?];
        while self.eat_symbol(".") {
            parts.push(self.identifier()?);
        }
        let name = parts.pop()?;
        Some(TableName { schema: parts.pop(), name })
    }

    /// Names with commas between them; each may have `only` before it and `*` behind it.
    pub fn names(&mut self) -> Vec<TableName> {
        let mut names = Vec::new();
        loop {
            self.eat(&["only"]);
            match self.name() {
                Some(name) => names.push(name),
                None => return names,
            }
            self.eat_symbol("*");
            if !self.eat_symbol(",") {
                return names;
            }
        }
    }

    /// What stands in the parentheses that come next, without them. Goes to the end when they are not closed.
    pub fn parentheses(&mut self) -> Option<&'a [Word]> {
        if !self.eat_symbol("(") {
            return None;
        }
        let from = self.at;
        let mut depth = 1;
        while let Some(word) = self.next() {
            depth += depth_of(word);
            if depth == 0 {
                return self.all.get(from..self.at - 1);
            }
        }
        self.all.get(from..)
    }

    /// Goes to a keyword outside parentheses, and over it.
    pub fn skip_to(&mut self, keyword: &str) -> bool {
        let mut depth = 0;
        while let Some(word) = self.next() {
            depth += depth_of(word);
            if depth == 0 && word.is(keyword) {
                return true;
            }
        }
        false
    }

    /// The words before the first of these keywords outside parentheses, or all that is left.
    pub fn until(&mut self, keywords: &[&str]) -> &'a [Word] {
        let from = self.at;
        let mut depth = 0;
        while let Some(word) = self.peek() {
            depth += depth_of(word);
            if depth == 0 && self.at > from && keywords.iter().any(|keyword| word.is(keyword)) {
                break;
            }
            self.at += 1;
        }
        self.all.get(from..self.at).unwrap_or_default()
    }
}

fn depth_of(word: &Word) -> i32 {
    match word.text.as_str() {
        "(" | "[" if word.kind == Kind::Symbol => 1,
        ")" | "]" if word.kind == Kind::Symbol => -1,
        _ => 0,
    }
}

/// Splits at commas outside parentheses.
pub fn at_commas(words: &[Word]) -> Vec<&[Word]> {
    let (mut parts, mut from, mut depth) = (Vec::new(), 0, 0);
    for (at, word) in words.iter().enumerate() {
        depth += depth_of(word);
        if depth == 0 && word.is_symbol(",") {
            parts.push(&words[from..at]);
            from = at + 1;
        }
    }
    parts.push(&words[from..]);
    parts.retain(|part| !part.is_empty());
    parts
}

/// The keyword stands there, inside parentheses or not.
pub fn has(words: &[Word], keywords: &[&str]) -> bool {
    words.windows(keywords.len()).any(|some| some.iter().zip(keywords).all(|(word, k)| word.is(k)))
}

/// The bytes from the first word to the last.
pub fn span_of(words: &[Word]) -> Range<usize> {
    match (words.first(), words.last()) {
        (Some(first), Some(last)) => first.span.start..last.span.end,
        _ => 0..0,
    }
}

/// The functions that an expression calls, by name.
pub fn calls(words: &[Word]) -> Vec<TableName> {
    let mut found = Vec::new();
    let mut at = Words::new(words);
    while at.peek().is_some() {
        match at.name() {
            Some(name) if at.peek().is_some_and(|word| word.is_symbol("(")) => found.push(name),
            Some(_) => {}
            None => drop(at.next()),
        }
    }
    found
}

/// One spelling for texts that mean the same: a blank between words, quotes only where they are needed.
pub fn normal(words: &[Word]) -> String {
    let texts: Vec<String> = words
        .iter()
        .map(|word| match word.kind {
            Kind::Literal => format!("'{}'", word.text),
            _ => word.text.clone(),
        })
        .collect();
    texts.join(" ")
}
