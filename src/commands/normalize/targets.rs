//! From the mappings named on the command line, or else all of the configuration, to what the database has of them.
use std::rc::Rc;

use anyhow::{Context as _, anyhow};

use crate::apply::{Journal, Opened};
use crate::commands::context::Context;
use crate::ddl;
use crate::failure::{Exit, Explain as _};
use crate::operations::normalize::{Backfill, Binding, Mapping, Names, Phase, backfills, fingerprint};
use crate::pg::name::Ident;
use crate::pg::session::Session;
use crate::pg::state::ServerError;

/// A mapping, what the catalog says of it, and what the books say.
#[derive(Debug)]
pub struct Target {
    pub binding: Binding,
    pub names: Names,
    pub state: Option<Backfill>,
}

/// The mappings that a command works on.
///
/// # Errors
/// When the configuration has none, or none of the name.
pub fn mappings(context: &Context, named: &[String]) -> anyhow::Result<Vec<Mapping>> {
    let configured = &context.config.normalize;
    if configured.is_empty() {
        let error = anyhow!("no mapping is configured").exit(Exit::Usage);
        return Err(error.hint("write a [[normalize]] section into pgtend.toml"));
    }
    if named.is_empty() {
        return configured.iter().map(crate::config::NormalizeConfig::mapping).collect();
    }
    let find = |name: &String| {
        let found = configured.iter().find(|config| config.name == *name);
        let known = || configured.iter().map(|config| config.name.as_str()).collect::<Vec<_>>().join(", ");
        let missing = || anyhow!("no mapping `{name}` is configured").exit(Exit::Usage);
        found.ok_or_else(|| missing().hint(format!("there are: {}", known())))?.mapping()
    };
    named.iter().map(find).collect()
}

pub fn books(context: &Context) -> anyhow::Result<Ident> {
    Ident::new(&context.config.journal.schema).context("name the journal's schema").exit(Exit::Usage)
}

/// Makes the books where they are not, and lets the session write them.
///
/// # Errors
/// `Exit::Denied` when the role may not: a load cannot go on without knowing how far it has come.
pub async fn open_books(context: &Context, session: &Session) -> anyhow::Result<Ident> {
    let schema = books(context)?;
    let opened = Journal::open(session, &schema, &context.purpose.application_name).await;
    let why = match opened.context("open the books")? {
        Opened::Journal(_) => return Ok(schema),
        Opened::Denied => "this role may not write them".to_owned(),
        Opened::Distrusted(why) => why,
    };
    let error = anyhow!("the books in schema {schema} cannot be used: {why}").exit(Exit::Denied);
    let grant = session.facts().grant_create()?;
    Err(error.hint(format!("{grant}, or name another schema in [journal]")))
}

/// Lets a session that only reads find the books.
pub async fn read_books(context: &Context, session: &Session) -> anyhow::Result<Ident> {
    let schema = books(context)?;
    let path = ddl!("journal/search_path.sql", schema = schema);
    session.execute(&path).await.map_err(ServerError::explained)?;
    Ok(schema)
}

/// A session for a change of mappings, and where the books are. A dry run makes none.
///
/// # Errors
/// On a standby, and as [`open_books`].
pub async fn begin(context: &Context) -> anyhow::Result<(Rc<Session>, Ident)> {
    let session = context.connect().await?;
    context.refuse_standby(&session)?;
    let schema = if context.args.dry_run {
        read_books(context, &session).await?
    } else {
        open_books(context, &session).await?
    };
    Ok((session, schema))
}

impl Target {
    /// What the books say of it.
    ///
    /// # Errors
    /// When it was never run.
    pub fn begun(&self) -> anyhow::Result<&Backfill> {
        let name = &self.binding.mapping.name;
        self.state.as_ref().ok_or_else(|| {
            let error = anyhow!("mapping `{name}` was never run").exit(Exit::Usage);
            error.hint(format!("pgtend normalize run {name}"))
        })
    }
}

/// # Errors
/// With this exit code when the mapping is not in step, or cut over already.
pub fn in_step(state: &Backfill, exit: Exit) -> anyhow::Result<()> {
    if state.phase != Phase::Direct {
        let error = anyhow!("mapping `{}` is in phase {}, not in step", state.name, state.phase.word());
        return Err(error.exit(exit).hint(format!("pgtend normalize run {}", state.name)));
    }
    Ok(())
}

/// A mapping in the database, whatever was begun under its name. The session must know the books.
///
/// # Errors
/// When it does not fit the tables.
pub async fn find_any(session: &Session, schema: &Ident, mapping: &Mapping) -> anyhow::Result<Target> {
    let binding =
        Binding::find(session, mapping).await.with_context(|| format!("mapping `{}`", mapping.name))?;
    let names = Names::new(schema, &mapping.name)?;
    let state = backfills(session, schema, Some(&mapping.name)).await?.pop();
    Ok(Target { binding, names, state })
}

/// The same, when it is what was begun.
///
/// # Errors
/// When it does not fit the tables, or is not the mapping that was begun under this name.
pub async fn find(session: &Session, schema: &Ident, mapping: &Mapping) -> anyhow::Result<Target> {
    let target = find_any(session, schema, mapping).await?;
    if let Some(state) = &target.state
        && state.mapping != fingerprint(&target.binding, &target.names)?
    {
        let error = anyhow!("mapping `{}` is not the one that was begun under this name", mapping.name);
        return Err(error.exit(Exit::Usage).hint(format!(
            "change it back, or end what was begun: pgtend normalize abort {}",
            mapping.name
        )));
    }
    Ok(target)
}
