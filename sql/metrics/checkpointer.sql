-- Checkpoints up to version 16, under the names of version 17.
select pg_catalog.jsonb_build_object(
    'num_timed', b.checkpoints_timed, 'num_requested', b.checkpoints_req, 'write_time', b.checkpoint_write_time,
    'sync_time', b.checkpoint_sync_time, 'buffers_written', b.buffers_checkpoint)::text as checkpointer
from pg_catalog.pg_stat_bgwriter as b
