//! What an index is, apart from its name and table: access method, keys, predicate. It writes itself as SQL, so that
//! a definition that was read from the catalog or from a statement can be sent again.
use std::fmt;

use anyhow::ensure;

use crate::pg::name::{Ident, Literal};
use crate::pg::sql::{Deparsed, SqlArg};

/// All that stands after the table's name in `CREATE INDEX`, and `UNIQUE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexDefinition {
    pub unique: bool,
    pub method: Ident,
    pub keys: Vec<Key>,
    pub include: Vec<Ident>,
    pub nulls_not_distinct: bool,
    pub options: Vec<Parameter>,
    pub tablespace: Option<Ident>,
    pub predicate: Option<Expression>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    pub of: KeyOf,
    /// Absent where it is the usual one.
    pub collation: Option<Qualified>,
    pub opclass: Option<OperatorClass>,
    pub descending: bool,
    pub nulls_first: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyOf {
    Column(Ident),
    Expression(Expression),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperatorClass {
    pub name: Qualified,
    pub parameters: Vec<Parameter>,
}

/// A storage parameter, or one of an operator class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    pub name: Ident,
    pub value: String,
}

/// A name with a schema where one was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Qualified {
    pub schema: Option<Ident>,
    pub name: Ident,
}

/// An expression of SQL: the server's own rendering, or one that was found whole in a statement, where every bracket
/// and quote is closed. Written with the brackets that it needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expression(String);

impl Expression {
    pub fn of_server(rendered: Deparsed) -> Self {
        Self(rendered.0)
    }

    /// For the parser of statements alone, which has seen where it begins and ends.
    pub(in crate::pg) fn parsed(text: String) -> Self {
        Self(text)
    }

    pub fn text(&self) -> &str {
        &self.0
    }
}

impl SqlArg for Expression {}
impl SqlArg for IndexDefinition {}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Parameter {
    /// From `name=value`, as `pg_class.reloptions` has it.
    ///
    /// # Errors
    /// When there is no name before the equals sign.
    pub fn of_catalog(option: &str) -> anyhow::Result<Self> {
        let (name, value) = option.split_once('=').unwrap_or((option, ""));
        ensure!(!name.is_empty(), "a storage parameter without a name: `{option}`");
        Ok(Self { name: Ident::new(name)?, value: value.to_owned() })
    }
}

/// How names are written: always in quotes, for a server, or where they must be, for people.
type Quote = fn(&Ident) -> String;

impl IndexDefinition {
    /// A plain one, as a primary key or a foreign key wants it.
    ///
    /// # Errors
    /// Never in practice: the access method's name is a constant.
    pub fn btree(columns: &[Ident], unique: bool) -> anyhow::Result<Self> {
        Ok(Self {
            unique,
            method: Ident::new("btree")?,
            keys: columns.iter().cloned().map(Key::column).collect(),
            include: Vec::new(),
            nulls_not_distinct: false,
            options: Vec::new(),
            tablespace: None,
            predicate: None,
        })
    }

    /// For people: `btree (user_id, at desc) where (deleted_at IS NULL)`.
    pub fn plain(&self) -> String {
        self.written(Ident::plain)
    }

    fn written(&self, quote: Quote) -> String {
        let keys = joined(&self.keys, |key| key.written(quote));
        let mut text = format!("{} ({keys})", quote(&self.method));
        if !self.include.is_empty() {
            text = format!("{text} include ({})", joined(&self.include, quote));
        }
        if self.nulls_not_distinct {
            text.push_str(" nulls not distinct");
        }
        if !self.options.is_empty() {
            text = format!("{text} with ({})", joined(&self.options, |option| option.written(quote)));
        }
        if let Some(tablespace) = &self.tablespace {
            text = format!("{text} tablespace {}", quote(tablespace));
        }
        if let Some(predicate) = &self.predicate {
            text = format!("{text} where {predicate}");
        }
        text
    }
}

impl fmt::Display for IndexDefinition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written(Ident::to_string))
    }
}

impl Key {
    const fn column(column: Ident) -> Self {
        Self {
            of: KeyOf::Column(column),
            collation: None,
            opclass: None,
            descending: false,
            nulls_first: false,
        }
    }

    fn written(&self, quote: Quote) -> String {
        let mut text = match &self.of {
            KeyOf::Column(column) => quote(column),
            KeyOf::Expression(expression) => expression.to_string(),
        };
        if let Some(collation) = &self.collation {
            text = format!("{text} collate {}", collation.written(quote));
        }
        if let Some(opclass) = &self.opclass {
            text = format!("{text} {}", opclass.name.written(quote));
            if !opclass.parameters.is_empty() {
                text = format!("{text} ({})", joined(&opclass.parameters, |one| one.written(quote)));
            }
        }
        // NULLs are larger than all else: first when descending, last otherwise.
        match (self.descending, self.nulls_first) {
            (false, false) => text,
            (false, true) => format!("{text} nulls first"),
            (true, true) => format!("{text} desc"),
            (true, false) => format!("{text} desc nulls last"),
        }
    }
}

impl Parameter {
    fn written(&self, quote: Quote) -> String {
        format!("{} = {}", quote(&self.name), Literal(self.value.clone()))
    }
}

impl Qualified {
    fn written(&self, quote: Quote) -> String {
        match &self.schema {
            Some(schema) => format!("{}.{}", quote(schema), quote(&self.name)),
            None => quote(&self.name),
        }
    }
}

fn joined<T>(values: &[T], written: impl Fn(&T) -> String) -> String {
    values.iter().map(written).collect::<Vec<_>>().join(", ")
}
