-- The latest entry of each version of a set: how far it came.
select distinct on (version)
       version, status, pg_catalog.array_to_string(stmt_sha256, ' '), stmt_total, duration_ms, error
from {log}
where history = {history}
order by version, id desc
