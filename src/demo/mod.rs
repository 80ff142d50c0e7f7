//! `pgtend demo`: a story told on a private server with the real program. It tells through events and prints nothing;
//! it must not know how pgtend does its work.
mod application;
mod bisman;
mod event;
mod fill;
mod play;
mod stage;
mod story;

pub use application::{Observed, Pace};
pub use bisman::BISMAN;
pub use event::{Event, Tell};
pub use play::{play, take_leave};
pub use stage::{Setting, Stage};
pub use story::Story;
