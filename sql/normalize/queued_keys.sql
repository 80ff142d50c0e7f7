-- The keys whose rows are not in step yet.
select distinct {key_text} from {queue} as k
