//! Manifests: where they lie, how one is written so that it is there whole or not at all, and how they are found.
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};

use super::file::{Content, read_back};
use super::hashing::Sum;
use super::store::{at, read_whole, write_whole};
use crate::plan::{Form, MANIFEST_SCHEMA, Manifest, StoredFile, Subject};

/// No manifest is larger, whatever the table.
const MOST_BYTES: u64 = 4_000_000;

/// A manifest and where it was found.
#[derive(Clone, Debug)]
pub struct Found {
    pub place: StoredFile,
    pub manifest: Manifest,
}

impl Found {
    pub fn file(&self) -> StoredFile {
        self.place.beside(&self.manifest.file)
    }

    /// # Errors
    /// When the file is not what the manifest says.
    pub fn verify(&self) -> anyhow::Result<()> {
        let file = self.file();
        let said = Sum { bytes: self.manifest.file_bytes, sha256: self.manifest.file_sha256.clone() };
        let content = read_back(&file, self.manifest.format, &said)?;
        let differs = difference(&self.manifest, &content);
        ensure!(differs.is_none(), "{file} is not what its manifest says: {}", differs.unwrap_or_default());
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

/// Where the archive of a table goes: a folder for the partitioned table, a file for the partition, and the manifest beside
/// it. In folders that are read as a whole, the manifest has a name that is passed over.
pub(super) fn places(subject: &Subject, form: &Form) -> (String, String) {
    let [schema, table] = &subject.table;
    let (schema, table, partition) = (file_name(schema), file_name(table), file_name(&subject.partition[1]));
    let (folder, name) = (format!("{schema}.{table}"), format!("{partition}.{}", subject.oid));
    match form {
        Form::Csv => (format!("{folder}/{name}.csv.zst"), format!("{folder}/{name}.json")),
        Form::Parquet { folders, .. } => {
            (format!("{folder}/{folders}/{name}.parquet"), format!("{folder}/{folders}/_{name}.json"))
        }
    }
}

/// A name for the file system: letters, digits and a few signs as they are, every other byte as `%2F`.
fn file_name(name: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
    name.bytes()
        .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

/// Writes it beside its file, and reads it back where it may have become another one.
pub(super) fn write(place: &StoredFile, manifest: &Manifest) -> anyhow::Result<()> {
    let write = || -> anyhow::Result<()> {
        let text = format!("{}\n", serde_json::to_string_pretty(manifest)?);
        write_whole(place, text.as_bytes())?;
        let same = read_whole(place, MOST_BYTES)? == text.as_bytes();
        ensure!(same, "what was read back is not what was written");
        Ok(())
    };
    write().with_context(|| format!("write the manifest {place}"))
}

/// # Errors
/// When it cannot be read, or is no manifest of this version.
pub fn read(path: &Path) -> anyhow::Result<Found> {
    read_stored(at(path))
}

/// As [`read`], of any store.
///
/// # Errors
/// As [`read`].
pub fn read_stored(place: StoredFile) -> anyhow::Result<Found> {
    let read = || -> anyhow::Result<Manifest> {
        let manifest: Manifest = serde_json::from_slice(&read_whole(&place, MOST_BYTES)?)?;
        ensure!(
            manifest.schema == MANIFEST_SCHEMA,
            "its schema is `{}`, not `{MANIFEST_SCHEMA}`",
            manifest.schema
        );
        // The file is the manifest's neighbour: no path leads elsewhere.
        ensure!(Path::new(&manifest.file).components().count() == 1, "`{}` is no file name", manifest.file);
        Ok(manifest)
    };
    let manifest = read().with_context(|| format!("read the manifest {place}"))?;
    Ok(Found { place, manifest })
}

/// No folder of an archive lies deeper.
const DEEPEST: usize = 8;

/// All manifests of a folder and the folders in it, in the order of their paths; each may be unreadable by itself.
///
/// # Errors
/// When a folder cannot be read.
pub fn find(folder: &Path) -> anyhow::Result<Vec<(PathBuf, anyhow::Result<Found>)>> {
    let mut paths = Vec::new();
    collect(folder, DEEPEST, &mut paths)?;
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    paths.sort();
    Ok(paths.into_iter().map(|path| (path.clone(), read(&path))).collect())
}

fn collect(folder: &Path, deep: usize, paths: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    for entry in folder_entries(folder)? {
        if !entry.is_dir() {
            paths.push(entry);
        } else if deep > 0 {
            collect(&entry, deep - 1, paths)?;
        }
    }
    Ok(())
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
