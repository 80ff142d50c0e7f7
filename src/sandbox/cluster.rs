//! The server process over a data directory: started, waited for, signalled.
//! It must not know who wants it, or what happens to the directory afterwards.
use std::fs::{self, File};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow, bail};
use rustix::process::{Pid, Signal, kill_process};

use super::discover::Server;
use super::owner::Owner;
use crate::failure::Explain as _;

pub(super) const PORT: u16 = 5432;
const STATISTICS: &str = "pg_stat_statements";
const POLL: Duration = Duration::from_millis(5);
/// Long for an idle machine; recovery on a loaded one takes its time.
const PATIENCE: Duration = Duration::from_secs(120);
const LOG_LINES_SHOWN: usize = 20;

/// How the server is told to stop; the manual's names.
#[derive(Clone, Copy, Debug)]
pub(super) enum Shutdown {
    /// Sessions are ended, and a checkpoint is written.
    Fast,
    /// As in a crash: the next start recovers.
    Immediate,
}

/// Where one cluster lives, and what its server is started with.
#[derive(Debug)]
pub(super) struct Cluster {
    pub(super) server: Server,
    pub(super) owner: Owner,
    pub(super) directory: PathBuf,
    /// In the order given; of two for one name the last one counts.
    pub(super) settings: Vec<(String, String)>,
}

impl Cluster {
    pub(super) fn data(&self) -> PathBuf {
        self.directory.join("data")
    }

    pub(super) fn log(&self) -> PathBuf {
        self.directory.join("log")
    }

    /// Starts the server and waits until it takes connections. A build without `pg_stat_statements` gets none.
    pub(super) fn start(&self) -> Result<Child> {
        let logged = fs::metadata(self.log()).map_or(0, |log| log.len());
        let with_statistics = [("shared_preload_libraries", STATISTICS)];
        self.attempt(&with_statistics).or_else(|error| {
            if self.log_since(logged).contains(&format!("could not access file \"{STATISTICS}\"")) {
                return self.attempt(&[]);
            }
            Err(error)
        })
    }

    fn attempt(&self, first: &[(&str, &str)]) -> Result<Child> {
        let log = File::options()
            .create(true)
            .append(true)
            .open(self.log())
            .with_context(|| format!("open {}", self.log().display()))?;
        let mut command = self.owner.command(self.server.programs().join("postgres"), &self.directory);
        command.arg("-D").arg(self.data()).arg("-k").arg(&self.directory).args(["-p", &PORT.to_string()]);
        let settings = self.settings.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        for (name, value) in first.iter().copied().chain(settings) {
            command.arg("-c").arg(format!("{name}={value}"));
        }
        command.stdout(log.try_clone()?).stderr(log).process_group(0);
        let mut child =
            command.spawn().with_context(|| format!("start PostgreSQL {}", self.server.version()))?;
        if let Err(error) = self.wait_until_ready(&mut child) {
            let _ = child.kill();
            let _ = child.wait();
            return Err(error);
        }
        Ok(child)
    }

    fn wait_until_ready(&self, child: &mut Child) -> Result<()> {
        let since = Instant::now();
        while since.elapsed() < PATIENCE {
            if let Some(status) = child.try_wait()? {
                return Err(anyhow!("the server ended: {status}").detail(self.last_of_log()))
                    .with_context(|| format!("start PostgreSQL {}", self.server.version()));
            }
            if ready_pid(&self.data()) == Some(child.id()) {
                return Ok(());
            }
            thread::sleep(POLL);
        }
        Err(anyhow!("the server was not ready after {} s", PATIENCE.as_secs()).detail(self.last_of_log()))
    }

    fn log_since(&self, bytes: u64) -> String {
        let log = fs::read(self.log()).unwrap_or_default();
        let start = usize::try_from(bytes).unwrap_or(usize::MAX).min(log.len());
        String::from_utf8_lossy(&log[start..]).into_owned()
    }

    fn last_of_log(&self) -> String {
        let log = self.log_since(0);
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(LOG_LINES_SHOWN)..].join("\n")
    }
}

/// Stops a server that this process has started.
pub(super) fn stop(child: &mut Child, how: Shutdown) -> Result<()> {
    if child.try_wait()?.is_some() {
        return Ok(());
    }
    let signal = match how {
        Shutdown::Fast => Signal::INT,
        Shutdown::Immediate => Signal::QUIT,
    };
    kill_process(Pid::from_child(child), signal).context("signal the server")?;
    let since = Instant::now();
    while since.elapsed() < PATIENCE {
        if child.try_wait()?.is_some() {
            return Ok(());
        }
        thread::sleep(POLL);
    }
    child.kill()?;
    child.wait()?;
    bail!("the server did not stop within {} s and was killed", PATIENCE.as_secs())
}

/// The server's process number once it says, in its own file, that it takes connections.
pub(super) fn ready_pid(data: &Path) -> Option<u32> {
    let file = fs::read_to_string(data.join("postmaster.pid")).ok()?;
    let lines: Vec<&str> = file.lines().collect();
    let ready = lines.get(7).is_some_and(|status| status.trim() == "ready");
    lines.first().filter(|_| ready)?.trim().parse().ok()
}
