//! Killed at any request, a run goes on from where it was, and the rows come out the same.
use std::path::Path;

use super::support::{CONFIG, configure, fill, messages, rows_by_sql, rows_in_targets};
use crate::common::database::Database;
use crate::common::program::{Program, pgtend};
use crate::common::proxy::{self, Moment, Passage, Request, Side};
use crate::common::server::server;

fn program(home: &Path, database: &str, directory: &Path) -> Program {
    let url = format!("postgresql://postgres@/{database}?host={}&port=5432", directory.display());
    pgtend(["normalize", "run", "--batch-time", "1ms"]).args(["-d", &url]).env("HOME", home).directory(home)
}

fn through(db: &Database, home: &Path, moment: Moment) -> Passage {
    proxy::run(server().socket_dir(), moment, proxy::kill(), |directory| program(home, db.name(), directory))
}

#[tokio::test]
async fn killed_at_some_requests_and_run_again() {
    let template = messages().await;
    fill(&template, 1500).await;
    let home = template.home();
    std::fs::write(home.join("pgtend.toml"), CONFIG).unwrap();
    let whole = Database::copy(&template).await;
    let passage = through(&whole, home, Moment { request: Request::Number(usize::MAX), side: Side::Before });
    let requests = passage.requests;
    passage.output.success();
    let expected = rows_by_sql(&whole).await;
    assert_eq!(rows_in_targets(&whole).await, expected);
    for turn in 0..6 {
        let torn = Database::copy(&template).await;
        let request = Request::Number(requests * (2 * turn + 1) / 12 + fastrand::usize(0..8));
        let side = if turn % 2 == 0 { Side::Before } else { Side::After };
        let moment = Moment { request, side };
        let passage = through(&torn, home, moment.clone());
        configure(&torn, CONFIG);
        let again = torn.pgtend(["normalize", "run"]).run();
        assert_eq!(again.code, Some(0), "{moment:?} {:?}\n{}", passage.struck, again.stderr);
        assert_eq!(rows_in_targets(&torn).await, expected, "{moment:?} {:?}", passage.struck);
        let sound = torn.value("select count(*) from pg_constraint where conrelid::regclass::text ~ '^message_re' and convalidated and contype in ('p', 'u', 'f')").await;
        assert_eq!(sound, "6", "{moment:?} {:?}", passage.struck);
        let triggers = torn.value("select count(*) from pg_trigger where not tgisinternal").await;
        assert_eq!(triggers, "8", "{moment:?} {:?}", passage.struck);
    }
}
