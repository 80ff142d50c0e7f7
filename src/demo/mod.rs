//! `pgtend demo`: a story told on a private server with the real program. It tells through events and prints nothing;
//! it must not know how pgtend does its work.
mod answer;
mod application;
mod bisman;
mod coffeebiz;
mod event;
mod fill;
mod play;
mod realtime_connect;
mod redbut;
mod servio;
mod stage;
mod story;

pub use application::{Observed, Pace};
pub use bisman::BISMAN;
pub use coffeebiz::COFFEEBIZ;
pub use event::{Event, Tell};
pub use play::{play, take_leave};
pub use realtime_connect::REALTIME_CONNECT;
pub use redbut::REDBUT;
pub use servio::SERVIO;
pub use stage::{Setting, Stage};
pub use story::Story;
