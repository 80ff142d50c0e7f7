//! A private server that listens on 127.0.0.1 as well, with its own `pg_hba.conf`.
use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::path::Path;

use pgtend::sandbox::{Options, Sandbox};

use crate::common::server::options;

pub struct Server {
    sandbox: Sandbox,
    pub port: u16,
}

impl Server {
    pub fn start() -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let listen = [("listen_addresses", "127.0.0.1".to_owned()), ("port", port.to_string())];
        let settings = listen.map(|(name, value)| (name.to_owned(), value)).into();
        Self { sandbox: Sandbox::start(&Options { settings, ..options() }).unwrap(), port }
    }

    /// Writes files (name and content) into the data directory, and starts the server again with the settings.
    pub fn restart_with(&mut self, settings: &str, files: &[(&str, &str)]) {
        let data = self.socket_dir().join("data");
        for (name, content) in files.iter().chain(&[("postgresql.auto.conf", settings)]) {
            write_as_owner(&data, name, content);
        }
        self.sandbox.restart().unwrap();
    }

    pub fn socket_dir(&self) -> &Path {
        self.sandbox.socket_dir()
    }

    pub fn superuser(&self) -> &str {
        self.sandbox.superuser()
    }

    pub fn major(&self) -> u32 {
        self.sandbox.server().major()
    }
}

/// The server takes a key only from its own user.
fn write_as_owner(data: &Path, name: &str, content: &str) {
    let (path, owner) = (data.join(name), fs::metadata(data).unwrap());
    fs::write(&path, content).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    chown(&path, Some(owner.uid()), Some(owner.gid())).unwrap();
}
