-- Opens the log's entry of a refresh.
-- $1 schema, $2 view, $3 mode, $4 bytes before, $5 evidence, $6 version
insert into matview_refresh (schema_name, view_name, mode, bytes_before, evidence, version)
values ($1, $2, $3, $4, $5, $6)
returning id
