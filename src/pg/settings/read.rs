//! The meaning of each value that counts: text to types, with libpq's defaults and its rules between values.
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, anyhow, ensure};

use crate::failure::Explain as _;
use crate::pg::settings::choices::{SslMode, SslNegotiation, TlsVersion};
use crate::pg::settings::environment::Environment;
use crate::pg::settings::layers::Layers;
use crate::pg::settings::passfile::Passfile;
use crate::pg::settings::resolved::{Host, Keepalives, RootCertificate, Settings};
use crate::pg::settings::secret::Secret;

const DEFAULT_PORT: u16 = 5432;
/// libpq waits for ever, and runs out of cron would pile up.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);

pub(super) fn settings(layers: &Layers, environment: &Environment) -> anyhow::Result<Settings> {
    let user = layers.text("user").or(environment.user.as_deref());
    let user = user
        .context("the operating system does not say which user this is")
        .hint("name one with --username")?;
    let mut warnings = Vec::new();
    let password = layers.text("password").map(Secret::new);
    // As in libpq: a password that was given makes the file unnecessary, and a warning about it too.
    let passfile = match passfile_path(layers, environment) {
        Some(path) if password.is_none() => Passfile::load(&path, &mut warnings),
        _ => Passfile::default(),
    };
    let sslrootcert = root_certificate(layers, environment);
    let sslmode = sslmode(layers, sslrootcert.as_ref())?;
    let (sslcert, sslkey) = client_certificate(layers, environment);
    let settings = Settings {
        hosts: hosts(layers, environment)?,
        user: user.to_owned(),
        dbname: layers.text("dbname").unwrap_or(user).to_owned(),
        password,
        passfile,
        sslmode,
        sslnegotiation: layers.choice("sslnegotiation")?,
        channel_binding: layers.choice("channel_binding")?,
        sslrootcert,
        sslcrl: layers.path("sslcrl").or_else(|| existing(environment, "root.crl")),
        sslcert,
        sslkey,
        sslsni: layers.switch("sslsni", true)?,
        ssl_min_protocol_version: tls_version(layers, "ssl_min_protocol_version", TlsVersion::Tls12)?,
        ssl_max_protocol_version: tls_version(layers, "ssl_max_protocol_version", TlsVersion::Tls13)?,
        connect_timeout: match layers.integer("connect_timeout")? {
            None => Some(CONNECT_TIMEOUT),
            Some(seconds) => u64::try_from(seconds).ok().filter(|s| *s > 0).map(Duration::from_secs),
        },
        keepalives: keepalives(layers)?,
        tcp_user_timeout: layers.positive("tcp_user_timeout")?.map(Duration::from_millis),
        options: layers.text("options").map(str::to_owned),
        application_name: application_name(layers),
        target_session_attrs: layers.choice("target_session_attrs")?,
        load_balance_hosts: layers.choice("load_balance_hosts")?,
        sources: layers.sources(),
        warnings,
    };
    check_between_values(&settings, layers)?;
    Ok(settings)
}

/// The hosts, as many as the longest of the lists `host` and `hostaddr` says; one port serves them all.
fn hosts(layers: &Layers, environment: &Environment) -> anyhow::Result<Vec<Host>> {
    let list = |name: &str| layers.text(name).map(|text| text.split(',').map(str::trim).collect::<Vec<_>>());
    let (names, addresses) = (list("host"), list("hostaddr"));
    let count = addresses.as_ref().or(names.as_ref()).map_or(1, Vec::len);
    let names = names.unwrap_or_else(|| vec![""; count]);
    let addresses = addresses.unwrap_or_else(|| vec![""; count]);
    ensure!(names.len() == count, "could not match {} host names to {count} hostaddr values", names.len());
    let ports = list("port").unwrap_or_else(|| vec![""]);
    ensure!(
        ports.len() == 1 || ports.len() == count,
        "could not match {} port numbers to {count} hosts",
        ports.len()
    );
    let hosts = names.iter().zip(&addresses).enumerate().map(|(index, (name, address))| {
        let port = port(ports.get(index).or(ports.first()).copied().unwrap_or_default(), layers)?;
        host(name, address, port, environment)
    });
    hosts.collect()
}

fn host(name: &str, address: &str, port: u16, environment: &Environment) -> anyhow::Result<Host> {
    ensure!(!name.starts_with('@'), "a host cannot begin with \"@\": pgtend reads no abstract sockets");
    if !address.is_empty() {
        let parsed = address.parse();
        let address =
            parsed.map_err(|_| anyhow!("hostaddr \"{}\" is not an IP address", address.escape_debug()))?;
        let name = Some(name.to_owned()).filter(|name| !name.is_empty());
        return Ok(Host::Tcp { name, address: Some(address), port });
    }
    if name.is_empty() {
        return Ok(Host::Socket { dir: socket_dir(port, environment), port });
    }
    if name.starts_with('/') {
        return Ok(Host::Socket { dir: PathBuf::from(name), port });
    }
    Ok(Host::Tcp { name: Some(name.to_owned()), address: None, port })
}

/// The first directory with a socket of that port in it, or the first that exists.
fn socket_dir(port: u16, environment: &Environment) -> PathBuf {
    let dirs = &environment.socket_dirs;
    dirs.iter()
        .find(|dir| dir.join(format!(".s.PGSQL.{port}")).exists())
        .or_else(|| dirs.iter().find(|dir| dir.is_dir()))
        .or(dirs.first())
        .cloned()
        .unwrap_or_else(|| PathBuf::from("/tmp"))
}

/// Repeats only what is a number: a piece of a malformed URI may be a password.
fn port(text: &str, layers: &Layers) -> anyhow::Result<u16> {
    if text.is_empty() {
        return Ok(DEFAULT_PORT);
    }
    text.parse().ok().filter(|port| *port > 0).ok_or_else(|| {
        let source = layers.sources().remove("port");
        let source = source.map_or_else(String::new, |source| format!(" (from {source})"));
        if text.bytes().all(|byte| byte.is_ascii_digit()) {
            anyhow!("port {text}{source} is not between 1 and 65535")
        } else {
            anyhow!("the port{source} is not a number")
        }
    })
}

fn passfile_path(layers: &Layers, environment: &Environment) -> Option<PathBuf> {
    layers.path("passfile").or_else(|| environment.at_home(".pgpass"))
}

fn root_certificate(layers: &Layers, environment: &Environment) -> Option<RootCertificate> {
    match layers.text("sslrootcert") {
        Some("system") => Some(RootCertificate::System),
        Some(path) => Some(RootCertificate::File(PathBuf::from(path))),
        None => existing(environment, "root.crt").map(RootCertificate::File),
    }
}

fn client_certificate(layers: &Layers, environment: &Environment) -> (Option<PathBuf>, Option<PathBuf>) {
    if layers.text("sslcertmode") == Some("disable") {
        return (None, None);
    }
    let cert = layers.path("sslcert").or_else(|| existing(environment, "postgresql.crt"));
    let key = layers.path("sslkey").or_else(|| environment.at_home(".postgresql/postgresql.key"));
    (cert, key)
}

fn existing(environment: &Environment, file: &str) -> Option<PathBuf> {
    environment.at_home(&Path::new(".postgresql").join(file).to_string_lossy()).filter(|path| path.exists())
}

/// Trusting the machine's certificates makes sense only with a check of the name, which is then the default.
fn sslmode(layers: &Layers, root: Option<&RootCertificate>) -> anyhow::Result<SslMode> {
    let mode = layers.choice("sslmode")?;
    if root != Some(&RootCertificate::System) || mode == SslMode::VerifyFull {
        return Ok(mode);
    }
    ensure!(
        layers.text("sslmode").is_none(),
        "sslmode {mode} is too weak for sslrootcert=system; use verify-full"
    );
    Ok(SslMode::VerifyFull)
}

/// Older versions than 1.2 as a lower bound ask for nothing: they are never spoken.
fn tls_version(layers: &Layers, name: &str, default: TlsVersion) -> anyhow::Result<TlsVersion> {
    match layers.text(name) {
        None => Ok(default),
        Some("TLSv1" | "TLSv1.1") if default == TlsVersion::Tls12 => Ok(default),
        Some("TLSv1" | "TLSv1.1") => {
            Err(layers.unusable(name, "is older than TLSv1.2, the oldest that pgtend speaks"))
        }
        Some(_) => layers.choice(name),
    }
}

fn keepalives(layers: &Layers) -> anyhow::Result<Option<Keepalives>> {
    if !layers.switch("keepalives", true)? {
        return Ok(None);
    }
    let seconds = |name| layers.positive(name).map(|seconds| seconds.map(Duration::from_secs));
    let count = layers.positive("keepalives_count")?.map(u32::try_from).transpose();
    Ok(Some(Keepalives {
        idle: seconds("keepalives_idle")?,
        interval: seconds("keepalives_interval")?,
        count: count.map_err(|_| layers.unusable("keepalives_count", "is too large"))?,
    }))
}

fn application_name(layers: &Layers) -> String {
    let given = layers.text("application_name").or_else(|| layers.text("fallback_application_name"));
    given.unwrap_or("pgtend").to_owned()
}

fn check_between_values(settings: &Settings, layers: &Layers) -> anyhow::Result<()> {
    if settings.sslnegotiation == SslNegotiation::Direct && settings.sslmode < SslMode::Require {
        return Err(
            layers.unusable("sslnegotiation", &format!("needs more than sslmode {}", settings.sslmode))
        )
        .hint("use sslmode=require or stronger");
    }
    ensure!(
        settings.ssl_min_protocol_version <= settings.ssl_max_protocol_version,
        "ssl_min_protocol_version is newer than ssl_max_protocol_version"
    );
    for name in ["user", "dbname", "options", "application_name", "fallback_application_name", "password"] {
        ensure!(!layers.text(name).is_some_and(|value| value.contains('\0')), "{name} holds a NUL byte");
    }
    Ok(())
}
