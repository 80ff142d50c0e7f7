//! From a folder's files to migrations. A name that is not understood is an error: skipped in silence, its migration
//! would never run.
use anyhow::{Context as _, anyhow};

use crate::failure::{Exit, Explain as _};
use crate::operations::migrate::file::Migration;

/// A file as it was found.
#[derive(Clone, Debug)]
pub struct Found {
    /// Its path below the folder.
    pub path: String,
    pub bytes: Vec<u8>,
}

/// The migrations in the order of their versions.
///
/// # Errors
/// With everything that is wrong with any of the files.
pub fn load(files: &[Found]) -> anyhow::Result<Vec<Migration>> {
    let (mut migrations, mut wrong): (Vec<Migration>, Vec<String>) = (Vec::new(), Vec::new());
    for found in files {
        match one(found) {
            Ok(migration) => migrations.extend(migration),
            Err(error) => wrong.push(format!("{}: {error:#}", found.path)),
        }
    }
    migrations.sort_by_key(|migration| migration.version);
    for pair in migrations.windows(2) {
        if pair[0].version == pair[1].version {
            let (file, twin) = (&pair[1].file, &pair[0].file);
            wrong.push(format!("{file}: version {} is that of {twin}, too", pair[0].version));
        }
    }
    if wrong.is_empty() {
        return Ok(migrations);
    }
    let error = anyhow!("{} cannot be run", if wrong.len() == 1 { "a migration" } else { "some migrations" });
    Err(error.exit(Exit::Usage).detail(wrong.join("\n")).hint(NAMES))
}

const NAMES: &str = "a migration is called V12__what_it_does.sql: V (or U, which may come late), a whole number, two \
     underscores, letters, digits and underscores; it lies in the folder itself";

fn one(found: &Found) -> anyhow::Result<Option<Migration>> {
    let Some(stem) = found.path.strip_suffix(".sql") else { return Ok(None) };
    let title = stem.rsplit('/').next().unwrap_or(stem);
    if title.starts_with('.') {
        return Ok(None);
    }
    if stem.contains('/') {
        return Err(anyhow!("it lies in a folder below, which is not read"));
    }
    if leads_down(stem) {
        return Ok(None);
    }
    let stem = canonical(stem)?;
    let text = std::str::from_utf8(&found.bytes)
        .map_err(|error| anyhow!("byte {} is no UTF-8", error.valid_up_to() + 1))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text).replace("\r\n", "\n");
    Migration::new(&found.path, &stem, upward(&text).unwrap_or(text)).map(Some)
}

/// The stem as refinery wants it.
fn canonical(stem: &str) -> anyhow::Result<String> {
    if let Some((version, name)) = numbered(stem) {
        let name = name.strip_suffix(".up").unwrap_or(name);
        let word: String = name.chars().map(|c| if c.is_alphanumeric() { c } else { '_' }).collect();
        return checked("V", version, &word);
    }
    let (prefix, rest) = match stem.as_bytes().first() {
        Some(b'V') => ("V", &stem[1..]),
        Some(b'U') => ("U", &stem[1..]),
        Some(b'v' | b'u') => return Err(anyhow!("its name begins with a small letter")),
        _ => return Err(anyhow!("its name is that of no migration")),
    };
    let (version, name) = rest.split_once("__").context("two underscores are missing in its name")?;
    checked(prefix, version, name)
}

fn checked(prefix: &str, version: &str, name: &str) -> anyhow::Result<String> {
    if version.is_empty() || !version.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(anyhow!("its version `{version}` is no whole number"));
    }
    version.parse::<i64>().map_err(|_| anyhow!("its version {version} is too large"))?;
    if name.is_empty() {
        return Err(anyhow!("its name ends where it should say what it does"));
    }
    if let Some(odd) = name.chars().find(|c| !(c.is_alphanumeric() || *c == '_')) {
        return Err(anyhow!("its name holds `{odd}`"));
    }
    Ok(format!("{prefix}{version}__{name}"))
}

/// `20261121093000_what` or `0001-what`, as dbmate and sqlx name files.
fn numbered(stem: &str) -> Option<(&str, &str)> {
    let end = stem.find(|c: char| !c.is_ascii_digit()).filter(|end| *end > 0)?;
    let name = stem[end..].strip_prefix(['_', '-'])?;
    Some((&stem[..end], name))
}

/// Whether a file is the way down of one that sqlx numbers, by its name without `.sql`.
pub fn leads_down(stem: &str) -> bool {
    numbered(stem).is_some_and(|(_, name)| name.ends_with(".down"))
}

/// Of a file with a way up and a way down, as dbmate has them, the way up.
pub fn upward(text: &str) -> Option<String> {
    const UP: &str = "-- migrate:up";
    let at = text.lines().position(|line| line.starts_with(UP))?;
    let lines: Vec<&str> = text.lines().collect();
    let head = if lines[at].contains("transaction:false") { "-- no-transaction" } else { "" };
    // Each line keeps its number, for the errors.
    let above = "\n".repeat(at + 1);
    let up = lines[at + 1..].iter().take_while(|line| !line.starts_with("-- migrate:down"));
    Some(format!("{head}{above}{}\n", up.copied().collect::<Vec<_>>().join("\n")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::Failure;

    fn found(path: &str, text: &str) -> Found {
        Found { path: path.to_owned(), bytes: text.as_bytes().to_vec() }
    }

    fn wrong(files: &[Found]) -> String {
        let error = load(files).unwrap_err();
        error.chain().filter_map(|cause| cause.downcast_ref::<Failure>()?.detail.clone()).collect()
    }

    #[test]
    fn no_name_is_skipped_in_silence() {
        for (path, expected) in [
            ("V1__foo-bar.sql", "its name holds `-`"),
            ("v3__x.sql", "begins with a small letter"),
            ("V1.5__x.sql", "`1.5` is no whole number"),
            ("|1__x.sql", "that of no migration"),
            ("V1_x.sql", "two underscores"),
            ("V__x.sql", "`` is no whole number"),
            ("V1__.sql", "ends where"),
            ("V99999999999999999999__x.sql", "too large"),
            ("more/V1__x.sql", "folder below"),
            ("notes.sql", "that of no migration"),
        ] {
            assert!(
                wrong(&[found(path, "select 1")]).contains(expected),
                "{path}: {}",
                wrong(&[found(path, "")])
            );
        }
        assert!(
            load(&[found("README.md", ""), found("pgtend.toml", ""), found(".x.sql", "")])
                .unwrap()
                .is_empty()
        );
    }

    #[test]
    fn everything_that_is_wrong_is_told_at_once() {
        let bytes = vec![b's', 0xff];
        let files = [
            found("V1__a.sql", ""),
            found("V01__b.sql", ""),
            found("x.sql", ""),
            Found { path: "V2__c.sql".to_owned(), bytes },
        ];
        let wrong = wrong(&files);
        for expected in
            ["V01__b.sql: version 1 is that of V1__a.sql, too", "x.sql: ", "V2__c.sql: byte 2 is no UTF-8"]
        {
            assert!(wrong.contains(expected), "{wrong}");
        }
    }

    #[test]
    fn line_ends_and_byte_order_marks_change_nothing() {
        let plain = load(&[found("V1__a.sql", "select 1;\nselect 2;\n")]).unwrap();
        let windows = load(&[found("V1__a.sql", "\u{feff}select 1;\r\nselect 2;\r\n")]).unwrap();
        assert_eq!((plain[0].checksum(), &plain[0].text), (windows[0].checksum(), &windows[0].text));
    }

    #[test]
    fn versions_are_wide_and_in_numeric_order() {
        let files =
            ["V10__c.sql", "V20261121031500__d.sql", "U9__b.sql", "V0001__a.sql"].map(|path| found(path, ""));
        let versions: Vec<i64> = load(&files).unwrap().iter().map(|migration| migration.version).collect();
        assert_eq!(versions, [1, 9, 10, 20_261_121_031_500]);
    }

    #[test]
    fn files_of_dbmate_and_sqlx_are_read() {
        let dbmate = "-- migrate:up transaction:false\nselect 1;\n-- migrate:down\nselect 2;\n";
        let files = [
            found("20240101120000_create-users.sql", dbmate),
            found("20240102120000_more.up.sql", "select 3;"),
            found("20240102120000_more.down.sql", "select 4;"),
        ];
        let loaded = load(&files).unwrap();
        assert_eq!(loaded.len(), 2);
        assert_eq!(
            (loaded[0].name.as_str(), loaded[0].text.as_str()),
            ("create_users", "-- no-transaction\nselect 1;\n")
        );
        assert_eq!((loaded[1].name.as_str(), loaded[1].text.as_str()), ("more", "select 3;"));
    }
}
