//! The head of a migration file: `-- pgtend: key=value ..` in the comment block that the file begins with.
use std::time::Duration;

use anyhow::{Context as _, anyhow, bail, ensure};

use crate::pg::script::{Script, Token};

/// What a file asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Header {
    pub no_transaction: bool,
    pub lock_timeout: Option<Duration>,
    pub lock_budget: Option<Duration>,
    pub statement_timeout: Option<Duration>,
    pub requires: Vec<Required>,
    pub extensions: Vec<String>,
    pub min_pg: Option<u32>,
    pub max_pg: Option<u32>,
    /// The names that `${name}` may stand for.
    pub variables: Vec<String>,
    /// It stops the application while it runs, and says so.
    pub offline: bool,
}

/// A relation that must be there, with columns. Names as the catalog has them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Required {
    pub schema: Option<String>,
    pub relation: String,
    pub columns: Vec<String>,
}

/// What others write on the first line for the same.
const ALIASES: [&str; 3] = ["-- no-transaction", "-- +goose NO TRANSACTION", "--! no-transaction"];
const MARK: &str = "-- pgtend:";

impl Header {
    /// # Errors
    /// With the line, when a key or its value is not known, or when a line of the head stands further down.
    pub fn read(text: &str) -> anyhow::Result<Self> {
        let mut header = Self::default();
        let head = text.lines().take_while(|line| line.starts_with("--")).count();
        let first = text.lines().next().unwrap_or_default().trim_end();
        header.no_transaction = ALIASES.contains(&first);
        for (index, line) in text.lines().enumerate() {
            let Some(words) = line.strip_prefix(MARK) else { continue };
            let at = || format!("line {}", index + 1);
            let words = words_of(words).with_context(at)?;
            let waiver = words.first().is_some_and(|word| word.starts_with("allow="));
            if index < head {
                words.iter().try_for_each(|word| header.take(word)).with_context(at)?;
            } else if !waiver {
                return Err(anyhow!("this belongs into the comments that the file begins with"))
                    .with_context(at);
            }
        }
        Ok(header)
    }

    fn take(&mut self, word: &str) -> anyhow::Result<()> {
        let (key, value) = word.split_once('=').unwrap_or((word, ""));
        let duration = || humantime::parse_duration(value).with_context(|| format!("read `{word}`"));
        let major = || value.parse::<u32>().with_context(|| format!("read `{word}`"));
        match key {
            "no-transaction" if value.is_empty() => self.no_transaction = true,
            "lock_timeout" => self.lock_timeout = Some(duration()?),
            "lock_budget" => self.lock_budget = Some(duration()?),
            "statement_timeout" => self.statement_timeout = Some(duration()?),
            "requires" => self.requires.extend(required(value).with_context(|| format!("read `{word}`"))?),
            "extension" => self.extensions.extend(value.split(',').map(str::to_owned)),
            "min-pg" => self.min_pg = Some(major()?),
            "max-pg" => self.max_pg = Some(major()?),
            "vars" => self.variables.extend(value.split(',').map(str::to_owned)),
            "risk" if value == "offline" => self.offline = true,
            // For the lint, which knows the rules.
            "allow" | "reason" => {}
            _ => bail!(
                "`{key}` is none of no-transaction, lock_timeout=, lock_budget=, statement_timeout=, requires=, \
                 extension=, min-pg=, max-pg=, vars=, risk=offline, allow="
            ),
        }
        Ok(())
    }
}

/// Words with spaces between them; within quotes and parentheses a space belongs to its word.
fn words_of(text: &str) -> anyhow::Result<Vec<String>> {
    let (mut words, mut word, mut quoted, mut depth) = (Vec::new(), String::new(), false, 0_u32);
    for character in text.chars() {
        match character {
            '"' => quoted = !quoted,
            '(' if !quoted => depth += 1,
            ')' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
        if character.is_whitespace() && !quoted && depth == 0 {
            words.extend((!word.is_empty()).then(|| std::mem::take(&mut word)));
        } else {
            word.push(character);
        }
    }
    ensure!(!quoted && depth == 0, "a quote or parenthesis is never closed");
    words.extend((!word.is_empty()).then_some(word));
    Ok(words)
}

/// `users(id,"createdAt"),app.orders`
fn required(value: &str) -> anyhow::Result<Vec<Required>> {
    let script = Script::parse(value)?;
    let [statement] = script.statements.as_slice() else { bail!("it names nothing") };
    let mut tokens = statement.tokens.iter().peekable();
    let mut all = Vec::new();
    loop {
        let mut one = Required { schema: None, relation: name(tokens.next())?, columns: Vec::new() };
        if tokens.next_if(|token| token.is_symbol(".")).is_some() {
            one.schema = Some(std::mem::replace(&mut one.relation, name(tokens.next())?));
        }
        if tokens.next_if(|token| token.is_symbol("(")).is_some() {
            loop {
                one.columns.push(name(tokens.next())?);
                match tokens.next() {
                    Some(token) if token.is_symbol(",") => {}
                    Some(token) if token.is_symbol(")") => break,
                    _ => bail!("a `,` or `)` must follow each column"),
                }
            }
        }
        all.push(one);
        match tokens.next() {
            None => return Ok(all),
            Some(token) if token.is_symbol(",") => {}
            Some(token) => bail!("`{}` is out of place", token.text),
        }
    }
}

fn name(token: Option<&Token<'_>>) -> anyhow::Result<String> {
    token.and_then(Token::identifier).map(std::borrow::Cow::into_owned).context("a name is missing")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_read() {
        let header = Header::read(
            "-- pgtend: no-transaction lock_timeout=1s statement_timeout=15min\n\
             -- pgtend: requires=Users(id,\"createdAt\", \"a b\"),app.orders min-pg=14 max-pg=18\n\
             -- pgtend: extension=pg_trgm vars=months,schema allow=drop-column reason=\"ticket 12\" risk=offline\n\
             -- source: elsewhere\n\nselect 1;\n-- pgtend: allow=rename reason=\"later is fine\"\n",
        )
        .unwrap();
        assert!(header.no_transaction && header.offline);
        assert_eq!(header.lock_timeout, Some(Duration::from_secs(1)));
        assert_eq!(header.statement_timeout, Some(Duration::from_secs(900)));
        let columns = ["id", "createdAt", "a b"].map(str::to_owned).to_vec();
        assert_eq!(header.requires[0], Required { schema: None, relation: "users".into(), columns });
        let orders = Required { schema: Some("app".into()), relation: "orders".into(), columns: vec![] };
        assert_eq!(header.requires[1], orders);
        assert_eq!((header.min_pg, header.max_pg), (Some(14), Some(18)));
        assert_eq!(header.variables, ["months", "schema"]);
        assert_eq!(header.extensions, ["pg_trgm"]);
    }

    #[test]
    fn what_others_write_for_no_transaction_is_known() {
        for first in ALIASES {
            assert!(Header::read(&format!("{first}\nselect 1")).unwrap().no_transaction);
            assert!(!Header::read(&format!("select 1;\n{first}\n")).unwrap().no_transaction);
        }
    }

    #[test]
    fn a_typing_error_is_told_with_its_line() {
        for (text, expected) in [
            ("-- a\n-- pgtend: no_transaction\n", "line 2: `no_transaction` is none of"),
            ("-- pgtend: lock_timeout=soon\n", "line 1: read `lock_timeout=soon`"),
            ("-- pgtend: requires=a(b\n", "line 1: a quote or parenthesis is never closed"),
            ("-- pgtend: requires=a(b,)\n", "line 1: read `requires=a(b,)`: a name is missing"),
            ("\n-- pgtend: no-transaction\n", "line 2: this belongs into the comments"),
        ] {
            let error = format!("{:#}", Header::read(text).unwrap_err());
            assert!(error.starts_with(expected), "{error}");
        }
    }
}
