//! A shell that outlives its run by a moment: it stops the server and removes the directory that a killed run leaves.
//! Its standard input is a pipe from the run, so that it learns of any end, also of `kill -9`. No death signal does as
//! well: that comes when the *thread* that started the server ends, only on Linux, and removes nothing.
use std::fs;
use std::io;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use super::owner::Owner;

/// Arguments: the directory, and whether to remove it. It runs as the owner: the process number that it reads from the
/// owner's file can then harm none but the owner's processes. What is not the owner's it has to leave, and with it the
/// lock, by which the next run's sweep knows the directory.
const SCRIPT: &str = r#"
cat >/dev/null
pid=$(head -n 1 "$1/data/postmaster.pid" 2>/dev/null)
if [ -n "$pid" ] && kill -QUIT "$pid" 2>/dev/null; then
    tries=0
    while [ -e "$1/data/postmaster.pid" ] && kill -0 "$pid" 2>/dev/null && [ "$tries" -lt 100 ]; do
        tries=$((tries + 1))
        sleep 0.1
    done
fi
if [ "$2" = remove ]; then
    for entry in "$1"/* "$1"/.s.*; do
        [ "$entry" = "$1/lock" ] || rm -rf "$entry"
    done
    [ "$(ls -A "$1")" != lock ] || rm -rf "$1"
fi
"#;

#[derive(Debug)]
pub(super) struct Sentinel(Child);

impl Sentinel {
    /// Watches this process from now on.
    pub(super) fn post(directory: &Path, remove: bool, owner: Owner) -> io::Result<Self> {
        command(directory, remove, owner).stdin(Stdio::piped()).spawn().map(Self)
    }
}

impl Drop for Sentinel {
    fn drop(&mut self) {
        // It finds no server and no directory any more, and ends.
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}

/// Does at once what a sentinel does at the end.
pub(super) fn clean(directory: &Path, owner: Owner) {
    let _ = command(directory, true, owner).stdin(Stdio::null()).status();
    // What belongs to this user and not to the owner, or lies in a directory that the owner cannot write to.
    let _ = fs::remove_dir_all(directory);
}

fn command(directory: &Path, remove: bool, owner: Owner) -> Command {
    let mut command = owner.command("/bin/sh", Path::new("/"));
    command.args(["-c", SCRIPT, "pgtend-sentinel"]).arg(directory).arg(if remove {
        "remove"
    } else {
        "keep"
    });
    // A group of its own: Ctrl-C is for the run, and the sentinel comes after it.
    command.stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
    command
}
