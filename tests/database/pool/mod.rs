//! The pool: nothing of one use is there in the next, whatever was left, and no session outlives its limits.
mod lease;
mod pooler;
mod run;
