-- For as long as the session lasts: a role may have been given a timeout that is too short even for its settings.
set statement_timeout = 0
