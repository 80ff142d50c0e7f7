//! `pgtend matview`: order, freshness, the ways to refresh, and what each refuses.
mod bad_input;
mod freshness;
mod list;
mod locks;
mod log;
mod refresh;
mod support;
mod swap;
