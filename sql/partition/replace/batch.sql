-- The keys that one transaction deals with; empty outside of it.
create unlogged table {batch} as
select {keys} from {source} with no data
