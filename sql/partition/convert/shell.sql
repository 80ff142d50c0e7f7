-- The partitioned table to be. Indexes come with names of their own; an identity stays with the table until the cut-over.
create table {shell}
    (like {table} including all excluding indexes excluding identity)
    partition by range ({key})
