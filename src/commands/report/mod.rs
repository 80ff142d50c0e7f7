//! `pgtend report`
mod access;
mod activity;
mod bloat;
mod cache;
mod frame;
mod honesty;
mod html;
mod indexes;
mod locks;
mod progress;
mod queries;
mod query;
mod sequences;
mod settings;
mod sizes;
mod vacuum;
mod window;

use clap::Subcommand;

use crate::commands::context::Context;
use crate::commands::report::frame::show;
use crate::failure::Exit;

/// Tell what is slow, what is hit, and what is wasted
///
/// A report reads and changes nothing, waits for no lock, and says what it could not see and which GRANT would show it.
#[derive(Debug, Subcommand)]
pub enum ReportCommand {
    SlowQueries(queries::SlowQueriesArgs),
    Query(query::QueryArgs),
    TableAccess(access::TableAccessArgs),
    IndexUsage(indexes::IndexUsageArgs),
    Locks(locks::LocksArgs),
    Activity(activity::ActivityArgs),
    Vacuum(vacuum::VacuumArgs),
    Sequences(sequences::SequencesArgs),
    Sizes(sizes::SizesArgs),
    Bloat(bloat::BloatArgs),
    Cache(cache::CacheArgs),
    Progress(progress::ProgressArgs),
    Settings(settings::SettingsArgs),
    Html(html::HtmlArgs),
}

impl ReportCommand {
    pub const fn verb(&self) -> &'static str {
        match self {
            Self::SlowQueries(_) => "slow-queries",
            Self::Query(_) => "query",
            Self::TableAccess(_) => "table-access",
            Self::IndexUsage(_) => "index-usage",
            Self::Locks(_) => "locks",
            Self::Activity(_) => "activity",
            Self::Vacuum(_) => "vacuum",
            Self::Sequences(_) => "sequences",
            Self::Sizes(_) => "sizes",
            Self::Bloat(_) => "bloat",
            Self::Cache(_) => "cache",
            Self::Progress(_) => "progress",
            Self::Settings(_) => "settings",
            Self::Html(_) => "html",
        }
    }

    pub async fn run(&self, context: &Context) -> anyhow::Result<Exit> {
        match self {
            Self::SlowQueries(args) => show(context, args, &args.frame).await,
            Self::Query(args) => show(context, args, &args.frame).await,
            Self::TableAccess(args) => show(context, args, &args.frame).await,
            Self::IndexUsage(args) => show(context, args, &args.frame).await,
            Self::Locks(args) => show(context, args, &args.frame).await,
            Self::Activity(args) => show(context, args, &args.frame).await,
            Self::Vacuum(args) => show(context, args, &args.frame).await,
            Self::Sequences(args) => show(context, args, &args.frame).await,
            Self::Sizes(args) => show(context, args, &args.frame).await,
            Self::Bloat(args) => show(context, args, &args.frame).await,
            Self::Cache(args) => show(context, args, &args.frame).await,
            Self::Progress(args) => show(context, args, &args.frame).await,
            Self::Settings(args) => show(context, args, &args.frame).await,
            Self::Html(args) => args.run(context).await,
        }
    }
}
