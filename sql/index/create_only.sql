-- An index of the partitioned table alone; it is not valid before each partition's index is attached.
create {index} {name}
    on only {table}
    using {definition}
