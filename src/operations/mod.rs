//! What pgtend can do: evidence from the catalog in, plans and findings out. No terminal, no environment, no clock.
pub mod normalize;
pub mod partition;
