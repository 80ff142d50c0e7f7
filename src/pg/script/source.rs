//! The text of a file that somebody else wrote, as statements that can be sent. No other foreign text becomes [`Sql`],
//! and each statement knows its place, so that an error can show it.
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use crate::pg::script::splitter::Statement;
use crate::pg::script::token::Position;
use crate::pg::sql::Sql;

/// A file with its name, shared by its statements.
#[derive(Clone, PartialEq, Eq)]
pub struct Source(Arc<File>);

#[derive(PartialEq, Eq)]
struct File {
    name: String,
    text: String,
}

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    source: Source,
    span: Range<usize>,
}

/// One line of a file, with a place in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excerpt {
    pub file: String,
    pub position: Position,
    pub line: String,
}

const LONGEST_LINE: usize = 160;

impl Source {
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self(Arc::new(File { name: name.into(), text: text.into() }))
    }

    pub fn name(&self) -> &str {
        &self.0.name
    }

    pub fn text(&self) -> &str {
        &self.0.text
    }

    /// A statement of a script that was parsed from this text.
    pub fn sql(&self, statement: &Statement<'_>) -> Sql {
        let text = self.0.text.get(statement.span.clone()).unwrap_or_default().to_owned();
        let origin = Origin { source: self.clone(), span: statement.span.clone() };
        Sql::of_script(text, origin)
    }
}

impl Origin {
    /// The line of a character of the statement, counted from 1 as the server counts; without one, its first line.
    pub fn excerpt(&self, character: Option<u32>) -> Excerpt {
        let text = self.source.text();
        let statement = text.get(self.span.clone()).unwrap_or_default();
        let before = character.map_or(0, |at| usize::try_from(at).unwrap_or(1).saturating_sub(1));
        let offset = statement.char_indices().nth(before).map_or(statement.len(), |(offset, _)| offset);
        let at = self.span.start + offset;
        let line_start = text[..at].rfind('\n').map_or(0, |end| end + 1);
        let line = text[line_start..].lines().next().unwrap_or_default();
        Excerpt {
            file: self.source.name().to_owned(),
            position: Position::of(text, at),
            line: line.chars().take(LONGEST_LINE).collect(),
        }
    }
}

impl fmt::Display for Excerpt {
    /// `V1__a.sql:3:8`, then the line, then a caret below the place.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let indent: String = self
            .line
            .chars()
            .take(self.position.column - 1)
            .map(|c| if c == '\t' { c } else { ' ' })
            .collect();
        write!(f, "{}:{}\n  {}\n  {indent}^", self.file, self.position, self.line)
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Source({})", self.0.name)
    }
}
