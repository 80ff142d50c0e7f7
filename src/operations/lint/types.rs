//! What is known of types: which changes of a column's type leave its rows as they are.

/// A type that stands for a column with a sequence.
pub fn is_serial(kind: &str) -> bool {
    matches!(kind, "serial" | "bigserial" | "smallserial" | "serial2" | "serial4" | "serial8")
}

/// `from` is as the server writes it, `to` as the statement does.
pub fn is_harmless_change(from: &str, to: &str) -> bool {
    let (from, to) = (Type::read(from), Type::read(to));
    let string = |name: &str| matches!(name, "text" | "varchar");
    match (from.name.as_str(), to.name.as_str()) {
        (a, b) if a == b && from.modifiers == to.modifiers => true,
        (_, "text") => string(&from.name),
        ("text", "varchar") => to.modifiers.is_empty(),
        ("varchar" | "varbit" | "timestamp" | "timestamptz" | "time", b) if from.name == b => {
            wider(&from.modifiers, &to.modifiers)
        }
        ("numeric", "numeric") => {
            let scale = |kind: &Type| kind.modifiers.get(1).copied().unwrap_or(0);
            to.modifiers.is_empty() || (scale(&from) == scale(&to) && wider(&from.modifiers, &to.modifiers))
        }
        _ => false,
    }
}

/// No limit, or one that is not below the old.
fn wider(from: &[u32], to: &[u32]) -> bool {
    match (from.first(), to.first()) {
        (_, None) => true,
        (None, Some(_)) => false,
        (Some(from), Some(to)) => to >= from,
    }
}

struct Type {
    name: String,
    modifiers: Vec<u32>,
}

impl Type {
    fn read(text: &str) -> Self {
        let (before, rest) = text.split_once('(').unwrap_or((text, ""));
        let (inside, after) = rest.split_once(')').unwrap_or((rest, ""));
        let words: Vec<&str> = before.split_whitespace().chain(after.split_whitespace()).collect();
        let name = match words.join(" ").to_lowercase().as_str() {
            "character varying" => "varchar".to_owned(),
            "bit varying" => "varbit".to_owned(),
            "timestamp with time zone" => "timestamptz".to_owned(),
            "timestamp without time zone" => "timestamp".to_owned(),
            "time without time zone" => "time".to_owned(),
            "decimal" => "numeric".to_owned(),
            "int" | "int4" => "integer".to_owned(),
            "int8" => "bigint".to_owned(),
            "bool" => "boolean".to_owned(),
            other => other.to_owned(),
        };
        Self { name, modifiers: inside.split(',').filter_map(|number| number.trim().parse().ok()).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_that_leave_the_rows_alone() {
        for (from, to) in [
            ("character varying(20)", "varchar ( 40 )"),
            ("character varying(20)", "text"),
            ("text", "character varying"),
            ("numeric(10,2)", "numeric ( 12 , 2 )"),
            ("numeric(10,2)", "decimal"),
            ("timestamp(3) with time zone", "timestamptz"),
            ("integer", "int4"),
        ] {
            assert!(is_harmless_change(from, to), "{from} to {to}");
        }
        for (from, to) in [
            ("character varying(20)", "varchar ( 10 )"),
            ("text", "varchar ( 10 )"),
            ("integer", "bigint"),
            ("numeric(10,2)", "numeric ( 12 , 3 )"),
            ("timestamp without time zone", "timestamptz"),
            ("character(3)", "text"),
        ] {
            assert!(!is_harmless_change(from, to), "{from} to {to}");
        }
    }
}
