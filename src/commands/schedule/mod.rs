//! `pgtend schedule`
mod crontab;
mod kubernetes;
mod run;
mod systemd;
mod wants;

use clap::Subcommand;

use crate::commands::context::Context;
use crate::failure::Exit;

/// Print what a scheduler should run for the configuration
#[derive(Debug, Subcommand)]
pub enum ScheduleCommand {
    Crontab(crontab::CrontabArgs),
    Systemd(systemd::SystemdArgs),
    Kubernetes(kubernetes::KubernetesArgs),
    Run(run::RunArgs),
}

impl ScheduleCommand {
    pub const fn verb(&self) -> &'static str {
        match self {
            Self::Crontab(_) => "crontab",
            Self::Systemd(_) => "systemd",
            Self::Kubernetes(_) => "kubernetes",
            Self::Run(_) => "run",
        }
    }

    pub async fn run(&self, context: &Context) -> anyhow::Result<Exit> {
        match self {
            Self::Crontab(args) => args.run(context),
            Self::Systemd(args) => args.run(context),
            Self::Kubernetes(args) => args.run(context),
            Self::Run(args) => args.run(context).await,
        }
    }
}
