//! `pgtend index` on a real server.
mod check;
mod create;
mod drop;
mod list;
mod partitioned;
mod rebuild;
mod refusals;
mod signals;
mod standby;
mod support;
mod temporary;
