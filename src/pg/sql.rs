//! SQL text kept in `sql/`, included when pgtend is built. Queries go out as they stand, with `$1`; statements
//! that cannot take parameters are templates whose holes accept only values that quote themselves.
use std::fmt;

use crate::pg::name::{Column, Ident, Literal, Relation};
use crate::pg::script::{Origin, quoted_length};

/// The mark at the head of pgtend's own queries. It stays in pg_stat_statements, where reports leave them out.
#[macro_export]
macro_rules! mark {
    () => {
        "/* pgtend */"
    };
}

/// A statement ready to send, and the file that it came from, so that an error can name it. Its text is a template's, the
/// server's, or that of a script; nothing else makes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sql {
    pub file: &'static str,
    pub text: String,
    origin: Option<Origin>,
}

impl Sql {
    /// A template with its holes filled: what [`ddl!`](crate::ddl) makes.
    #[doc(hidden)]
    pub fn filled(file: &'static str, template: &str, filled: &str) -> Self {
        Self { file, text: enclosed(template, statement(template, filled)), origin: None }
    }

    /// A statement of a script that others wrote, and where it stands there.
    pub(in crate::pg) const fn of_script(text: String, origin: Origin) -> Self {
        Self { file: "a migration", text, origin: Some(origin) }
    }

    /// A query that its user wrote out in `option`, to be sent as it is.
    pub const fn of_option(option: &'static str, text: String) -> Self {
        Self { file: option, text, origin: None }
    }

    /// A whole statement as the server itself rendered it, and the query that read it.
    pub fn deparsed(query: &Query, statement: Deparsed) -> Self {
        Self { file: query.file, text: statement.0, origin: None }
    }

    /// The same, known as pgtend's own where statements are counted.
    pub fn marked(&self) -> Self {
        Self { text: format!("{}\n{}", mark!(), self.text), ..self.clone() }
    }

    /// Where it stands in a file that others wrote.
    pub const fn origin(&self) -> Option<&Origin> {
        self.origin.as_ref()
    }
}

/// A query that goes out as it stands in its file; its values travel as parameters.
#[derive(Clone, Copy, Debug)]
pub struct Query {
    pub file: &'static str,
    pub text: &'static str,
}

impl From<Query> for Sql {
    /// For a query without parameters.
    fn from(query: Query) -> Self {
        Self { file: query.file, text: query.text.to_owned(), origin: None }
    }
}

impl fmt::Display for Sql {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{};", self.text)
    }
}

/// What may fill a hole in a template: only values that quote themselves, or that were never text.
pub trait SqlArg: fmt::Display {}
impl SqlArg for Ident {}
impl SqlArg for Relation {}
impl SqlArg for Literal {}
impl SqlArg for Column {}
impl SqlArg for u32 {}
impl SqlArg for i64 {}
impl SqlArg for Keyword {}
impl SqlArg for BodyLiteral {}
impl SqlArg for Fragment {}
impl SqlArg for Deparsed {}
impl<T: SqlArg> SqlArg for List<'_, T> {}

/// A word of SQL that pgtend itself chose, such as a lock mode. Only a constant can become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keyword(pub &'static str);

impl fmt::Display for Keyword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// A part of a statement, made from a template of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fragment(pub Sql);

impl fmt::Display for Fragment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.text)
    }
}

impl Fragment {
    /// A part that is left out.
    pub const fn none() -> Self {
        Self(Sql { file: "", text: String::new(), origin: None })
    }

    /// A value that quotes itself, where a part is wanted.
    pub fn of(value: &impl SqlArg) -> Self {
        Self(Sql { file: "", text: value.to_string(), origin: None })
    }

    /// Parts in a row.
    pub fn joined(parts: impl IntoIterator<Item = Sql>, separator: &'static str) -> Self {
        let texts: Vec<String> = parts.into_iter().map(|part| part.text).collect();
        Self(Sql { file: "", text: texts.join(separator), origin: None })
    }
}

/// An expression as the server itself renders it (`pg_get_expr`), never text of a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deparsed(pub String);

impl Deparsed {
    /// The same expression for columns of a table of another name: `old.id` becomes `"new".id`. The server quotes as
    /// little as it must, never repeats a name that it uses as a qualifier, and writes `schema.table`, never `old.table`.
    pub fn requalified(&self, old: &str, new: &Ident) -> Self {
        let mut text = String::new();
        let mut rest = self.0.as_str();
        let mut before = ' ';
        while !rest.is_empty() {
            let (token, after) = rest.split_at(token_length(rest));
            let name = match token.strip_prefix('"') {
                Some(quoted) => quoted.strip_suffix('"').unwrap_or(quoted).replace("\"\"", "\""),
                None => token.to_owned(),
            };
            if name == old && before != '.' && after.starts_with('.') {
                text.push_str(&new.to_string());
            } else {
                text.push_str(token);
            }
            before = token.chars().next_back().unwrap_or(' ');
            rest = after;
        }
        Self(text)
    }
}

/// Bytes of the first token: a literal, an identifier, or one character of anything else.
fn token_length(text: &str) -> usize {
    let word = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
    let first = text.chars().next().map_or(0, char::len_utf8);
    let quoted = |text, quote, backslashes| quoted_length(text, quote, backslashes).unwrap_or(text.len());
    match text.as_bytes() {
        [b'E', b'\'', ..] => 1 + quoted(&text[1..], '\'', true),
        [b'\'', ..] => quoted(text, '\'', false),
        [b'"', ..] => quoted(text, '"', false),
        _ if text.starts_with(word) => text.find(|c| !word(c)).unwrap_or(text.len()),
        _ => first,
    }
}

impl fmt::Display for Deparsed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A string literal for the inside of a `DO` body: without a dollar sign, which could end the body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BodyLiteral(pub String);

impl fmt::Display for BodyLiteral {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quoted = self.0.replace('\\', "\\\\").replace('\'', "''").replace('$', "\\x24");
        write!(f, "E'{quoted}'")
    }
}

/// Values with commas between them.
#[derive(Debug)]
pub struct List<'a, T>(pub &'a [T]);

impl<T: fmt::Display> fmt::Display for List<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, value) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str(", ")?;
            }
            value.fmt(f)?;
        }
        Ok(())
    }
}

#[doc(hidden)]
pub fn arg<T: SqlArg>(value: &T) -> &T {
    value
}

/// A query file below `sql/`, sent as it stands but for the [`mark!`](crate::mark) at its head; values go through `$1`.
#[macro_export]
macro_rules! query {
    ($file:literal) => {
        $crate::pg::sql::Query {
            file: concat!("sql/", $file),
            text: concat!(
                $crate::mark!(),
                "\n",
                include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/sql/", $file))
            ),
        }
    };
}

/// A statement file below `sql/` whose `{name}` holes are filled with values that quote themselves.
/// A hole without a value, or a value without a hole, does not compile; nor does a plain string.
#[macro_export]
macro_rules! ddl {
    ($file:literal $(, $name:ident = $value:expr)* $(,)?) => {
        $crate::pg::sql::Sql::filled(
            concat!("sql/", $file),
            include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/sql/", $file)),
            &format!(
                include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/sql/", $file)),
                $($name = $crate::pg::sql::arg(&$value)),*
            ),
        )
    };
}

/// The statement of a template without its head comment, which is for the readers of the file. What filled the holes is
/// left as it is, whatever line breaks a name holds.
#[doc(hidden)]
pub fn statement(template: &str, filled: &str) -> String {
    let head: usize = template
        .split_inclusive('\n')
        .take_while(|line| line.starts_with("--") || line.starts_with(mark!()) || line.trim().is_empty())
        .map(str::len)
        .sum();
    let body = filled.get(head..).unwrap_or_default();
    body.strip_suffix('\n').unwrap_or(body).to_owned()
}

/// What stands between dollar quotes stays there: where a name holds the quote, that is another one.
fn enclosed(template: &str, text: String) -> String {
    let Some(quote) = BODY_QUOTES.into_iter().find(|quote| template.contains(quote)) else { return text };
    let (Some(opens), Some(closes)) = (opening(&text, quote), text.rfind(quote)) else { return text };
    let (before, body) = (&text[..opens], &text[opens + quote.len()..closes]);
    if !body.contains(quote) {
        return text;
    }
    let another = (0..).map(|number| format!("$pgtend{number}$")).find(|another| !body.contains(another));
    let another = another.unwrap_or_default();
    format!("{before}{another}{body}{another}{}", &text[closes + quote.len()..])
}

/// Where the quote stands for the first time outside of a quoted name.
fn opening(text: &str, quote: &str) -> Option<usize> {
    let mut from = 0;
    loop {
        let next = from + text[from..].find(quote)?;
        match text[from..next].find('"') {
            Some(name) => from += name + quoted_length(&text[from + name..], '"', false)?,
            None => return Some(next),
        }
    }
}

/// Those of the templates. A template that has one ends with it.
const BODY_QUOTES: [&str; 2] = ["$do$", "$function$"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_does_not_end_the_body_that_it_stands_in() {
        let template = "create function {f}() as $function$\nselect {t}\n$function$\n";
        let filled = |f: &str, t: &str| template.replace("{f}", f).replace("{t}", t);
        let sql = |f, t| Sql::filled("", template, &filled(f, t)).text;
        assert_eq!(sql("\"f\"", "\"t\""), filled("\"f\"", "\"t\"").trim_end());
        assert_eq!(
            sql("\"$function$\"", "\"a$function$; $pgtend0$\""),
            "create function \"$function$\"() as $pgtend1$\nselect \"a$function$; $pgtend0$\"\n$pgtend1$"
        );
    }

    #[test]
    fn an_expression_is_told_about_another_table() {
        let new = Ident::new("new t").unwrap();
        let cases = [
            ("(old.id = m.id)", "old", "(\"new t\".id = m.id)"),
            ("(\"O\"\"ld\".id > 0)", "O\"ld", "(\"new t\".id > 0)"),
            ("(x = 'old.id'::text)", "old", "(x = 'old.id'::text)"),
            ("(x = 'it''s old.id'::text AND old.y)", "old", "(x = 'it''s old.id'::text AND \"new t\".y)"),
            ("(x = E'\\\\old.id\\'old.id'::text)", "old", "(x = E'\\\\old.id\\'old.id'::text)"),
            (
                "(SELECT 1 FROM public.old old_1 WHERE old_1.id = old.id)",
                "old",
                "(SELECT 1 FROM public.old old_1 WHERE old_1.id = \"new t\".id)",
            ),
            ("(s.old.id = older.id AND (old).id = 1)", "old", "(s.old.id = older.id AND (old).id = 1)"),
            ("(é = old.\"é\")", "old", "(é = \"new t\".\"é\")"),
        ];
        for (text, old, expected) in cases {
            assert_eq!(Deparsed(text.to_owned()).requalified(old, &new).0, expected);
        }
    }
}
