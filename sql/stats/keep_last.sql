-- $1 when, $2 the reading
update last_reading set at = $1, reading = $2
