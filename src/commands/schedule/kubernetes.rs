//! `pgtend schedule kubernetes`
use std::path::PathBuf;

use anyhow::anyhow;
use clap::Args;

use crate::commands::context::Context;
use crate::commands::schedule::wants::{connection, installed, tell, wanted};
use crate::failure::{Exit, Explain as _};
use crate::operations::schedule::{Call, Cluster, Difference, DifferenceKind, kubernetes};

/// Print Kubernetes CronJobs, or compare a file of them
///
/// The connection's settings and the password come from a secret as PGHOST, PGDATABASE, PGUSER, PGPASSWORD; pgtend.toml
/// comes from a config map.
#[derive(Debug, Args)]
pub struct KubernetesArgs {
    /// Image that holds pgtend
    #[arg(long, value_name = "IMAGE")]
    image: Option<String>,
    /// Namespace [default: the one of kubectl]
    #[arg(long, value_name = "NAME")]
    namespace: Option<String>,
    /// Secret whose keys become the environment [default: pgtend]
    #[arg(long, value_name = "NAME")]
    secret: Option<String>,
    /// Config map that holds pgtend.toml [default: pgtend]
    #[arg(long, value_name = "NAME")]
    config_map: Option<String>,
    /// Compare this file with what the configuration asks for; exit 3 when it differs; - reads standard input
    #[arg(long, value_name = "FILE")]
    check: Option<PathBuf>,
}

impl KubernetesArgs {
    pub fn run(&self, context: &Context) -> anyhow::Result<Exit> {
        let (jobs, schedule) = (wanted(context)?, &context.config.schedule);
        let flag =
            |flag: &Option<String>, configured: &Option<String>| flag.clone().or_else(|| configured.clone());
        let image = flag(&self.image, &schedule.image).ok_or_else(|| {
            anyhow!("no image is named")
                .exit(Exit::Usage)
                .hint("pass --image, or write `image` into [schedule]")
        })?;
        let usual = || "pgtend".to_owned();
        let cluster = Cluster {
            image,
            namespace: flag(&self.namespace, &schedule.namespace),
            secret: flag(&self.secret, &schedule.secret).unwrap_or_else(usual),
            config_map: flag(&self.config_map, &schedule.config_map).unwrap_or_else(usual),
        };
        for job in jobs.iter().filter(|job| matches!(job.call, Call::Shell(_))) {
            let name = &job.name;
            context
                .ui
                .warning(&format!("the job `{name}` is a command of your own: write its CronJob yourself"));
        }
        let text = kubernetes(&jobs, &connection(&context.config)?, &cluster).exit(Exit::Usage)?;
        let Some(file) = &self.check else {
            context.ui.answer(&text)?;
            return Ok(Exit::Done);
        };
        let installed = installed(file)?;
        let what = file.display().to_string();
        let same = installed.trim().lines().eq(text.trim().lines());
        let differences = (!same).then_some(Difference { kind: DifferenceKind::Different, what });
        tell(context, "pgtend.schedule.kubernetes/1", &differences.into_iter().collect::<Vec<_>>())
    }
}
