//! The password file: `host:port:dbname:user:password` lines, `.pgpass` in the manual's section 34.16.
use std::fs::File;
use std::io::Read as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use crate::pg::settings::secret::Secret;

/// A password file's lines, for a look-up by every host that is tried.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Passfile {
    /// Where it was looked for.
    pub path: Option<PathBuf>,
    entries: Vec<Entry>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    /// Host, port, database, user; `None` matches all.
    fields: [Option<String>; 4],
    password: Secret,
}

impl Passfile {
    /// Reads the file. One that does not exist holds nothing; one that others could read is passed over, and the
    /// warning says so.
    pub(super) fn load(path: &Path, warnings: &mut Vec<String>) -> Self {
        let mut text = Vec::new();
        let read = File::open(path).and_then(|mut file| {
            let metadata = file.metadata()?;
            if !metadata.is_file() {
                warnings.push(format!(
                    "the password file {} is not a plain file, and was not read",
                    path.display()
                ));
            } else if metadata.mode() & 0o077 != 0 {
                warnings.push(format!(
                    "the password file {} has group or world access, and was not read; permissions should be \
                     u=rw (0600) or less",
                    path.display()
                ));
            } else {
                file.read_to_end(&mut text)?;
            }
            Ok(())
        });
        if let Err(error) = read
            && !matches!(error.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory)
        {
            warnings.push(format!("the password file {} could not be read: {error}", path.display()));
        }
        Self { path: Some(path.to_owned()), entries: entries(&String::from_utf8_lossy(&text)) }
    }

    /// The password of the first line that matches. A host may go by several names.
    pub(super) fn password(&self, hosts: &[String], port: u16, dbname: &str, user: &str) -> Option<&Secret> {
        let port = port.to_string();
        let matches = |entry: &&Entry| {
            let [host, rest @ ..] = &entry.fields;
            host.as_deref().is_none_or(|host| hosts.iter().any(|name| name == host))
                && rest
                    .iter()
                    .zip([port.as_str(), dbname, user])
                    .all(|(field, value)| field.as_deref().is_none_or(|field| field == value))
        };
        self.entries.iter().find(matches).map(|entry| &entry.password)
    }
}

fn entries(text: &str) -> Vec<Entry> {
    text.split('\n')
        .map(|line| line.trim_end_matches('\r'))
        .filter(|line| !line.starts_with('#'))
        .filter_map(entry)
        .collect()
}

fn entry(mut line: &str) -> Option<Entry> {
    let mut fields = [const { None }; 4];
    for field in &mut fields {
        let (raw, rest) = split_at_colon(line)?;
        *field = (raw != "*").then(|| unescape(raw));
        line = rest;
    }
    // Colons in the password itself need no backslash.
    (!line.is_empty()).then(|| Entry { fields, password: Secret::new(unescape(line)) })
}

/// Splits at the first colon that no backslash protects.
fn split_at_colon(text: &str) -> Option<(&str, &str)> {
    let mut escaped = false;
    let at = text.find(|c| {
        let found = c == ':' && !escaped;
        escaped = c == '\\' && !escaped;
        found
    })?;
    Some((&text[..at], &text[at + 1..]))
}

fn unescape(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        // A backslash at the very end stands for itself.
        plain.push(if c == '\\' { chars.next().unwrap_or(c) } else { c });
    }
    plain
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use proptest::prelude::*;

    use super::*;

    fn found(text: &str, host: &str, port: u16, dbname: &str, user: &str) -> Option<String> {
        let file = Passfile { path: None, entries: entries(text) };
        file.password(&[host.to_owned()], port, dbname, user).map(|secret| secret.reveal().to_owned())
    }

    #[test]
    fn the_first_line_that_matches_counts() {
        let file =
            "#db1:5432:shop:alice:commented\ndb1:5432:shop:alice:one\ndb1:*:*:alice:two\n*:*:*:*:three\n";
        assert_eq!(found(file, "db1", 5432, "shop", "alice").unwrap(), "one");
        assert_eq!(found(file, "db1", 5433, "shop", "alice").unwrap(), "two");
        assert_eq!(found(file, "db1", 5432, "other", "alice").unwrap(), "two");
        assert_eq!(found(file, "db1", 5432, "shop", "bob").unwrap(), "three");
        assert_eq!(found("db1:5432:shop:alice:x", "db2", 5432, "shop", "alice"), None);
        assert_eq!(found("", "db1", 1, "a", "b"), None);
    }

    #[test]
    fn backslashes_protect_colons_and_themselves() {
        for (line, host, password) in [
            (r"::1:1:d:u:x", "::1", None),
            (r"\:\:1:1:d:u:x", "::1", Some("x")),
            (r"a\\b:1:d:u:x", r"a\b", Some("x")),
            (r"a\\:1:d:u:x", r"a\", Some("x")),
            (r"\*:1:d:u:x", "*", Some("x")),
            (r"\*:1:d:u:x", "any", None),
            (r"*a:1:d:u:x", "ba", None),
            (r"h:1:d:u:a:b\:c\\d", "h", Some(r"a:b:c\d")),
            ("h:1:d:u:ends with \\", "h", Some("ends with \\")),
            ("h:1:d:u: spaces stay \r", "h", Some(" spaces stay ")),
            (r"h:1:d:u:", "h", None),
            (r"h:1:d:u", "h", None),
            ("h:1:d:u:p\u{e9}", "h", Some("p\u{e9}")),
        ] {
            assert_eq!(found(line, host, 1, "d", "u").as_deref(), password, "{line}");
        }
    }

    #[test]
    fn a_file_that_others_can_read_is_passed_over() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("pgpass");
        let load = |path: &Path| {
            let mut warnings = Vec::new();
            let count = Passfile::load(path, &mut warnings).entries.len();
            (count, warnings.join("\n"))
        };
        assert_eq!(load(&path), (0, String::new()));
        fs::write(&path, "*:*:*:*:swordfish\n").unwrap();
        for (mode, count) in [(0o600, 1), (0o400, 1), (0o640, 0), (0o604, 0), (0o610, 0)] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let (entries, warnings) = load(&path);
            assert_eq!(entries, count, "{mode:o}");
            assert_eq!(warnings.contains("has group or world access"), count == 0, "{warnings}");
        }
        assert!(load(dir.path()).1.contains("is not a plain file"));
    }

    proptest! {
        #[test]
        fn an_escaped_field_is_read_back(host in "[^\r\n]*", password in "[^\r\n]+") {
            prop_assume!(!host.starts_with('#') && host != "*");
            let escape = |text: &str| text.replace('\\', r"\\").replace(':', r"\:");
            let line = format!("{}:1:d:u:{}", escape(&host), escape(&password));
            prop_assert_eq!(found(&line, &host, 1, "d", "u"), Some(password));
        }

        #[test]
        fn no_text_makes_it_panic(text: String, line in "[:*\\\\a\n\r#\u{e9}]*") {
            let _ = entries(&text);
            let _ = entries(&line);
        }
    }
}
