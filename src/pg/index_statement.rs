//! `CREATE INDEX`, `DROP INDEX` and `REINDEX` as somebody wrote them, taken apart into names and a definition. It knows
//! their grammar and no catalog: whether a table or a column is there is not asked.
use anyhow::{Context as _, anyhow, bail, ensure};

use crate::failure::{Exit, Explain as _};
use crate::pg::catalog::TableName;
use crate::pg::index::{Expression, IndexDefinition, Key, KeyOf, OperatorClass, Parameter, Qualified};
use crate::pg::name::Ident;
use crate::pg::script::{Script, Statement, Token, TokenKind};

#[derive(Clone, Debug)]
pub enum IndexStatement {
    Create(CreateIndex),
    Drop(NamedIndexes),
    Reindex(NamedIndexes),
}

#[derive(Clone, Debug)]
pub struct CreateIndex {
    pub name: Option<Ident>,
    pub table: TableName,
    pub definition: IndexDefinition,
    pub concurrently: bool,
    pub only: bool,
}

#[derive(Clone, Debug)]
pub struct NamedIndexes {
    pub names: Vec<TableName>,
    pub concurrently: bool,
    pub if_exists: bool,
}

impl IndexStatement {
    /// The one statement of a text.
    ///
    /// # Errors
    /// `Exit::Usage` when it is not one statement of these three kinds, with the place in the text.
    pub fn parse(text: &str) -> anyhow::Result<Self> {
        let script = Script::parse(text);
        let script = script.map_err(|error| anyhow!(error).exit(Exit::Usage).detail(text.to_owned()))?;
        match script.statements.as_slice() {
            [statement] => Self::of(statement)?.ok_or_else(|| {
                anyhow!("this is not CREATE INDEX, DROP INDEX or REINDEX INDEX").exit(Exit::Usage)
            }),
            [] => Err(anyhow!("there is no statement").exit(Exit::Usage)),
            many => Err(anyhow!("{} statements where one is expected", many.len()).exit(Exit::Usage)),
        }
    }

    /// `None`: a statement of another kind.
    ///
    /// # Errors
    /// `Exit::Usage` when it is of these kinds and its grammar is wrong, or one that pgtend does not read.
    pub fn of(statement: &Statement<'_>) -> anyhow::Result<Option<Self>> {
        let mut cursor =
            Cursor { text: statement.text, base: statement.span.start, tokens: &statement.tokens };
        let parsed = cursor.statement();
        parsed.map_err(|error| {
            let error = error.context(format!("read the statement at {}", statement.position));
            error.exit(Exit::Usage).detail(statement.text.to_owned())
        })
    }
}

/// A condition as somebody wrote it, of which it is sure that it ends where it does.
///
/// # Errors
/// `Exit::Usage` when a bracket or a quote of it is not closed, or more than a condition stands there.
pub fn condition(text: &str) -> anyhow::Result<Expression> {
    let read = || -> anyhow::Result<Expression> {
        let script = Script::parse(text).map_err(|error| anyhow!(error))?;
        let [statement] = script.statements.as_slice() else { bail!("one condition is expected") };
        let mut cursor =
            Cursor { text: statement.text, base: statement.span.start, tokens: &statement.tokens };
        let condition = cursor.rest("the condition")?;
        ensure!(cursor.tokens.is_empty(), "`;` is not expected here");
        Ok(condition)
    };
    read().with_context(|| format!("read the condition `{text}`")).exit(Exit::Usage)
}

/// What is left to read of a statement.
struct Cursor<'a> {
    text: &'a str,
    /// Where the statement begins in the text that the spans of tokens count in.
    base: usize,
    tokens: &'a [Token<'a>],
}

impl<'a> Cursor<'a> {
    fn statement(&mut self) -> anyhow::Result<Option<IndexStatement>> {
        let statement = if self.takes("create index") {
            IndexStatement::Create(self.create(false)?)
        } else if self.takes("create unique index") {
            IndexStatement::Create(self.create(true)?)
        } else if self.takes("drop index") {
            IndexStatement::Drop(self.dropped()?)
        } else if self.takes("reindex") {
            let Some(reindex) = self.reindexed()? else { return Ok(None) };
            IndexStatement::Reindex(reindex)
        } else {
            return Ok(None);
        };
        while self.takes_symbol(";") {}
        match self.tokens.first() {
            Some(token) => bail!("`{}` is not expected here", token.text),
            None => Ok(Some(statement)),
        }
    }

    fn create(&mut self, unique: bool) -> anyhow::Result<CreateIndex> {
        let concurrently = self.takes("concurrently");
        // An index of the name is compared, so that the words change nothing.
        self.takes("if not exists");
        let name = if self.takes("on") {
            None
        } else {
            let name = Some(self.identifier("the index's name or ON")?);
            ensure!(self.takes("on"), "ON is missing after the index's name");
            name
        };
        let only = self.takes("only");
        let table = self.qualified("the table's name")?;
        let table = TableName {
            schema: table.schema.map(|schema| schema.raw().to_owned()),
            name: table.name.raw().to_owned(),
        };
        let method =
            if self.takes("using") { self.identifier("the access method")? } else { Ident::new("btree")? };
        let keys = self.list("the index's columns", Self::key)?;
        let include = if self.takes("include") {
            self.list("the included columns", |cursor| cursor.identifier("a column"))?
        } else {
            Vec::new()
        };
        let nulls_not_distinct = self.takes("nulls not distinct");
        if !nulls_not_distinct {
            self.takes("nulls distinct");
        }
        let options =
            if self.takes("with") { self.list("storage parameters", Self::parameter)? } else { Vec::new() };
        let tablespace =
            if self.takes("tablespace") { Some(self.identifier("the tablespace")?) } else { None };
        let predicate = if self.takes("where") { Some(self.rest("the predicate")?) } else { None };
        let definition = IndexDefinition {
            unique,
            method,
            keys,
            include,
            nulls_not_distinct,
            options,
            tablespace,
            predicate,
        };
        Ok(CreateIndex { name, table, definition, concurrently, only })
    }

    fn key(&mut self) -> anyhow::Result<Key> {
        let of = self.key_of()?;
        let collation = if self.takes("collate") { Some(self.qualified("the collation")?) } else { None };
        let opclass = self.operator_class()?;
        let descending = self.takes("desc");
        if !descending {
            self.takes("asc");
        }
        let nulls_first =
            if self.takes("nulls first") { true } else { !self.takes("nulls last") && descending };
        Ok(Key { of, collation, opclass, descending, nulls_first })
    }

    /// A bracketed expression, a call of a function, or else a column.
    fn key_of(&mut self) -> anyhow::Result<KeyOf> {
        let first = self.tokens.first().ok_or_else(|| anyhow!("a column or an expression is missing"))?;
        let begin = first.span.start;
        if first.is_symbol("(") {
            return self.bracketed(begin).map(KeyOf::Expression);
        }
        let column = self.identifier("a column or an expression")?;
        while self.takes_symbol(".") {
            self.identifier("a function's name")?;
        }
        if self.tokens.first().is_some_and(|token| token.is_symbol("(")) {
            return self.bracketed(begin).map(KeyOf::Expression);
        }
        Ok(KeyOf::Column(column))
    }

    fn operator_class(&mut self) -> anyhow::Result<Option<OperatorClass>> {
        let is_name = |token: &Token<'_>| {
            matches!(token.kind, TokenKind::Word | TokenKind::QuotedIdentifier)
                && !["asc", "desc", "nulls"].iter().any(|word| token.is(word))
        };
        if !self.tokens.first().is_some_and(is_name) {
            return Ok(None);
        }
        let name = self.qualified("the operator class")?;
        let parameters = if self.tokens.first().is_some_and(|token| token.is_symbol("(")) {
            self.list("the operator class's parameters", Self::parameter)?
        } else {
            Vec::new()
        };
        Ok(Some(OperatorClass { name, parameters }))
    }

    /// `fillfactor = 70`, `fastupdate = off`, `fastupdate`.
    fn parameter(&mut self) -> anyhow::Result<Parameter> {
        let name = self.identifier("a parameter")?;
        let equals = |token: &Token<'_>| token.kind == TokenKind::Operator && token.text == "=";
        if !self.tokens.first().is_some_and(equals) {
            return Ok(Parameter { name, value: "true".to_owned() });
        }
        self.advance();
        let Some(token) = self.tokens.first() else { bail!("the value of `{}` is missing", name.raw()) };
        let value = match token.kind {
            TokenKind::Word | TokenKind::Number => token.text.to_owned(),
            TokenKind::String if token.text.starts_with('\'') => {
                token.text.trim_matches('\'').replace("''", "'")
            }
            _ => bail!("`{}` is not a value that pgtend reads", token.text),
        };
        self.advance();
        Ok(Parameter { name, value })
    }

    fn dropped(&mut self) -> anyhow::Result<NamedIndexes> {
        let concurrently = self.takes("concurrently");
        let if_exists = self.takes("if exists");
        let mut names = vec![self.named()?];
        while self.takes_symbol(",") {
            names.push(self.named()?);
        }
        ensure!(!self.takes("cascade"), "CASCADE would drop constraints as well; drop these by name");
        self.takes("restrict");
        Ok(NamedIndexes { names, concurrently, if_exists })
    }

    /// `None`: of a table, a schema or a database.
    fn reindexed(&mut self) -> anyhow::Result<Option<NamedIndexes>> {
        let mut concurrently = false;
        if self.takes_symbol("(") {
            concurrently = self.takes("concurrently");
            ensure!(
                concurrently && self.takes_symbol(")"),
                "of REINDEX's options pgtend reads CONCURRENTLY alone"
            );
        }
        if !self.takes("index") {
            return Ok(None);
        }
        let concurrently = self.takes("concurrently") || concurrently;
        Ok(Some(NamedIndexes { names: vec![self.named()?], concurrently, if_exists: false }))
    }

    fn named(&mut self) -> anyhow::Result<TableName> {
        let name = self.qualified("an index's name")?;
        let schema = name.schema.map(|schema| schema.raw().to_owned());
        Ok(TableName { schema, name: name.name.raw().to_owned() })
    }

    fn list<T>(
        &mut self,
        what: &str,
        one: impl Fn(&mut Self) -> anyhow::Result<T>,
    ) -> anyhow::Result<Vec<T>> {
        ensure!(self.takes_symbol("("), "`(` is missing before {what}");
        let mut all = vec![one(self)?];
        while self.takes_symbol(",") {
            all.push(one(self)?);
        }
        ensure!(self.takes_symbol(")"), "`)` is missing after {what}");
        Ok(all)
    }

    fn identifier(&mut self, what: &str) -> anyhow::Result<Ident> {
        let Some(token) = self.tokens.first() else { bail!("{what} is missing") };
        let Some(name) = token.identifier() else {
            bail!("`{}` stands where {what} is expected", token.text)
        };
        let name = Ident::new(name)?;
        self.advance();
        Ok(name)
    }

    fn qualified(&mut self, what: &str) -> anyhow::Result<Qualified> {
        let first = self.identifier(what)?;
        if !self.takes_symbol(".") {
            return Ok(Qualified { schema: None, name: first });
        }
        let name = self.identifier(what)?;
        ensure!(!self.takes_symbol("."), "a name of a database stands before {what}");
        Ok(Qualified { schema: Some(first), name })
    }

    /// From `begin` to the bracket that closes the one at hand.
    fn bracketed(&mut self, begin: usize) -> anyhow::Result<Expression> {
        let mut depth = 0;
        while let Some(token) = self.tokens.first() {
            self.advance();
            depth += nesting(token);
            if depth == 0 {
                return Ok(Expression::parsed(self.slice(begin, token.span.end)));
            }
        }
        bail!("a bracket is not closed")
    }

    /// All that is left of the statement, as one expression.
    fn rest(&mut self, what: &str) -> anyhow::Result<Expression> {
        let Some(begin) = self.tokens.first().map(|token| token.span.start) else {
            bail!("{what} is missing")
        };
        let (mut depth, mut end) = (0, begin);
        while let Some(token) = self.tokens.first().filter(|token| !token.is_symbol(";")) {
            depth += nesting(token);
            ensure!(depth >= 0, "`{}` closes no bracket", token.text);
            end = token.span.end;
            self.advance();
        }
        ensure!(depth == 0 && end > begin, "{what} is not complete");
        Ok(Expression::parsed(self.slice(begin, end)))
    }

    fn slice(&self, begin: usize, end: usize) -> String {
        self.text.get(begin - self.base..end - self.base).unwrap_or_default().to_owned()
    }

    fn advance(&mut self) {
        self.tokens = self.tokens.get(1..).unwrap_or_default();
    }

    /// Takes the keywords, when they are all next.
    fn takes(&mut self, keywords: &str) -> bool {
        let words: Vec<&str> = keywords.split(' ').collect();
        let found = self.tokens.len() >= words.len()
            && self.tokens.iter().zip(&words).all(|(token, word)| token.is(word));
        if found {
            self.tokens = &self.tokens[words.len()..];
        }
        found
    }

    fn takes_symbol(&mut self, symbol: &str) -> bool {
        let found = self.tokens.first().is_some_and(|token| token.is_symbol(symbol));
        if found {
            self.advance();
        }
        found
    }
}

fn nesting(token: &Token<'_>) -> i32 {
    let any = |symbols: [&str; 2]| symbols.iter().any(|symbol| token.is_symbol(symbol));
    i32::from(any(["(", "["])) - i32::from(any([")", "]"]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn created(text: &str) -> CreateIndex {
        match IndexStatement::parse(text) {
            Ok(IndexStatement::Create(create)) => create,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn every_clause_is_read() {
        let create = created(
            "CREATE UNIQUE INDEX CONCURRENTLY \"My Idx\" ON ONLY App.\"Events\" USING btree (a, \"B\" COLLATE \"C\" \
             text_pattern_ops DESC NULLS LAST, lower(c), (d || ')') nulls first) INCLUDE (e) NULLS NOT DISTINCT \
             WITH (fillfactor = 70, deduplicate_items = off) TABLESPACE fast WHERE (x > 1) AND y IN ('a;', $$b)$$);",
        );
        assert_eq!(create.name.unwrap().raw(), "My Idx");
        assert_eq!((create.table.schema.as_deref(), create.table.name.as_str()), (Some("app"), "Events"));
        assert!(create.only && create.concurrently && create.definition.unique);
        assert_eq!(
            create.definition.plain(),
            "btree (a, \"B\" collate \"C\" text_pattern_ops desc nulls last, lower(c), (d || ')') nulls first) \
             include (e) nulls not distinct with (fillfactor = '70', deduplicate_items = 'off') tablespace fast \
             where (x > 1) AND y IN ('a;', $$b)$$)"
        );
    }

    #[test]
    fn small_ones_and_others() {
        let create = created("create index on t (a)");
        assert_eq!((create.name, create.definition.plain()), (None, "btree (a)".to_owned()));
        let gin = created(
            "create index if not exists i on t using gin (doc jsonb_path_ops, s.f(x) gin_trgm_ops(siglen=3))",
        );
        assert_eq!(gin.definition.plain(), "gin (doc jsonb_path_ops, s.f(x) gin_trgm_ops (siglen = '3'))");
        let dropped = IndexStatement::parse("drop index concurrently if exists a.b, c").unwrap();
        assert!(
            matches!(dropped, IndexStatement::Drop(d) if d.names.len() == 2 && d.if_exists && d.concurrently)
        );
        for text in ["reindex index concurrently i", "reindex (concurrently) index i"] {
            assert!(matches!(IndexStatement::parse(text), Ok(IndexStatement::Reindex(r)) if r.concurrently));
        }
    }

    #[test]
    fn a_condition_ends_where_it_does() {
        for text in
            ["a = 1", "a = ')' and (b or c[1] = $$($$) -- so", "x /* ( */ is null", "\"a)\" = E'\\')'"]
        {
            assert!(condition(text).is_ok(), "{text}");
        }
        for text in ["a = 1 -- so", "a = 1;"] {
            assert_eq!(condition(text).unwrap().text(), "a = 1");
        }
        for text in ["", "a = 1; drop table t", "a) or (b", "(a", "a = 'b", "a]", "-- a", "/* a", "$$a"] {
            assert!(condition(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_does_not_close_is_refused() {
        for text in [
            "create index on t (a) where b)",
            "create index on t (a) where (b",
            "create index on t ((a)",
            "create index on t (a",
            "create index on t (a) include ()",
            "create index on t (a); drop table t",
            "create index on t",
            "drop index i cascade",
            "create table t (a int)",
            "select 1",
            "",
        ] {
            assert!(IndexStatement::parse(text).is_err(), "{text}");
        }
    }
}
