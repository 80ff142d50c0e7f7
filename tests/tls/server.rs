//! Private PostgreSQL servers for these tests, on 127.0.0.1 and a socket, gone when they are dropped.
use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

pub struct Server {
    pub dir: TempDir,
    pub port: u16,
    child: Child,
}

impl Server {
    /// Makes a cluster with that `pg_hba.conf`, lets `prepare` add files to its directory, and starts it.
    pub fn start(hba: &str, options: &[&str], prepare: impl FnOnce(&Path)) -> Self {
        let bin = binaries();
        let owner = owner();
        let dir = tempfile::Builder::new().prefix("pgtend-tls-").tempdir_in("/tmp").unwrap();
        let data = dir.path().join("data");
        fs::create_dir(&data).unwrap();
        hand_over(dir.path(), owner);
        let mut initdb = as_owner(&bin.join("initdb"), owner);
        initdb.args([
            "--no-sync",
            "--no-instructions",
            "-U",
            "postgres",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C",
        ]);
        let made = initdb.arg("-D").arg(&data).output().unwrap();
        assert!(made.status.success(), "initdb: {}", String::from_utf8_lossy(&made.stderr));
        fs::write(data.join("pg_hba.conf"), hba).unwrap();
        prepare(&data);
        hand_over(dir.path(), owner);
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let log = fs::File::create(dir.path().join("log")).unwrap();
        let child = as_owner(&bin.join("postgres"), owner)
            .arg("-D")
            .arg(&data)
            .args(["-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"])
            .arg("-k")
            .arg(dir.path())
            .args(["-p", &port.to_string()])
            .args(options.iter().flat_map(|option| ["-c", option]))
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut server = Self { dir, port, child };
        server.wait_until_ready(&bin);
        server
    }

    fn wait_until_ready(&mut self, bin: &Path) {
        for _ in 0..600 {
            let mut ready = Command::new(bin.join("pg_isready"));
            ready.arg("-q").arg("-h").arg(self.dir.path()).args(["-p", &self.port.to_string()]);
            if ready.status().unwrap().success() {
                return;
            }
            assert!(self.child.try_wait().unwrap().is_none(), "the server ended: {}", self.log());
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("the server did not start: {}", self.log());
    }

    fn log(&self) -> String {
        fs::read_to_string(self.dir.path().join("log")).unwrap_or_default()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let pid = rustix::process::Pid::from_child(&self.child);
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::QUIT);
        let _ = self.child.wait();
    }
}

fn binaries() -> PathBuf {
    let named = std::env::var_os("PGTEND_PG_BIN").map(PathBuf::from);
    let asked = Command::new("pg_config").arg("--bindir").output().ok();
    let asked = asked.map(|output| PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()));
    let installed = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let installed = installed.map(|entry| entry.path().join("bin"));
    let mut known = named.into_iter().chain(asked).chain(installed);
    known
        .find(|bin| bin.join("postgres").exists())
        .expect("a PostgreSQL server; set PGTEND_PG_BIN to its programs")
}

/// Whom the server runs as: it refuses root.
fn owner() -> Option<u32> {
    let id = |arguments: &[&str]| {
        let output = Command::new("id").args(arguments).output().unwrap();
        String::from_utf8_lossy(&output.stdout).trim().parse().ok()
    };
    let root = id(&["-u"]) == Some(0);
    root.then(|| id(&["-u", "postgres"]).or_else(|| id(&["-u", "nobody"])).expect("a user for the server"))
}

fn as_owner(program: &Path, owner: Option<u32>) -> Command {
    let mut command = Command::new(program);
    if let Some(uid) = owner {
        command.uid(uid);
    }
    command.env_clear().current_dir("/").process_group(0);
    command
}

/// The server wants its directory and its key for itself.
fn hand_over(path: &Path, owner: Option<u32>) {
    if path.is_dir() {
        fs::set_permissions(path, fs::Permissions::from_mode(0o700)).unwrap();
        for entry in fs::read_dir(path).unwrap() {
            hand_over(&entry.unwrap().path(), owner);
        }
    }
    if let Some(uid) = owner {
        chown(path, Some(uid), None).unwrap();
    }
}
