//! `pgtend normalize`: what a run makes of JSON columns, whatever is in them and whoever writes meanwhile.
mod fates;
mod live;
mod messages;
mod rejects;
mod resume;
mod run;
mod support;
mod throttle;
mod together;
mod verify;
