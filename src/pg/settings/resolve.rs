//! Which source wins. From the top: what `-d` spells out, the flags, `DATABASE_URL`, the service file, the `PG*`
//! variables, the defaults: psql's order, with `DATABASE_URL` added.
use std::path::PathBuf;

use anyhow::{Context as _, anyhow};

use crate::failure::{Exit, Explain as _};
use crate::pg::settings::environment::Environment;
use crate::pg::settings::keyword::{KEYWORDS, Support};
use crate::pg::settings::layers::{Layers, Source};
use crate::pg::settings::parameters::Parameters;
use crate::pg::settings::read;
use crate::pg::settings::resolved::Settings;
use crate::pg::settings::{conninfo, service, uri};

/// What the command line said.
#[derive(Clone, Default)]
pub struct Flags {
    /// A name, or a connection string or URI.
    pub dbname: Option<String>,
    pub host: Option<String>,
    pub port: Option<String>,
    pub username: Option<String>,
    pub service: Option<String>,
    /// What the session is called when no other source names it.
    pub application_name: Option<String>,
}

impl std::fmt::Debug for Flags {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Flags")
            .field("dbname", &self.dbname.as_ref().map(|_| "***"))
            .field("host", &self.host)
            .field("port", &self.port)
            .field("username", &self.username)
            .field("service", &self.service)
            .field("application_name", &self.application_name)
            .finish()
    }
}

impl Settings {
    /// Decides every setting.
    ///
    /// `DATABASE_URL` names a target as a whole: a connection string in `-d`, `--host` or `--service` names
    /// another, and nothing of the variable is used, so that its password never reaches that other server.
    ///
    /// # Errors
    /// When a source cannot be read, or a value cannot be used; `Exit::Usage`.
    pub fn resolve(flags: &Flags, environment: &Environment) -> anyhow::Result<Self> {
        layers(flags, environment)
            .and_then(|layers| {
                refuse_what_cannot_be_honoured(&layers)?;
                read::settings(&layers, environment)
            })
            .exit(Exit::Usage)
    }
}

fn layers(flags: &Flags, environment: &Environment) -> anyhow::Result<Layers> {
    let mut layers = Layers::default();
    let mut names_a_target = flags.host.is_some() || flags.service.is_some();
    match flags.dbname.as_deref() {
        Some(text) if is_connection_string(text) => {
            let parameters = connection_string(text).context("read the connection string of --dbname")?;
            layers.lay_under(&parameters, &Source::Flag("--dbname"));
            names_a_target = true;
        }
        Some(name) => layers.add("dbname", name, &Source::Flag("--dbname")),
        None => {}
    }
    let given = [
        ("host", "--host", &flags.host),
        ("port", "--port", &flags.port),
        ("user", "--username", &flags.username),
        ("service", "--service", &flags.service),
    ];
    for (name, flag, value) in given {
        if let Some(value) = value {
            layers.add(name, value, &Source::Flag(flag));
        }
    }
    if let Some(url) = environment.variable("DATABASE_URL").filter(|_| !names_a_target) {
        let parameters = connection_string(url).context("read DATABASE_URL")?;
        layers.lay_under(&parameters, &Source::Variable("DATABASE_URL"));
    }
    add_service(&mut layers, environment)?;
    for keyword in KEYWORDS {
        if let Some((variable, value)) =
            keyword.variable.and_then(|name| Some((name, environment.variables.get(name)?)))
        {
            layers.add(keyword.name, value, &Source::Variable(variable));
        }
    }
    if let Some(name) = &flags.application_name {
        layers.add("fallback_application_name", name, &Source::Pgtend);
    }
    Ok(layers)
}

fn add_service(layers: &mut Layers, environment: &Environment) -> anyhow::Result<()> {
    let Some(name) = layers.text("service").or_else(|| environment.variable("PGSERVICE")).map(str::to_owned)
    else {
        return Ok(());
    };
    let named =
        layers.path("servicefile").or_else(|| environment.variable("PGSERVICEFILE").map(PathBuf::from));
    let (parameters, file) = service::load(&name, named.as_deref(), environment)?;
    layers.lay_under(&parameters, &Source::Service { name, file });
    Ok(())
}

/// psql's rule for what `-d` means, and one more: a URI of another kind, or one that lost its beginning, is not
/// the name of a database, and could hold a password.
fn is_connection_string(text: &str) -> bool {
    let userinfo = || text.find('@').is_some_and(|at| text[..at].contains(':'));
    uri::is_uri(text) || text.contains('=') || text.contains("://") || userinfo()
}

fn connection_string(text: &str) -> anyhow::Result<Parameters> {
    if uri::is_uri(text) {
        return uri::parse(text);
    }
    if text.find("://").is_some_and(|at| !text[..at].contains('=')) || !text.contains('=') {
        return Err(anyhow!("not a PostgreSQL connection string"))
            .hint("write postgresql://user@host:port/dbname, or host=... port=... user=... dbname=...");
    }
    conninfo::parse(text)
}

/// Passing over these would be less safe than what was asked for.
fn refuse_what_cannot_be_honoured(layers: &Layers) -> anyhow::Result<()> {
    let sources = layers.sources();
    for keyword in KEYWORDS {
        let Support::Only(values, why) = keyword.support else { continue };
        let value = layers.text(keyword.name).unwrap_or_default();
        if let Some(source) = sources.get(keyword.name)
            && !values.contains(&value)
        {
            let name = keyword.name;
            return Err(anyhow!("{name} (from {source}) cannot be honoured: {why}"))
                .hint(format!("connect without {name} if that is acceptable"));
        }
    }
    Ok(())
}
