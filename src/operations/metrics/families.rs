//! From what was read to families, under the names and labels of postgres_exporter where the meaning is the same.
//! The one difference: `relname` is the partitioned table, not each partition. Pure.
use serde_json::Value;

use crate::operations::metrics::exposition::{Family, Kind};
use crate::operations::metrics::survey::Numbers;

/// A column of the documents, and the family that it becomes.
struct Number {
    column: &'static str,
    name: &'static str,
    kind: Kind,
    help: &'static str,
}

const fn counter(column: &'static str, name: &'static str, help: &'static str) -> Number {
    Number { column, name, kind: Kind::Counter, help }
}

const fn gauge(column: &'static str, name: &'static str, help: &'static str) -> Number {
    Number { column, name, kind: Kind::Gauge, help }
}

const OF_DATABASE: [Number; 3] = [
    gauge("size_bytes", "pg_database_size_bytes", "Disk space used by the database"),
    gauge(
        "xid_age",
        "pg_database_wraparound_age_datfrozenxid_seconds",
        "Age of the oldest transaction id that is not frozen, in transactions",
    ),
    gauge(
        "mxid_age",
        "pg_database_wraparound_age_datminmxid_seconds",
        "Age of the oldest multixact id that is not replaced, in multixacts",
    ),
];

const OF_STAT_DATABASE: [Number; 16] = [
    gauge("numbackends", "pg_stat_database_numbackends", "Backends connected to this database"),
    counter("xact_commit", "pg_stat_database_xact_commit", "Transactions committed"),
    counter("xact_rollback", "pg_stat_database_xact_rollback", "Transactions rolled back"),
    counter("blks_read", "pg_stat_database_blks_read", "Disk blocks read"),
    counter("blks_hit", "pg_stat_database_blks_hit", "Disk blocks found in shared buffers"),
    counter(
        "tup_returned",
        "pg_stat_database_tup_returned",
        "Live rows fetched by sequential scans and index entries",
    ),
    counter("tup_fetched", "pg_stat_database_tup_fetched", "Live rows fetched by index scans"),
    counter("tup_inserted", "pg_stat_database_tup_inserted", "Rows inserted"),
    counter("tup_updated", "pg_stat_database_tup_updated", "Rows updated"),
    counter("tup_deleted", "pg_stat_database_tup_deleted", "Rows deleted"),
    counter("conflicts", "pg_stat_database_conflicts", "Queries cancelled by conflicts with recovery"),
    counter("temp_files", "pg_stat_database_temp_files", "Temporary files created"),
    counter("temp_bytes", "pg_stat_database_temp_bytes", "Bytes written to temporary files"),
    counter("deadlocks", "pg_stat_database_deadlocks", "Deadlocks detected"),
    counter("blk_read_time", "pg_stat_database_blk_read_time", "Milliseconds spent reading blocks"),
    counter("blk_write_time", "pg_stat_database_blk_write_time", "Milliseconds spent writing blocks"),
];

const OF_TABLE: [Number; 13] = [
    counter("seq_scan", "pg_stat_user_tables_seq_scan", "Sequential scans"),
    counter("seq_tup_read", "pg_stat_user_tables_seq_tup_read", "Live rows fetched by sequential scans"),
    counter("idx_scan", "pg_stat_user_tables_idx_scan", "Index scans"),
    counter("n_tup_ins", "pg_stat_user_tables_n_tup_ins", "Rows inserted"),
    counter("n_tup_upd", "pg_stat_user_tables_n_tup_upd", "Rows updated"),
    counter("n_tup_del", "pg_stat_user_tables_n_tup_del", "Rows deleted"),
    counter("n_tup_hot_upd", "pg_stat_user_tables_n_tup_hot_upd", "Rows updated within their page"),
    gauge("n_live_tup", "pg_stat_user_tables_n_live_tup", "Live rows, estimated"),
    gauge("n_dead_tup", "pg_stat_user_tables_n_dead_tup", "Dead rows, estimated"),
    gauge("last_autovacuum", "pg_stat_user_tables_last_autovacuum", "When autovacuum was last there"),
    gauge(
        "table_size_bytes",
        "pg_stat_user_tables_table_size_bytes",
        "Size as of the last vacuum or analyze",
    ),
    gauge("index_size_bytes", "pg_stat_user_tables_index_size_bytes", "Size of the indexes, likewise"),
    gauge("partitions", "pgtend_table_partitions", "Tables that are rolled up in this one, itself if none"),
];

/// In the order in which they matter.
pub fn families(numbers: &Numbers) -> Vec<Family> {
    let server = &numbers.server;
    let mut families = vec![
        one("pg_settings_max_connections", "Server setting max_connections", &server["max_connections"]),
        one("pg_postmaster_start_time_seconds", "When the server was started", &server["started"]),
        one("pg_replication_is_replica", "Whether the server is a standby", &server["is_replica"]),
        one("pg_replication_lag_seconds", "How far this standby is behind", &server["replication_lag"]),
    ];
    families.extend(activity(server));
    families.extend(locks(server, &numbers.database));
    families.extend(checkpointer(numbers));
    families.extend(slots(server));
    let databases = rows(&server["databases"]);
    families.extend(OF_DATABASE.iter().map(|number| of_rows(number, databases, &["datname"], &[])));
    families
        .extend(OF_STAT_DATABASE.iter().map(|number| of_rows(number, databases, &["datid", "datname"], &[])));
    let (tables, database) = (rows(&numbers.tables), [("datname", numbers.database.as_str())]);
    let labels = ["schemaname", "relname"];
    families.extend(OF_TABLE.iter().map(|number| of_rows(number, tables, &labels, &database)));
    families
}

fn rows(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn float(value: &Value) -> Option<f64> {
    value.as_f64().or_else(|| value.as_bool().map(|truth| f64::from(u8::from(truth))))
}

fn one(name: &'static str, help: &'static str, value: &Value) -> Family {
    Family::gauge(name, help).of(float(value))
}

/// One sample for each row, its labels from the columns of the same names.
fn of_rows(
    number: &Number,
    rows: &[Value],
    labels: &[&'static str],
    more: &[(&'static str, &str)],
) -> Family {
    let mut family = Family::new(number.name, number.kind, number.help);
    for row in rows {
        let own = labels.iter().map(|label| (*label, text(&row[*label])));
        let labels: Vec<(&'static str, &str)> = more.iter().copied().chain(own).collect();
        family.push(&labels, float(&row[number.column]));
    }
    family
}

fn activity(server: &Value) -> [Family; 2] {
    let labels = ["datname", "state", "usename", "backend_type", "wait_event_type"];
    let activity = rows(&server["activity"]);
    let count = gauge("count", "pg_stat_activity_count", "Sessions in this state");
    let longest = gauge(
        "max_tx_duration",
        "pg_stat_activity_max_tx_duration",
        "Seconds since the oldest transaction among them began",
    );
    [of_rows(&count, activity, &labels, &[]), of_rows(&longest, activity, &labels, &[])]
}

fn locks(server: &Value, database: &str) -> [Family; 1] {
    let count = gauge("count", "pg_locks_count", "Locks held or waited for");
    [of_rows(&count, rows(&server["locks"]), &["mode"], &[("datname", database)])]
}

fn slots(server: &Value) -> [Family; 3] {
    let numbers = [
        gauge("active", "pg_replication_slots_slot_is_active", "Whether the slot is in use"),
        gauge("safe_wal_size", "pg_replication_slots_safe_wal_size_bytes", "WAL until the slot may be lost"),
        gauge("retained_bytes", "pgtend_replication_slots_retained_bytes", "WAL kept for the slot"),
    ];
    numbers.map(|number| of_rows(&number, rows(&server["slots"]), &["slot_name"], &[]))
}

/// Of a column the family's name from version 17 on, the one before, and its help.
const OF_CHECKPOINTER: [(&str, &str, &str, &str); 5] = [
    (
        "num_timed",
        "pg_stat_checkpointer_num_timed_total",
        "pg_stat_bgwriter_checkpoints_timed_total",
        "Scheduled checkpoints",
    ),
    (
        "num_requested",
        "pg_stat_checkpointer_num_requested_total",
        "pg_stat_bgwriter_checkpoints_req_total",
        "Requested checkpoints",
    ),
    (
        "write_time",
        "pg_stat_checkpointer_write_time_total",
        "pg_stat_bgwriter_checkpoint_write_time_total",
        "Milliseconds that checkpoints spent writing",
    ),
    (
        "sync_time",
        "pg_stat_checkpointer_sync_time_total",
        "pg_stat_bgwriter_checkpoint_sync_time_total",
        "Milliseconds that checkpoints spent syncing",
    ),
    (
        "buffers_written",
        "pg_stat_checkpointer_buffers_written_total",
        "pg_stat_bgwriter_buffers_checkpoint_total",
        "Buffers written by checkpoints",
    ),
];

fn checkpointer(numbers: &Numbers) -> impl Iterator<Item = Family> {
    OF_CHECKPOINTER.into_iter().map(|(column, new, old, help)| {
        let name = if numbers.major >= 17 { new } else { old };
        Family::counter(name, help).of(float(&numbers.checkpointer[column]))
    })
}
