//! Reads of the system catalogs, one function per file in `sql/catalog/`. What they return is evidence: a planner that
//! asks for a [`PartitionedTable`] cannot be given a name that nobody looked up.
mod denied;
mod dependent;
mod find;
mod foreign_key;
mod index;
mod index_use;
mod matview;
mod partitioned;
mod properties;
mod sequence;
mod tree;

pub use denied::{Denied, denied, grants};
pub use dependent::{
    Constraint, DependentObjects, ForeignKeyIn, Function, OwnedSequence, Publication, RelationName,
    TableColumn, Trigger, View, dependent_objects,
};
pub use find::{Found, RelationKind, TableName, find_relations};
pub use foreign_key::{ForeignKeys, OnDelete, Referenced, Referencing, cascades, foreign_keys};
pub use index::{Index, IndexKind, KeyType, NoIndex, find_index, indexes, names_in};
pub use index_use::{ForeignKeyColumns, IndexUse, foreign_key_columns, index_use};
pub use matview::{
    Basis, Leftover, Matview, Node, NodeKind, Original, OriginalGrant, OriginalIndex, Refreshed, Unreported,
    leftovers, matviews, original, refreshed,
};
pub use partitioned::{
    KeyColumn, Partition, PartitionedTable, Strategy, Taken, dependents, may_create_in, partitioned_tables,
    sizes, taken_names,
};
pub use properties::{Grant, Policy, Properties, ReplicaIdentity, properties};
pub use sequence::{Uncalled, uncalled_sequences};
pub use tree::{TableNode, TableTree, is_partition_of, partition_root, table_tree};
