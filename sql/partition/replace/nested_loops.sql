-- Few keys among many rows: each is looked up by the index, whatever the server thinks of tables that it has not analyzed.
set local enable_hashjoin = off;
set local enable_mergejoin = off;
set local enable_seqscan = off;
set local enable_sort = off;
set local enable_incremental_sort = off;
set local jit = off
