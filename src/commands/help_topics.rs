//! `pgtend help`: of the commands, and of topics that belong to no single one.
use clap::error::ErrorKind;
use clap::{Args, Command};

use crate::commands::context::Context;
use crate::failure::{Exit, Explain as _};

pub const EXIT_CODES: &str = "\
Exit codes:
  0         done, or nothing to do
  1         failed
  2         wrong use, bad configuration, consent missing
  3         a check found something pending or wrong; nothing was changed
  4         cannot connect, or not permitted
  5         busy: lock budget spent, or another run holds the target; safe to run again
  6         partly done: some targets failed, the others are finished
  130, 143  stopped by SIGINT, SIGTERM, after the server was told to cancel";

const ENVIRONMENT: &str = "\
The connection is found as psql finds it. From the first that says something:
  flags            -d, --host, -p, -U, --service; a connection string in -d goes before the others
  DATABASE_URL     a URI or connection string
  service file     PGSERVICE, PGSERVICEFILE, PGSYSCONFDIR, ~/.pg_service.conf
  PG* variables    PGHOST PGHOSTADDR PGPORT PGDATABASE PGUSER PGPASSWORD PGPASSFILE PGOPTIONS PGAPPNAME
                   PGSSLMODE PGSSLNEGOTIATION PGSSLROOTCERT PGSSLCERT PGSSLKEY PGCHANNELBINDING
                   PGCONNECT_TIMEOUT PGTARGETSESSIONATTRS
  defaults         the socket of this machine, the operating system's user
A password comes from the connection string, PGPASSWORD, the password file, or, on a terminal, from you.

PGTEND_CONFIG      the configuration file
NO_COLOR, CLICOLOR, CLICOLOR_FORCE, CI, TERM
                   decide about colour and progress bars
PGTEND_PG_BIN      programs of the PostgreSQL server that demo, sandbox and tests start
PGTEND_CACHE_DIR   fetched servers and named sandboxes [default: ~/.cache/pgtend; root's is /var/cache/pgtend]";

const PERMISSIONS: &str = "\
partition list, check      none beyond connecting; sizes and rows of a default partition need SELECT on it
migrate lint               none beyond connecting
partition create           ownership of the table: grant its owner's role to pgtend's role; CREATE on the schema
partition drop, maintain   the same
partition convert, undo    the same; ownership of tables that refer to it, of its views and of functions on it
matview refresh            ownership of the view or its owner's role, or MAINTAIN from PostgreSQL 17; by swap its owner's
                           role, and CREATE on the schema for the owner
matview list, log          none; the log needs SELECT on pgtend.matview_refresh
index list, check          none beyond connecting; pg_read_all_stats, to see what other roles are building
index create               ownership of the table and its partitions; CREATE on their schemas
index rebuild, drop        ownership of the table and its partitions
normalize                  ownership of both tables
normalize run              CREATE on the database, once, for the schema pgtend
lock order                 UPDATE, DELETE or TRUNCATE on tables that foreign keys refer to lets pgtend lock these
                           first, for a shorter wait; without it the statements lock them
journal                    CREATE on the database, once, for the schema pgtend; without it there is no journal
health, metrics, doctor    none beyond connecting; pg_read_all_stats for what other roles' sessions and statements do,
                           pg_read_all_data for sequences, bloat and default partitions; without these the checks
                           are unknown and name the GRANT
doctor --uninstall         ownership of the schema pgtend
names of blockers          pg_monitor or pg_read_all_stats, for the queries of other roles";

const TOPICS: [(&str, &str); 3] =
    [("exit-codes", EXIT_CODES), ("environment", ENVIRONMENT), ("permissions", PERMISSIONS)];

/// Print help for a command, or on a topic: exit-codes, environment, permissions
#[derive(Debug, Args)]
pub struct HelpArgs {
    /// Command or topic
    #[arg(value_name = "COMMAND or TOPIC")]
    words: Vec<String>,
}

impl HelpArgs {
    pub fn run(&self, context: &Context, root: &mut Command) -> anyhow::Result<Exit> {
        if let [word] = self.words.as_slice()
            && let Some((_, text)) = TOPICS.iter().find(|(topic, _)| topic == word)
        {
            context.ui.answer(text)?;
            return Ok(Exit::Done);
        }
        let words = ["pgtend"].into_iter().chain(self.words.iter().map(String::as_str)).chain(["--help"]);
        let help = match root.try_get_matches_from_mut(words) {
            Err(help) if help.kind() == ErrorKind::DisplayHelp => help.render(),
            _ => {
                let topics = TOPICS.map(|(topic, _)| topic).join(", ");
                let error = anyhow::anyhow!("no command or topic `{}`", self.words.join(" "));
                return Err(error.exit(Exit::Usage).hint(format!("topics are {topics}")));
            }
        };
        // anstream takes the styles away where nobody sees them.
        context.ui.answer(&help.ansi().to_string())?;
        Ok(Exit::Done)
    }
}
