//! Numbers and names for people. Programs get them raw.
use std::borrow::Cow;

/// `1.4 GB`, in steps of 1024 as `pg_size_pretty` has them.
pub fn bytes(bytes: i64) -> String {
    const UNITS: [&str; 6] = ["bytes", "kB", "MB", "GB", "TB", "PB"];
    let (mut size, mut unit) = (bytes as f64, 0);
    while size.abs() >= 1024.0 && unit + 1 < UNITS.len() {
        size /= 1024.0;
        unit += 1;
    }
    if unit == 0 || size.abs() >= 100.0 {
        format!("{size:.0} {}", UNITS[unit])
    } else {
        format!("{size:.1} {}", UNITS[unit])
    }
}

/// `1,234,567`
pub fn count(number: f64) -> String {
    let grouped = grouped(&format!("{:.0}", number.abs()));
    if number < 0.0 { format!("-{grouped}") } else { grouped }
}

/// As [`count`], with every digit of a large number.
pub fn integer(number: i64) -> String {
    let grouped = grouped(&number.unsigned_abs().to_string());
    if number < 0 { format!("-{grouped}") } else { grouped }
}

fn grouped(digits: &str) -> String {
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// `0.4 ms`, `35 ms`, `2.1 s`
pub fn milliseconds(ms: f64) -> String {
    match ms {
        _ if ms < 10.0 => format!("{ms:.1} ms"),
        _ if ms < 1000.0 => format!("{ms:.0} ms"),
        _ => format!("{:.1} s", ms / 1000.0),
    }
}

/// `0.4 s`, `35 s`, `12m05s`, `3h20m`, `6d04h`
pub fn seconds(seconds: f64) -> String {
    let whole = seconds.max(0.0).round() as u64;
    match whole {
        _ if seconds < 10.0 => format!("{seconds:.1} s"),
        0..60 => format!("{whole} s"),
        60..3600 => format!("{}m{:02}s", whole / 60, whole % 60),
        3600..86_400 => format!("{}h{:02}m", whole / 3600, whole % 3600 / 60),
        _ => format!("{}d{:02}h", whole / 86_400, whole % 86_400 / 3600),
    }
}

/// On one line, with nothing in it that a terminal would obey: a name may hold any character.
pub fn visible(text: &str) -> Cow<'_, str> {
    escaped(text, char::is_control)
}

/// The same for a message, which may have lines.
pub fn printable(text: &str) -> Cow<'_, str> {
    escaped(text, |c| c.is_control() && c != '\n' && c != '\t')
}

/// The same for a program, which may have any line: two names that differ are not to look the same to it.
pub fn distinct(text: &str) -> Cow<'_, str> {
    escaped(text, |c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
}

fn escaped(text: &str, obeyed: fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(obeyed) {
        return Cow::Borrowed(text);
    }
    let shown = |c: char| if obeyed(c) { c.escape_default().to_string() } else { c.to_string() };
    Cow::Owned(text.chars().map(shown).collect())
}

/// White space folded, cut so that it and the ellipsis take no more than so many characters.
pub fn fitting(text: &str, most: usize) -> String {
    let whole = one_line(text, most);
    if whole.chars().count() <= most { whole } else { one_line(text, most.saturating_sub(1)) }
}

/// White space folded, cut to so many characters.
pub fn one_line(text: &str, most: usize) -> String {
    let folded = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let folded = visible(&folded);
    match folded.char_indices().nth(most) {
        Some((cut, _)) => format!("{}…", &folded[..cut]),
        None => folded.into_owned(),
    }
}

/// A line of bars, the largest value the highest: `▁▂▅█`
pub fn sparkline(values: &[f64]) -> String {
    const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let most = values.iter().copied().fold(0.0, f64::max);
    let bar = |value: &f64| {
        let height = if most > 0.0 { (value / most * 7.0).round() } else { 0.0 };
        BARS[(height.max(0.0) as usize).min(7)]
    };
    values.iter().map(bar).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!(bytes(8192), "8.0 kB");
        assert_eq!(bytes(12), "12 bytes");
        assert_eq!(bytes(44_023_414_784), "41.0 GB");
        assert_eq!(count(1_234_567.0), "1,234,567");
        assert_eq!(count(999.0), "999");
        assert_eq!(milliseconds(0.42), "0.4 ms");
        assert_eq!(milliseconds(2100.0), "2.1 s");
        let times = [0.42, 35.0, 725.0, 12_000.0, 532_800.0].map(seconds);
        assert_eq!(times, ["0.4 s", "35 s", "12m05s", "3h20m", "6d04h"]);
        assert_eq!(one_line("select\n  1", 100), "select 1");
        assert_eq!(one_line("sélect 1", 3), "sél…");
        assert_eq!(visible("a\nb\u{1b}[31m é"), "a\\nb\\u{1b}[31m é");
        assert_eq!(printable("a\nb\u{1b}[31m\r"), "a\nb\\u{1b}[31m\\r");
        assert_eq!(distinct("a\r\n\tb\u{1b}[31m\u{7}"), "a\r\n\tb\\u{1b}[31m\\u{7}");
        assert_eq!((fitting("select 1", 8), fitting("select 12", 8)), ("select 1".into(), "select …".into()));
        assert_eq!(sparkline(&[0.0, 50.0, 100.0]), "▁▅█");
        assert_eq!(sparkline(&[]), "");
    }
}
