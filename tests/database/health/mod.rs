//! `pgtend health`: what each check makes of a bad database, seen by every kind of role, and how it is told.
mod checks;
mod formats;
mod hostile;
mod matrix;
mod reach;
mod silence;
mod standby;
mod support;
mod window;
