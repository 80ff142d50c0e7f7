-- Where the rows come from that the target has refused.
select source_key, path from {reject} where name = {name} and reason ~ '^constraint_'
