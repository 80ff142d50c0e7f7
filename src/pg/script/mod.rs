//! SQL text that somebody else wrote: its tokens and its statements, with their places in the text. It knows the
//! lexical rules of the manual's chapter 4.1 and where a statement ends, nothing of what a statement means.
mod lexer;
mod source;
mod splitter;
#[cfg(test)]
mod tests;
mod token;

pub use lexer::quoted_length;
pub use source::{Excerpt, Origin, Source};
pub use splitter::{Script, Statement};
pub use token::{Comment, Position, ScriptError, Token, TokenKind};
