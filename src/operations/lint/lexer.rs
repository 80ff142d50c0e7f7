//! Statements of a file as words, until a lexer of its own floor does it.
use std::ops::Range;

use super::file::Fault;
use super::statement::words::{Kind, Word};

pub struct Cut {
    pub span: Range<usize>,
    pub words: Vec<Word>,
    pub ended: bool,
}

pub struct Failed {
    pub fault: Fault,
    pub span: Range<usize>,
    pub message: String,
}

pub fn cut(text: &str) -> Result<Vec<Cut>, Failed> {
    let words = lex(text)?;
    let mut cuts = Vec::new();
    let mut current: Vec<Word> = Vec::new();
    let (mut depth, mut atomic) = (0i32, 0i32);
    for word in words {
        if word.kind == Kind::Symbol {
            match word.text.as_str() {
                "(" | "[" => depth += 1,
                ")" | "]" => depth -= 1,
                _ => {}
            }
        }
        if word.is("atomic") && current.last().is_some_and(|w| w.is("begin")) {
            atomic += 1;
        } else if atomic > 0 && word.is("case") {
            atomic += 1;
        } else if atomic > 0 && word.is("end") {
            atomic -= 1;
        }
        if word.is_symbol(";") && depth <= 0 && atomic == 0 {
            push(&mut cuts, &mut current, true)?;
        } else {
            current.push(word);
        }
    }
    push(&mut cuts, &mut current, false)?;
    Ok(cuts)
}

fn push(cuts: &mut Vec<Cut>, current: &mut Vec<Word>, ended: bool) -> Result<(), Failed> {
    let words = std::mem::take(current);
    if let (Some(first), Some(last)) = (words.first(), words.last()) {
        let span = first.span.start..last.span.end;
        let stdin = words.windows(2).any(|w| w[0].is("from") && w[1].is("stdin"));
        if first.is("copy") && stdin {
            return Err(Failed { fault: Fault::Copy, span, message: "COPY FROM STDIN".to_owned() });
        }
        cuts.push(Cut { span, words, ended });
    }
    Ok(())
}

pub fn lex(text: &str) -> Result<Vec<Word>, Failed> {
    let mut words = Vec::new();
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        let from = at;
        let open = |what: &str| Failed { fault: Fault::Syntax, span: from..from + 1, message: format!("{what} is never closed") };
        if c.is_whitespace() || c == '\u{feff}' {
            at += c.len_utf8();
        } else if rest.starts_with("--") {
            at += rest.find('\n').unwrap_or(rest.len());
        } else if rest.starts_with("/*") {
            let (mut depth, mut i) = (0, 0);
            loop {
                if rest[i..].starts_with("/*") { depth += 1; i += 2; }
                else if rest[i..].starts_with("*/") { depth -= 1; i += 2; if depth == 0 { break; } }
                else { match rest[i..].chars().next() { Some(c) => i += c.len_utf8(), None => return Err(open("a comment")) } }
            }
            at += i;
        } else if c == '\\' {
            return Err(Failed { fault: Fault::Psql, span: from..from + rest.find('\n').unwrap_or(rest.len()), message: String::from("a line that begins with a backslash") });
        } else if c == '\'' || (rest.len() > 1 && rest[1..].starts_with('\'') && "eEbBxXnN".contains(c)) {
            let skip = usize::from(c != '\'');
            let n = quoted(&rest[skip..], '\'', "eE".contains(c)).ok_or_else(|| open("a literal"))?;
            at += skip + n;
            words.push(Word { kind: Kind::Literal, text: rest[skip + 1..skip + n - 1].replace("''", "'"), span: from..at });
        } else if c == '"' {
            let n = quoted(rest, '"', false).ok_or_else(|| open("a quoted name"))?;
            at += n;
            words.push(Word { kind: Kind::Quoted, text: rest[1..n - 1].replace("\"\"", "\""), span: from..at });
        } else if let Some(tag) = dollar(rest) {
            let end = rest[tag.len()..].find(tag).ok_or_else(|| open("a dollar-quoted literal"))?;
            at += tag.len() * 2 + end;
            words.push(Word { kind: Kind::Literal, text: rest[tag.len()..tag.len() + end].to_owned(), span: from..at });
        } else if c.is_alphabetic() || c == '_' {
            let n = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '$')).unwrap_or(rest.len());
            at += n;
            words.push(Word { kind: Kind::Name, text: rest[..n].to_lowercase(), span: from..at });
        } else if c.is_ascii_digit() {
            let n = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.')).unwrap_or(rest.len());
            at += n;
            words.push(Word { kind: Kind::Number, text: rest[..n].to_owned(), span: from..at });
        } else {
            at += c.len_utf8();
            words.push(Word { kind: Kind::Symbol, text: c.to_string(), span: from..at });
        }
    }
    Ok(words)
}

fn quoted(text: &str, quote: char, backslashes: bool) -> Option<usize> {
    let mut chars = text.char_indices().skip(1).peekable();
    while let Some((i, c)) = chars.next() {
        if backslashes && c == '\\' { chars.next(); }
        else if c == quote && chars.next_if(|(_, n)| *n == quote).is_none() { return Some(i + 1); }
    }
    None
}

fn dollar(rest: &str) -> Option<&str> {
    let after = rest.strip_prefix('$')?;
    let n = after.find(|c: char| !(c.is_alphanumeric() || c == '_'))?;
    (after[n..].starts_with('$') && !after.starts_with(|c: char| c.is_ascii_digit())).then(|| &rest[..n + 2])
}
