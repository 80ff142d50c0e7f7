//! `pgtend migrate`: files become history, exactly once.
mod failure;
mod partitioned;
mod race;
mod status;
mod stepwise;
mod support;
mod take_over;
mod traps;
mod up;
