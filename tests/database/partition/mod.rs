//! `pgtend partition`: what each command makes of a database, and what it refuses.
mod archive;
mod archive_command;
#[cfg(feature = "parquet")]
mod archive_duckdb;
#[cfg(not(feature = "parquet"))]
mod archive_no_parquet;
#[cfg(feature = "parquet")]
mod archive_parquet;
mod archive_referenced;
mod archive_rows;
mod bad_input;
mod check;
mod convert;
mod create;
mod default;
mod drop;
mod dry_run;
mod json;
mod keys;
mod list;
mod locks;
mod maintain;
mod mark;
mod outages;
mod privileges;
mod properties;
mod replace;
mod signals;
mod support;
mod timezones;
