//! Programs of others that do the same, where they are installed. One that is not is named, with the way to get it.
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::figure::{Figure, Target, median};
use crate::ground::{Ground, milliseconds_since};

pub struct Peer {
    name: &'static str,
    program: &'static str,
    /// Where packages put what is not in the PATH.
    folder: &'static str,
    /// How to get it.
    get: &'static str,
}

pub const CHECK_POSTGRES: Peer = Peer {
    name: "check_postgres",
    program: "check_postgres",
    folder: "/usr/bin",
    get: "apt install check-postgres",
};
pub const CHECK_PGACTIVITY: Peer = Peer {
    name: "check_pgactivity",
    program: "check_pgactivity",
    folder: "/usr/lib/nagios/plugins",
    get: "apt install check-pgactivity",
};
pub const POSTGRES_EXPORTER: Peer = Peer {
    name: "postgres_exporter",
    program: "prometheus-postgres-exporter",
    folder: "/usr/bin",
    get: "apt install prometheus-postgres-exporter",
};
pub const PG_EXTRAS: Peer =
    Peer { name: "pg-extras", program: "pgextras", folder: "/usr/bin", get: "cargo install pg-extras" };

impl Peer {
    pub fn find(&self) -> Option<PathBuf> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let mut folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
        folders.push(self.folder.into());
        folders.into_iter().map(|folder| folder.join(self.program)).find(|file| file.is_file())
    }

    /// pgtend's time against the median of the peer's; without the peer, against the limit alone.
    pub fn figure(
        &self,
        what: String,
        (pgtend, note): (f64, String),
        limit: Limit,
        time: impl FnMut(&Path) -> Option<f64>,
    ) -> Figure {
        let times: Option<Vec<f64>> = self.find().map(|program| program.as_path().times(time));
        let times = times.filter(|times| !times.is_empty());
        let (against, target, note) = match (times, limit) {
            (Some(times), Limit::Ratio(limit)) => {
                ((self.name.to_owned(), median(times)), Target::Ratio(limit), note)
            }
            (Some(times), Limit::Below(limit)) => {
                ((self.name.to_owned(), median(times)), Target::Below(limit), note)
            }
            (None, limit) => {
                let limit = match limit {
                    Limit::Below(limit) => limit,
                    Limit::Ratio(_) => f64::INFINITY,
                };
                let note = format!("{note}; {} is not here: {}", self.name, self.get);
                ((format!("no {}", self.name), f64::NAN), Target::Below(limit), note)
            }
        };
        Figure { what, pgtend, against, target, noise: 0.0, note }
    }
}

/// What the figure has to meet.
#[derive(Clone, Copy)]
pub enum Limit {
    Below(f64),
    Ratio(f64),
}

const PEER_RUNS: usize = 3;

trait Times {
    fn times(self, time: impl FnMut(&Path) -> Option<f64>) -> Vec<f64>;
}

impl Times for &Path {
    /// The first one warms up.
    fn times(self, mut time: impl FnMut(&Path) -> Option<f64>) -> Vec<f64> {
        (0..=PEER_RUNS).filter_map(|_| time(self)).skip(1).collect()
    }
}

/// So many calls of a plugin, one after the other, as Nagios makes them; whatever they find.
pub fn calls(ground: &Ground, program: &Path, actions: &[&[&str]]) -> Option<f64> {
    let began = Instant::now();
    for action in actions {
        let done = ground.client_command(program).args(*action).stdin(Stdio::null()).output().ok()?;
        // 127: it did not understand. Without an answer of the server they are quick, and some of them fine with it.
        done.status.code().filter(|code| *code <= 3)?;
        let said = String::from_utf8_lossy(&done.stdout);
        if ["failed", "ERROR"].iter().any(|word| said.contains(word)) {
            return None;
        }
    }
    Some(milliseconds_since(began))
}

/// A server of metrics; it ends with this.
pub struct Serving {
    child: Child,
    port: u16,
}

impl Serving {
    /// Starts `command`, given the address to listen on, and waits until it answers.
    pub fn start(command: impl FnOnce(&str) -> Command) -> Option<Self> {
        let port = TcpListener::bind("127.0.0.1:0").ok()?.local_addr().ok()?.port();
        let mut command = command(&format!("127.0.0.1:{port}"));
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().ok()?;
        let serving = Self { child, port };
        for _ in 0..100 {
            if serving.scrape().is_some() {
                return Some(serving);
            }
            thread::sleep(Duration::from_millis(50));
        }
        None
    }

    /// The time of one scrape.
    pub fn scrape(&self) -> Option<f64> {
        let began = Instant::now();
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).ok()?;
        write!(stream, "GET /metrics HTTP/1.0\r\nHost: localhost\r\n\r\n").ok()?;
        let mut text = String::new();
        stream.read_to_string(&mut text).ok()?;
        let took = milliseconds_since(began);
        text.contains("pg_up 1").then_some(took)
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
