//! Named sandboxes: private servers that outlive the command that started them, each in the cache under its name.
use std::fs::{self, File};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, bail};
use serde::Serialize;

use super::cluster::{self, PORT};
use super::owner::Owner;
use super::private::{Lifetime, Options, Sandbox, url};
use super::template::SUPERUSER;
use super::{discover, place};
use crate::failure::{Exit, Explain as _};

/// Longer names would make the path of the socket too long.
const NAME_MAX_BYTES: usize = 32;

/// A sandbox by its name, running or not.
#[derive(Debug)]
pub struct Named {
    name: String,
    directory: PathBuf,
}

/// What is known about a named sandbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Status {
    pub name: String,
    /// It takes connections.
    pub running: bool,
    /// Absent when there is no data: it was never started, or stopped for good.
    pub version: Option<String>,
    /// The server's process number; absent unless it runs, as the URI is.
    pub pid: Option<u32>,
    pub url: Option<String>,
    /// Of the data, the log and the socket.
    pub directory: PathBuf,
}

impl Named {
    /// # Errors
    /// When the name could not be a directory's, or there is no place for caches.
    pub fn new(name: &str) -> Result<Self> {
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if name.is_empty() || name.len() > NAME_MAX_BYTES || !name.chars().all(plain) {
            return Err(anyhow!("`{name}` cannot be the name of a sandbox")
                .exit(Exit::Usage)
                .hint(format!("use letters, digits, `-` and `_`, {NAME_MAX_BYTES} at most")));
        }
        Ok(Self { name: name.to_owned(), directory: place::cache()?.join("sandbox").join(name) })
    }

    /// All that have a directory, running or not, by name.
    ///
    /// # Errors
    /// When there is no place for caches.
    pub fn all() -> Result<Vec<Self>> {
        let shelf = place::cache()?.join("sandbox");
        let entries = fs::read_dir(shelf).map(|entries| entries.flatten().collect()).unwrap_or(Vec::new());
        let directories = entries.iter().filter(|entry| entry.path().is_dir());
        let mut all: Vec<Self> =
            directories.filter_map(|entry| Self::new(entry.file_name().to_str()?).ok()).collect();
        all.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(all)
    }

    /// Starts it unless it runs; the answer says whether it had to.
    ///
    /// # Errors
    /// As [`Sandbox::start`], and when what runs or lies there is of another major.
    pub fn start(&self, major: Option<u32>, durable: bool) -> Result<bool> {
        let _turn = self.turn()?;
        let left = self.left_major();
        if let (Some(left), Some(wanted)) = (left, major)
            && left != wanted
        {
            return Err(anyhow!("the sandbox `{}` is of PostgreSQL {left}", self.name)
                .exit(Exit::Usage)
                .hint(format!("pgtend sandbox stop --name {}", self.name))
                .hint("another --name"));
        }
        if self.pid().is_some() {
            return Ok(false);
        }
        let lifetime = Lifetime::Detached(self.directory.clone());
        let sandbox =
            Sandbox::start(&Options { major: major.or(left), lifetime, durable, ..Options::default() })?;
        fs::write(self.programs_file(), sandbox.server().programs().as_os_str().as_encoded_bytes())?;
        fs::write(self.version_file(), sandbox.version())?;
        Ok(true)
    }

    /// Stops the server and removes its data, or keeps them; the answer says whether it ran.
    ///
    /// # Errors
    /// When the server does not stop.
    pub fn stop(&self, keep_data: bool) -> Result<bool> {
        let _turn = self.turn()?;
        let ran = self.pid().is_some();
        if ran {
            self.shut_down()?;
        }
        if !keep_data && self.directory.exists() {
            fs::remove_dir_all(&self.directory)
                .with_context(|| format!("remove {}", self.directory.display()))?;
        }
        Ok(ran)
    }

    pub fn status(&self) -> Status {
        let pid = self.pid();
        Status {
            name: self.name.clone(),
            running: pid.is_some(),
            version: fs::read_to_string(self.version_file()).ok(),
            pid,
            url: pid.map(|_| url(&self.directory, SUPERUSER, "postgres")),
            directory: self.directory.clone(),
        }
    }

    /// # Errors
    /// When it does not run.
    pub fn url(&self, database: &str) -> Result<String> {
        if self.pid().is_none() {
            return Err(anyhow!("the sandbox `{}` is not running", self.name)
                .exit(Exit::Failed)
                .hint(format!("pgtend sandbox start --name {}", self.name)));
        }
        Ok(url(&self.directory, SUPERUSER, database))
    }

    /// By `pg_ctl`, as the owner: the process number in the owner's file is then no order to root.
    fn shut_down(&self) -> Result<()> {
        let programs = match fs::read_to_string(self.programs_file()) {
            Ok(programs) => PathBuf::from(programs),
            Err(_) => discover(self.left_major())?.programs().to_owned(),
        };
        let done = Owner::current()?
            .command(programs.join("pg_ctl"), &self.directory)
            .args(["stop", "-m", "fast", "-w", "-s", "-D"])
            .arg(self.data())
            .output()
            .with_context(|| format!("start {}", programs.join("pg_ctl").display()))?;
        if !done.status.success() {
            bail!("stop the sandbox `{}`: {}", self.name, String::from_utf8_lossy(&done.stderr).trim());
        }
        Ok(())
    }

    /// A process number alone may be an old one, so that the socket has to answer too.
    fn pid(&self) -> Option<u32> {
        UnixStream::connect(self.directory.join(format!(".s.PGSQL.{PORT}"))).ok()?;
        cluster::ready_pid(&self.data())
    }

    fn left_major(&self) -> Option<u32> {
        fs::read_to_string(self.data().join("PG_VERSION")).ok()?.trim().parse().ok()
    }

    /// One command at a time for a name; the others wait.
    fn turn(&self) -> Result<File> {
        let shelf = self.directory.parent().unwrap_or(Path::new("/"));
        fs::create_dir_all(shelf).with_context(|| format!("create {}", shelf.display()))?;
        let path = shelf.join(format!(".{}.turn", self.name));
        let file = File::create(&path).with_context(|| format!("create {}", path.display()))?;
        file.lock().with_context(|| format!("lock {}", path.display()))?;
        Ok(file)
    }

    fn data(&self) -> PathBuf {
        self.directory.join("data")
    }

    fn programs_file(&self) -> PathBuf {
        self.directory.join("programs")
    }

    fn version_file(&self) -> PathBuf {
        self.directory.join("version")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_could_leave_the_cache_is_refused() {
        for name in ["", "..", "a/b", "a b", ".hidden", "a23456789-123456789-123456789-123"] {
            assert!(Named::new(name).is_err(), "{name}");
        }
        assert!(Named::new("shop-test_2").is_ok());
    }
}
