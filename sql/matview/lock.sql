-- LOCK TABLE does not know materialized views. To give one to its owner changes nothing and takes ACCESS EXCLUSIVE.
alter materialized view {view} owner to {owner}
