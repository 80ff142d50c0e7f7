//! The pieces that SQL text is made of, and places in it.
use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

/// What a token is, by its first characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// A keyword or an identifier without quotes.
    Word,
    /// `"Name"` or `U&"name"`.
    QuotedIdentifier,
    /// `'..'`, and `E'..'`, `U&'..'`, `B'..'`, `X'..'`, `N'..'`.
    String,
    /// `$$..$$` or `$tag$..$tag$`.
    DollarString,
    Number,
    /// `$1`.
    Parameter,
    /// `(`, `)`, `[`, `]`, `,`, `;`, `.`, `..`, `:`, `::`, `:=`.
    Symbol,
    /// A run of operator characters, such as `<=` or `->>`.
    Operator,
}

/// One token. `span` counts bytes in the whole text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token<'a> {
    pub kind: TokenKind,
    pub text: &'a str,
    pub span: Range<usize>,
}

/// A comment with its marks, `-- ..` without the line's end, or `/* .. */`. `span` counts bytes in the whole text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment<'a> {
    pub text: &'a str,
    pub span: Range<usize>,
}

/// A place in a text: line and column from 1, the column in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    pub line: usize,
    pub column: usize,
}

/// Why a text is not a script that pgtend can run, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScriptError {
    pub message: String,
    /// Bytes from the beginning of the text.
    pub offset: usize,
    pub position: Position,
}

impl Token<'_> {
    /// Whether this is the keyword, given in lower case. A quoted identifier never is one.
    pub fn is(&self, keyword: &str) -> bool {
        self.kind == TokenKind::Word && self.text.eq_ignore_ascii_case(keyword)
    }

    pub fn is_symbol(&self, symbol: &str) -> bool {
        self.kind == TokenKind::Symbol && self.text == symbol
    }

    /// The name as the catalog would store it: folded to lower case without quotes, taken as it stands within. `None` for
    /// what is no identifier, and for `U&".."`, whose escapes are not read.
    pub fn identifier(&self) -> Option<Cow<'_, str>> {
        match self.kind {
            TokenKind::Word if self.text.chars().any(|c| c.is_ascii_uppercase()) => {
                Some(Cow::Owned(self.text.to_ascii_lowercase()))
            }
            TokenKind::Word => Some(Cow::Borrowed(self.text)),
            TokenKind::QuotedIdentifier => {
                let inner = self.text.strip_prefix('"')?.strip_suffix('"')?;
                Some(if inner.contains('"') {
                    Cow::Owned(inner.replace("\"\"", "\""))
                } else {
                    Cow::Borrowed(inner)
                })
            }
            _ => None,
        }
    }
}

impl Position {
    pub(super) const START: Self = Self { line: 1, column: 1 };

    /// The place of a byte in a text; one past the end is a place as well.
    pub fn of(text: &str, offset: usize) -> Self {
        Self::START.behind(text.get(..offset).unwrap_or(text))
    }

    /// The place behind a piece of text that begins here.
    pub(super) fn behind(self, piece: &str) -> Self {
        let Some(end) = piece.rfind('\n') else {
            return Self { line: self.line, column: self.column + piece.chars().count() };
        };
        let lines = piece.bytes().filter(|byte| *byte == b'\n').count();
        Self { line: self.line + lines, column: piece[end + 1..].chars().count() + 1 }
    }
}

impl ScriptError {
    pub(super) fn new(text: &str, offset: usize, message: impl Into<String>) -> Self {
        Self { message: message.into(), offset, position: Position::of(text, offset) }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

impl fmt::Display for ScriptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: {}", self.position.line, self.position.column, self.message)
    }
}

impl std::error::Error for ScriptError {}
