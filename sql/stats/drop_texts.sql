-- Drops the texts of statements that no snapshot knows any more.
delete from statement as t
where not exists (select from statement_delta as d where d.fingerprint = t.fingerprint)
  and t.first_seen < (select pg_catalog.min(s.at) from snapshot as s)
