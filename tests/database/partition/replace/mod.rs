//! Partitions replaced by others with the same rows: split, drain, merge, undo.
mod bad_input;
mod disk;
mod killed;
mod live;
mod properties;
mod steps;
mod table;
mod undo;
