-- What follows looks into the catalog.
set local enable_hashjoin to default;
set local enable_mergejoin to default;
set local enable_seqscan to default
