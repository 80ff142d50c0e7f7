//! Manifests: where they lie, how one is written so that it is there whole or not at all, and how they are found.
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};

use super::file::{Content, read_back};
use crate::plan::{MANIFEST_SCHEMA, Manifest, Subject};

/// No manifest is larger, whatever the table.
const MOST_BYTES: u64 = 4_000_000;

/// A manifest and where it was found.
#[derive(Clone, Debug)]
pub struct Found {
    pub path: PathBuf,
    pub manifest: Manifest,
}

impl Found {
    pub fn file(&self) -> PathBuf {
        self.path.with_file_name(&self.manifest.file)
    }

    /// # Errors
    /// When the file is not what the manifest says.
    pub fn verify(&self) -> anyhow::Result<()> {
        let file = self.file();
        let content = read_back(&file)?;
        let differs = difference(&self.manifest, &content);
        ensure!(
            differs.is_none(),
            "{} is not what its manifest says: {}",
            file.display(),
            differs.unwrap_or_default()
        );
        Ok(())
    }
}

fn difference(manifest: &Manifest, content: &Content) -> Option<String> {
    let numbers = [
        ("rows", manifest.digest.rows, content.rows),
        ("bytes of CSV", manifest.csv_bytes, content.csv_bytes),
        ("bytes", manifest.file_bytes, content.file_bytes),
    ];
    if let Some((what, said, is)) = numbers.into_iter().find(|(_, said, is)| said != is) {
        return Some(format!("{is} {what}, not {said}"));
    }
    let sums = [
        ("CSV", &manifest.csv_sha256, &content.csv_sha256),
        ("file", &manifest.file_sha256, &content.file_sha256),
    ];
    sums.into_iter()
        .find(|(_, said, is)| said != is)
        .map(|(what, ..)| format!("another SHA-256 of the {what}"))
}

/// Where the archive of a table goes: a folder for the partitioned table, a file for the partition.
pub(super) fn place(folder: &Path, subject: &Subject) -> (PathBuf, String) {
    let [schema, table] = &subject.table;
    let folder = folder.join(format!("{}.{}", file_name(schema), file_name(table)));
    (folder, format!("{}.{}", file_name(&subject.partition[1]), subject.oid))
}

/// Makes the folder, and a file in it for a moment: what cannot be archived must not be detached either.
///
/// # Errors
/// When the folder cannot be made or written.
pub fn prepare(folder: &Path) -> anyhow::Result<()> {
    let prepare = || -> std::io::Result<()> {
        fs::create_dir_all(folder)?;
        tempfile::Builder::new().prefix(".pgtend-").tempfile_in(folder)?.close()
    };
    prepare().with_context(|| format!("write into the folder {}", folder.display()))
}

/// A name for the file system: letters, digits and a few signs as they are, every other byte as `%2F`.
fn file_name(name: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
    name.bytes()
        .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

/// Writes it beside its file, whole or not at all.
pub(super) fn write(path: &Path, manifest: &Manifest) -> anyhow::Result<()> {
    let part = path.with_extension("json.part");
    let write = || -> anyhow::Result<()> {
        let mut file = File::create(&part)?;
        file.write_all(serde_json::to_string_pretty(manifest)?.as_bytes())?;
        file.write_all(b"\n")?;
        file.sync_all()?;
        fs::rename(&part, path)?;
        sync_folder(path)
    };
    write().with_context(|| format!("write the manifest {}", path.display()))
}

/// A rename is on the disk once its folder is.
pub(super) fn sync_folder(path: &Path) -> anyhow::Result<()> {
    if let Some(folder) = path.parent() {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

/// # Errors
/// When it cannot be read, or is no manifest of this version.
pub fn read(path: &Path) -> anyhow::Result<Found> {
    let read = || -> anyhow::Result<Manifest> {
        ensure!(fs::metadata(path)?.len() <= MOST_BYTES, "larger than 4 MB");
        let manifest: Manifest = serde_json::from_str(&fs::read_to_string(path)?)?;
        ensure!(
            manifest.schema == MANIFEST_SCHEMA,
            "its schema is `{}`, not `{MANIFEST_SCHEMA}`",
            manifest.schema
        );
        // The file is the manifest's neighbour: no path leads elsewhere.
        ensure!(Path::new(&manifest.file).components().count() == 1, "`{}` is no file name", manifest.file);
        Ok(manifest)
    };
    let manifest = read().with_context(|| format!("read the manifest {}", path.display()))?;
    Ok(Found { path: path.to_owned(), manifest })
}

/// All manifests of a folder and the folders in it, in the order of their paths; each may be unreadable by itself.
///
/// # Errors
/// When a folder cannot be read.
pub fn find(folder: &Path) -> anyhow::Result<Vec<(PathBuf, anyhow::Result<Found>)>> {
    let mut paths = Vec::new();
    for entry in folder_entries(folder)? {
        if entry.is_dir() {
            paths.extend(folder_entries(&entry)?);
        } else {
            paths.push(entry);
        }
    }
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    paths.sort();
    Ok(paths.into_iter().map(|path| (path.clone(), read(&path))).collect())
}

fn folder_entries(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let entries = || fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<std::io::Result<_>>();
    entries().with_context(|| format!("read the folder {}", folder.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_tables_are_no_paths() {
        assert_eq!(file_name("events_p2026_08"), "events_p2026_08");
        assert_eq!(file_name("../a b.c"), "%2E%2E%2Fa%20b%2Ec");
        assert_eq!(file_name("é"), "%C3%A9");
    }
}
