//! `migrate lint` with a database: what is empty or new holds nobody up, what is large says whom and for how long.
mod catalog;
mod impact;
mod locks;
mod support;
mod up;
