//! Which migrations a command is about: sets that come with pgtend, or a folder. Flags, then `[migrate]`.
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow, bail};
use clap::Args;

use crate::commands::context::Context;
use crate::commands::migrate::embedded;
use crate::commands::migrate::set::{Set, shown};
use crate::config::JournalConfig;
use crate::failure::{Exit, Explain as _};
use crate::operations::migrate::{Found, Variables, load};
use crate::pg::catalog::TableName;
use crate::pg::name::{Ident, Relation};
use crate::pg::session::Session;

#[derive(Debug, Args)]
pub struct SetArgs {
    /// Set that comes with pgtend (see `pgtend migrate sets`); with --dir, the name of that folder's set
    #[arg(long = "set", value_name = "SET", value_delimiter = ',')]
    pub sets: Vec<String>,
    /// Folder of migrations [default: the configuration's]
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
    /// Table in which the folder's history is kept [default: refinery_schema_history]
    #[arg(long, value_name = "TABLE")]
    history_table: Option<String>,
    /// Schemas in which the files' names are looked up [default: the role's]
    #[arg(long, value_name = "SCHEMA", value_delimiter = ',')]
    search_path: Vec<String>,
    /// Value of a variable that a file declares
    #[arg(long = "var", value_name = "NAME=VALUE")]
    variables: Vec<String>,
}

pub const HISTORY: &str = "refinery_schema_history";

impl SetArgs {
    /// The sets, loaded.
    ///
    /// # Errors
    /// When none is named, one is not known, or a file cannot be run by its name or content.
    pub fn load(&self, context: &Context) -> anyhow::Result<Vec<Set>> {
        let config = &context.config.migrate;
        let named = !self.sets.is_empty() || self.dir.is_some();
        let sets = if named { &self.sets } else { &config.sets };
        let dir = if named { self.dir.as_ref() } else { config.dir.as_ref() };
        let mut loaded = Vec::new();
        match (dir, sets.as_slice()) {
            // A folder in place of a set that comes with pgtend.
            (Some(dir), [set]) if named => {
                loaded.push(Set { name: set.clone(), migrations: folder(dir)?, own_history: true });
            }
            (dir, sets) => {
                for set in sets {
                    loaded.push(embedded_set(set)?);
                }
                if let Some(dir) = dir {
                    loaded.push(Set { name: shown(dir), migrations: folder(dir)?, own_history: false });
                }
            }
        }
        if loaded.is_empty() {
            let error = anyhow!("no migrations are named").exit(Exit::Usage);
            return Err(error.hint("pass --dir DIR or --set SET, or write [migrate] into pgtend.toml"));
        }
        Ok(loaded)
    }

    /// # Errors
    /// When a `--var` is no `NAME=VALUE`.
    pub fn variables(&self, context: &Context) -> anyhow::Result<Variables> {
        variables(context, &self.variables)
    }

    /// Where the files' names are looked up.
    pub fn path(&self, context: &Context, session: &Session) -> anyhow::Result<Vec<Ident>> {
        let chosen = [&self.search_path, &context.config.migrate.search_path];
        let chosen = chosen.into_iter().find(|path| !path.is_empty()).unwrap_or(&session.facts().search_path);
        chosen
            .iter()
            .map(|schema| Ident::new(schema.as_str()))
            .collect::<anyhow::Result<_>>()
            .exit(Exit::Usage)
    }

    /// The table of a set's history: of a folder refinery's own, of a set that comes with pgtend one beside the journal.
    pub fn history(&self, context: &Context, set: &Set, path: &[Ident]) -> anyhow::Result<Relation> {
        let JournalConfig { schema, .. } = &context.config.journal;
        let chosen = self.history_table.as_ref().or(context.config.migrate.history_table.as_ref());
        let usual = path.first().map_or("public", Ident::raw);
        match (chosen, set.own_history) {
            (None, true) => Relation::new(schema.as_str(), format!("history_{}", set.name)),
            (None, false) => Relation::new(usual, HISTORY),
            (Some(table), _) => {
                let name = TableName::parse(table);
                Relation::new(name.schema.unwrap_or_else(|| usual.to_owned()), name.name)
            }
        }
        .context("name the history table")
        .exit(Exit::Usage)
    }
}

/// The configuration's variables, and those of the command line, `NAME=VALUE` each.
///
/// # Errors
/// When one is none.
pub fn variables(context: &Context, pairs: &[String]) -> anyhow::Result<Variables> {
    let mut variables = context.config.migrate.vars.clone();
    for pair in pairs {
        let (name, value) =
            pair.split_once('=').with_context(|| format!("`{pair}` is no NAME=VALUE")).exit(Exit::Usage)?;
        variables.insert(name.to_owned(), value.to_owned());
    }
    Ok(Variables(variables))
}

fn embedded_set(name: &str) -> anyhow::Result<Set> {
    let files = embedded::files(name);
    if files.is_empty() {
        let error = anyhow!("no set `{name}` comes with pgtend").exit(Exit::Usage);
        return Err(error.hint(format!("there are: {}", embedded::names().join(", "))));
    }
    let migrations = load(&files).with_context(|| format!("read the set {name}"))?;
    Ok(Set { name: name.to_owned(), migrations, own_history: true })
}

/// The migrations of a folder.
///
/// # Errors
/// When it cannot be read, or a file in it cannot be run.
pub fn folder(dir: &Path) -> anyhow::Result<Vec<crate::operations::migrate::Migration>> {
    let read = || format!("read the migrations in {}", dir.display());
    let mut found = Vec::new();
    collect(dir, "", &mut found).with_context(read).exit(Exit::Usage)?;
    found.sort_by(|a, b| a.path.cmp(&b.path));
    load(&found).with_context(read)
}

/// Files of SQL, those of folders below among them, which are refused by name. Nothing else is opened.
fn collect(dir: &Path, above: &str, found: &mut Vec<Found>) -> anyhow::Result<()> {
    const DEEPEST: usize = 4;
    for entry in std::fs::read_dir(dir)? {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else { bail!("a file's name is no UTF-8") };
        let (path, at) = (format!("{above}{name}"), entry.path());
        let kind = entry.file_type()?;
        if kind.is_dir() || (kind.is_symlink() && at.is_dir()) {
            if !name.starts_with('.') && path.matches('/').count() < DEEPEST {
                collect(&at, &format!("{path}/"), found)?;
            }
        } else if path.ends_with(".sql") {
            let bytes = std::fs::read(&at).with_context(|| format!("read {path}"))?;
            found.push(Found { path, bytes });
        }
    }
    Ok(())
}
