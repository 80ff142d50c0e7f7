//! A fresh data directory: made by `initdb`, or copied from what `initdb` made before, in a tenth of the time.
//! It must not know what becomes of the directory.
use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow};

use super::discover::Server;
use super::owner::Owner;
use super::place;
use crate::failure::Explain as _;

/// The superuser of every cluster made here; it needs no password.
pub(super) const SUPERUSER: &str = "postgres";

/// Makes `data`, which must not exist; the directory above it belongs to the owner.
pub(super) fn create(server: &Server, owner: Owner, data: &Path) -> Result<()> {
    let template = path(server);
    if let Ok(template) = &template
        && template.join("PG_VERSION").exists()
    {
        match copy(template, data, Some(owner)) {
            Ok(()) => return Ok(()),
            Err(error) => tracing::debug!("copy {}: {error:#}", template.display()),
        }
        let _ = fs::remove_dir_all(data);
    }
    initdb(server, owner, data)?;
    if let Err(error) = template.and_then(|template| keep(data, &template)) {
        tracing::debug!("keep a template: {error:#}");
    }
    Ok(())
}

/// # Errors
/// With what `initdb` said.
pub(super) fn initdb(server: &Server, owner: Owner, data: &Path) -> Result<()> {
    let above = data.parent().context("find the directory above the data directory")?;
    let done = owner
        .command(server.programs().join("initdb"), above)
        .arg("-D")
        .arg(data)
        .args(["-U", SUPERUSER, "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync", "--no-instructions"])
        // Segments of 1 MB instead of 16: the directory is a third smaller, and as much faster to copy.
        .arg("--wal-segsize=1")
        .output()
        .with_context(|| format!("start {}", server.programs().join("initdb").display()))?;
    if done.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&done.stderr);
    let error =
        anyhow!("{}", said.trim()).context(format!("make a data directory with initdb {}", server.version()));
    if said.contains("could not look up effective user ID") {
        return Err(error.hint(format!("initdb wants its user in /etc/passwd: add an entry for {owner}")));
    }
    Err(error)
}

/// One template for each build of the server, named so that an upgraded build makes a new one.
fn path(server: &Server) -> Result<PathBuf> {
    let built = fs::metadata(server.programs().join("postgres"))?.modified()?;
    let mut hasher = DefaultHasher::new();
    (server.programs(), server.version(), built).hash(&mut hasher);
    Ok(place::cache()?.join("template").join(format!("{}-{:016x}", server.version(), hasher.finish())))
}

fn keep(data: &Path, template: &Path) -> Result<()> {
    let shelf = template.parent().context("find the directory above the template")?;
    fs::create_dir_all(shelf).with_context(|| format!("create {}", shelf.display()))?;
    let stage = tempfile::Builder::new().prefix(".stage-").tempdir_in(shelf)?;
    let copied = stage.path().join("data");
    copy(data, &copied, None)?;
    // A template that a power cut had torn would fail every later start.
    rustix::fs::syncfs(File::open(&copied)?)?;
    fs::rename(&copied, template).or_else(|error| if template.exists() { Ok(()) } else { Err(error) })?;
    Ok(())
}

fn copy(from: &Path, to: &Path, owner: Option<Owner>) -> Result<()> {
    copy_tree(from, to, owner).with_context(|| format!("copy {} to {}", from.display(), to.display()))
}

fn copy_tree(from: &Path, to: &Path, owner: Option<Owner>) -> Result<()> {
    fs::create_dir(to)?;
    fs::set_permissions(to, fs::metadata(from)?.permissions())?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        let kind = entry.file_type()?;
        if kind.is_dir() {
            copy_tree(&entry.path(), &target, owner)?;
        } else if kind.is_file() {
            fs::copy(entry.path(), &target)?;
            owner.map_or(Ok(()), |owner| owner.receive(&target))?;
        } else {
            return Err(io::Error::other(format!("{} is no file", entry.path().display())).into());
        }
    }
    owner.map_or(Ok(()), |owner| owner.receive(to))
}
