-- The greatest key of the source at this moment: where the load ends. What comes later is in the queue.
select {key_text} from {source} as s order by {descending} limit 1
