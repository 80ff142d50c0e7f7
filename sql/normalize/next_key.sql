-- The first key of a piece of the source.
select {key_text} from {source} as s where {range} order by {order} limit 1
