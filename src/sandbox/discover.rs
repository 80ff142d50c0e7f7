//! Finds the PostgreSQL servers that are installed on this machine. It starts none, and fetches none.
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{cmp::Reverse, env};

use anyhow::{Context as _, Result, anyhow, bail, ensure};

use super::owner::{Owner, is_root};
use super::place;
use crate::failure::{Exit, Explain as _};

/// The majors that pgtend is made for; others are taken only when none of these is there.
const MAJORS: std::ops::RangeInclusive<u32> = 14..=18;

/// Directories that hold one server per entry: (directory, how the entry's name begins, where its programs are).
const INSTALLED: [(&str, &str, &str); 10] = [
    ("/usr/lib/postgresql", "", "bin"),
    ("/usr", "pgsql-", "bin"),
    ("/usr/libexec", "postgresql", ""),
    ("/opt/homebrew/opt", "postgresql@", "bin"),
    ("/usr/local/opt", "postgresql@", "bin"),
    ("/home/linuxbrew/.linuxbrew/opt", "postgresql@", "bin"),
    ("/Applications/Postgres.app/Contents/Versions", "", "bin"),
    ("/Library/PostgreSQL", "", "bin"),
    ("/opt/local/lib", "postgresql", "bin"),
    ("/usr/local", "pgsql", "bin"),
];
/// The same, below the home directory.
const INSTALLED_AT_HOME: [(&str, &str, &str); 2] =
    [(".pgrx", "", "pgrx-install/bin"), (".theseus/postgresql", "", "bin")];

/// An installed server whose programs start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    programs: PathBuf,
    version: String,
    major: u32,
}

impl Server {
    /// Where `postgres`, `initdb` and `pg_ctl` are.
    pub fn programs(&self) -> &Path {
        &self.programs
    }

    /// As the server says it: `15.18`, `18beta1`.
    pub fn version(&self) -> &str {
        &self.version
    }

    pub fn major(&self) -> u32 {
        self.major
    }

    /// # Errors
    /// With the reason, when `postgres` or `initdb` does not start as the user that the server would run as.
    pub(super) fn at(programs: &Path, owner: Owner) -> Result<Self> {
        let version = version_of(&programs.join("postgres"), owner)?;
        version_of(&programs.join("initdb"), owner)?;
        let digits = version.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default();
        let major = digits.parse().with_context(|| format!("read the version `{version}`"))?;
        ensure!(major >= *MAJORS.start(), "version {version} is too old");
        Ok(Self { programs: programs.to_owned(), version, major })
    }

    /// Preferred first: a major that pgtend is made for, what the machine has of its own, the newest.
    fn rank(&self) -> (Reverse<bool>, bool, Reverse<Vec<u32>>) {
        let fetched = place::fetched_servers().is_ok_and(|shelf| self.programs.starts_with(shelf));
        let numbers = self.version.split(|c: char| !c.is_ascii_digit()).filter_map(|part| part.parse().ok());
        (Reverse(MAJORS.contains(&self.major)), fetched, Reverse(numbers.collect()))
    }
}

/// The server to use: from `PGTEND_PG_BIN` when that is set, else the newest that is installed, else a fetched one.
///
/// # Errors
/// When there is none (of the wanted major), with the lines that get one, and what was wrong with those that were found.
pub fn discover(major: Option<u32>) -> Result<Server> {
    let owner = Owner::current()?;
    let wanted = |server: &Server| major.is_none_or(|major| server.major == major);
    if let Some(chosen) = chosen(owner)?.into_iter().find(wanted) {
        return Ok(chosen);
    }
    let Survey { servers: found, rejected } = survey_as(owner);
    match found.iter().find(|server| wanted(server)) {
        Some(server) => Ok(server.clone()),
        None => Err(nothing_found(major, &found, &rejected)),
    }
}

/// What `PGTEND_PG_BIN` names: a directory of programs, or several, as in `PATH`.
fn chosen(owner: Owner) -> Result<Vec<Server>> {
    let Some(list) = env::var_os("PGTEND_PG_BIN").filter(|list| !list.is_empty()) else {
        return Ok(Vec::new());
    };
    let probe = |programs: PathBuf| {
        Server::at(&programs, owner)
            .with_context(|| format!("use {}, which PGTEND_PG_BIN names", programs.display()))
    };
    env::split_paths(&list).map(probe).collect::<Result<_>>().exit(Exit::Failed)
}

/// What lies on this machine.
#[derive(Clone, Debug, Default)]
pub struct Survey {
    /// The preferred one first.
    pub servers: Vec<Server>,
    pub rejected: Vec<Rejected>,
}

/// A directory with a `postgres` that cannot be used.
#[derive(Clone, Debug)]
pub struct Rejected {
    pub programs: PathBuf,
    pub reason: String,
}

/// Every server that could be used and every one that could not, whatever `PGTEND_PG_BIN` says.
///
/// # Errors
/// When there is no user to run one as.
pub fn survey() -> Result<Survey> {
    Ok(survey_as(Owner::current()?))
}

fn survey_as(owner: Owner) -> Survey {
    let mut survey = Survey::default();
    for programs in candidates() {
        match Server::at(&programs, owner) {
            Ok(server) => survey.servers.push(server),
            Err(reason) => survey.rejected.push(Rejected { programs, reason: format!("{reason:#}") }),
        }
    }
    survey.servers.sort_by_key(Server::rank);
    survey
}

/// Each directory with a `postgres` in it, once: a link to a program stands for the place that it leads to.
fn candidates() -> Vec<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let mut places: Vec<PathBuf> = env::split_paths(&path).collect();
    places.extend(pg_config_directory());
    places.extend(INSTALLED.iter().flat_map(|(top, prefix, rest)| entries(Path::new(top), prefix, rest)));
    if let Some(home) = place::home() {
        places.extend(
            INSTALLED_AT_HOME.iter().flat_map(|(top, prefix, rest)| entries(&home.join(top), prefix, rest)),
        );
        places.extend(entries(&home.join(".cache/pgtend/postgresql"), "", "bin"));
    }
    if let Ok(fetched) = place::fetched_servers() {
        places.extend(entries(&fetched, "", "bin"));
    }
    let mut candidates = Vec::new();
    for place in places {
        let Ok(postgres) = fs::canonicalize(place.join("postgres")) else { continue };
        if let Some(programs) = postgres.parent().filter(|_| postgres.is_file())
            && !candidates.iter().any(|candidate| candidate == programs)
        {
            candidates.push(programs.to_owned());
        }
    }
    candidates
}

fn entries(top: &Path, prefix: &str, rest: &str) -> Vec<PathBuf> {
    let begins = |entry: &fs::DirEntry| {
        let name = entry.file_name();
        name.as_encoded_bytes().starts_with(prefix.as_bytes()) && !name.as_encoded_bytes().starts_with(b".")
    };
    let Ok(found) = fs::read_dir(top) else { return Vec::new() };
    found.flatten().filter(begins).map(|entry| entry.path().join(rest)).collect()
}

/// It may come from the client library alone, so that its directory need not hold a server.
fn pg_config_directory() -> Option<PathBuf> {
    let told = Command::new("pg_config").arg("--bindir").stderr(Stdio::null()).output().ok()?;
    told.status.success().then(|| PathBuf::from(String::from_utf8_lossy(&told.stdout).trim()))
}

fn version_of(program: &Path, owner: Owner) -> Result<String> {
    let name = program.file_name().and_then(OsStr::to_str).unwrap_or_default();
    ensure!(program.exists(), "there is no {name} beside it");
    let told = owner
        .command(program, Path::new("/"))
        .arg("--version")
        .output()
        .with_context(|| format!("start {name} as {owner}"))?;
    if !told.status.success() {
        let said = String::from_utf8_lossy(&told.stderr);
        bail!("{name} does not start: {}", said.lines().next().unwrap_or("it says nothing"));
    }
    let said = String::from_utf8_lossy(&told.stdout);
    let version = said.split_once("(PostgreSQL) ").and_then(|(_, rest)| rest.split_whitespace().next());
    version.map(str::to_owned).with_context(|| format!("{name} does not say its version"))
}

fn nothing_found(major: Option<u32>, found: &[Server], rejected: &[Rejected]) -> anyhow::Error {
    let mut error = match major {
        Some(major) => anyhow!("found no PostgreSQL {major} server on this machine"),
        None => anyhow!("found no PostgreSQL server on this machine"),
    }
    .exit(Exit::Failed);
    let unusable =
        rejected.iter().map(|one| format!("not usable: {}: {}", one.programs.display(), one.reason));
    let other = found.iter().map(|one| format!("found: {} in {}", one.version, one.programs.display()));
    let seen: Vec<String> = unusable.chain(other).collect();
    if !seen.is_empty() {
        error = error.detail(seen.join("\n"));
    }
    let fetch = format!("pgtend sandbox fetch {}", major.unwrap_or(*MAJORS.end()));
    match install_line().filter(|_| major.is_none()) {
        Some(install) => error.hint(format!("into your cache: {fetch}")).hint(install),
        None => error.hint(fetch),
    }
}

/// What gets a server from the machine's own package manager.
pub(super) fn install_line() -> Option<String> {
    const LINES: [(&str, &str); 6] = [
        ("apt-get", "apt-get install -y postgresql"),
        ("dnf", "dnf install -y postgresql-server postgresql-contrib"),
        ("apk", "apk add postgresql postgresql-contrib"),
        ("pacman", "pacman -S --noconfirm postgresql"),
        ("zypper", "zypper install -y postgresql-server postgresql-contrib"),
        ("brew", "brew install postgresql@18"),
    ];
    let (manager, line) = LINES.iter().find(|(manager, _)| place::program(manager).is_some())?;
    let prefix = if is_root() || *manager == "brew" { "" } else { "sudo " };
    Some(format!("{prefix}{line}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(version: &str, major: u32) -> Server {
        Server { programs: PathBuf::from("/opt").join(version), version: version.to_owned(), major }
    }

    fn all_of(error: &anyhow::Error) -> String {
        error.chain().map(|part| format!("{part:?}")).collect()
    }

    #[test]
    fn the_newest_known_major_is_preferred_to_an_unknown_one() {
        let mut servers =
            [server("15.18", 15), server("19devel", 19), server("16.9", 16), server("16.14", 16)];
        servers.sort_by_key(Server::rank);
        let versions = servers.each_ref().map(Server::version);
        assert_eq!(versions, ["16.14", "16.9", "15.18", "19devel"]);
    }

    #[test]
    fn no_server_is_an_error_that_says_what_was_there_and_what_gets_one() {
        let rejected = Rejected { programs: PathBuf::from("/opt/broken"), reason: "no libxml2".to_owned() };
        let told = all_of(&nothing_found(Some(17), &[server("15.18", 15)], &[rejected]));
        for part in
            ["no PostgreSQL 17 server", "/opt/broken: no libxml2", "15.18 in /opt", "pgtend sandbox fetch 17"]
        {
            assert!(told.contains(part), "{part}: {told}");
        }
        let told = all_of(&nothing_found(None, &[], &[]));
        assert!(told.contains("pgtend sandbox fetch 18"), "{told}");
    }
}
