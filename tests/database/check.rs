//! `partition check`.
