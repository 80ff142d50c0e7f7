//! How long each sequence lasts, counted against the column that it fills.
use serde::{Deserialize, Serialize};

use crate::ddl;
use crate::operations::report::frame::{Answer, Note, counted};
use crate::operations::report::read::{Read, Rights, rows_with};
use crate::pg::catalog::{Uncalled, uncalled_sequences};
use crate::pg::session::Session;

const HIGH_PCT: f64 = 75.0;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Sequence {
    pub sequence: String,
    #[serde(rename = "type")]
    pub kind: String,
    /// Of one that was set and not called since, the value before the next. Null when it was never asked, or when `hidden` or `locked` says why it is not known.
    pub last_value: Option<i64>,
    pub last_possible: i64,
    pub used_pct: Option<f64>,
    pub column: Option<String>,
    pub column_type: Option<String>,
    pub cycles: bool,
    pub hidden: bool,
    pub locked: bool,
}

/// A sequence that somebody locks just now is not waited for.
pub async fn sequences(session: &Session, rights: &Rights) -> Read<Answer<Sequence>> {
    let uncalled = match uncalled_sequences(session).await {
        Err(error) if error.lock_busy() => Uncalled::default(),
        uncalled => uncalled?,
    };
    let sql = ddl!("report/sequences.sql", oids = uncalled.oids(), values = uncalled.values());
    let found = match rows_with(session, &sql, &[&true]).await {
        Err(error) if error.lock_busy() => rows_with(session, &sql, &[&false]).await?,
        found => found?,
    };
    Ok(judge(found, rights))
}

fn judge(rows: Vec<Sequence>, rights: &Rights) -> Answer<Sequence> {
    let high: Vec<&Sequence> = rows.iter().filter(|row| is_high(row)).collect();
    let hidden = rows.iter().filter(|row| row.hidden).count();
    let locked = rows.iter().filter(|row| row.locked && !row.hidden).count();
    let known = rows.len() - hidden - locked;
    let verdict = match (known, high.first()) {
        (_, Some(worst)) => format!(
            "{} past {HIGH_PCT:.0}%; {} is at {:.1}%",
            counted(high.len(), "sequence"),
            worst.sequence,
            worst.used_pct.unwrap_or(0.0)
        ),
        (0, _) if !rows.is_empty() => {
            format!("{}, and none that this run could see", counted(rows.len(), "sequence"))
        }
        _ => format!("of {} that could be seen, none is past {HIGH_PCT:.0}%", counted(known, "sequence")),
    };
    let next = high.iter().filter_map(|row| widen(row)).take(5).collect::<Vec<_>>();
    let hidden_note = (hidden > 0).then(|| {
        let what = format!("the values of {} are hidden from this role", counted(hidden, "sequence"));
        Note::new(what).remedy(grants(&rows, rights))
    });
    let locked_note = (locked > 0)
        .then(|| Note::new(format!("{} locked by somebody: not waited for", counted(locked, "sequence"))));
    Answer::new(verdict, rows).next(next).note(hidden_note).note(locked_note)
}

fn is_high(row: &Sequence) -> bool {
    !row.cycles && row.used_pct.is_some_and(|used| used >= HIGH_PCT)
}

fn widen(row: &Sequence) -> Option<String> {
    if row.kind == "bigint" && !matches!(row.column_type.as_deref(), Some("integer" | "smallint")) {
        return None;
    }
    let mut statement = String::new();
    if let (Some(column), Some("integer" | "smallint")) = (&row.column, row.column_type.as_deref()) {
        let (table, column) = column.rsplit_once('.')?;
        statement =
            format!("-- rewrites the table\nalter table {table} alter column {column} type bigint;\n");
    }
    if row.kind != "bigint" {
        statement.push_str(&format_sequence(&row.sequence));
    }
    Some(statement.trim_end().to_owned())
}

fn format_sequence(sequence: &str) -> String {
    format!("alter sequence {sequence} as bigint;")
}

/// For each schema with a hidden one.
fn grants(rows: &[Sequence], rights: &Rights) -> String {
    let schemas = rows.iter().filter(|row| row.hidden).filter_map(|row| schema_of(&row.sequence));
    let schemas: std::collections::BTreeSet<&str> = schemas.collect();
    let grant =
        |schema: &str| format!("grant select on all sequences in schema {schema} to {};", rights.role);
    schemas.into_iter().map(grant).collect::<Vec<_>>().join(" ")
}

/// Of a name as the server quotes it.
fn schema_of(name: &str) -> Option<&str> {
    let end = match name.strip_prefix('"') {
        // A doubled quote stands for one.
        Some(quoted) => {
            let mut at = 0;
            loop {
                let quote = at + quoted[at..].find('"')?;
                if quoted[quote + 1..].starts_with('"') { at = quote + 2 } else { break quote + 2 }
            }
        }
        None => name.find('.')?,
    };
    name.get(..end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_of_a_quoted_name() {
        assert_eq!(schema_of("public.s"), Some("public"));
        assert_eq!(schema_of("\"a.\"\"b\".\"c.d\""), Some("\"a.\"\"b\""));
    }
}
