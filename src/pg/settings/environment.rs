//! What the process was given: variables, home directory, user. A value, so that reading settings is a pure
//! function of it and of the files that it leads to. Only `of_process` looks at the process.
use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

/// The surroundings that connection settings depend on.
#[derive(Clone, Default)]
pub struct Environment {
    /// The `PG*` variables and `DATABASE_URL`.
    pub variables: BTreeMap<String, String>,
    pub home: Option<PathBuf>,
    /// The name of the operating system's user.
    pub user: Option<String>,
    /// Where a server's socket may be; libpq has one directory compiled in, and builds differ.
    pub socket_dirs: Vec<PathBuf>,
    /// Where `pg_service.conf` may be when `PGSYSCONFDIR` does not say it.
    pub service_dirs: Vec<PathBuf>,
}

impl Environment {
    /// Reads this process's environment. A variable that is not UTF-8 gets replacement characters.
    pub fn of_process() -> Self {
        let ours = |name: &str| name.starts_with("PG") || name == "DATABASE_URL";
        let lossy = |text: std::ffi::OsString| text.to_string_lossy().into_owned();
        Self {
            variables: std::env::vars_os()
                .map(|(name, value)| (lossy(name), lossy(value)))
                .filter(|(name, _)| ours(name))
                .collect(),
            home: std::env::home_dir().filter(|home| !home.as_os_str().is_empty()),
            user: whoami::username().ok(),
            socket_dirs: ["/var/run/postgresql", "/tmp"].map(PathBuf::from).into(),
            service_dirs: ["/etc/postgresql-common", "/etc/sysconfig/pgsql", "/usr/local/pgsql/etc"]
                .map(PathBuf::from)
                .into(),
        }
    }

    /// A variable, unless it is not set or empty.
    pub fn variable(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// A file below the home directory.
    pub(super) fn at_home(&self, path: &str) -> Option<PathBuf> {
        self.home.as_ref().map(|home| home.join(path))
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Environment")
            .field("variables", &self.variables.keys())
            .field("home", &self.home)
            .field("user", &self.user)
            .field("socket_dirs", &self.socket_dirs)
            .field("service_dirs", &self.service_dirs)
            .finish()
    }
}
