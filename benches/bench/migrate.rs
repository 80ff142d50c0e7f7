//! `migrate up` with nothing to do, over a folder of 1000 files: the whole process, as a pipeline starts it before every
//! deployment, beside others on the same folder. They are looked for in the PATH.
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::figure::{Figure, Target, median};
use crate::ground::{Ground, find_in_path, timed};

const RUNS: usize = 21;
const FILES: usize = 1000;
const LIMIT: f64 = 50.0;

/// Another program that applies the files of a folder.
struct Peer {
    program: &'static str,
    /// How to get it, for who has not got it.
    get: &'static str,
    arguments: fn(&Path, &str) -> Vec<String>,
}

const PEERS: [Peer; 2] = [
    Peer {
        program: "sqlx",
        get: "cargo install sqlx-cli --no-default-features --features postgres",
        arguments: |folder, url| {
            words(&format!("migrate run --source {} --database-url {url}", folder.display()))
        },
    },
    Peer {
        program: "dbmate",
        get: "npm install dbmate",
        arguments: |folder, url| {
            words(&format!("--no-dump-schema --migrations-dir {} --url {url} migrate", folder.display()))
        },
    },
];

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

pub fn run() -> Vec<Figure> {
    let ground = Ground::new(false);
    let folder = write_files(&ground);
    ground.database("ours", "");
    let up = || {
        let dir = folder.display().to_string();
        timed(&mut ground.pgtend("ours", &["migrate", "up", "--no-lint", "--dir", &dir]))
    };
    up();
    let peers = PEERS.map(|peer| prepared(&ground, &folder, &peer));
    let (mut ours, mut theirs) = (Vec::new(), [Vec::new(), Vec::new()]);
    for _ in 0..RUNS {
        let (time, output) = up();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains("nothing to do"), "something was to do: {said}");
        ours.push(time);
        for (peer, times) in peers.iter().zip(&mut theirs) {
            times.extend(peer.as_ref().map(|peer| timed(&mut peer.command()).0));
        }
    }
    let least = ours.iter().copied().fold(f64::INFINITY, f64::min);
    let pgtend = median(ours);
    let figure = |(peer, times): (&Peer, Vec<f64>)| Figure {
        what: format!("migrate up, nothing to do, {FILES} files, whole process"),
        pgtend,
        against: if times.is_empty() {
            (format!("no {} in the PATH ({}); the limit", peer.program, peer.get), LIMIT)
        } else {
            (peer.program.to_owned(), median(times))
        },
        target: Target::Below(LIMIT),
        noise: 0.0,
        note: format!("median of {RUNS}, least {least:.1} ms"),
    };
    PEERS.iter().zip(theirs).map(figure).collect()
}

/// Named as all of them read it.
fn write_files(ground: &Ground) -> PathBuf {
    let folder = ground.folder("migrations");
    for n in 1..=FILES {
        let table = format!("create table t{n} (id bigint primary key, at timestamptz not null, note text);");
        let text = format!("-- migrate:up\n{table}\n-- migrate:down\n");
        fs::write(folder.join(format!("{n:04}_table_{n}.sql")), text).unwrap();
    }
    folder
}

/// A peer that has applied all files to a database of its own.
struct Ready {
    program: PathBuf,
    arguments: Vec<String>,
}

impl Ready {
    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments);
        command
    }
}

fn prepared(ground: &Ground, folder: &Path, peer: &Peer) -> Option<Ready> {
    let program = find_in_path(peer.program)?;
    ground.database(peer.program, "");
    // sqlx wants a host before it looks for the socket.
    let url = ground.url(peer.program).replace("@/", "@localhost/");
    let arguments = (peer.arguments)(folder, &url);
    let ready = Ready { program, arguments };
    timed(&mut ready.command());
    Some(ready)
}
