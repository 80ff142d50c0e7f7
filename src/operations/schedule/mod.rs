//! What a scheduler should run.
