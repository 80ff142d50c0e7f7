//! The directory of one private server, and the lock that says whether its run is still alive.
//! It must not know what is in the data directory.
use std::fs::{self, File};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, bail, ensure};

use super::owner::Owner;
use super::place::{self, Medium};
use super::sentinel;
use crate::failure::{Exit, Explain as _};

/// `data/`, `log` and the socket lie in it.
#[derive(Debug)]
pub(super) struct Directory {
    path: PathBuf,
    /// Held as long as the run lives; the system gives the lock back however the run ends.
    _lock: File,
}

const PREFIX: &str = "pgtend-";
const RANDOM_BYTES: usize = 8;
const LOCK: &str = "lock";

impl Directory {
    pub(super) fn temporary(owner: Owner, medium: Medium) -> Result<Self> {
        sweep(owner);
        let mut refused = None;
        for place in place::temporary(owner, medium, PREFIX.len() + RANDOM_BYTES) {
            match tempfile::Builder::new().prefix(PREFIX).rand_bytes(RANDOM_BYTES).tempdir_in(&place) {
                Ok(made) => return Self::enter(made.keep(), owner),
                Err(error) => refused = Some(error),
            }
        }
        let reason = refused.map_or_else(|| anyhow!("no place is open to {owner}"), anyhow::Error::from);
        Err(reason
            .context("create a temporary directory")
            .hint("set TMPDIR to a short path that all can write to"))
    }

    /// A new one at `path`, or one that an earlier run has left there.
    pub(super) fn at(path: &Path, owner: Owner) -> Result<Self> {
        let bytes = path.as_os_str().len();
        if bytes > place::SOCKET_DIRECTORY_MAX {
            return Err(anyhow!(
                "the path {} has {bytes} bytes; a socket's directory may have {}",
                path.display(),
                place::SOCKET_DIRECTORY_MAX
            )
            .exit(Exit::Usage)
            .hint("choose a shorter path"));
        }
        let empty = fs::read_dir(path).map_or(true, |mut entries| entries.next().is_none());
        ensure!(
            empty || path.join(LOCK).is_file(),
            "{} is neither empty nor the directory of a sandbox",
            path.display()
        );
        fs::create_dir_all(path).with_context(|| format!("create {}", path.display()))?;
        let path = fs::canonicalize(path).with_context(|| format!("find {}", path.display()))?;
        if let Some(above) = path.parent()
            && !owner.reaches(above)
        {
            return Err(anyhow!("the server's {owner} cannot enter {}", above.display())
                .hint("choose a directory that is open to others"));
        }
        Self::enter(path, owner)
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    fn enter(path: PathBuf, owner: Owner) -> Result<Self> {
        owner.make_private(&path)?;
        let lock = lock(&path)?;
        Ok(Self { path, _lock: lock })
    }
}

/// The lock appears under its name only when it is held, so that no sweep takes a young directory for an old one.
fn lock(directory: &Path) -> Result<File> {
    let named = directory.join(LOCK);
    if let Ok(left) = File::open(&named) {
        if left.try_lock().is_err() {
            bail!("another run holds {}", directory.display());
        }
        return Ok(left);
    }
    let stage = directory.join(".lock");
    let file = File::create(&stage).with_context(|| format!("create {}", stage.display()))?;
    file.try_lock().with_context(|| format!("lock {}", stage.display()))?;
    fs::rename(&stage, &named).with_context(|| format!("create {}", named.display()))?;
    Ok(file)
}

/// Removes what runs have left behind that were killed together with their sentinel.
fn sweep(owner: Owner) {
    let user = rustix::process::geteuid().as_raw();
    for place in place::temporary_earlier() {
        let Ok(entries) = fs::read_dir(place) else { continue };
        for entry in entries.flatten() {
            let name = entry.file_name();
            let lock = entry.path().join(LOCK);
            let ours = name.as_encoded_bytes().starts_with(PREFIX.as_bytes())
                && fs::symlink_metadata(&lock).is_ok_and(|found| found.is_file() && found.uid() == user);
            if ours && File::open(&lock).is_ok_and(|lock| lock.try_lock().is_ok()) {
                tracing::debug!("sweep {}", entry.path().display());
                sentinel::clean(&entry.path(), owner);
            }
        }
    }
}
