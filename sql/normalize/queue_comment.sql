comment on table {queue} is 'pgtend: keys of source rows that have changed since the load began'
