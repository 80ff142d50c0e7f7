//! A row's binary fields as text, for people who look at a difference.
use chrono::{DateTime, NaiveDate, TimeDelta};

use super::binding::Binding;
use super::value::ColumnType;

/// `user_id=7 read_at=2024-05-01T12:00:00Z`
pub fn shown(binding: &Binding, row: &[Option<&[u8]>]) -> String {
    let columns = binding.columns.iter().zip(row).map(|(column, field)| {
        let value = field.map_or_else(|| "null".to_owned(), |bytes| value(column.of, bytes));
        format!("{}={value}", column.name.raw())
    });
    columns.collect::<Vec<_>>().join(" ")
}

fn value(of: ColumnType, bytes: &[u8]) -> String {
    match of {
        ColumnType::Int2 | ColumnType::Int4 | ColumnType::Int8 => integer(bytes).to_string(),
        ColumnType::Boolean => (bytes == [1]).to_string(),
        ColumnType::Text(_) => String::from_utf8_lossy(bytes).into_owned(),
        ColumnType::Jsonb => String::from_utf8_lossy(bytes.get(1..).unwrap_or_default()).into_owned(),
        ColumnType::Other => match std::str::from_utf8(bytes) {
            Ok(text) if !text.contains(char::is_control) => text.to_owned(),
            _ => hexadecimal(bytes),
        },
        ColumnType::Uuid | ColumnType::Numeric(_) => hexadecimal(bytes),
        ColumnType::Date => NaiveDate::from_ymd_opt(2000, 1, 1)
            .and_then(|epoch| epoch.checked_add_signed(TimeDelta::try_days(integer(bytes))?))
            .map_or_else(|| integer(bytes).to_string(), |day| day.to_string()),
        ColumnType::Timestamp(_) => {
            const EPOCH: i64 = 946_684_800_000_000;
            integer(bytes).checked_add(EPOCH).and_then(DateTime::from_timestamp_micros).map_or_else(
                || integer(bytes).to_string(),
                |at| at.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true),
            )
        }
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A signed number of any width.
fn integer(bytes: &[u8]) -> i64 {
    let negative = bytes.first().is_some_and(|first| first & 0x80 != 0);
    bytes.iter().fold(if negative { -1 } else { 0 }, |number, byte| number << 8 | i64::from(*byte))
}
