-- What follows looks into the catalog.
set local enable_hashjoin to default;
set local enable_mergejoin to default;
set local enable_seqscan to default;
set local enable_sort to default;
set local enable_incremental_sort to default
