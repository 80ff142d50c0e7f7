-- A row that no index takes, in a list of reasons.
, case when {bytes} > {most} then 'key_too_long' end
