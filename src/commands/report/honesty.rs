//! The line under a verdict: how much of the window the numbers saw.
use crate::operations::stats::{Coverage, Source};
use crate::output::seconds;

pub fn honesty(coverage: &Coverage) -> String {
    let covered = coverage.covered_s.map(seconds);
    let mut parts = vec![match (coverage.source, covered, coverage.wanted_s) {
        (Source::Counters, None, _) => {
            "since the counters were begun, at a time that the server does not tell".to_owned()
        }
        (Source::Counters, Some(covered), _) => {
            let since = coverage.from.map(|from| from.format("%Y-%m-%d %H:%M UTC").to_string());
            format!("since the counters were begun: {} ({covered})", since.unwrap_or_default())
        }
        (Source::Live, covered, _) => format!("live: {}", covered.unwrap_or_default()),
        (Source::Store, covered, wanted) => {
            format!("window {} of {}", covered.unwrap_or_default(), wanted.map(seconds).unwrap_or_default())
        }
    }];
    if coverage.source == Source::Store {
        parts.push(counted(coverage.captures, "capture"));
        if coverage.gaps > 0 {
            let gaps = i64::try_from(coverage.gaps).unwrap_or(i64::MAX);
            parts.push(format!("{} of {}", counted(gaps, "gap"), seconds(coverage.gaps_s)));
        }
    }
    for (count, what) in
        [(coverage.crashes, "crash"), (coverage.restarts, "restart"), (coverage.resets, "reset")]
    {
        if count > 0 {
            parts.push(counted(count, what).replace("crashs", "crashes"));
        }
    }
    if coverage.evictions > 0.0 {
        parts.push(counted(coverage.evictions as i64, "eviction"));
    }
    if coverage.source != Source::Counters && coverage.is_lower_bound() {
        parts.push("the numbers are lower bounds".to_owned());
    }
    parts.join(" · ")
}

fn counted(count: i64, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}
