//! From what the command line names to the texts of files: folders, standard input, and what git shows as changed.
use std::collections::BTreeSet;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, anyhow, ensure};

use crate::commands::migrate::embedded;
use crate::commands::migrate::set::shown;
use crate::failure::{Exit, Explain as _};
use crate::operations::migrate::{leads_down, upward};

/// A larger file than this is no migration.
const MOST_BYTES: u64 = 64_000_000;

/// What the command line names.
#[derive(Debug)]
pub struct Wanted<'a> {
    pub files: &'a [String],
    pub since: Option<&'a str>,
}

#[derive(Debug)]
pub struct Text {
    pub name: String,
    pub text: String,
}

/// # Errors
/// `Exit::Usage` when a file cannot be read, is no UTF-8, or git does not know the commit.
pub fn gather(wanted: &Wanted<'_>) -> anyhow::Result<Vec<Text>> {
    let changed = wanted.since.map(changed_since).transpose().exit(Exit::Usage)?;
    let mut texts = Vec::new();
    let named: Vec<&str> = match (wanted.files, &changed) {
        ([], Some(_)) => vec!["."],
        (files, _) => files.iter().map(String::as_str).collect(),
    };
    for name in named {
        if name == "-" {
            texts.push(Text { name: "-".to_owned(), text: read_input().exit(Exit::Usage)? });
            continue;
        }
        let set = if Path::new(name).exists() { Vec::new() } else { embedded::files(name) };
        if !set.is_empty() {
            for file in set.into_iter().filter(|file| file.path.ends_with(".sql")) {
                let text = String::from_utf8(file.bytes).context("read a set that comes with pgtend")?;
                texts.push(Text { name: format!("{name}/{}", file.path), text });
            }
            continue;
        }
        for file in files_of(Path::new(name)).exit(Exit::Usage)? {
            if changed.as_ref().is_none_or(|changed| is_among(&file, changed)) {
                let text = read(&file).with_context(|| format!("read {}", file.display()));
                let text = text.exit(Exit::Usage)?;
                texts.push(Text { name: shown(&file), text: upward(&text).unwrap_or(text) });
            }
        }
    }
    Ok(texts)
}

fn read_input() -> anyhow::Result<String> {
    let mut text = String::new();
    std::io::stdin().take(MOST_BYTES + 1).read_to_string(&mut text).context("read standard input")?;
    ensure!(text.len() as u64 <= MOST_BYTES, "standard input has more than 64 MB");
    Ok(text)
}

/// Looks before it opens: a pipe would be waited for.
fn read(file: &Path) -> anyhow::Result<String> {
    let metadata = std::fs::metadata(file)?;
    ensure!(metadata.is_file(), "not a regular file");
    ensure!(metadata.len() <= MOST_BYTES, "larger than 64 MB");
    String::from_utf8(std::fs::read(file)?)
        .map_err(|error| anyhow!("not UTF-8 from byte {} on", error.utf8_error().valid_up_to()))
}

/// A file itself, whatever its name; of a folder all `.sql` files, in the order of their versions.
fn files_of(path: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let metadata = std::fs::metadata(path).with_context(|| format!("read {}", path.display()))?;
    if !metadata.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut found = Vec::new();
    walk(path, &mut found)?;
    found.sort_by_key(|file| (file.parent().map(Path::to_owned), version(file), file.clone()));
    Ok(found)
}

/// Folders that hold no migrations of this project are left out, as are hidden ones.
fn walk(folder: &Path, found: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    let entries = std::fs::read_dir(folder).with_context(|| format!("read {}", folder.display()))?;
    for entry in entries {
        let entry = entry.with_context(|| format!("read {}", folder.display()))?;
        let (path, name) = (entry.path(), entry.file_name());
        let name = name.to_string_lossy();
        let kind = entry.file_type().with_context(|| format!("read {}", path.display()))?;
        if kind.is_dir() && !name.starts_with('.') && !matches!(&*name, "node_modules" | "target") {
            walk(&path, found)?;
        } else if !kind.is_dir() && name.strip_suffix(".sql").is_some_and(|stem| !leads_down(stem)) {
            found.push(path);
        }
    }
    Ok(())
}

/// The number in `V12__name.sql` or `20261121_name.sql`; files without one come last.
fn version(file: &Path) -> u128 {
    let stem = file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let digits: String =
        stem.trim_start_matches(['V', 'U']).chars().take_while(char::is_ascii_digit).collect();
    digits.parse().unwrap_or(u128::MAX)
}

fn is_among(file: &Path, changed: &BTreeSet<PathBuf>) -> bool {
    file.canonicalize().is_ok_and(|file| changed.contains(&file))
}

/// Files that differ from where this branch left the reference, and those that git does not know yet.
fn changed_since(reference: &str) -> anyhow::Result<BTreeSet<PathBuf>> {
    ensure!(
        !reference.is_empty() && !reference.starts_with('-'),
        "`{reference}` is no commit, branch or tag"
    );
    let top = git(&["rev-parse", "--show-toplevel"])?;
    let base = git(&["merge-base", reference, "HEAD"])
        .with_context(|| format!("find where this branch left `{reference}`"))
        .hint("a shallow clone may lack the commit: fetch it first, as with `git fetch --unshallow`")?;
    let changed =
        git(&["diff", "--name-only", "-z", "--diff-filter=d", "--no-renames", base.trim_end(), "--"])?;
    let new = git(&["ls-files", "--others", "--exclude-standard", "--full-name", "-z", ":/"])?;
    let top = Path::new(top.trim_end_matches(['\r', '\n'])).to_owned();
    let names = changed.split('\0').chain(new.split('\0')).filter(|name| !name.is_empty());
    Ok(names.filter_map(|name| top.join(name).canonicalize().ok()).collect())
}

fn git(arguments: &[&str]) -> anyhow::Result<String> {
    let done = Command::new("git").args(arguments).output().context("run git")?;
    let said = String::from_utf8_lossy(&done.stderr).trim().replace('\n', "; ");
    ensure!(done.status.success(), "git {}: {said}", arguments[0]);
    String::from_utf8(done.stdout).context("read what git says")
}
