-- A batch of what was closed long ago.
select archive_closed_sessions(closed_for => '300 days', batch => 5000) as archived
