//! A file that others read: replaced in one act, so that nobody reads half of it.
use std::io::Write as _;
use std::path::Path;

use anyhow::Context as _;

/// Writes the text beside the file and renames it.
///
/// # Errors
/// When the folder or the file cannot be written; the old file stays then.
pub fn replace_file(file: &Path, text: &str) -> anyhow::Result<()> {
    let replacing = || format!("replace {}", file.display());
    // A device or a pipe is written to: nobody wants a file in its place.
    if std::fs::metadata(file).is_ok_and(|found| !found.is_file()) {
        return std::fs::write(file, text).with_context(replacing);
    }
    let folder = match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    // A rename within one folder is one act. Prometheus' collector reads names that end in .prom alone.
    let mut new = tempfile::Builder::new()
        .prefix(".pgtend-")
        .suffix(".tmp")
        .permissions(readable())
        .tempfile_in(folder)
        .with_context(replacing)?;
    new.write_all(text.as_bytes()).with_context(replacing)?;
    new.as_file().sync_all().with_context(replacing)?;
    new.persist(file).with_context(replacing)?;
    Ok(())
}

/// Who reads it may be another user: a collector, a web server.
fn readable() -> std::fs::Permissions {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::Permissions::from_mode(0o644)
}
