//! What the server is in the middle of, and how far it is.
use serde::{Deserialize, Serialize};

use crate::operations::report::frame::{Answer, Note, counted};
use crate::operations::report::read::{Read, Rights, rows};
use crate::pg::session::Session;
use crate::query;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Progress {
    pub pid: i32,
    pub command: String,
    pub database: Option<String>,
    pub relation: Option<String>,
    pub phase: Option<String>,
    pub done: Option<i64>,
    pub total: Option<i64>,
    pub unit: String,
    /// Of the phase.
    pub done_pct: Option<f64>,
    pub elapsed_s: Option<f64>,
    /// This role may not see more than that it is there.
    pub hidden: bool,
}

pub async fn progress(session: &Session, rights: &Rights) -> Read<Answer<Progress>> {
    let found: Vec<Progress> = rows(session, &query!("report/progress.sql"), &[]).await?;
    let hidden = found.iter().filter(|row| row.hidden).count();
    let verdict = match found.len() {
        0 => "nothing that tells of its progress is running".to_owned(),
        1 => "1 command running that tells of its progress".to_owned(),
        count => format!("{count} commands running that tell of their progress"),
    };
    let note = (hidden > 0).then(|| {
        let what =
            format!("how far {} of other roles are is hidden from this one", counted(hidden, "command"));
        Note::membership(what, "pg_read_all_stats", rights)
    });
    Ok(Answer::new(verdict, found).note(note))
}
