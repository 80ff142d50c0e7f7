//! The snapshot store: its windows against the truth, its roll-up, its places.
mod store;
mod truth;
