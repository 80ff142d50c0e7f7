-- Checkpoints from version 17 on, where they have a view of their own.
select pg_catalog.jsonb_build_object(
    'num_timed', c.num_timed, 'num_requested', c.num_requested, 'write_time', c.write_time,
    'sync_time', c.sync_time, 'buffers_written', c.buffers_written)::text as checkpointer
from pg_catalog.pg_stat_checkpointer as c
