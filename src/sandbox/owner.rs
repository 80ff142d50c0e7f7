//! Who the server's processes run as: PostgreSQL refuses root, so root drops to another user.
//! It must not know what is run.
use std::ffi::OsStr;
use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::{env, fmt};

use anyhow::{Context as _, Result, bail};

/// The user that owns a cluster: the caller, or, for root, the one that root drops to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Owner {
    dropped: Option<Ids>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Ids {
    user: u32,
    group: u32,
}

impl Owner {
    /// For root: the user of `sudo`, who can read the files afterwards; else `postgres`; else `nobody`.
    ///
    /// # Errors
    /// When the caller is root and there is none of them.
    pub(super) fn current() -> Result<Self> {
        if !is_root() {
            return Ok(Self { dropped: None });
        }
        let ids = sudo_ids().or_else(|| passwd_ids("postgres")).or_else(|| passwd_ids("nobody"));
        match ids {
            Some(ids) => Ok(Self { dropped: Some(ids) }),
            None => {
                bail!("PostgreSQL refuses to run as root, and /etc/passwd has no user `postgres` or `nobody`")
            }
        }
    }

    /// A command that runs as the owner, in a directory that the owner can read, deaf to the caller's `PG*` variables.
    pub(super) fn command(self, program: impl AsRef<OsStr>, directory: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir(directory).stdin(Stdio::null()).env("LC_ALL", "C");
        forget_server(&mut command);
        if let Some(ids) = self.dropped {
            command.uid(ids.user).gid(ids.group);
        }
        command
    }

    /// Gives one file or directory to the owner.
    pub(super) fn receive(self, path: &Path) -> Result<()> {
        if let Some(ids) = self.dropped {
            chown(path, Some(ids.user), Some(ids.group))
                .with_context(|| format!("give {} to user {}", path.display(), ids.user))?;
        }
        Ok(())
    }

    /// Makes a directory that only the owner (and root) can enter.
    pub(super) fn make_private(self, directory: &Path) -> Result<()> {
        fs::create_dir_all(directory).with_context(|| format!("create {}", directory.display()))?;
        fs::set_permissions(directory, Permissions::from_mode(0o700))
            .with_context(|| format!("close {} to others", directory.display()))?;
        self.receive(directory)
    }

    /// Whether the owner may pass through the directory and all above it. Access lists are not looked at.
    pub(super) fn reaches(self, directory: &Path) -> bool {
        let Some(ids) = self.dropped else { return true };
        directory.ancestors().filter(|path| !path.as_os_str().is_empty()).all(|path| {
            fs::metadata(path).is_ok_and(|found| {
                let bit = match () {
                    () if found.uid() == ids.user => 0o100,
                    () if found.gid() == ids.group => 0o010,
                    () => 0o001,
                };
                found.mode() & bit != 0
            })
        })
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let user = self.dropped.map_or_else(|| rustix::process::geteuid().as_raw(), |ids| ids.user);
        write!(f, "user {user}")
    }
}

/// Takes away what the caller's environment says to libpq.
pub(super) fn forget_server(command: &mut Command) {
    for (name, _) in env::vars_os() {
        let bytes = name.as_encoded_bytes();
        if bytes.starts_with(b"PG") && !bytes.starts_with(b"PGTEND_") {
            command.env_remove(name);
        }
    }
}

pub(super) fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// The home directory that the user database names for the caller.
pub(super) fn passwd_home() -> Option<String> {
    let user = rustix::process::geteuid().as_raw().to_string();
    passwd_field(|fields| fields.get(2) == Some(&user.as_str()), 5)
}

fn sudo_ids() -> Option<Ids> {
    let number = |name| env::var(name).ok()?.parse().ok();
    let ids = Ids { user: number("SUDO_UID")?, group: number("SUDO_GID")? };
    (ids.user != 0).then_some(ids)
}

fn passwd_ids(name: &str) -> Option<Ids> {
    let field = |index| passwd_field(|fields| fields.first() == Some(&name), index)?.parse().ok();
    Some(Ids { user: field(2)?, group: field(3)? })
}

fn passwd_field(matches: impl Fn(&[&str]) -> bool, index: usize) -> Option<String> {
    let passwd = fs::read_to_string("/etc/passwd").ok()?;
    passwd
        .lines()
        .map(|line| line.split(':').collect::<Vec<_>>())
        .find(|fields| matches(fields))?
        .get(index)
        .map(|field| (*field).to_owned())
}
