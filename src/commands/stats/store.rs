//! Which store a run uses: the one named by flag or configuration, else the schema's, else the file of this database.
use std::env;
use std::fmt;
use std::path::PathBuf;

use anyhow::{Context as _, anyhow};
use clap::Args;

use crate::apply::{Journal, Opened};
use crate::commands::context::Context;
use crate::failure::{Exit, Explain as _};
use crate::operations::report::{Rights, one, prepare};
use crate::operations::stats::{FileStore, Keep, Moment, Store, schema_state};
use crate::pg::name::Ident;
use crate::pg::session::Session;
use crate::pg::state::ServerError;
use crate::query;

#[derive(Debug, Args)]
pub struct StoreArgs {
    /// Where snapshots are: `schema`, or `file:` and a path [default: the schema; a file on a standby]
    #[arg(long, value_name = "STORE")]
    pub store: Option<String>,
}

enum Place {
    Schema,
    File(PathBuf),
    Usual,
}

fn place(context: &Context, flag: Option<&str>) -> anyhow::Result<Place> {
    let named = flag.or(context.config.stats.as_ref().and_then(|stats| stats.store.as_deref()));
    match named {
        None => Ok(Place::Usual),
        Some("schema") => Ok(Place::Schema),
        Some(other) => match other.strip_prefix("file:") {
            Some(path) if !path.is_empty() => Ok(Place::File(PathBuf::from(path))),
            _ => Err(anyhow!("`{other}` is no store")
                .exit(Exit::Usage)
                .hint("write `schema`, or `file:` and a path")),
        },
    }
}

fn schema(context: &Context) -> anyhow::Result<Ident> {
    Ident::new(&context.config.journal.schema).context("name the store's schema").exit(Exit::Usage)
}

/// The store to read, where there is one. A schema of a stranger is none.
pub async fn to_read(
    context: &Context,
    session: &Session,
    flag: Option<&str>,
) -> anyhow::Result<Option<Store>> {
    let (store, unusable) = find(context, session, flag).await?;
    if let Some(unusable) = unusable {
        context.ui.warning(&unusable.to_string());
    }
    Ok(store)
}

/// As [`to_read`], for what only a store can answer.
///
/// # Errors
/// When there is one, and it cannot be used.
pub async fn needed(
    context: &Context,
    session: &Session,
    flag: Option<&str>,
) -> anyhow::Result<Option<Store>> {
    match find(context, session, flag).await? {
        (None, Some(Unusable { why, remedy, exit })) => Err(anyhow!(why).exit(exit).hint(remedy)),
        (store, Some(unusable)) => {
            context.ui.warning(&unusable.to_string());
            Ok(store)
        }
        (store, None) => Ok(store),
    }
}

/// Why a store that is there is passed over.
#[derive(Debug)]
pub struct Unusable {
    why: String,
    remedy: String,
    exit: Exit,
}

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.why, self.remedy)
    }
}

/// As [`to_read`], with what is to be said about a store that cannot be used.
pub async fn find(
    context: &Context,
    session: &Session,
    flag: Option<&str>,
) -> anyhow::Result<(Option<Store>, Option<Unusable>)> {
    let place = place(context, flag)?;
    if let Place::File(path) = place {
        let store = FileStore { path };
        if !store.exists() {
            let error = anyhow!("there is no store {}", store.path.display()).exit(Exit::Usage);
            return Err(error.hint("`pgtend stats capture` with the same --store makes it"));
        }
        return Ok((Some(Store::File(store)), None));
    }
    let schema = schema(context)?;
    let state = schema_state(session, &schema).await.map_err(ServerError::explained)?;
    if state.complete && state.current && state.plain && state.trusted && state.may_read {
        return Ok((Some(Store::schema(schema)), None));
    }
    let role = Ident::new(&session.facts().role)?;
    let unusable = |what: &str, remedy: String, exit: Exit| {
        Some(Unusable { why: format!("the snapshots in schema {schema} are {what}"), remedy, exit })
    };
    let unusable = match state.complete {
        true if !state.current => {
            let remedy = "the next `pgtend stats capture` takes them over";
            unusable("those of an earlier pgtend", remedy.to_owned(), Exit::Failed)
        }
        true if state.plain && state.trusted => {
            let remedy = format!(
                "grant usage on schema {schema} to {role}; grant select on all tables in schema {schema} to {role};"
            );
            unusable("hidden from this role", remedy, Exit::Denied)
        }
        true => unusable("not used", "somebody else could change them".to_owned(), Exit::Denied),
        false => None,
    };
    let file = match place {
        Place::Usual => Some(FileStore { path: usual_file(session).await? }).filter(FileStore::exists),
        _ => None,
    };
    Ok((file.map(Store::File), unusable))
}

/// The store to write: the schema's is made where it is not there.
pub async fn to_write(context: &Context, session: &Session, flag: Option<&str>) -> anyhow::Result<Store> {
    match place(context, flag)? {
        Place::File(path) => Ok(Store::file(path)),
        Place::Usual if session.facts().standby => Ok(Store::file(usual_file(session).await?)),
        Place::Schema | Place::Usual => {
            context.refuse_standby(session)?;
            make(context, session).await
        }
    }
}

async fn make(context: &Context, session: &Session) -> anyhow::Result<Store> {
    let schema = schema(context)?;
    let opened = Journal::open(session, &schema, &context.purpose.application_name).await;
    let why = match opened.context("make the snapshot store")? {
        Opened::Journal(_) => {
            let state = schema_state(session, &schema).await.map_err(ServerError::explained)?;
            match (state.complete, state.plain, state.may_write) {
                (true, true, true) => return Ok(Store::schema(schema)),
                (true, false, _) => "something hangs on its tables that a capture would run".to_owned(),
                _ => "this role may not write its tables".to_owned(),
            }
        }
        Opened::Denied => "this role may neither write it nor make it".to_owned(),
        Opened::Distrusted(why) => why,
    };
    let grant = session.facts().grant_create()?;
    Err(anyhow!("schema {schema} cannot be the store: {why}")
        .exit(Exit::Denied)
        .hint(format!("{grant}; or keep snapshots in a file: --store file:PATH")))
}

/// Below the user's own state: one file for each database of each server.
async fn usual_file(session: &Session) -> anyhow::Result<PathBuf> {
    let moment: Moment =
        one(session, &query!("stats/moment.sql"), &[]).await.map_err(ServerError::explained)?;
    let state = env::var_os("XDG_STATE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let state = state.or_else(|| Some(PathBuf::from(env::var_os("HOME")?).join(".local/state")));
    let state = state.ok_or_else(|| {
        anyhow!("there is no home directory to keep snapshots in")
            .exit(Exit::Usage)
            .hint("name a file: --store file:PATH")
    })?;
    let server = moment.system_identifier.unwrap_or_else(|| "server".to_owned());
    let side = if moment.standby { "standby" } else { "primary" };
    Ok(state.join("pgtend").join(format!("{server}-{}-{side}.stats", moment.database_oid)))
}

/// How long snapshots are kept, by the configuration.
pub fn keep(context: &Context) -> anyhow::Result<Keep> {
    let config = context.config.stats.clone().unwrap_or_default();
    let time = |configured: Option<std::time::Duration>, usual: chrono::TimeDelta| match configured {
        Some(time) => chrono::TimeDelta::from_std(time).context("read [stats]").exit(Exit::Usage),
        None => Ok(usual),
    };
    Ok(Keep {
        captures: time(config.keep_captures, chrono::TimeDelta::hours(48))?,
        hours: time(config.keep_hours, chrono::TimeDelta::days(30))?,
        days: time(config.keep_days, chrono::TimeDelta::days(400))?,
    })
}

/// Prepares a session whose statements are a capture's.
pub async fn prepared(session: &Session) -> anyhow::Result<Rights> {
    prepare(session).await.map_err(ServerError::explained)
}
