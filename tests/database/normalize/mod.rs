//! `pgtend normalize`: what a run makes of JSON columns, whatever is in them and whoever writes meanwhile.
mod converted;
mod fates;
mod fit;
mod live;
mod messages;
mod refused;
mod rejects;
mod resume;
mod run;
mod server_side;
mod support;
mod throttle;
mod together;
mod verify;
