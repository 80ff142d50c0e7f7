//! Column definitions and constraints, the same in CREATE TABLE and ALTER TABLE.
use super::act::{Column, Constraint, ConstraintKind};
use super::words::{Kind, Word, Words, at_commas, has, normal, span_of};

const CONSTRAINT_BEGINS: [&str; 7] =
    ["constraint", "check", "foreign", "unique", "primary", "exclude", "not"];
/// Words at which a column's type ends.
const TYPE_ENDS: [&str; 17] = [
    "constraint",
    "not",
    "null",
    "check",
    "default",
    "generated",
    "unique",
    "primary",
    "references",
    "collate",
    "compression",
    "storage",
    "deferrable",
    "initially",
    "using",
    "enforced",
    "options",
];

/// The words are a constraint of the table, not a column. A column may be named as an unreserved keyword only.
pub fn is_constraint(words: &[Word]) -> bool {
    words.first().is_some_and(|word| CONSTRAINT_BEGINS.iter().any(|keyword| word.is(keyword)))
}

pub fn column(words: &[Word]) -> Option<Column> {
    let mut at = Words::new(words);
    let name = at.identifier()?;
    let kind = normal(at.until(&TYPE_ENDS));
    let mut column = Column { name, kind, span: span_of(words), ..Column::default() };
    while let Some(word) = at.next() {
        if word.kind != Kind::Name {
            continue;
        }
        match word.text.as_str() {
            "not" => column.not_null |= at.eat(&["null"]),
            "default" => column.default = Some(at.until(&TYPE_ENDS).to_vec()),
            "check" => column.check = at.parentheses().is_some(),
            "unique" => column.unique = true,
            "primary" => column.primary = at.eat(&["key"]),
            "references" => column.references = at.name(),
            "generated" => generated(&mut at, &mut column),
            _ => {}
        }
    }
    Some(column)
}

fn generated(at: &mut Words<'_>, column: &mut Column) {
    if !at.eat(&["always"]) {
        at.eat(&["by", "default"]);
    }
    at.eat(&["as"]);
    if at.eat(&["identity"]) {
        column.identity = true;
    } else if at.parentheses().is_some() {
        column.generated = true;
        column.stored = at.eat(&["stored"]);
    }
}

pub fn constraint(words: &[Word]) -> Option<Constraint> {
    let mut at = Words::new(words);
    let name = if at.eat(&["constraint"]) { Some(at.identifier()?) } else { None };
    let kind = kind(&mut at)?;
    let not_valid = has(words, &["not", "valid"]) || has(words, &["not", "enforced"]);
    Some(Constraint { name, kind, not_valid, span: span_of(words) })
}

fn kind(at: &mut Words<'_>) -> Option<ConstraintKind> {
    Some(match at.next()?.text.as_str() {
        "check" => ConstraintKind::Check(normal(at.parentheses()?)),
        "foreign" => {
            at.eat(&["key"]);
            at.parentheses();
            at.eat(&["references"]);
            ConstraintKind::ForeignKey { references: at.name()? }
        }
        "unique" | "primary" => {
            at.eat(&["key"]);
            at.eat(&["nulls", "not", "distinct"]);
            at.eat(&["nulls", "distinct"]);
            if at.eat(&["using", "index"]) {
                ConstraintKind::Unique { columns: Vec::new(), using_index: true }
            } else {
                let columns = at_commas(at.parentheses()?).into_iter().map(normal).collect();
                ConstraintKind::Unique { columns, using_index: false }
            }
        }
        "exclude" => ConstraintKind::Exclude,
        "not" => {
            at.eat(&["null"]);
            ConstraintKind::NotNull { column: at.identifier()? }
        }
        _ => ConstraintKind::Other,
    })
}
